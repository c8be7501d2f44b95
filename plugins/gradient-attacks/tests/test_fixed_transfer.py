"""The transfer attacks against their formulas written out, and what transfers measured on the other model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from practicum_gradient_attacks.bim import BIM
from practicum_gradient_attacks.fgsm import FGSM
from practicum_gradient_attacks.invariance import DIFGSM, TIFGSM
from practicum_gradient_attacks.momentum import MIFGSM, NIFGSM, VMIFGSM
from practicum_gradient_attacks.pgd import PGD
from practicum_gradient_attacks.random_step import FFGSM, RFGSM
from practicum_gradient_attacks.resize_pad import ResizePad
from practicum_gradient_attacks.smoothing import gaussian, smoothed

from practicum import Batch
from practicum.errors import ConfigError, ModalityError
from practicum.keys import Keys
from practicum.testing.torch_toys import TorchToy

CE: dict[str, Any] = {"loss": "cross-entropy"}


def _net(seed: int = 0, side: int = 8, channels: int = 1) -> torch.nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return torch.nn.Sequential(torch.nn.Unflatten(1, (channels, side, side)),
                                   torch.nn.Conv2d(channels, 6, 3, padding=1), torch.nn.Tanh(), torch.nn.Flatten(),
                                   torch.nn.Linear(6 * side * side, 5)).double().eval()


def _images(count: int = 6, channels: int = 1) -> torch.Tensor:
    made = torch.rand(count, channels, 8, 8, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    return 0.1 + 0.8 * made


def _labels(net: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return net(x.flatten(1)).argmax(1)


def _slope(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The gradient of the cross entropy, as papers write it."""
    leaf = x.detach().requires_grad_(True)
    return torch.autograd.grad(torch.nn.functional.cross_entropy(net(leaf.flatten(1)), y, reduction="sum"), leaf)[0]


def _written_out(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, *, eps: float, alpha: float, steps: int,
                 decay: float, ahead: bool = False) -> torch.Tensor:
    """Algorithm 1 of arXiv:1710.06081; with ``ahead`` that of arXiv:1908.06281, in the scaling of its code."""
    g, adversarial = torch.zeros_like(x), x.clone()
    for _ in range(steps):
        at = adversarial + alpha * decay * g if ahead else adversarial
        slope = _slope(net, at, y)
        g = decay * g + slope / slope.abs().mean(dim=(1, 2, 3), keepdim=True)
        adversarial = torch.clamp(x + torch.clamp(adversarial + alpha * g.sign() - x, -eps, eps), 0, 1)
    return adversarial


@pytest.mark.parametrize(("make", "decay", "ahead"), [
    (MIFGSM, 1.0, False), (MIFGSM, 0.5, False), (NIFGSM, 1.0, True), (NIFGSM, 0.7, True)])
def test_momentum_is_the_recursion_of_its_paper(make: Any, decay: float, ahead: bool) -> None:
    net, x = _net(), _images()
    y = _labels(net, x)
    want = _written_out(net, x, y, eps=0.1, alpha=0.025, steps=9, decay=decay, ahead=ahead)
    got = make(eps=0.1, step_size=0.025, steps=9, decay=decay, **CE)(TorchToy.of(net, bounds=(0, 1)), x, y.numpy())
    torch.testing.assert_close(got.adversarial, want, rtol=0, atol=1e-12)
    plain = _written_out(net, x, y, eps=0.1, alpha=0.025, steps=9, decay=0.0)
    assert (want - plain).abs().max() > 0.01  # the recursion matters here


def test_without_momentum_all_are_bim() -> None:
    net, x = _net(), _images()
    model, y = TorchToy.of(net, bounds=(0, 1)), _labels(_net(), x).numpy()
    fields: dict[str, Any] = {"eps": 0.1, "step_size": 0.02, "steps": 7}
    want = BIM(keep="last", **fields)(model, x, y).adversarial
    for attack in (MIFGSM(decay=0.0, **fields), NIFGSM(decay=0.0, **fields), DIFGSM(diverse=0.0, **fields),
                   TIFGSM(kernel=1, **fields), VMIFGSM(decay=0.0, neighbours=0, **fields)):
        assert torch.equal(attack(model, x, y).adversarial, want)


