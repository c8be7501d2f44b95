"""Techniques as configurations: errors that name the field, equality, fingerprints; and the kinds' own checks."""

from __future__ import annotations

import json
import pickle
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, PrivateAttr

from practicum.attack import cross_entropy
from practicum.batch import Batch
from practicum.distance import distance, inside
from practicum.errors import (
    CapabilityError,
    ConfigError,
    DataError,
    ModalityError,
    ModelOutputError,
    PracticumError,
    TechniqueFailed,
    UsageError,
)
from practicum.explainer import Explainer, Explanation
from practicum.keys import Keys
from practicum.levenshtein import levenshtein
from practicum.model import CAPABILITIES, Model, Predictions, capabilities, require, supports
from practicum.technique import Technique, build
from practicum.testing.toys import AddNoise, MaskChars, Reverse
from practicum.testing.toys_models import KeywordModel, Push, SoftmaxRegression, blobs
from practicum.tracker import Run
from practicum.transformation import Transformation


class Fitted(Technique):
    """A technique with state, as TF-IDF weights would be."""

    kind: ClassVar[str] = "transformation"
    name: ClassVar[str] = "toy/fitted"
    rate: float = Field(default=0.5, ge=0, le=1)
    names: tuple[str, ...] = ("a", "b")
    _state: Any = PrivateAttr(default=None)

    def state_digest(self) -> str:
        return "" if self._state is None else str(self._state.sum().item())

    def fitted(self, value: float) -> Fitted:
        made = self.evolve()
        made._state = torch.full((3,), value)
        return made


