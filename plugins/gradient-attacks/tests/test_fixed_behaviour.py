"""What the attacks do beside reaching far: budgets, starts, bad input, cost, and no trace on the model."""

from __future__ import annotations

import warnings
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from practicum_gradient_attacks.fgsm import FGSM
from practicum_gradient_attacks.pgd import PGD
from practicum_gradient_attacks.starts import random_start

from practicum import Batch
from practicum.columns.arrays import Series
from practicum.errors import CapabilityError, ConfigError, DataError, ModelOutputError, TechniqueFailed
from practicum.keys import Keys
from practicum.testing.torch_toys import TorchToy

NORMS = ("linf", "l2", "l1")
EPS = {"linf": 0.06, "l2": 0.5, "l1": 2.0}


def _net(inputs: int = 27, classes: int = 4) -> torch.nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torch.nn.Sequential(torch.nn.Linear(inputs, 32), torch.nn.BatchNorm1d(32), torch.nn.ReLU(),
                                   torch.nn.Dropout(), torch.nn.Linear(32, classes))


def _images(count: int = 12) -> torch.Tensor:
    return torch.rand(count, 3, 3, 3, generator=torch.Generator().manual_seed(1))


def _labelled(model: TorchToy, x: Any) -> Batch:
    batch = Batch.of(x)
    return batch.with_targets(label=model.predict(batch).labels)


@pytest.mark.parametrize("make", [FGSM, PGD])
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("form", ["image", "image-array", "state", "series"])
def test_stays_in_the_budget_and_keeps_the_callers_form(form: str, norm: str, make: Any) -> None:
    model = TorchToy.of(_net(), bounds=(0.0, 1.0))
    x: Any = _images()
    x[0, 0] = 0.0
    x[1, 0] = 1.0
    if form == "image-array":
        x = x.numpy()
    elif form == "state":
        x = x.flatten(1)
    elif form == "series":
        x = x.reshape(12, 9, 3).numpy()
    modality = form.split("-")[0]
    batch = Batch.of(x, modality=modality)
    batch = batch.with_targets(label=model.predict(batch).labels)
    result = make(norm=norm, eps=EPS[norm])(model, batch)
    assert result.within.all()
    assert (result.norm <= EPS[norm] * (1 + 1e-6)).all()
    assert (result.norm > 0.9 * EPS[norm]).all()
    assert result.success.any()
    given, out = batch.columns[modality].data, result.batch.columns[modality].data
    if form == "series":
        given, out = given.values, out.values
    assert type(out) is type(given)
    assert out.dtype == given.dtype
    assert out.shape == given.shape
    if isinstance(out, torch.Tensor):
        assert not out.requires_grad


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_float32_rounding_stays_in_the_budget_at_any_magnitude(norm: str, scale: float) -> None:
    rng = np.random.default_rng(0)
    x = (scale * rng.normal(size=(8, 50))).astype(np.float32)
    model = TorchToy.linear(rng.normal(size=(3, 50)).astype(np.float32))
    for attack in (FGSM(norm=norm, eps=0.01), PGD(norm=norm, eps=0.01, steps=7)):
        result = attack(model, x, np.zeros(8, np.int64))
        assert (result.norm <= 0.01 * (1 + 1e-6)).all()
        assert result.within.all()


def test_bounds_that_float32_cannot_hold() -> None:
    # 0.1 in float32 lies above 0.1: values on such a bound are in the box, not outside of it.
    x = np.full((2, 4), 0.1, np.float32)
    x[1] = 0.05
    model = TorchToy.linear(np.array([[1.0, 1, 1, 1], [-1, -1, -1, -1]], np.float32), bounds=(0.0, 0.1))
    result = PGD(eps=0.03)(model, x, [0, 1])
    np.testing.assert_allclose(result.adversarial, [[0.07] * 4, [0.08] * 4], atol=1e-6)
    assert result.within.all()
    assert PGD(eps=0.5)(model, x, [1, 1]).adversarial.max() == np.float32(0.1)


