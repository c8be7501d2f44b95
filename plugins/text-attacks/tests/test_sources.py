"""Substitutes: registered techniques asked word by word, with draws of the sample alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
from practicum_text_attacks.greedy import Greedy
from practicum_text_attacks.sources import Applied, Delete, Listed, Place, Unknown, Vocabulary, substitutes

from practicum import Batch, Keys
from practicum.edits import Edit
from practicum.errors import ConfigError, MissingRequirement
from practicum.keys import SampleRng
from practicum.testing.toys import AddNoise, MaskChars, Reverse
from practicum.transformation import Filter, LabelEffect, Transformation


class Spell(Transformation):
    """Writes every letter as a digit, and swaps the last two."""

    name: ClassVar[str] = "toy/spell"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    writes_edits: ClassVar[bool] = True

    def edit_one(self, value: str, rng: SampleRng) -> Sequence[Edit]:
        n = len(value)
        digits: list[Edit] = [(i, i + 1, str(int(d))) for i, d in enumerate(10 * rng.uniform(n)[:max(0, n - 2)])]
        return [*digits, (n - 2, n - 1, value[-1], n - 1), (n - 1, n, value[-2], n - 2)] if n > 1 else digits


class Pick(Transformation):
    """One of three words, by the draw."""

    name: ClassVar[str] = "toy/pick"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    def apply_one(self, value: str, rng: SampleRng) -> str:
        return rng.choice(["red", "green", "blue"])


class Short(Filter):
    """Keeps texts of at most three characters."""

    name: ClassVar[str] = "toy/short"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    def keep(self, batch: Batch, keys: Keys) -> Any:
        return [len(t) <= 3 for t in batch.to_list()]


class Opposite(Reverse):
    """Claims to change what is said."""

    name: ClassVar[str] = "toy/opposite"
    label_effect: ClassVar[LabelEffect] = "changes"


def places(*words: str, sample: str = "x") -> list[Place]:
    return [Place(sample, position, 0, word) for position, word in enumerate(words)]


def test_several_draws_show_all_alternatives_once() -> None:
    found = substitutes([Applied(technique=Pick(), draws=32)], places("word", "red"), Keys())
    assert sorted(found[0]) == ["blue", "green", "red"]
    assert sorted(found[1]) == ["blue", "green"]


def test_edits_are_taken_one_by_one_and_moves_together() -> None:
    found = Applied(technique=Spell(), draws=1, singly=True).propose(places("abcd", "é"), Keys())
    assert len(found[0]) == 3
    assert [w[1:] for w in found[0][:1]] == ["bcd"]
    assert found[0][1][0] + found[0][1][2:] == "acd"
    assert found[0][2] == "abdc"
    assert found[1] == []


def test_draws_depend_on_sample_position_and_visit_alone() -> None:
    source = Applied(technique=MaskChars(rate=0.5), draws=4)
    whole = source.propose([Place("a", 0, 0, "wonderful"), Place("b", 0, 0, "wonderful"), Place("a", 1, 0, "wonderful"),
                            Place("a", 0, 1, "wonderful")], Keys(1))
    assert source.propose([Place("a", 0, 0, "wonderful")], Keys(1)) == whole[:1]
    assert len({tuple(w) for w in whole}) == 4
    assert source.propose([Place("a", 0, 0, "wonderful")], Keys(2)) != whole[:1]


def test_most_keeps_so_many_by_draws_of_the_sample() -> None:
    every = Applied(technique=Spell(), draws=3, singly=True).propose(places("abcdefgh"), Keys())[0]
    some = Applied(technique=Spell(), draws=3, singly=True, most=2)
    one, two = (some.propose(places("abcdefgh", sample=s), Keys())[0] for s in ("x", "y"))
    assert len(one) == len(two) == 2
    assert one != two
    assert set(one) <= set(every)
    assert one == some.propose(places("abcdefgh", "other"), Keys())[0]


def test_own_sources() -> None:
    found = substitutes([Delete(), Unknown(), Vocabulary(words=("a", "film,")),
                         Listed(entries={"film": ("movie", "film"), "Film": ("Kino",)})],
                        places("film,", "Film"), Keys())
    assert found == [["", "[UNK]", "a,", "film,,", "movie,"], ["", "[UNK]", "a", "film,", "Kino"]]


@pytest.mark.parametrize(("technique", "why"), [(Short(), "drops samples"), (Opposite(), "changes labels"),
                                                (AddNoise(), "not text")])
def test_techniques_that_are_no_substitutes_are_refused(technique: Transformation, why: str) -> None:
    with pytest.raises((ConfigError, ValueError), match=why):
        Applied(technique=technique)
    with pytest.raises(ConfigError, match=technique.name):
        Greedy(sources=[{"technique": technique}])


def test_singly_needs_a_log() -> None:
    with pytest.raises(ConfigError, match="logs none"):
        Greedy(sources=[{"technique": Pick(), "singly": True}])


def test_a_technique_that_is_not_installed_is_named_with_the_command() -> None:
    with pytest.raises(MissingRequirement, match=r"text-noise/none.*pip install .*\[text-noise\]'"):
        Greedy().applied("text-noise/none")


def test_spans_move_with_the_words() -> None:
    from practicum.testing.toys_models import KeywordModel

    batch = Batch.of(["a good film with Ada"], targets={"label": [1], "spans": [[(17, 20, "PER")]]})
    attack = Greedy(sources=[{"source": "listed", "entries": {"good": ("extraordinary",)}}])
    result = attack(KeywordModel(), batch)
    assert result.adversarial.to_pylist() == ["a extraordinary film with Ada"]
    assert result.batch.targets["spans"].data == [[(26, 29, "PER")]]