@pytest.mark.parametrize(("fields", "said"), [
    ({"rat": 0.1}, "unknown field 'rat'; did you mean 'rate'"),
    ({"zzz": 0.1}, "unknown field 'zzz'; it has on, rate"),
    ({"rate": 1.5}, "field 'rate': Input should be less than or equal to 1, got 1.5"),
    ({"rate": "many"}, "field 'rate': .*number.*, got 'many'"),
    ({"rate": float("nan")}, "field 'rate': .*finite"),
    ({"rate": None}, "field 'rate'"),
    ({"on": 3, "rate": 2}, "field 'on'.*; field 'rate'"),
    ({"rate": "x" * 500}, r"got 'x+\.\.\."),
])
def test_bad_fields_are_named_in_one_paragraph(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        MaskChars(**fields)
    text = str(caught.value)
    assert text.startswith("toy/mask-chars: ")
    assert "\n" not in text
    assert len(text) < 300
    assert caught.value.exit_code == 2
    assert isinstance(caught.value, ValueError)


def test_missing_fields_and_techniques_without_fields() -> None:
    class Needs(Technique):
        name: ClassVar[str] = "toy/needs"
        must: int

    class Bare(Technique):
        name: ClassVar[str] = "toy/bare"

    with pytest.raises(ConfigError, match="toy/needs: field 'must' is missing"):
        Needs()
    with pytest.raises(ConfigError, match="it has no fields"):
        Bare(x=1)
    for wrong in (3, {"rate": 1}, {"use": 3}, None):
        with pytest.raises(ConfigError, match="a technique is written"):
            build(wrong)  # type: ignore[arg-type]  # what is refused
    made = MaskChars()
    assert build(made) is made


def test_frozen_and_validated_on_every_road() -> None:
    made = MaskChars(rate=0.2)
    with pytest.raises(Exception, match="frozen"):
        made.rate = 0.5  # type: ignore[misc]  # what is refused
    with pytest.raises(ConfigError, match="less than or equal to 1"):
        made.evolve(rate=7)
    with pytest.raises(ConfigError, match="unknown field"):
        made.evolve(rats=7)
    assert made.evolve(rate=0.4) == MaskChars(rate=0.4)
    assert made.rate == 0.2


def test_equality_hash_and_fingerprint() -> None:
    assert MaskChars(rate=0.25) == MaskChars(rate=0.25)
    assert MaskChars(rate=0.25) != MaskChars(rate=0.5)
    assert Reverse() != MaskChars()
    assert Reverse() != "toy/reverse"
    assert len({MaskChars(rate=0.25), MaskChars(rate=0.25), MaskChars(rate=0.5), Reverse()}) == 3
    prints = {t.fingerprint() for t in (MaskChars(rate=0.25), MaskChars(rate=0.5), MaskChars(on="text"), Reverse())}
    assert len(prints) == 4
    assert all(len(p) == 16 and int(p, 16) >= 0 for p in prints)
    # Written down: caches and resumed runs find their results by it, in another process and next year.
    assert MaskChars(rate=0.25).fingerprint() == FINGERPRINT
    newer = type("MaskChars", (MaskChars,), {"version": "2", "__module__": __name__})
    assert newer(rate=0.25).fingerprint() != FINGERPRINT


FINGERPRINT = "6f02f1bf9862ce02"


def test_fitted_state_counts_and_never_breaks_comparison() -> None:
    plain, one, two = Fitted(), Fitted().fitted(1.0), Fitted().fitted(2.0)
    assert one == Fitted().fitted(1.0)
    assert len({plain, one, two, Fitted().fitted(1.0)}) == 3
    assert len({t.fingerprint() for t in (plain, one, two)}) == 3
    kept = one.evolve(rate=0.1)
    assert kept.state_digest() == one.state_digest()
    back = pickle.loads(pickle.dumps(one))
    assert back == one
    assert torch.equal(back._state, one._state)


def test_words_for_people_and_schemas() -> None:
    assert str(MaskChars(rate=0.25)) == "toy/mask-chars(on=None, rate=0.25)"
    assert MaskChars().label == "mask-chars"
    schema = json.loads(MaskChars.schema_json())
    assert schema["properties"]["rate"]["maximum"] == 1.0
    assert Fitted(names=("x",)).config() == {"use": "toy/fitted", "rate": 0.5, "names": ["x"]}
    with pytest.raises(ModalityError, match=r"toy/reverse takes text, but column 'x' is image: .*--modality image"):
        Reverse().require_modality("image", "column 'x'")
    for wrong in (torch.zeros(1, 1, 2, 2), [{"a": 1}]):
        with pytest.raises(ModalityError, match="toy/reverse takes text"):
            Reverse()(wrong)


def test_a_transformation_must_do_something() -> None:
    class Nothing(Transformation):
        name: ClassVar[str] = "toy/nothing"
        modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    with pytest.raises(TechniqueFailed, match="implements none of apply, apply_one and edit_one"):
        Nothing()(["a"])
    assert Reverse().fit(Batch.of(["a"]), Keys()) == Reverse()


def test_epochs_and_outputs_draw_anew_but_sweeps_share() -> None:
    texts = ["abcdefghijklmnop"] * 4
    base = MaskChars()(texts, seed=1)
    others = [MaskChars()(texts, seed=2), MaskChars()(texts, seed=1, epoch=1), MaskChars()(texts, seed=1, output=1),
              MaskChars()(texts, seed=1, ids=["w", "x", "y", "z"])]
    assert all(o != base for o in others)
    assert MaskChars()(texts, seed=1, ids=["0", "1", "2", "3"]) == base
    noise = [AddNoise(std=s)(torch.zeros(3, 1, 2, 2, dtype=torch.float64), seed=4) for s in (0.5, 1.0)]
    torch.testing.assert_close(noise[0] * 2, noise[1])


def test_capabilities_are_checked_by_name() -> None:
    keyword, softmax = KeywordModel(), SoftmaxRegression()
    assert capabilities(keyword) == []
    assert "training" in capabilities(softmax)
    assert supports(softmax, "training")
    assert not supports(keyword, "training", "gradient")
    for name in CAPABILITIES:
        with pytest.raises(CapabilityError, match=f"needs a model with {name}, but toy/keyword offers prediction only"):
            require(keyword, name, "some/attack")
    with pytest.raises(CapabilityError, match="was given a Linear: wrap it first"):
        require(torch.nn.Linear(1, 1), "gradient", "some/attack")
    with pytest.raises(CapabilityError, match="toy/keyword can't be saved"):
        Model.save(keyword, Path("never reached"))
    with pytest.raises(CapabilityError, match="can't be loaded"):
        Model.load(Path("never reached"))


@pytest.mark.parametrize(("values", "said"), [
    ((("classification", [1, 2, 3], np.zeros((2, 4)))), "2 predictions for 3 samples"),
    ((("classification", [1, 2], np.zeros(2))), r"scores of shape \(2,\); classification needs \[N, classes\]"),
    ((("guessing", [1], np.zeros(1))), "unknown task 'guessing'"),
])
def test_predictions_of_a_wrong_shape(values: Any, said: str) -> None:
    with pytest.raises(ModelOutputError, match=said):
        Predictions(*values)


def test_predicted_labels() -> None:
    assert Predictions("classification", [0, 1], np.array([[0.5, 0.5], [0.1, 0.9]])).labels.tolist() == [0, 1]
    with pytest.raises(ModelOutputError, match="'regression' have no class labels"):
        assert Predictions("regression", [0], np.zeros(1)).labels is None
    assert len(Predictions("links", [0, 1, 2], np.zeros((1, 3))).values) == 1


def test_attacks_are_measured_by_the_core() -> None:
    data = blobs(200)
    model = SoftmaxRegression(epochs=50).fit([data], Keys())
    result = Push(eps=0.7)(model, data, seed=1)
    before, after = model.predict(data), model.predict(result.batch)
    np.testing.assert_array_equal(result.clean_correct, before.labels == data.label)
    np.testing.assert_array_equal(result.success, (before.labels == data.label) & (after.labels != data.label))
    moved = np.asarray(result.batch.data) - np.asarray(data.data)
    assert result.within.all()
    norm = Push().budget(model, data).norm
    np.testing.assert_allclose(result.norm, distance("state", data.data, result.batch.data, norm))
    assert np.abs(moved).max() > 0
    assert (result.loss_after >= result.loss_before - 1e-9).all()
    right = result.clean_correct
    assert result.robust_accuracy == pytest.approx((right & (after.labels == data.label)).mean())
    assert result.success_rate == pytest.approx(result.success.sum() / right.sum())
    lied = Push(eps=0.7).run(model, data, Keys())
    assert lied.queries.min() >= 0
    with pytest.raises(CapabilityError, match="wrap it first"):
        Push()(torch.nn.Linear(2, 2), data)  # type: ignore[arg-type]  # what is refused
    with pytest.raises(ModalityError, match="toy/push takes state"):
        Push()(KeywordModel(), Batch.of(["a"], targets={"label": [0]}))
    with pytest.raises(PracticumError, match="no class labels"):
        Push()(model, data.take([0]).with_targets(label=np.array([0.5])))


class OverBudget(Push):
    """Claims eps and goes ten times as far."""

    name: ClassVar[str] = "toy/over-budget"

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        return batch.with_column(batch.column_name(), np.asarray(batch.data) + 10 * self.eps)


class Shuffles(Push):
    """Gives back other samples."""

    name: ClassVar[str] = "toy/shuffles"

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        return batch.take(np.arange(len(batch))[::-1])


class Raises(Push):
    """Fails inside."""

    name: ClassVar[str] = "toy/raises"

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        raise KeyError("inside")


def test_attacks_that_lie_are_found_out() -> None:
    data = blobs(20)
    model = SoftmaxRegression().fit([data], Keys())
    assert not OverBudget(eps=0.1)(model, data).within.any()
    with pytest.raises(TechniqueFailed, match="must return a Batch with the ids it was given"):
        Shuffles()(model, data)
    with pytest.raises(TechniqueFailed, match="toy/raises raised KeyError on a batch of 20") as caught:
        Raises()(model, data)
    assert isinstance(caught.value.__cause__, KeyError)
    assert len(Push()(model, data.take([])).success) == 0


def test_cross_entropy_against_torch() -> None:
    scores = np.random.default_rng(0).normal(0, 30, (50, 7))
    label = np.random.default_rng(1).integers(0, 7, 50)
    expected = torch.nn.functional.cross_entropy(torch.from_numpy(scores), torch.from_numpy(label), reduction="none")
    np.testing.assert_allclose(cross_entropy(scores, label), expected.numpy(), rtol=1e-12, atol=1e-12)
    with pytest.raises(PracticumError, match=r"row 0 has label 7, but the model knows 7 classes \(0 to 6\)"):
        cross_entropy(scores[:1], np.array([7]))


def test_distances_and_boxes() -> None:
    before = np.zeros((3, 2, 2))
    after = np.array([[[3.0, -4], [0, 0]], [[0, 0], [0, 0]], [[1, 1], [1, -1]]])
    assert distance("state", before, after, "linf").tolist() == [4, 0, 1]
    assert distance("state", before, after, "l2").tolist() == [5, 0, 2]
    assert distance("state", torch.from_numpy(before), torch.from_numpy(after), "l1").tolist() == [7, 0, 4]
    assert inside("state", after, (-1, 1), before).tolist() == [False, True, True]
    outside = np.full((1, 2), 5.0)
    assert inside("state", outside, (0, 1), outside).tolist() == [True], "what was outside before may stay"
    assert inside("state", np.array([[np.nan]]), None, np.zeros((1, 1))).tolist() == [False]
    text = [Batch.of(t).data for t in (["abcd", "x", "kitten", "", "é🙂"], ["abdc", "x", "sitting", "ab", "🙂"])]
    assert distance("text", *text, "edits").tolist() == [2, 0, 3, 2, 1]
    for modality, norm in (("image", "edits"), ("text", "l2")):
        with pytest.raises(ModalityError, match="norm"):
            distance(modality, ["a"], ["b"], norm)
    with pytest.raises(DataError, match="changed the input's shape"):
        distance("state", np.zeros((1, 2)), np.zeros((1, 3)), "l2")


@given(st.text(alphabet="ab🙂", max_size=9), st.text(alphabet="ab🙂", max_size=9))
def test_edit_distance_is_the_fewest_edits(a: str, b: str) -> None:
    @cache
    def slow(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        return min(slow(i - 1, j) + 1, slow(i, j - 1) + 1, slow(i - 1, j - 1) + (a[i - 1] != b[j - 1]))

    assert levenshtein([a], [b]).tolist() == [slow(len(a), len(b))]


class Constant(Explainer):
    """The same attribution everywhere."""

    name: ClassVar[str] = "toy/constant"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    access: ClassVar[Any] = "score"
    rows: int = 0

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        if self.rows < 0:
            raise IndexError("inside")
        return Explanation(np.ones((self.rows or len(batch), 2)), target, batch.ids, method=self.name)


def test_explainers_are_checked() -> None:
    data = blobs(6)
    model = SoftmaxRegression().fit([data], Keys())
    out = Constant()(model, data)
    np.testing.assert_array_equal(out.target, model.predict(data).labels)
    assert Constant()(model, data, target=1).target.tolist() == [1] * 6
    assert (len(out[2:5]), list(out[-1].ids), out[1].target.tolist()) == (3, [5], [int(out.target[1])])
    for made, target, error, said in ((Constant(rows=3), None, TechniqueFailed, "3 attributions for 6 samples"),
                                      (Constant(rows=-1), None, TechniqueFailed, "raised IndexError"),
                                      (Constant(), [0, 1], CapabilityError, "2 targets for 6 samples")):
        with pytest.raises(error, match=said):
            made(model, data, target)
    with pytest.raises(CapabilityError, match="wrap it first"):
        Constant()(3, data)  # type: ignore[arg-type]  # what is refused
    with pytest.raises(ModalityError, match="toy/constant takes state"):
        Constant()(KeywordModel(), ["a"])


def test_a_tracker_must_define_its_verbs() -> None:
    run = Run()
    for call in (lambda: run.log_params({}), lambda: run.log_metrics({}), lambda: run.set_tags({}),
                 lambda: run.log_artifact("x"), run.finish):  # type: ignore[arg-type]  # never gets to the path
        with pytest.raises(TypeError, match="Run must define"):
            call()


def test_errors_are_what_callers_expect() -> None:
    assert issubclass(UsageError, PracticumError)
    assert str(PracticumError()) == "PracticumError"
    assert str(ConfigError("said")) == "said"
    assert (PracticumError.exit_code, UsageError.exit_code) == (1, 2)
