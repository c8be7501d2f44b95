"""Cascades: who faces whom, what the worst case is, and a model for each doubt that raises that doubt alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from practicum_gradient_attacks import trust
from practicum_gradient_attacks.apgd import APGD
from practicum_gradient_attacks.cascade import Cascade
from practicum_gradient_attacks.square import Square

from practicum import Batch, build
from practicum.errors import ConfigError
from practicum.testing.torch_toys import TorchToy

SMALL = [{"use": "gradient-attacks/apgd", "steps": 6, "loss": "cross-entropy"},
         {"use": "gradient-attacks/apgd", "steps": 6, "loss": "dlr", "restarts": 4},
         {"use": "gradient-attacks/fab", "steps": 4}, {"use": "gradient-attacks/square", "queries": 60}]
BLACK_BOX = "an attack without gradients broke what attacks with gradients left standing"


def _doubts(result: Any) -> list[str]:
    return [n.what for n in result.notes if n.doubt]


def _samples(model: TorchToy, count: int = 24, width: int = 10, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(seed).uniform(0.1, 0.9, size=(count, width))
    return x, model.predict(Batch.of(x)).labels


def _linear(classes: int = 3, width: int = 10, seed: int = 1, **fields: Any) -> TorchToy:
    return TorchToy.linear(np.random.default_rng(seed).normal(size=(classes, width)), bounds=(0.0, 1.0), **fields)


@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
@pytest.mark.parametrize("classes", [2, 5])
def test_the_usual_members_leave_exactly_what_is_robust(classes: int, norm: str) -> None:
    # Without a box the exact distances are known, and so is who withstands.
    rng = np.random.default_rng(3)
    weight, x = rng.normal(size=(classes, 12)), rng.normal(size=(12, 12))
    model = TorchToy.linear(weight)
    label = model.predict(Batch.of(x)).labels
    gaps = weight[label][:, None] - weight[None]
    size = {"linf": np.abs(gaps).sum(2), "l2": np.sqrt((gaps**2).sum(2)), "l1": np.abs(gaps).max(2)}[norm]
    margins = (gaps * x[:, None]).sum(2)
    exact = np.where(size > 0, margins / np.maximum(size, 1e-12), np.inf).min(axis=1)
    eps = float(np.median(exact))
    members = [m.evolve(queries=100) if isinstance(m, Square) else m for m in Cascade(norm=norm).parts()]
    result = Cascade(norm=norm, eps=eps, members=members)(model, x, label)
    np.testing.assert_array_equal(result.success, exact < eps)
    assert result.within.all()
    assert not _doubts(result)
    left = next(n for n in result.notes if n.what == "left standing")
    assert (left.count, left.of) == (int((exact >= eps).sum()), 12)
    assert sum(n.count for n in result.notes if n.what.startswith("broken by")) == int((exact < eps).sum())


def test_no_robustness_among_five_classes_where_there_is_none() -> None:
    rng = np.random.default_rng(0)
    weight, label = rng.normal(size=(5, 40)), np.arange(20) % 5
    away = weight[label] - weight.mean(axis=0)
    gaps = weight[label][:, None] - weight[None]
    size = np.abs(gaps).sum(axis=2)
    exact = np.where(size > 0, (away[:, None] * gaps).sum(axis=2) / np.maximum(size, 1e-9), np.inf).min(axis=1)
    x = away * (0.1 / 1.05 / exact)[:, None]
    for scale in (1e-6, 1.0, 1e6):
        assert Cascade(eps=0.1)(TorchToy.linear(weight, scale=scale), x, label).robust == (0, 20)


def test_members_face_survivors_only_and_take_the_cascades_budget() -> None:
    model = _linear()
    x, label = _samples(model)
    cascade = Cascade(eps=0.08, members=[APGD(steps=5, eps=9.0), Square(queries=30, norm="l2")], checks=False)
    assert [(m.norm, m.eps) for m in cascade.parts()] == [("linf", 0.08)] * 2
    result = cascade(model, x, label)
    alone = APGD(steps=5, eps=0.08, early_stop=True)(model, x, label)
    survivors = ~alone.success
    assert alone.success.any()
    assert survivors.any()
    # Survivors pay for the clean look, APGD, one check after each member, and Square; the others for no Square.
    assert (result.queries[survivors] > 30).all()
    np.testing.assert_array_equal(result.queries[~survivors], alone.queries[~survivors] + 2)
    np.testing.assert_array_equal(result.gradients, alone.gradients)
    assert (result.success | ~alone.success).all()


def test_batch_equals_singles_and_order_does_not_matter() -> None:
    model = _linear()
    x, label = _samples(model, count=6)
    cascade = Cascade(eps=0.06, members=SMALL)
    whole = cascade(model, x, label, ids=list(range(6)))
    for row in (0, 3, 5):
        alone = cascade(model, x[row:row + 1], label[row:row + 1], ids=[row])
        np.testing.assert_allclose(alone.adversarial[0], whole.adversarial[row], atol=1e-9)
    back = cascade(model, x[::-1].copy(), label[::-1], ids=list(range(6))[::-1])
    np.testing.assert_allclose(back.adversarial[::-1], whole.adversarial, atol=1e-9)


def test_configuration_round_trips_with_its_members() -> None:
    for cascade in (Cascade(), Cascade(norm="l2", eps=0.5, members=SMALL, criterion={"target": 1}),
                    Cascade(norm="l1", eps=3.0, checks=False)):
        assert build(cascade.config()) == cascade
        assert build(cascade.config()).fingerprint() == cascade.fingerprint()
    assert [m.label for m in Cascade().parts()] == ["apgd", "apgd", "fab", "square"]
    assert [m.label for m in Cascade(norm="l1").parts()] == ["apgd", "apgd", "fab"]


def test_members_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"gradient-attacks/spatial has no field 'norm'"):
        Cascade(members=["gradient-attacks/spatial"])
    with pytest.raises(ConfigError, match=r"gradient-attacks/square can't take.*norm"):
        Cascade(norm="l1", members=["square"])
    with pytest.raises(ConfigError, match="at least one member"):
        Cascade(members=[])


def test_a_criterion_without_cross_entropy_and_a_mask() -> None:
    from practicum import Target

    model = _linear(classes=5)
    x, label = _samples(model, count=5)
    result = Cascade(eps=0.9, criterion={"goal": "outside-top", "k": 2})(model, x, label)
    ranks = (model.predict(Batch.of(result.adversarial)).values > np.take_along_axis(
        model.predict(Batch.of(result.adversarial)).values, label[:, None], axis=1)).sum(axis=1)
    np.testing.assert_array_equal(result.success, ranks >= 2)
    assert result.success.any()
    free = np.arange(10) < 4
    batch = Batch.of(x).with_targets(label=label, where=Target("masks", [free] * 5))
    from practicum import Keys

    masked = Cascade(eps=0.2, only="where", members=SMALL).run(model, batch, Keys(0))
    assert masked.within.all()
    np.testing.assert_array_equal(masked.adversarial[:, ~free], x[:, ~free])


class _Random(TorchToy):
    """Adds another offset at each call."""

    name = "toy/random"

    def logits(self, batch: Batch) -> torch.Tensor:
        calls = self._module.calls
        self._module.calls = calls + 1
        return super().logits(batch) + torch.tensor([0.0, 0.01 * (calls % 2), 0.0])


class _Optimising(TorchToy):
    """Moves its input downhill on its own energy before it looks at it."""

    name = "toy/optimising"

    def logits(self, batch: Batch) -> torch.Tensor:
        x = batch.column(batch.column_name(None, self.modalities))
        with torch.enable_grad():
            z = torch.as_tensor(x).detach().clone().requires_grad_(True)
            (slope,) = torch.autograd.grad((z * z).sum(), z)
        return super().logits(batch) + 0.0 * slope.sum()


class _Softmax(torch.nn.Module):
    def __init__(self, inner: torch.nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x).softmax(dim=1)


class _Steps(torch.nn.Module):
    """Scores that are a staircase: no gradient anywhere, and a linear model behind it."""

    def __init__(self, weight: np.ndarray, height: float) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.from_numpy(weight))
        self.height = height

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = x @ self.weight.T
        return torch.round(z / self.height) * self.height + 0.0 * z


class _Mislead(torch.nn.Module):
    """A linear model whose gradient points the wrong way."""

    def __init__(self, weight: np.ndarray) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.from_numpy(weight))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        z = x @ self.weight.T
        return z.detach() - (z - z.detach())


WEIGHT = np.random.default_rng(1).normal(size=(3, 10))
SQUARE = {"use": "gradient-attacks/square", "queries": 300}
WHITE = [{"use": "gradient-attacks/apgd", "steps": 4, "random_start": False}]


def _case(kind: str) -> tuple[TorchToy, list[Any], float]:
    plain = torch.nn.Linear(10, 3, bias=False, dtype=torch.float64)
    with torch.no_grad():
        plain.weight.copy_(torch.from_numpy(WEIGHT))
    if kind == "random":
        plain.calls = 0
        return _Random.of(plain, bounds=(0.0, 1.0)), WHITE, 0.01
    if kind == "softmax":
        return TorchToy.of(_Softmax(plain), bounds=(0.0, 1.0)), WHITE, 0.01
    if kind == "optimising":
        return _Optimising.of(plain, bounds=(0.0, 1.0)), WHITE, 0.01
    if kind == "flat":
        return TorchToy.of(_Steps(WEIGHT, 0.01), bounds=(0.0, 1.0)), WHITE, 0.05
    if kind == "misleading":
        return TorchToy.of(_Mislead(WEIGHT), bounds=(0.0, 1.0)), [*WHITE, SQUARE], 0.1
    return TorchToy.of(plain, bounds=(0.0, 1.0)), [*WHITE, SQUARE], 0.1


@pytest.mark.parametrize(("kind", "doubt"), [
    ("random", trust.RANDOM), ("softmax", trust.PROBABILITIES), ("flat", trust.FLAT),
    ("optimising", trust.OPTIMISING), ("misleading", BLACK_BOX), ("plain", None)])
def test_each_doubt_has_its_model(kind: str, doubt: str | None) -> None:
    model, members, eps = _case(kind)
    x = np.random.default_rng(0).uniform(0.1, 0.9, size=(24, 10))
    label = (x @ WEIGHT.T).argmax(axis=1)
    result = Cascade(eps=eps, members=members)(model, x, label)
    assert _doubts(result) == ([] if doubt is None else [doubt])
    silent = Cascade(eps=eps, members=members, checks=False)(_case(kind)[0], x, label)
    assert not _doubts(silent)
    if kind in ("softmax", "flat", "optimising"):
        note = next(n for n in result.notes if n.doubt)
        assert note.count == note.of == int(result.clean_correct.sum())


def test_only_samples_that_were_right_are_counted() -> None:
    model = _linear()
    x, label = _samples(model, count=8)
    label[:3] = (label[:3] + 1) % 3
    result = Cascade(eps=0.05, members=SMALL)(model, x, label)
    assert {n.of for n in result.notes} == {5}
    np.testing.assert_array_equal(result.adversarial[:3], x[:3])
