"""The core's side of attacks and explanations: guard, ledger, distance, recomputed figures, checks before running."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from practicum import Batch
from practicum.attack import Attack, Budget, cross_entropy
from practicum.errors import CapabilityError, DataError, ModalityError, PracticumError, TargetError, TechniqueFailed
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.ledger import CountingModel
from practicum.model import Differentiable, Model, Predictions
from practicum.testing.torch_toys import TorchToy


class Shift(Attack):
    """Adds ``by`` to every value, claims ``eps``; asks the model ``looks`` times and for ``slopes`` gradients."""

    name: ClassVar[str] = "test/shift"
    modalities: ClassVar[frozenset[str]] = frozenset({"state", "image"})
    by: float = 0.5
    eps: float = 1.0
    norm: Any = "linf"
    bounds: tuple[float, float] | None = None
    looks: int = 0
    slopes: int = 0

    def budget(self, model: Model, batch: Batch) -> Budget:
        return Budget(self.norm, self.eps, self.bounds)

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        name = batch.column_name(self.on)
        for _ in range(self.looks):
            model.predict(batch)
        for _ in range(self.slopes):
            x = torch.as_tensor(batch.column(name)).clone().requires_grad_(True)
            model.logits(batch.with_column(name, x)).sum().backward()
        return batch.with_column(name, batch.column(name) + self.by)


class Blind(Model):
    """Predicts, and nothing else."""

    name: ClassVar[str] = "test/blind"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})

    def predict(self, batch: Batch) -> Predictions:
        return Predictions("classification", batch.ids, np.tile([1.0, 0.0], (len(batch), 1)))


class Regressor(Blind):
    name: ClassVar[str] = "test/regressor"
    task: ClassVar[Any] = "regression"


MODEL = TorchToy.linear([[0.0, 0.0], [1.0, 1.0]], [0.0, -1.0])  # class 1 where the sum exceeds 1
X = np.array([[0.2, 0.2], [0.9, 0.9], [0.4, 0.4], [0.9, 0.8]])
Y = np.array([0, 1, 0, 0])


# Attack: figures

def test_figures_are_recomputed_from_inputs_and_model() -> None:
    result = Shift(by=0.25)(MODEL, X, Y)
    assert result.clean_correct.tolist() == [True, True, True, False]
    assert result.success.tolist() == [False, False, True, False]
    assert result.robust_accuracy == 0.5
    assert result.success_rate == 1 / 3
    np.testing.assert_allclose(result.norm, 0.25)
    assert result.within.all()
    logit = X.sum(1) - 1
    np.testing.assert_allclose(result.loss_before, np.log1p(np.exp(np.where(Y == 1, -logit, logit))), rtol=1e-6)
    np.testing.assert_allclose(result.loss_after[2], np.log1p(np.exp(0.3)), rtol=1e-6)
    np.testing.assert_array_equal(result.adversarial, X + 0.25)


@pytest.mark.parametrize(("fields", "within"), [
    ({"by": 0.25, "eps": 0.2}, [False] * 4),
    ({"by": 0.25, "eps": 0.25}, [True] * 4),
    ({"by": 0.25, "eps": 0.25 / (1 + 9e-7)}, [True] * 4),
    ({"by": 0.25, "eps": 0.25 - 2e-6}, [False] * 4),
    ({"by": 0.25, "eps": 0.3, "norm": "l2"}, [False] * 4),
    ({"by": 0.25, "eps": 0.36, "norm": "l2"}, [True] * 4),
    ({"by": 0.25, "eps": 0.5, "norm": "l1"}, [True] * 4),
    ({"by": 0.25, "eps": 0.4, "norm": "l1"}, [False] * 4),
    ({"by": 0.25, "bounds": (0.0, 1.0)}, [True, False, True, False]),
    ({"by": float("nan")}, [False] * 4),
])
def test_a_broken_budget_is_reported(fields: dict[str, Any], within: list[bool]) -> None:
    fields = dict(fields)
    by = fields.pop("by")
    attack = Shift.model_construct(**{**{n: f.default for n, f in Shift.model_fields.items()}, **fields, "by": by})
    assert attack(MODEL, X, Y).within.tolist() == within


def test_no_samples_and_no_right_ones() -> None:
    empty = Shift().run(MODEL, Batch.of(np.zeros((0, 2)), targets={"label": np.zeros(0, np.int64)}), Keys())
    assert len(empty.success) == len(empty.norm) == 0
    assert np.isnan(empty.robust_accuracy)
    wrong = Shift()(MODEL, X, 1 - MODEL.predict(Batch.of(X)).labels)
    assert np.isnan(wrong.success_rate)
    assert wrong.robust_accuracy == 0.0


def test_without_labels_the_models_own_predictions_are_attacked() -> None:
    assert Shift(by=0.25)(MODEL, X).clean_correct.all()


def test_labels_the_model_does_not_know_are_named() -> None:
    with pytest.raises(PracticumError, match="row 1 has label 7, but the model knows 2 classes"):
        cross_entropy(np.zeros((2, 2)), np.array([0, 7]))


def test_cross_entropy_of_huge_logits_and_of_log_probabilities() -> None:
    np.testing.assert_allclose(cross_entropy([[1e6, 0.0], [0.0, -1e6]], np.array([1, 0])), [1e6, 0.0])
    logp = np.log([[0.2, 0.3, 0.5]])
    np.testing.assert_allclose(cross_entropy(logp, np.array([1])), -logp[:, 1])


# Attack: checks

def test_a_model_without_gradients_is_refused_by_naming_both() -> None:
    with pytest.raises(CapabilityError, match="test/shift needs a model with gradient, but test/blind offers"):
        Shift()(Blind(), X, Y)


def test_no_model_another_task_another_modality_no_labels() -> None:
    batch = Batch.of(X, targets={"label": Y})
    with pytest.raises(CapabilityError, match=r"was given a Linear: wrap it first with practicum\.wrap"):
        Shift().run(torch.nn.Linear(2, 2), batch, Keys())  # type: ignore[arg-type]  # the mistake under test

    class ScoreShift(Shift):
        access: ClassVar[Any] = "score"

    with pytest.raises(CapabilityError, match="test/regressor does regression"):
        ScoreShift().run(Regressor(), batch, Keys())
    with pytest.raises(ModalityError, match="takes image or state, but column 'text' is text"):
        Shift().run(MODEL, Batch.of(["a"], targets={"label": [0]}), Keys())
    with pytest.raises(TargetError, match="no class labels"):
        Shift().run(MODEL, Batch.of(X), Keys())


def test_an_attack_that_fails_or_returns_another_thing_is_named() -> None:
    class Raises(Shift):
        def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
            raise ZeroDivisionError("oops")

    class Drops(Shift):
        def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
            return batch.take([0])

    class Grows(Shift):
        def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
            return batch.with_column("state", np.zeros((len(batch), 5)))

    batch = Batch.of(X, ids=["a", "b", "c", "d"], targets={"label": Y})
    with pytest.raises(TechniqueFailed, match=r"test/shift raised ZeroDivisionError .*first id 'a'.*oops"):
        Raises().run(MODEL, batch, Keys())
    with pytest.raises(TechniqueFailed, match="with the ids it was given"):
        Drops().run(MODEL, batch, Keys())
    with pytest.raises((DataError, RuntimeError)):
        Grows().run(MODEL, batch, Keys())


# Ledger

def test_the_ledger_counts_every_pass_of_every_sample() -> None:
    result = Shift(looks=3, slopes=2)(MODEL, X, Y)
    assert result.queries.tolist() == [5] * 4
    assert result.gradients.tolist() == [2] * 4
    assert Shift()(MODEL, X, Y).queries.tolist() == [0] * 4


def test_the_ledger_counts_by_id_and_only_its_own() -> None:
    batch = Batch.of(X, ids=["a", "b", "c", "d"])
    counting = CountingModel(MODEL, batch.ids)
    model = counting.proxy
    model.predict(batch.take([2, 0]))
    model.predict(batch.take([2]))
    model.predict(Batch.of(X, ids=["p", "q", "a", "r"]))
    assert counting.queries.tolist() == [2, 0, 2, 0]
    x = torch.tensor(X[1:3], requires_grad=True)
    part = batch.take([1, 2]).with_column("state", x)
    logits = model.logits(part)
    assert counting.gradients.tolist() == [0] * 4
    torch.autograd.grad(logits.sum(), x, retain_graph=True)
    torch.autograd.grad(logits[:, 0].sum(), x)
    assert counting.gradients.tolist() == [0, 2, 2, 0]
    with torch.no_grad():
        model.logits(part)
    assert counting.queries.tolist() == [2, 2, 4, 0]


def test_the_counted_model_is_the_model_otherwise() -> None:
    model = TorchToy.linear([[1.0, 2.0], [0.0, 1.0]], bounds=(0, 1), scale=2.0)
    proxy = CountingModel(model, Batch.of(X).ids).proxy
    assert isinstance(proxy, TorchToy)
    assert isinstance(proxy, Differentiable)
    assert proxy.config() == model.config()
    assert proxy.bounds == (0, 1)
    assert proxy.modules()[0] is model.modules()[0]
    np.testing.assert_array_equal(proxy.predict(Batch.of(X)).values, model.predict(Batch.of(X)).values)
    assert not isinstance(CountingModel(Blind(), Batch.of(X).ids).proxy, Differentiable)


# Guard

class Counts(torch.nn.Module):
    """Writes into one buffer, replaces another, and draws."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
        self.register_buffer("written", torch.zeros(2))
        self.register_buffer("replaced", torch.tensor([float("nan"), 1.0]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.written += torch.rand(2)
        self.replaced = self.replaced + 1
        return self.inner(x)


def _state(net: torch.nn.Module) -> Any:
    return ([m.training for m in net.modules()], {k: v.clone() for k, v in net.state_dict().items()},
            [(p.requires_grad, None if p.grad is None else p.grad.clone()) for p in net.parameters()],
            torch.get_rng_state(), torch.is_grad_enabled(), torch.is_inference_mode_enabled())


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, torch.Tensor):
        return bool(torch.equal(torch.nan_to_num(a.float(), nan=-9.0), torch.nan_to_num(b.float(), nan=-9.0)))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("outside", [torch.enable_grad, torch.no_grad, torch.inference_mode])
def test_the_guard_leaves_no_trace(outside: Any, fails: bool) -> None:
    net = Counts()
    net.inner[0].eval()
    net.inner[0].bias.requires_grad_(False)
    net.inner[1].weight.grad = torch.ones(2)
    kept = net.replaced
    with outside():
        before = _state(net)
        try:
            with untouched([net]):
                assert torch.is_grad_enabled()
                assert not torch.is_inference_mode_enabled()
                assert not any(m.training for m in net.modules())
                assert not any(p.requires_grad for p in net.parameters())
                x = torch.ones(3, 2, requires_grad=True)
                net(x).sum().backward()
                assert x.grad is not None
                net.inner[1].train()
                if fails:
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            assert fails
        assert _same(_state(net), before)
    assert net.replaced is kept
    assert net.inner[1].bias.grad is None


def test_the_guard_nests_and_takes_shared_modules() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout())
    with untouched([net, net[0]]):
        with untouched([net[1]]):
            pass
        assert not net[1].training
    assert net.training
    assert net[1].training
    assert all(p.requires_grad for p in net.parameters())