def test_values_outside_the_box_are_not_touched() -> None:
    x = np.array([[2.0, 0.5, -1.0, np.nan]])
    model = TorchToy.linear(np.array([[1.0, 1, 1, 1], [0, 0, 0, 0]]), bounds=(0, 1))
    for norm in NORMS:
        for make in (FGSM, PGD):
            out = make(norm=norm, eps=0.25)(model, x, [0]).adversarial
            np.testing.assert_allclose(out, [[2.0, 0.25, -1.0, np.nan]], atol=1e-9)


def test_the_field_bounds_overrides_the_models() -> None:
    x = np.array([[0.5, 0.5]])
    model = TorchToy.linear(np.array([[1.0, -1.0], [0, 0]]), bounds=(0, 1))
    assert FGSM(eps=0.3, bounds=(0.4, 0.6))(model, x, [0]).adversarial.tolist() == [[0.4, 0.6]]
    with pytest.raises(ConfigError, match="empty"):
        FGSM(bounds=(1, 0))


@pytest.mark.parametrize("make", [FGSM, PGD])
def test_missing_and_unobserved_steps_of_a_series_stay(make: Any) -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=(3, 9, 3))
    values[:, 6:] = np.nan
    mask = np.ones((3, 9), bool)
    mask[:, 6:] = False
    mask[:, 0] = False
    batch = Batch.of(Series(values, mask), modality="series", targets={"label": [0, 1, 2]})
    model = TorchToy.linear(rng.normal(size=(3, 27)))
    for norm in NORMS:
        result = make(norm=norm, eps=0.5)(model, batch)
        out = result.batch.column().values
        assert np.isnan(out[:, 6:]).all()
        np.testing.assert_array_equal(out[:, 0], values[:, 0])
        assert (out[:, 1:6] != values[:, 1:6]).any()
        assert result.within.all()


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("make", [FGSM, PGD])
def test_a_model_without_slope_leaves_the_input_as_it_is(make: Any, norm: str) -> None:
    model = TorchToy.linear(np.zeros((3, 4)), bounds=(0, 1))
    x = np.random.default_rng(3).uniform(size=(5, 4))
    result = make(norm=norm, eps=0.3)(model, x, np.zeros(5, np.int64))
    np.testing.assert_array_equal(result.adversarial, x)


@pytest.mark.parametrize("norm", NORMS)
def test_saturated_pixels_can_move(norm: str) -> None:
    x = np.array([[0.0, 1.0, 0.0, 1.0]])
    model = TorchToy.linear(np.array([[1.0, 2.0, -3.0, 4.0], [0, 0, 0, 0]]), bounds=(0, 1))
    out = PGD(norm=norm, eps=1.5, random_start=False)(model, x, [0]).adversarial
    assert out[0, 2] > 0.3 or norm == "l1"
    assert out[0, 3] < 1e-3 or norm == "l2"
    assert out[0, 0] == 0.0


@pytest.mark.parametrize(("norm", "tolerance"), [("linf", 0.02), ("l2", 0.02), ("l1", 0.02)])
def test_random_starts_are_uniform_in_the_ball(norm: str, tolerance: float) -> None:
    d, n = 6, 4000
    ids = Batch.of(np.zeros((n, 1))).ids
    centre = torch.zeros(n, d, dtype=torch.float64)
    change = random_start(centre, None, norm, 2.0, None, Keys(5).bind(ids)).abs()
    radius = {"linf": change.amax(1), "l2": change.norm(dim=1), "l1": change.sum(1)}[norm] / 2.0
    assert float(radius.max()) <= 1.0
    volume = (radius**d).sort().values  # uniform in [0, 1] for a point uniform in the ball
    assert float((volume - (torch.arange(n) + 0.5) / n).abs().max()) < tolerance + 0.01
    signed = random_start(centre, None, norm, 2.0, None, Keys(5).bind(ids))
    assert float(signed.mean(0).abs().max()) < 0.06