def test_options_and_names_are_one_attack() -> None:
    model, x, y = TorchToy.of(_net(), bounds=(0, 1)), _images(), [0] * 6
    for named, general in ((NIFGSM(), MIFGSM(nesterov=True)), (VMIFGSM(neighbours=0), MIFGSM()),
                           (DIFGSM(decay=1.0), MIFGSM(diverse=0.5)), (TIFGSM(), MIFGSM(decay=0.0, kernel=15)),
                           (TIFGSM(diverse=0.5, decay=1.0), MIFGSM(kernel=15, diverse=0.5))):
        keys = Keys(4).child("same")
        batch = Batch.of(x, targets={"label": y})
        one, two = (a.perturb(model, batch, keys).data for a in (named, general))
        assert torch.equal(one, two)


def test_the_last_point_is_kept_or_the_best() -> None:
    net, x = _net(), _images()
    with torch.no_grad():
        net[1].weight.mul_(6.0)  # a curved model
    model, y = TorchToy.of(net), _labels(net, x)
    fields: dict[str, Any] = {"eps": 0.3, "step_size": 0.15, "steps": 6}  # long steps jump over good points
    best, last = (BIM(keep=k, **fields)(model, x, y.numpy()) for k in ("best", "last"))
    model = TorchToy.of(net, bounds=(0, 1))
    want = _written_out(net, x, y, eps=0.3, alpha=0.15, steps=6, decay=0.0)
    got = BIM(keep="last", **fields, **CE)(model, x, y.numpy()).adversarial
    torch.testing.assert_close(got, want, rtol=0, atol=1e-12)

    def margin(result: Any) -> torch.Tensor:
        with torch.no_grad():
            z = net(result.adversarial.flatten(1))
        return z.scatter(1, y[:, None], float("-inf")).amax(1) - z.gather(1, y[:, None])[:, 0]

    assert (margin(best) >= margin(last) - 1e-12).all()
    assert (margin(best) > margin(last) + 1e-3).any()


def test_variance_is_the_formula_of_its_paper() -> None:
    # On logits that are quadratic in x the gradient is affine, so the mean over neighbours is known from their draws.
    net, x = _net(), _images(4)
    model, y, ids = TorchToy.of(net, bounds=(0, 1)), _labels(_net(), x), Batch.of(_images(4)).ids
    eps, alpha, steps, count = 0.1, 0.02, 4, 3
    from practicum_gradient_attacks.starts import random_start

    def slope(at: torch.Tensor) -> torch.Tensor:
        leaf = at.detach().requires_grad_(True)
        z = net(leaf.flatten(1))
        lead = z.scatter(1, y[:, None], float("-inf")).amax(1) - z.gather(1, y[:, None])[:, 0]
        return torch.autograd.grad(lead.sum(), leaf)[0]

    keys, g, v, point = Keys(2).bind(ids), torch.zeros_like(x), torch.zeros_like(x), x
    for at in range(steps):
        plain = slope(point)
        tuned = plain + v
        g = g + tuned / tuned.abs().mean(dim=(1, 2, 3), keepdim=True)
        places = [random_start(point.flatten(1), None, "linf", 1.5 * eps, None,
                               keys.child(f"step-{at}").child(f"neighbour-{k}").child("place").bind(ids))
                  for k in range(count)]
        assert all((p - point.flatten(1)).abs().max() <= 1.5 * eps for p in places)
        v = torch.stack([slope(p.reshape(x.shape)) for p in places]).mean(dim=0) - plain
        point = torch.clamp(x + torch.clamp(point + alpha * g.sign() - x, -eps, eps), 0, 1)
    batch = Batch.of(x, targets={"label": y.numpy()})
    attack = VMIFGSM(eps=eps, step_size=alpha, steps=steps, neighbours=count)
    torch.testing.assert_close(attack.perturb(model, batch, Keys(2)).data, point, rtol=0, atol=1e-12)
    assert set(attack(model, batch).gradients) == {steps + (steps - 1) * count}
    assert not torch.equal(MIFGSM(eps=eps, step_size=alpha, steps=steps).perturb(model, batch, Keys(2)).data, point)


