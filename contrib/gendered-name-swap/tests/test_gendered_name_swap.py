"""The contracts of gendered-name-swap's techniques, and their rules on texts made by hand."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from practicum_gendered_name_swap.gendered_name_swap import GenderedNameSwap
from practicum_gendered_name_swap.names import FEMALE, MALE, named
from practicum_gendered_name_swap.names_someone import NamesSomeone

from practicum import Batch, Pipeline
from practicum.testing import TransformationContract

NAMED = ["Mary met John.", "James' key", "ask ANNA", "Zoë’s café", "Paul, Peter and Mary", "no one", "(Susan)",
         "“Eric”", "Emma 🙂"]


class TestGenderedNameSwap(TransformationContract):
    technique = "gendered-name-swap/gendered-name-swap"
    configs = [{"rate": 0.5}]

    def samples(self) -> Batch:
        return Batch.of(NAMED, ids=[f"s{k}" for k in range(len(NAMED))], targets={"label": [k % 3 for k in range(9)]})


class TestNamesSomeone(TransformationContract):
    technique = "gendered-name-swap/names-someone"
    configs = [{"least": 2}]

    def samples(self) -> Batch:
        return Batch.of(NAMED, ids=[f"s{k}" for k in range(len(NAMED))], targets={"label": [k % 3 for k in range(9)]})


def swapped(text: str, seed: int = 0) -> str:
    return str(GenderedNameSwap()([text], seed=seed)[0])


def test_the_lists_are_disjoint_and_long_enough() -> None:
    assert len(set(FEMALE)) == len(FEMALE) == len(set(MALE)) == len(MALE) == 40
    assert not set(FEMALE) & set(MALE)


@pytest.mark.parametrize("seed", range(12))
def test_a_name_is_swapped_the_same_way_at_all_its_places(seed: int) -> None:
    found = re.fullmatch(r"(\w+) met (\w+)\. (\w+) thanked (\w+)'s aunt (\w+)\.",
                         swapped("Mary met John. John thanked Mary's aunt Jane.", seed))
    assert found is not None
    mary, john, again, hers, jane = found.groups()
    assert (john, mary) == (again, hers)
    assert john in FEMALE
    assert {mary, jane} <= set(MALE)
    assert len({mary, john, jane}) == 3
    assert not {mary, john, jane} & {"Mary", "John", "Jane"}


@pytest.mark.parametrize(("text", "pattern"), [
    ("James' key", r"\w+'s? key"), ("James’ key", r"\w+’s key"), ("JAMES' KEY", r"[A-ZÀ-Ý]+'S KEY"),
    ("James's key", r"\w+'s key"), ("Mary's key", r"\w+'s key"), ("'James' said", r"'\w+' said"),
    ("MARY", r"[A-ZÀ-Ý]+")])
def test_possessives_quotes_and_capitals_are_kept(text: str, pattern: str) -> None:
    for seed in range(60):
        after = swapped(text, seed)
        assert after != text
        assert re.fullmatch(pattern, after), after
        if text.startswith("James' "):
            name = after.split("'")[0]
            assert after == (f"{name}' key" if name.endswith("s") else f"{name}'s key")


@pytest.mark.parametrize("text", ["mary", "Mary-Jane", "Marymount", "rosemary", "Will Grace mark it", "élise", "",
                                  "Anna_1"])
def test_what_is_no_listed_name_stays(text: str) -> None:
    assert swapped(text) == text
    assert list(named(text)) == []


def test_all_names_of_the_other_gender_are_drawn_alike() -> None:
    """A chi-square statistic of 39 degrees of freedom: below 90 with probability 0.999998."""
    count = Counter(GenderedNameSwap()(["Mary"] * 8000, seed=3))
    assert set(count) == set(MALE)
    assert sum((n - 200) ** 2 / 200 for n in count.values()) < 90


def test_a_text_that_holds_every_male_name_leaves_none_to_take() -> None:
    text = " ".join((*MALE, "Mary"))
    after = swapped(text).split()
    assert set(after[:39]) == set(FEMALE) - {"Mary"}
    assert after[39:] == [MALE[39], "Mary"]


def test_spans_tags_and_answers_move_along() -> None:
    batch = Batch.of(["So James' aunt saw Mary."], targets={
        "spans": [[(3, 8, "PER"), (19, 23, "PER")]], "answer": [(10, 14)], "tags": [["O", "PER", "O", "O", "PER"]]})
    for seed in range(10):
        out = GenderedNameSwap()(batch, seed=seed)
        (said,) = out.to_list()
        (a, b, _), (c, d, _) = out.targets["spans"].data[0]
        assert said[c:d] in MALE
        assert said[a:b].removesuffix("'s") in FEMALE
        assert said[slice(*out.targets["answer"].data[0])] == "aunt"
        assert out.targets["tags"].data == batch.targets["tags"].data


def test_rate_and_filter() -> None:
    assert GenderedNameSwap(rate=0.0)(NAMED) == NAMED
    changed = sum(a != "Mary" for a in GenderedNameSwap(rate=0.3)(["Mary"] * 2000, seed=1))
    assert abs(changed / 2000 - 0.3) < 0.062  # six standard errors
    batch = Batch.of(NAMED)
    assert list(NamesSomeone()(batch).ids) == [0, 1, 2, 3, 4, 6, 7, 8]
    assert list(NamesSomeone(least=2)(batch).ids) == [0, 4]
    assert list(NamesSomeone(least=0)(batch).ids) == list(range(9))
    both = Pipeline([NamesSomeone(), GenderedNameSwap()])(batch, seed=2)
    assert all(a != NAMED[i] for i, a in zip(both.ids, both.to_list(), strict=True))