# What is left of an attack elsewhere

GREY = TorchToy.linear(np.array([[1.0, 1.0], [0.0, 0.0]]), [-0.5, 0.0], bounds=(0, 1))  # class 0 above a sum of 0.5


def test_stored_as_eight_bits_an_attack_stays_in_its_budget_and_is_measured_again() -> None:
    x = torch.tensor([100.0, 30.0]).double().reshape(1, 1, 1, 2).repeat(2, 1, 1, 1) / 255
    attack = Shift(by=-0.0177, eps=0.0177, bounds=(0.0, 1.0))
    result = attack(GREY, x, [0, 0])
    stored = attack.as_stored(GREY, result)
    levels = stored.batch.data * 255
    np.testing.assert_allclose(levels, levels.round(), atol=1e-9)
    np.testing.assert_allclose(stored.norm, 4 / 255)  # 4.5 levels toward the clean value
    assert stored.within.all()
    assert result.success.tolist() == [True, True]
    assert stored.success.tolist() == [True, True]
    barely = Shift(by=-0.0020, eps=0.0020)
    lost = barely(GREY, torch.full((1, 1, 1, 2), 64 / 255), [0])
    assert lost.success.tolist() == [True]  # 128/255 is just above one half
    assert barely.as_stored(GREY, lost).success.tolist() == [False]
    with pytest.raises(DataError, match="grid"):
        attack.as_stored(GREY, attack(GREY, x + 0.001, [0, 0]))


def test_adversarial_inputs_are_measured_on_another_model() -> None:
    attack = Shift(by=0.25)
    result = attack(MODEL, X, Y)
    harder = TorchToy.linear([[0.0, 0.0], [1.0, 1.0]], [0.0, -1.5])
    other = attack.measured_on(harder, result)
    assert other.clean_correct.tolist() == [True, True, True, False]
    assert result.success.tolist() == [False, False, True, False]
    assert other.success.tolist() == [False, False, False, False]
    assert attack.measured_on(MODEL, result).success.tolist() == result.success.tolist()
    np.testing.assert_array_equal(other.norm, result.norm)


def test_robust_accuracy_says_its_numerator_and_denominator() -> None:
    result = Shift(by=0.25)(MODEL, X, Y)
    assert result.robust == (2, 4)
    assert result.robust_accuracy == 0.5
    assert result.clean_accuracy == 0.75