@pytest.mark.parametrize("width", [3, 7, 15])
def test_smoothing_is_the_convolution_of_the_gradient(width: int) -> None:
    k = (width - 1) // 2
    one = np.array([[np.exp(-(i * i + j * j) / (2 * (k / np.sqrt(3)) ** 2)) for j in range(-k, k + 1)]
                    for i in range(-k, k + 1)])
    kernel = torch.from_numpy(one / one.sum())
    g = torch.randn(2, 3, 8, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    padded = torch.nn.functional.pad(g, (k, k, k, k))
    want = torch.zeros_like(g)
    for i in range(width):
        for j in range(width):
            want += kernel[i, j] * padded[:, :, i:i + 8, j:j + 9]
    torch.testing.assert_close(smoothed(g, width), want, rtol=0, atol=1e-12)
    assert gaussian(width, g).sum().item() == pytest.approx(1.0)


def test_ti_follows_the_smoothed_gradient() -> None:
    # On a linear model the gradient is the weight: one step goes along the signs of the smoothed weight.
    weight = torch.randn(2, 64, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    x = torch.full((1, 1, 8, 8), 0.5, dtype=torch.float64)
    out = TIFGSM(eps=0.1, steps=1, kernel=5)(TorchToy.linear(weight), x, [0]).adversarial
    want = x + 0.1 * smoothed((weight[1] - weight[0]).reshape(1, 1, 8, 8), 5).sign()
    torch.testing.assert_close(out, want, rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", [(8, 8), (7, 12), (1, 5)])
def test_resizing_is_bilinear_and_padded(size: tuple[int, int]) -> None:
    ids = Batch.of(np.zeros((40, 1))).ids
    images = torch.rand(40, 3, *size, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    chance, shrink = 0.6, 0.4
    keys = Keys(1).bind(ids)
    got = ResizePad.drawn(keys, size, chance=chance, shrink=shrink)(images)
    use, small, top, left = keys.uniform53(4).T
    kept = 0
    for row in range(40):
        h = size[0]
        if use[row] < chance:
            least = int(np.ceil(shrink * size[0]))
            h = least + int(small[row] * (size[0] - least + 1))
        w = max(round(size[1] * h / size[0]), 1)
        kept += h == size[0]
        shrunk = torch.nn.functional.interpolate(images[row:row + 1], size=(h, w), mode="bilinear")
        t, side = int(top[row] * (size[0] - h + 1)), int(left[row] * (size[1] - w + 1))
        want = torch.nn.functional.pad(shrunk, (side, size[1] - w - side, t, size[0] - h - t))
        torch.testing.assert_close(got[row:row + 1], want, rtol=0, atol=1e-12)
    if size[0] > 1:
        assert 8 <= kept < 40  # some are left whole, some aren't, each by its own draw
    whole = ResizePad.drawn(keys, size, chance=0.0, shrink=0.1)(images)
    assert torch.equal(whole, images)


def test_di_asks_about_changed_images_and_keeps_the_labels() -> None:
    net, x = _net(), _images()
    seen: list[torch.Tensor] = []
    handle = net.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].detach().clone()))
    model, label = TorchToy.of(net, bounds=(0, 1)), [0, 1, 2, 3, 4, 0]
    batch = Batch.of(x, targets={"label": label})
    out = DIFGSM(eps=0.1, steps=3, diverse=1.0, shrink=0.5).perturb(model, batch, Keys(0))
    handle.remove()
    assert len(seen) == 3
    assert not torch.equal(seen[0], x.flatten(1))
    assert out.label.tolist() == label
    black = (seen[0] == 0).reshape(6, -1).sum(1)
    assert len(set(black.tolist())) > 1  # sizes differ from sample to sample
    again = DIFGSM(eps=0.1, steps=3, diverse=1.0, shrink=0.5).perturb(model, batch.take([3]), Keys(0))
    torch.testing.assert_close(again.data, out.data[3:4], rtol=0, atol=1e-9)


def test_images_are_asked_for_where_pixels_are_needed() -> None:
    model = TorchToy.linear(np.ones((2, 6)))
    for fields in ({"diverse": 0.5}, {"kernel": 3}):
        with pytest.raises(ModalityError, match="holds no images: set diverse=0 and kernel=1"):
            MIFGSM(**fields)(model, np.zeros((1, 6)), [0])
    with pytest.raises(ConfigError, match="kernel 4 has no middle"):
        TIFGSM(kernel=4)


def test_a_mask_holds_under_smoothing() -> None:
    from practicum.targets import Target

    x = _images()
    mask = np.zeros((8, 8))
    mask[2:5, 2:5] = 1
    batch = Batch.of(x, targets={"label": [0] * 6, "masks": Target("masks", [mask] * 6)})
    out = TIFGSM(eps=0.1, only="masks", decay=1.0).run(TorchToy.of(_net(), bounds=(0, 1)), batch, Keys(0))
    assert out.within.all()
    assert ((out.batch.data != x).any(dim=1) == torch.from_numpy(mask != 0)).all()


def test_single_random_steps_are_the_formulas_of_their_papers() -> None:
    net, x = _net(), _images()
    model, y, ids = TorchToy.of(net, bounds=(0, 1)), _labels(_net(), x), Batch.of(_images()).ids
    batch, keys = Batch.of(x, targets={"label": y.numpy()}), Keys(6).bind(ids)
    from practicum_gradient_attacks.starts import random_start

    signs = torch.from_numpy(2.0 * keys.integers(2, 64) - 1.0).reshape(x.shape)
    assert 0.3 < (signs > 0).double().mean() < 0.7
    first = torch.clamp(x + 0.04 * signs, 0, 1)  # arXiv:1705.07204, equation 7, alpha = 0.4 eps
    want = torch.clamp(first + 0.06 * _slope(net, first, y).sign(), 0, 1)
    got = RFGSM(eps=0.1, share=0.4, **CE).perturb(model, batch, Keys(6))
    torch.testing.assert_close(got.data, want, rtol=0, atol=1e-12)
    start = random_start(x.flatten(1), None, "linf", 0.1, (0.0, 1.0), keys).reshape(x.shape)
    want = torch.clamp(x + torch.clamp(start + 0.125 * _slope(net, start, y).sign() - x, -0.1, 0.1), 0, 1)
    got = FFGSM(eps=0.1, **CE).perturb(model, batch, Keys(6))  # arXiv:2001.03994, algorithm 3
    torch.testing.assert_close(got.data, want, rtol=0, atol=1e-12)
    for attack in (RFGSM(eps=0.1), FFGSM(eps=0.1)):
        assert set(attack(model, batch).gradients) == {1}


@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_on_linear_models_all_reach_the_most(norm: str) -> None:
    rng = np.random.default_rng(2)
    weight = rng.normal(size=(2, 64))
    x = rng.uniform(0.4, 0.6, size=(3, 1, 8, 8))
    model, eps = TorchToy.linear(weight), 0.05
    w = weight[1] - weight[0]
    most = eps * np.linalg.norm(w, {"linf": 1, "l2": 2, "l1": np.inf}[norm])
    makes: list[Any] = [BIM, PGD, MIFGSM, NIFGSM, lambda **f: VMIFGSM(neighbours=2, **f)]
    for make in [*makes, lambda **f: FFGSM(reach=2.0, **f)] if norm == "linf" else makes:
        result = make(norm=norm, eps=eps)(model, x, [0, 0, 0])
        gained = ((np.asarray(result.adversarial) - x).reshape(3, -1) * w).sum(axis=1)
        assert result.within.all()
        assert (gained >= 0.999 * most).all(), (make, gained / most)


def test_what_transfers_is_measured_on_the_other_model() -> None:
    x = _images(40)
    source, other = (TorchToy.of(_net(seed), bounds=(0, 1)) for seed in (0, 1))
    batch = Batch.of(x, targets={"label": source.predict(Batch.of(x)).labels})
    attack = MIFGSM(eps=0.2)
    made = attack(source, batch)
    there = attack.measured_on(other, made)
    clean, after = other.predict(batch).labels, other.predict(made.batch).labels
    np.testing.assert_array_equal(there.clean_correct, clean == batch.label)
    np.testing.assert_array_equal(there.success, (clean == batch.label) & (after != batch.label))
    assert made.success.mean() > there.success.mean()
    np.testing.assert_array_equal(there.norm, made.norm)
    assert attack.measured_on(source, made).robust == made.robust
    assert FGSM(eps=0.2)(source, batch).robust_accuracy >= made.robust_accuracy
