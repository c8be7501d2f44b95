"""Combinators: plain data and back, checked when composed, and each sample's fate its own."""

from __future__ import annotations

import json
import pickle
import random
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
import yaml
from scipy import stats

import practicum as pm
from practicum.batch import Batch, Column
from practicum.compose import Combinator, OneOf, Pipeline, RandomOrder, SomeOf, Sometimes
from practicum.errors import ConfigError, ModalityError, TargetError, TechniqueFailed, UnknownTechnique
from practicum.keys import Keys, SampleRng
from practicum.registry import default_registry
from practicum.technique import build
from practicum.testing.toys import AddNoise, MaskChars, Reverse
from practicum.testing.toys_models import Push
from practicum.transformation import Filter, Transformation


@pytest.fixture(autouse=True)
def toys() -> Iterator[None]:
    """The toys known by name."""
    point = EntryPoint("toy", "practicum.testing.toys_models", "practicum.plugins")
    with default_registry().including([(point, None)]):
        yield


class Mark(Transformation):
    """Appends a letter, so that a text tells what happened to it and in which order."""

    name: ClassVar[str] = "toy/mark"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    letter: str = "a"

    def apply_one(self, value: Any, rng: SampleRng) -> Any:
        return value + self.letter


class KeepLong(Filter):
    """Drops short texts."""

    name: ClassVar[str] = "toy/keep-long"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    def keep(self, batch: Batch, keys: Keys) -> Any:
        return np.array([len(t) >= 4 for t in batch.to_list()])


def marks(letters: str) -> list[Mark]:
    return [Mark(letter=c) for c in letters]


NESTED = [
    Pipeline([]), Pipeline([Reverse(), MaskChars(rate=0.25)]),
    OneOf([Reverse(), MaskChars()], weights=(1, 3.5)), SomeOf([Reverse(), MaskChars(), MaskChars(rate=0.9)], n=2),
    Sometimes(MaskChars(rate=0.7), p=0.25), RandomOrder([Reverse(), MaskChars()]),
    Pipeline([OneOf([Sometimes(SomeOf([Reverse(), RandomOrder([MaskChars(rate=0.5), Pipeline([Reverse()])])]), p=0.5),
                     MaskChars(rate=0.1, on="text")]), Sometimes(Reverse())]),
]


@pytest.mark.parametrize("made", NESTED, ids=str)
def test_plain_data_and_back(made: Combinator) -> None:
    config = made.config()
    texts = [f"sample {i}" for i in range(20)]
    for again in (build(config), build(json.loads(json.dumps(config))), build(yaml.safe_load(yaml.safe_dump(config))),
                  pickle.loads(pickle.dumps(made)), type(made)(**made.model_dump()),
                  type(made).model_validate_json(made.model_dump_json())):
        assert again == made
        assert hash(again) == hash(made)
        assert again.fingerprint() == made.fingerprint()
        assert again.modalities == made.modalities
        assert (again.scope, again.writes_edits, again.filters) == (made.scope, made.writes_edits, made.filters)
        assert again(texts, seed=5) == made(texts, seed=5)
    assert config["use"] == made.name


def test_configurations_hold_full_names_and_every_field() -> None:
    made = pm.get("pipeline", steps=[{"use": "reverse"}, "mask-chars", MaskChars(rate=0.5)])
    assert made.config() == {"use": "core/pipeline", "on": None, "steps": [
        {"use": "toy/reverse", "on": None}, {"use": "toy/mask-chars", "on": None, "rate": 0.3},
        {"use": "toy/mask-chars", "on": None, "rate": 0.5}]}
    assert len({made, build(made.config()), pm.Pipeline([Reverse()])}) == 2
    assert made != Pipeline([Reverse(), MaskChars(rate=0.5), MaskChars()])
    assert made.evolve(steps=[Reverse()]) == Pipeline([Reverse()])