def test_starts_depend_on_the_sample_alone() -> None:
    model = TorchToy.of(_net().double(), bounds=(0, 1))
    batch = _labelled(model, _images().double())
    attack = PGD(eps=0.05, steps=1, restarts=2)
    whole = attack(model, batch, seed=3).batch
    order = np.arange(12)[::-1]
    torch.testing.assert_close(attack(model, batch.take(order), seed=3).batch.data.flip(0), whole.data,
                               rtol=0, atol=1e-9)
    single = attack(model, batch.take([4]), seed=3).batch.data
    torch.testing.assert_close(single, whole.data[4:5], rtol=0, atol=1e-9)
    assert not torch.equal(attack(model, batch, seed=4).batch.data, whole.data)


def test_cost_is_what_it_says() -> None:
    model = TorchToy.of(_net(), bounds=(0, 1))
    batch = _labelled(model, _images())
    result = PGD(steps=7, random_start=False, rivals=1)(model, batch)
    assert set(result.gradients) == {7}
    assert set(result.queries) == {8}
    result = PGD(steps=7, restarts=3)(model, batch)  # 4 classes: 3 rivals compared; the clean input is scored
    assert set(result.gradients) == {3 + 3 * 7}
    assert set(result.queries) == {1 + 1 + 3 * 8}
    assert set(FGSM()(model, batch).gradients) == {1}


def test_more_restarts_are_never_worse() -> None:
    model = TorchToy.of(_net(), bounds=(0, 1))
    batch = _labelled(model, _images(40))
    one, many = (PGD(eps=0.05, steps=8, restarts=r)(model, batch) for r in (1, 4))
    assert many.success.sum() >= one.success.sum()
    assert (many.success | ~one.success).all()


