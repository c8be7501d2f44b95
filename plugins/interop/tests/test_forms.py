"""Both calling forms, both ways: against closed forms with fakes, and beside the real libraries where they are."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from practicum_interop import as_captum, as_foolbox, from_captum, from_foolbox
from practicum_interop.captum_explainer import Captum
from practicum_interop.foolbox_attack import Foolbox

from practicum import Batch, build, get
from practicum.attack import Attack, Budget
from practicum.errors import CapabilityError, ConfigError, TechniqueFailed
from practicum.keys import Keys
from practicum.model import Model
from practicum.testing.torch_toys import TorchToy
from practicum.testing.toys_models import LeaveOut, Push

WEIGHT = torch.tensor([[1.0, -2.0, 0.5], [0.0, 1.0, 1.0]], dtype=torch.float64)
X = torch.tensor([[0.5, 0.25, 0.75], [0.125, 1.0, 0.5]], dtype=torch.float64)
Y = torch.tensor([0, 1])


def net() -> torch.nn.Module:
    layer = torch.nn.Linear(3, 2, bias=False, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(WEIGHT)
    return layer


class InputXGradient:
    """Captum's calling form."""

    def __init__(self, forward_func: Any, scale: float = 1.0) -> None:
        self.forward_func, self.scale = forward_func, scale

    def attribute(self, inputs: Any, target: Any = None, noise: float = 0.0, at: Any = None,
                  return_convergence_delta: bool = False) -> Any:
        score = self.forward_func(inputs)[:, target].sum()
        found = self.scale * inputs * torch.autograd.grad(score, inputs)[0]
        found = found + noise * torch.randn_like(found) + (0 if at is None else at)
        return (found, torch.tensor([0.25])) if return_convergence_delta else found


class Layer(InputXGradient):
    """Explains something of another shape."""

    def attribute(self, inputs: Any, target: Any = None, **rest: Any) -> Any:
        return inputs[:, :1]


class FarBox:
    """Foolbox's calling form: moves every value down by eps, inside the box."""

    distance: ClassVar[Any] = type("L", (), {"p": math.inf})

    def __call__(self, fmodel: Any, inputs: Any, criterion: Any, *, epsilons: Any) -> Any:
        moved = (inputs - epsilons).clamp(*fmodel.bounds)
        return moved, moved, fmodel(moved).argmax(1) != criterion


class ToZero(Attack):
    """Goes to the origin, whatever that costs: an attack without a budget."""

    name: ClassVar[str] = "test/to-zero"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})

    def budget(self, model: Model, batch: Batch) -> Budget:
        return Budget("l2", math.inf)

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        name = batch.column_name(self.on)
        return batch.with_column(name, torch.zeros_like(batch.column(name)))


def test_captums_methods_explain_our_models() -> None:
    twice = from_captum(InputXGradient, scale=2.0, return_convergence_delta=True)
    found = twice(TorchToy.of(net()), X, target=Y.tolist())
    assert found.values == pytest.approx(2 * (X * WEIGHT[Y]).numpy())
    assert found.values.dtype == np.float64
    assert found.error is not None
    assert found.error.tolist() == [0.25, 0.25]
    assert found.method == "interop/captum InputXGradient"
    noisy = from_captum(InputXGradient, noise=1.0)
    toy, state = TorchToy.of(net()), torch.get_rng_state()
    whole = noisy(toy, X, target=0, seed=3)
    assert torch.equal(state, torch.get_rng_state())
    alone = noisy(TorchToy.of(net()), X[1:], target=0, seed=3, ids=[1])
    assert np.array_equal(whole.values[1:], alone.values), "a sample's draws are its own"
    assert not np.array_equal(whole.values, noisy(TorchToy.of(net()), X, target=0, seed=4).values)
    shifted = from_captum(InputXGradient, at=torch.ones(3, dtype=torch.float64))(TorchToy.of(net()), X, target=0)
    assert shifted.values == pytest.approx((X * WEIGHT[0] + 1).numpy())
    with pytest.raises(TechniqueFailed, match=r"attributions of shape \(1, 1\) for an input of shape \(1, 3\)"):
        from_captum(Layer)(TorchToy.of(net()), X)
    with pytest.raises(ConfigError, match="takes no argument 'stepz'"):
        from_captum(InputXGradient, stepz=3)(TorchToy.of(net()), X)


def test_our_explainers_answer_captums_call() -> None:
    form = as_captum(LeaveOut(), net())
    out = form.attribute(X, target=Y)
    assert torch.allclose(out, X * WEIGHT[Y])
    assert out.dtype == torch.float64
    assert form.attribute(X.float(), target=0).dtype == torch.float32
    assert isinstance(form.attribute((X,), target=[0, 0]), tuple)
    assert torch.allclose(form.attribute(X), X * WEIGHT[(X @ WEIGHT.T).argmax(1)]), "the predicted class"
    assert torch.equal(as_captum(LeaveOut(), TorchToy.of(net())).attribute(X, target=Y), out)
    assert torch.equal(as_captum(LeaveOut(), lambda x: x @ WEIGHT.T).attribute(X, target=Y), out)
    assert not form.has_convergence_delta()
    with pytest.raises(CapabilityError, match="no convergence delta"):
        form.attribute(X, target=0, return_convergence_delta=True)
    with pytest.raises(CapabilityError, match="explains one input, not 2"):
        form.attribute((X, X), target=0)
    with pytest.raises(CapabilityError, match="not a tensor of shape"):
        form.attribute(torch.zeros(3), target=0)