@pytest.mark.parametrize(("make", "said"), [
    (lambda: Pipeline([Reverse(), AddNoise()]), "core/pipeline: toy/reverse takes text, but part 1, toy/add-noise, "
                                                "takes image or state"),
    (lambda: Sometimes(Pipeline([OneOf([Reverse(), AddNoise()])])), "core/one-of: toy/reverse takes text"),
    (lambda: Pipeline([Push()]), "toy/push is of kind attack, where a transformation is expected: give it"),
    (lambda: OneOf([]), "at least 1 item"),
    (lambda: OneOf([Reverse()], weights=(1, 2)), "must be 1 numbers"),
    (lambda: OneOf([Reverse(), Reverse()], weights=(0, 0)), "not all zero"),
    (lambda: OneOf([Reverse(), Reverse()], weights=(2, -1)), "none negative"),
    (lambda: SomeOf([Reverse()], n=2), "n=2 is more than the 1 techniques"),
    (lambda: SomeOf([Reverse()], n=0), "greater than or equal to 1"),
    (lambda: Sometimes(Reverse(), p=1.5), "less than or equal to 1"),
    (lambda: Sometimes(), "technique"),
    (lambda: Sometimes(3), "technique"),
    (lambda: Pipeline([{"use": "toy/mask-chars", "rat": 1}]), "toy/mask-chars: unknown field 'rat'; did you mean "
                                                              "'rate'"),
    (lambda: Pipeline(steps=[Reverse()], stes=1), "unknown field 'stes'; did you mean 'steps'"),
    (lambda: Pipeline([{"rate": 1}]), "a technique is written"),
])
def test_refused_when_composed(make: Any, said: str) -> None:
    with pytest.raises((ConfigError, ModalityError), match=said):
        make()


def test_unknown_parts_are_named() -> None:
    with pytest.raises(UnknownTechnique, match="did you mean toy/reverse"):
        build({"use": "core/pipeline", "steps": [{"use": "toy/revers"}]})


def test_parts_on_columns_of_their_own_may_differ_in_modality() -> None:
    made = Pipeline([Reverse(on="question"), AddNoise(on="image")])
    batch = Batch.of(columns={"question": Column("text", ["ab"]), "image": Column("image", torch.zeros(1, 1, 2, 2))})
    out = made(batch, seed=1)
    assert out.to_list("question") == ["ba"]
    assert out.column("image").abs().sum() > 0
    assert build(made.config()) == made


def test_facts_come_from_the_parts() -> None:
    class Mixing(Mark):
        name: ClassVar[str] = "toy/mixing"
        scope: ClassVar[Any] = "batch"
        label_effect: ClassVar[Any] = "mixes"

    plain, mixing = Pipeline([Reverse()]), Pipeline([Reverse(), Sometimes(Mixing())])
    assert (plain.scope, plain.label_effect, plain.writes_edits) == ("sample", "preserves", True)
    assert (mixing.scope, mixing.label_effect, mixing.writes_edits) == ("batch", "mixes", False)
    assert Pipeline([Reverse(), KeepLong()]).filters
    assert Pipeline.scope == "sample", "the class is left as it was"
    assert AddNoise().modalities == Pipeline([AddNoise(), AddNoise()]).modalities


@pytest.mark.parametrize("made", NESTED[1:], ids=str)
def test_a_samples_fate_is_its_own(made: Combinator) -> None:
    ids = [f"s{i}" for i in range(60)]
    texts = [f"text number {i} grüße" for i in range(60)]
    whole = dict(zip(ids, made(texts, seed=3, ids=ids), strict=True))
    order = list(range(60))
    random.Random(2).shuffle(order)
    for size in (1, 7, 60):
        for start in range(0, 60, size):
            rows = order[start:start + size]
            out = made([texts[r] for r in rows], seed=3, ids=[ids[r] for r in rows])
            assert out == [whole[ids[r]] for r in rows]
    again = made(texts, seed=3, ids=ids, epoch=1)
    assert again != list(whole.values()) or made == NESTED[0]
    logged = made(Batch.of(texts, ids=ids), 3, log=True)
    assert pm.replay(Batch.of(texts, ids=ids), logged.edits).to_list() == list(whole.values())


def test_one_of_follows_its_weights() -> None:
    out = OneOf(marks("abcd"), weights=(1, 0, 2, 5))([""] * 8000, seed=1)
    counts = Counter(out)
    assert set(counts) == {"a", "c", "d"}
    assert stats.chisquare([counts[c] for c in "acd"], [1000, 2000, 5000]).pvalue > 1e-3
    even = Counter(OneOf(marks("abcd"))([""] * 8000, seed=2))
    assert stats.chisquare([even[c] for c in "abcd"]).pvalue > 1e-3


def test_some_of_applies_exactly_n_in_order_and_every_set_as_often() -> None:
    out = SomeOf(marks("abcde"), n=3)([""] * 10_000, seed=1)
    assert all(len(t) == 3 and sorted(set(t)) == list(t) for t in out)
    counts = Counter(out)
    assert len(counts) == 10
    assert stats.chisquare(list(counts.values())).pvalue > 1e-3