def test_a_short_walk_is_warned_about() -> None:
    with pytest.warns(UserWarning, match="may end inside the ball"):
        PGD(steps=10, step_size=0.1, eps=1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        PGD(steps=10, step_size=0.2, eps=1.0)
        PGD(steps=1)


class _Fails(torch.nn.Module):
    """A network that raises at its n-th forward pass, after having touched its own buffers."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.inner, self.at = _net(), at
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls = self.calls + 1  # replaces the buffer rather than writing into it
        if self.calls >= self.at:
            raise RuntimeError("out of memory")
        return self.inner(x)


@pytest.mark.parametrize(("make", "fails"), [(FGSM, 1), (FGSM, 100), *((lambda **k: PGD(steps=3, **k), at)
                                                                        for at in (1, 2, 3, 100))])
def test_no_trace_is_left_on_the_model_also_after_an_exception(make: Any, fails: int) -> None:
    net = _Fails(fails)
    net.inner[1].eval()  # a frozen batch norm inside a model in training mode
    net.inner[0].weight.requires_grad_(False)
    net.inner[4].weight.grad = torch.full_like(net.inner[4].weight, 3.0)
    modes = [m.training for m in net.modules()]
    calls, state = net.calls, {k: v.clone() for k, v in net.state_dict().items()}
    torch.manual_seed(7)
    drawn = torch.rand(3)
    torch.manual_seed(7)
    np.random.seed(7)  # noqa: NPY002  # the global generator is what is watched
    numpy_state = np.random.get_state()[1].tolist()  # noqa: NPY002
    x = _images()
    before = x.clone()
    batch = Batch.of(x, targets={"label": np.zeros(12, np.int64)})
    with pytest.raises(RuntimeError, match="out of memory") if fails < 100 else nullcontext():
        make(norm="linf").perturb(TorchToy.of(net), batch, Keys(0).bind(batch.ids))
    assert [m.training for m in net.modules()] == modes
    assert net.calls is calls
    assert all(torch.equal(v, state[k]) for k, v in net.state_dict().items())
    assert [p.requires_grad for p in net.parameters()] == [False] + [True] * 5
    assert torch.equal(net.inner[4].weight.grad, torch.full_like(net.inner[4].weight, 3.0))
    assert all(p.grad is None for n, p in net.named_parameters() if n != "inner.4.weight")
    assert torch.equal(torch.rand(3), drawn)
    assert np.random.get_state()[1].tolist() == numpy_state  # noqa: NPY002
    assert torch.equal(x, before)
    assert not x.requires_grad


@pytest.mark.parametrize("outside", [torch.no_grad, torch.inference_mode])
def test_works_where_gradients_are_off(outside: Any) -> None:
    model = TorchToy.of(_net(), bounds=(0, 1))
    expected = PGD()(model, _labelled(model, _images())).adversarial
    with outside():
        got = PGD()(model, _labelled(model, _images())).adversarial
        assert not torch.is_grad_enabled()
    assert torch.equal(got.clone(), expected)


def test_bad_input_is_refused_with_the_mend() -> None:
    model = TorchToy.linear(np.ones((2, 12), np.float32))
    with pytest.raises(DataError, match=r"uint8.*convert them to float in \[0, 1\]"):
        FGSM()(model, torch.zeros(1, 3, 2, 2, dtype=torch.uint8), [0])
    with pytest.raises(DataError, match="float32 or float64"):
        FGSM()(model, np.zeros((1, 12), np.int64), [0])
    with pytest.raises(DataError, match="knows 2 classes"):
        PGD(criterion={"target": 5})(model, np.zeros((1, 12), np.float32), [0])
    ragged = [np.zeros((2, 2, 3), np.float32), np.zeros((3, 2, 3), np.float32)]
    with pytest.raises(DataError, match="resize or pad"):
        FGSM().perturb(model, Batch.of(ragged, modality="image", targets={"label": [0, 0]}), Keys())
    with pytest.raises(TechniqueFailed, match="gradient-attacks/pgd raised RuntimeError"):
        PGD().run(model, Batch.of(np.zeros((1, 5), np.float32), targets={"label": [0]}), Keys())
    with pytest.raises(ModelOutputError, match="at least two classes"):
        PGD().perturb(TorchToy.linear(np.ones((1, 12), np.float32)),
                      Batch.of(np.zeros((1, 12), np.float32), targets={"label": [0]}), Keys())
    for bad in ({"eps": 0.0}, {"eps": -1.0}, {"norm": "l3"}, {"steps": 0}, {"restarts": 0}, {"loss": "hinge"},
                {"criterion": {"target": -1}}, {"stepsize": 1.0}):
        with pytest.raises(ConfigError, match=next(iter(bad))):
            PGD(**bad)
    with pytest.raises(ConfigError, match="no form for criterion 'confident'"):
        PGD(criterion={"goal": "confident"}, loss="cross-entropy")


def test_logits_cut_off_from_the_input_are_named() -> None:
    class Detached(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.detach()

    class Constant(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.value = torch.nn.Parameter(torch.zeros(1, 3))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.value.expand(len(x), 3) + x.detach().requires_grad_(True)

    for module in (Detached(), Constant()):
        with pytest.raises(CapabilityError, match="input"):
            FGSM()(TorchToy.of(module), np.zeros((2, 3), np.float32), [0, 0])


def test_empty_batches_and_one_value() -> None:
    model = TorchToy.linear(np.array([[1.0], [-1.0]]))
    for make in (FGSM, PGD):
        for norm in NORMS:
            empty = Batch.of(np.zeros((0, 1)), targets={"label": np.zeros(0, np.int64)})
            assert len(make(norm=norm).run(model, empty, Keys()).success) == 0
            out = make(norm=norm, eps=0.5)(model, np.array([[0.25]]), [0])
            np.testing.assert_allclose(out.adversarial, [[-0.25]], atol=1e-9)
            assert out.success.all()


def test_a_later_column_and_other_targets_are_carried() -> None:
    from practicum.batch import Column

    model = TorchToy.linear(np.array([[1.0, -1.0], [0, 0]]))
    batch = Batch.of(columns={"x": Column("state", np.array([[0.5, 0.5]])), "note": Column("text", ["a"])},
                     targets={"label": [0], "weight": [2.5]})
    out = FGSM(eps=0.1, on="x").perturb(model, batch, Keys())
    np.testing.assert_allclose(out.column("x"), [[0.4, 0.6]])
    assert out.to_list("note") == ["a"]
    assert out.targets["weight"].data.tolist() == [2.5]