def test_foolboxs_attacks_attack_our_models() -> None:
    model = TorchToy.of(net(), bounds=(0.0, 1.0))
    attack = from_foolbox(FarBox(), eps=0.5)
    assert (attack.norm, attack.method) == ("linf", "FarBox")
    result = attack(model, X, Y.tolist())
    assert torch.equal(result.adversarial, (X - 0.5).clamp(0, 1))
    assert result.within.all()
    assert result.upper_bound
    assert result.norm.tolist() == [0.5, 0.5]
    assert from_foolbox(FarBox, eps=0.1).eps == 0.1
    free = attack(TorchToy.of(net()), X, Y.tolist())
    assert torch.equal(free.adversarial, X - 0.5), "without bounds nothing is in the way"
    with pytest.raises(ConfigError, match="FarBox measures linf"):
        from_foolbox(FarBox(), eps=0.5, norm="l2")(model, X, Y.tolist())
    with pytest.raises(ConfigError, match="wraps a live FarBox"):
        attack.config()


def test_our_attacks_answer_foolboxs_call() -> None:
    attack, one = as_foolbox(Push()), net()
    raw, clipped, success = attack(one, X, Y, epsilons=[0.0, 0.125, 0.5])
    assert [len(raw), len(clipped), tuple(success.shape)] == [3, 3, (3, 2)]
    for eps, moved, won in zip((0.0, 0.125, 0.5), clipped, success, strict=True):
        way = WEIGHT[1 - Y] - WEIGHT[Y]
        assert torch.allclose(moved, X + eps * way.sign(), atol=1e-12)
        assert torch.equal(won, one(moved).argmax(1) != Y)
    single = attack(one, X, type("Misclassification", (), {"labels": Y})(), epsilons=0.125)
    assert torch.equal(single[1], clipped[1])
    assert single[2].shape == (2,)
    near = as_foolbox(ToZero())
    raw, clipped, _ = near(one, X, Y, epsilons=[0.1, 10.0])
    assert torch.equal(raw[0], torch.zeros_like(X))
    assert torch.allclose((clipped[0] - X).norm(dim=1), torch.tensor(0.1, dtype=torch.float64))
    assert torch.equal(clipped[1], raw[1])
    assert torch.equal(near(one, X, Y, epsilons=None)[1], raw[0])
    with pytest.raises(CapabilityError, match="attacks within a budget: give epsilons"):
        attack(one, X, Y, epsilons=None)
    with pytest.raises(CapabilityError, match="TargetedMisclassification isn't read"):
        attack(one, X, type("Targeted", (), {"target_classes": Y})(), epsilons=0.1)


def test_nothing_is_imported_before_it_is_called() -> None:
    code = ("import sys, practicum_interop, practicum_interop.captum_explainer, practicum_interop.foolbox_attack, "
            "practicum_interop.captum_form, practicum_interop.foolbox_form; "
            "print(sorted({'captum', 'foolbox', 'eagerpy'} & set(sys.modules)))")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_beside_captum() -> None:
    attr = pytest.importorskip("captum.attr")
    torch.manual_seed(0)
    deep = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2)).double()
    model = TorchToy.of(deep)
    for name, options in (("IntegratedGradients", {"n_steps": 20}), ("DeepLift", {}), ("Saliency", {}),
                          ("FeatureAblation", {}), ("GuidedBackprop", {})):
        made = from_captum(name, **options)
        theirs = getattr(attr, name)(deep).attribute(X.clone().requires_grad_(True), target=Y, **options)
        found = made(model, X, target=Y.tolist())
        assert found.values == pytest.approx(theirs.detach().numpy(), abs=1e-9), name
        assert build(made.config()) == made
        assert np.array_equal(from_captum(getattr(attr, name), **options)(model, X, target=Y.tolist()).values,
                              found.values)
    exact = from_captum("IntegratedGradients", n_steps=200, return_convergence_delta=True)(model, X, target=0)
    assert exact.error is not None
    assert exact.error.max() < 0.01
    with pytest.raises(ConfigError, match=r"has no attribution 'IntegratedGradient'; did you mean IntegratedGradients"):
        Captum(method="IntegratedGradient")(model, X)
    assert all(p.grad is None and p.requires_grad for p in deep.parameters())


def test_beside_foolbox() -> None:
    foolbox: Any = pytest.importorskip("foolbox")
    torch.manual_seed(1)
    deep = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2)).eval()
    x = X.float()
    said = deep(x).argmax(1)
    model, theirs = TorchToy.of(deep, bounds=(0.0, 1.0)), foolbox.PyTorchModel(deep, bounds=(0, 1))
    for kind, eps, norm in ((foolbox.attacks.FGSM, 0.2, "linf"), (foolbox.attacks.L2DeepFoolAttack, 0.9, "l2")):
        made = from_foolbox(kind(), eps=eps)
        assert made.norm == norm
        mine = made(model, x, said.tolist()).adversarial
        _, clipped, _ = kind()(theirs, x, said, epsilons=eps)
        assert torch.allclose(mine, clipped, atol=1e-6), kind
    named = from_foolbox("LinfPGD", eps=0.1, steps=3)
    assert build(named.config()) == named
    assert named(model, x, said.tolist(), seed=0).within.all()
    with pytest.raises(ConfigError, match="has no attack 'LinfPDG'"):
        Foolbox(method="LinfPDG")(model, x, said.tolist())
    _, moved, won = as_foolbox(Push())(theirs, x, said, epsilons=[0.05, 0.4])
    assert torch.equal(won, torch.stack([deep(m).argmax(1) != said for m in moved]))
    assert get("interop/foolbox").method == "LinfPGD"