def test_random_order_applies_all_in_every_order_as_often() -> None:
    out = RandomOrder(marks("abc"))([""] * 6000, seed=4)
    counts = Counter(out)
    assert sorted(counts) == ["abc", "acb", "bac", "bca", "cab", "cba"]
    assert stats.chisquare(list(counts.values())).pvalue > 1e-3
    assert RandomOrder([])(["x"]) == ["x"]


def test_sometimes_applies_to_a_share() -> None:
    for p in (0.0, 0.2, 1.0):
        share = np.mean([t == "a" for t in Sometimes(Mark(), p=p)([""] * 10_000, seed=3)])
        assert abs(share - p) < 0.015
        assert share == p or p == 0.2


def test_parts_draw_independently_of_the_choice_among_them() -> None:
    masked = Sometimes(MaskChars(rate=0.5), p=0.5)(["abcdefghijklmnopqrst"] * 4000, seed=1)
    shares = np.array([t.count("_") / 20 for t in masked])
    touched = shares[shares > 0]
    assert abs(len(touched) / 4000 - 0.5) < 0.03
    assert abs(touched.mean() - 0.5) < 0.01


def test_filters_inside_keep_order_and_drop_rows() -> None:
    texts = ["a", "long enough", "b", "also long", "c"]
    made = Pipeline([Sometimes(KeepLong(), p=1.0), RandomOrder([Mark(letter="!"), KeepLong()]), Reverse()])
    out = made(Batch.of(texts, ids=list("vwxyz")), seed=1)
    assert list(out.ids) == ["w", "y"]
    assert out.to_list() == ["!hguone gnol", "!gnol osla"]
    some = Sometimes(KeepLong(), p=0.5)(Batch.of(["x"] * 200, ids=list(range(200))), seed=1)
    assert list(some.ids) == sorted(some.ids)
    assert 60 < len(some) < 140


def test_images_stay_whole() -> None:
    images = torch.rand(30, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    made = Pipeline([Sometimes(AddNoise(std=0.5), p=0.5), OneOf([AddNoise(std=0.1), Pipeline([])])])
    out = made(images, seed=2)
    changed = (out != images).flatten(1).any(1)
    assert 5 < int(changed.sum()) < 30
    torch.testing.assert_close(made(images[7:9], seed=2, ids=[7, 8]), out[7:9], rtol=0, atol=0)


def test_targets_are_checked_and_carried_inside() -> None:
    spans = Batch.of(["ab cd"], targets={"spans": [[(0, 2, "X")]]})
    out = Pipeline([Sometimes(Reverse(), p=1.0)])(spans, seed=0)
    assert out.to_list() == ["dc ba"]
    with pytest.raises(TargetError, match="toy/mark can't carry target 'spans'"):
        Pipeline([Reverse(), Mark()])(spans)


def test_a_part_that_raises_or_lies_is_named() -> None:
    class Raises(Mark):
        name: ClassVar[str] = "toy/raises"

        def apply_one(self, value: Any, rng: SampleRng) -> Any:
            return value + 1 if value == "bad" else value

    class Drops(Mark):
        name: ClassVar[str] = "toy/drops"

        def apply(self, batch: Batch, keys: Keys) -> Batch:
            return batch.take([0])

    class Lists(Mark):
        name: ClassVar[str] = "toy/lists"

        def apply(self, batch: Batch, keys: Keys) -> Any:
            return batch.to_list()

    class Explodes(Mark):
        name: ClassVar[str] = "toy/explodes"

        def apply(self, batch: Batch, keys: Keys) -> Batch:
            raise ZeroDivisionError("inside")

    data = Batch.of(["good", "bad"], ids=["g", "b"])
    for made, said in ((Raises(), "toy/raises raised TypeError on sample 'b'"), (Drops(), "toy/drops changed the "
                                                                                          "samples"),
                       (Lists(), "toy/lists returned a list, not a Batch"),
                       (Explodes(), r"toy/explodes raised ZeroDivisionError on a batch of 2 samples \(first id 'g'\)")):
        with pytest.raises(TechniqueFailed, match=said) as caught:
            Pipeline([made])(data)
        assert (caught.value.__cause__ is not None) == ("raised" in said)


def test_empty_batches_pass() -> None:
    for made in NESTED:
        assert made([]) == []
        assert len(made(Batch.of(["a"]).take([]))) == 0


def test_global_randomness_is_left_alone() -> None:
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002  # the global state is what is tested
    torch.manual_seed(1)
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()  # type: ignore[index]  # noqa: NPY002
    for made in NESTED:
        made(["some text"] * 5, seed=2)
    assert random.getstate() == before[0]
    assert np.random.get_state()[1].tolist() == before[1]  # type: ignore[index]  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), before[2])
