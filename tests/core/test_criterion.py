"""Criteria, the budgets they are reached in, and what an attack is shown of a model."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from practicum import Batch
from practicum.attack import Attack, Budget
from practicum.criterion import AllOf, Confident, Criterion, Misclassified, OutsideTop, Targeted
from practicum.distance import distance, near, unmoved
from practicum.errors import DataError, TargetError
from practicum.keys import Keys
from practicum.model import Differentiable, Model
from practicum.testing.torch_toys import TorchToy

ALL = [Misclassified(), Targeted(target=2), Targeted(target="wanted"), OutsideTop(k=1), OutsideTop(k=3),
       Confident(p=0.4), Confident(p=0.9), Misclassified() & Confident(p=0.5), Targeted(target=1) & OutsideTop(k=2)]


@pytest.mark.parametrize("criterion", ALL, ids=str)
def test_the_margin_is_positive_exactly_where_the_criterion_is_reached(criterion: Criterion) -> None:
    rng = np.random.default_rng(0)
    logits = 2.0 * rng.normal(size=(500, 5))
    facts: dict[str, Any] = {"label": rng.integers(5, size=500), "wanted": rng.integers(5, size=500)}
    margin = criterion.margin(torch.from_numpy(logits), {n: torch.from_numpy(v) for n, v in facts.items()})
    reached = criterion.reached(logits, facts)
    assert 0 < reached.sum() < 500
    np.testing.assert_array_equal(margin.numpy() > 0, reached)


@pytest.mark.parametrize("criterion", ALL, ids=str)
def test_the_margins_slope_is_the_one_of_finite_differences(criterion: Criterion) -> None:
    rng = np.random.default_rng(1)
    logits = torch.from_numpy(rng.normal(size=(6, 5))).requires_grad_(True)
    facts = {"label": torch.tensor([0, 1, 2, 3, 4, 0]), "wanted": torch.tensor([1, 2, 3, 4, 0, 2])}
    assert torch.autograd.gradcheck(lambda z: criterion.margin(z, facts), (logits,))


def test_ties_are_decided_as_argmax_decides_them() -> None:
    scores = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]])
    facts = {"label": np.array([0, 1])}
    assert Misclassified().reached(scores, facts).tolist() == [False, True]
    assert OutsideTop(k=1).reached(scores, facts).tolist() == [False, True]


def test_plain_forms_are_read_back_and_named_targets_are_asked_for() -> None:
    both = Misclassified() & Targeted(target=1) & OutsideTop(k=2)
    assert [part.goal for part in both.parts] == ["misclassified", "targeted", "outside-top"]
    assert AllOf(**both.model_dump(mode="json")) == both
    batch = Batch.of(np.zeros((2, 3)), targets={"label": [0, 1]})
    with pytest.raises(TargetError, match="batch has no class target 'wanted'"):
        Targeted(target="wanted").facts(batch)
    assert Targeted(target="wanted").facts(batch.with_targets(wanted=[1, 1]))["wanted"].tolist() == [1, 1]


def test_classes_out_of_range_are_named() -> None:
    facts = {"label": torch.tensor([0])}
    with pytest.raises(DataError, match=r"class 7 .* the model knows 3 classes"):
        Targeted(target=7).margin(torch.zeros(1, 3), facts)
    with pytest.raises(DataError, match="can't be reached with 3 classes"):
        OutsideTop(k=3).margin(torch.zeros(1, 3), facts)


class Seen(Attack):
    """Notes what it is shown; moves nothing."""

    name: ClassVar[str] = "test/seen"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    access: ClassVar[Any] = "decision"
    criterion: Any = Misclassified()

    def aim(self) -> Criterion:
        return self.criterion

    def budget(self, model: Model, batch: Batch) -> Budget:
        return Budget("linf", 0.0)

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        values = np.asarray(model.predict(batch).values)
        raise AssertionError(f"{values.tolist()} {isinstance(model, Differentiable)} {hasattr(model, 'modules')}")


def test_an_attack_sees_no_more_of_the_model_than_it_declares() -> None:
    model = TorchToy.linear([[1.0], [0.0]])
    batch = Batch.of(np.array([[2.0], [-1.0]]), targets={"label": [0, 1]})

    class Scores(Seen):
        access: ClassVar[Any] = "score"

    class Gradients(Seen):
        access: ClassVar[Any] = "gradient"

    for attack, shown in ((Seen(), "[[1.0, 0.0], [0.0, 1.0]] False False"),
                          (Scores(), "[[2.0, 0.0], [-1.0, 0.0]] False False"),
                          (Gradients(), "[[2.0, 0.0], [-1.0, 0.0]] True True")):
        with pytest.raises(Exception, match="raised AssertionError") as caught:
            attack.run(model, batch, Keys(0))
        assert shown in str(caught.value)


def test_success_is_what_the_criterion_says() -> None:
    model = TorchToy.linear(np.eye(3))

    class Put(Seen):
        access: ClassVar[Any] = "score"

        def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
            return batch.with_column("state", np.array([[0.0, 2.0, 1.0], [0.0, 2.0, 1.0], [1.0, 2.0, 0.0]]))

    batch = Batch.of(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]), targets={"label": [0, 1, 0]})
    for criterion, won in ((Misclassified(), [True, False, True]), (Targeted(target=1), [True, False, True]),
                           (Targeted(target=2), [False, False, False]), (OutsideTop(k=2), [True, False, False])):
        assert Put(criterion=criterion).run(model, batch, Keys(0)).success.tolist() == won


def test_distances_that_count() -> None:
    before, after = np.array([[0.0, 1.0, 2.0]]), np.array([[0.0, 1.5, 2.1]])
    assert distance("state", before, after, "l0").tolist() == [2.0]
    old, new = Batch.of(["the cat sat down", "one two"]).data, Batch.of(["the dog sat", "one two three"]).data
    assert distance("text", old, new, "words").tolist() == [2.0, 1.0]
    assert near("text", old, new, "words", np.array([2.0, 0.0])).tolist() == [True, False]


def test_a_budget_for_each_sample_for_each_value_and_with_a_mask() -> None:
    before, after = np.zeros((2, 3)), np.array([[0.1, 0.0, 0.2], [0.1, 0.0, 0.2]])
    assert near("state", before, after, "linf", np.array([0.2, 0.1])).tolist() == [True, False]
    assert near("state", before, after, "linf", np.array([[0.1, 0.0, 0.2], [0.05, 1.0, 1.0]])).tolist() == [True, False]
    fixed = np.array([[False, True, False], [True, False, False]])
    assert unmoved("state", before, after, fixed).tolist() == [True, False]
    with pytest.raises(DataError, match="'linf' only"):
        near("state", before, after, "l2", np.ones((2, 3)))
