"""Edits: spans, tags and answers follow the text as a slow letter-by-letter account says they must."""

from __future__ import annotations

import json
import random
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import practicum as pm
from practicum.batch import Batch
from practicum.diff import diff_column, diff_text
from practicum.edits import EditLog, Step, TextEdits, apply_edits, column_edits, replay
from practicum.errors import DataError
from practicum.keys import SampleRng
from practicum.remap import by_row, remap_target, tokens
from practicum.targets import Target
from practicum.testing.toys import MaskChars, Reverse
from practicum.transformation import Transformation

Edit = tuple[int, int, str]


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    """A text with sorted edits that don't overlap; insertions may touch replacements."""
    text = draw(st.text(alphabet="ab é🙂", max_size=14))
    edits: list[Edit] = []
    at = 0
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(at, len(text)))
        stop = draw(st.integers(start, len(text)))
        if edits and edits[-1][:2] == (start, stop):
            continue
        edits.append((start, stop, draw(st.text(alphabet="xy 漢", max_size=3))))
        at = stop
    return text, [e for e in edits if e[0] < e[1] or e[2]]


def as_columns(rows: list[list[Edit]]) -> TextEdits:
    flat = [(row, *e) for row, edits in enumerate(rows) for e in edits]
    numbers = [np.array([f[k] for f in flat], np.int32) for k in range(3)]
    return TextEdits(numbers[0], numbers[1], numbers[2], pa.array([f[3] for f in flat], pa.large_string()))


def account(text: str, edits: list[Edit]) -> list[tuple[str, int | Edit]]:
    """Each letter of the text after, with where it comes from: a position before, or an edit."""
    out: list[tuple[str, int | Edit]] = []
    for at in range(len(text) + 1):
        for edit in edits:
            if edit[0] == at:
                out += [(c, edit) for c in edit[2]]
        if at < len(text) and not any(s <= at < e for s, e, _ in edits):
            out.append((text[at], at))
    return out


def belongs(origin: int | Edit, start: int, stop: int) -> bool:
    """Whether a letter after belongs to the span [start, stop) before."""
    if isinstance(origin, int):
        return start <= origin < stop
    a, b, _ = origin
    return start < a < stop if a == b else a < stop and start < b


def slow_span(text: str, edits: list[Edit], start: int, stop: int) -> tuple[int, int] | None:
    inside = [k for k, (_, origin) in enumerate(account(text, edits)) if belongs(origin, start, stop)]
    return (inside[0], inside[-1] + 1) if inside else None


@given(edited())
def test_the_account_is_the_text_after(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    assert "".join(c for c, _ in account(text, edits)) == apply_edits(text, edits)


@given(edited(), st.data())
def test_spans_and_answers_follow(case: tuple[str, list[Edit]], data: st.DataObject) -> None:
    text, edits = case
    pairs = [(a, b) for a in range(len(text)) for b in range(a + 1, len(text) + 1)]
    chosen = data.draw(st.lists(st.sampled_from(pairs), max_size=6)) if pairs else []
    after = apply_edits(text, edits)
    columns = as_columns([[], edits])
    moved = remap_target(Target("spans", [[], [(*p, "L") for p in chosen]]), columns, ["", text], ["", after])
    expected = [slow_span(text, edits, *p) for p in chosen]
    assert moved.data == [[], [(*e, "L") for e in expected if e is not None]]
    for pair, wanted in zip(chosen, expected, strict=True):
        answer = remap_target(Target("answer", [None, pair]), columns, ["", text], ["", after])
        assert answer.data == [None, wanted]


@given(edited())
def test_tags_follow(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    before = tokens(text)
    assert [text[a:b] for a, b in before] == text.split()
    after = apply_edits(text, edits)
    tags = [f"T{k}" for k in range(len(before))]
    owner: dict[int, str] = {}
    for tag, span in zip(tags, before, strict=True):
        found = slow_span(text, edits, *span)
        for at in range(*found) if found else ():
            owner.setdefault(at, tag)
    expected = [next((owner[at] for at in range(a, b) if at in owner), "O") for a, b in tokens(after)]
    moved = remap_target(Target("tags", [tags]), as_columns([edits]), [text], [after])
    assert moved.data == [expected if edits else tags]


def test_words_that_move_take_their_spans_along() -> None:
    rng = random.Random(4)
    for _ in range(200):
        words = [rng.choice(["a", "bé", "ccc", "🙂dd"]) + str(k) for k in range(rng.randrange(2, 7))]
        text = " ".join(words)
        places = tokens(text)
        order = list(range(len(words)))
        rng.shuffle(order)
        edits = [(row, *places[k], words[o], places[o][0]) for row in (0,) for k, o in enumerate(order) if k != o]
        columns = TextEdits(*(np.array([e[k] for e in edits], np.int32) for k in range(3)),
                            pa.array([e[3] for e in edits], pa.large_string()),
                            np.array([e[4] for e in edits], np.int32))
        after = apply_edits(text, [(a, b, w) for _, a, b, w, _ in edits])
        assert after.split() == [words[o] for o in order]
        spans = [(a, b, w) for (a, b), w in zip(places, words, strict=True)]
        moved = remap_target(Target("spans", [spans]), columns, [text], [after]).data[0]
        assert [after[a:b] for a, b, _ in moved] == words
        inner = remap_target(Target("answer", [(places[-1][0], places[-1][0] + 1)]), columns, [text], [after]).data[0]
        assert after[inner[0]:inner[1]] == words[-1][0]
        tags = remap_target(Target("tags", [words]), columns, [text], [after]).data[0]
        assert tags == after.split()


@given(st.lists(edited(), max_size=4))
def test_places_after(cases: list[tuple[str, list[Edit]]]) -> None:
    columns = as_columns([e for _, e in cases])
    after = [apply_edits(t, e) for t, e in cases]
    starts = columns.new_starts().tolist()
    for row, start, new in zip(columns.row.tolist(), starts, columns.text.to_pylist(), strict=True):
        assert after[row][start:start + len(new)] == new
    assert columns.lengths().tolist() == [len(t) for t in columns.text.to_pylist()]
    assert sorted(by_row(columns)) == [row for row, (_, e) in enumerate(cases) if e]


@given(st.text(alphabet="abc🙂 ", max_size=15), st.text(alphabet="abc🙂 ", max_size=15))
def test_differences_rebuild_the_text(before: str, after: str) -> None:
    edits = diff_text(before, after)
    assert apply_edits(before, edits) == after
    assert bool(edits) == (before != after)
    columns = diff_column(["", before], ["", after])
    assert columns.row.tolist() == [1] * len(edits)


TEXTS = ["hello world", "grüße 漢字 🙂", "", "the quick brown fox jumps", "x"]


def logged(seed: int) -> tuple[Batch, Batch]:
    pipeline = pm.Pipeline([MaskChars(rate=0.4), pm.Sometimes(Reverse(), p=0.5),
                            pm.OneOf([MaskChars(rate=0.2), Reverse()])])
    batch = Batch.of(TEXTS, ids=["a", "b", "c", 4, "e"])
    return batch, pipeline(batch, seed, log=True)


@pytest.mark.parametrize("seed", range(8))
def test_a_log_replays_and_survives_a_table(seed: int) -> None:
    batch, out = logged(seed)
    assert replay(batch, out.edits).to_list() == out.to_list()
    turned = batch.take([3, 1, 4, 0, 2])
    assert replay(turned, out.edits).to_list() == out.take([3, 1, 4, 0, 2]).to_list()
    table = out.edits.to_table()
    assert table.schema.names == ["step", "op", "column", "id", "start", "stop", "text", "source", "params"]
    back = EditLog.from_table(table)
    assert replay(batch, back).to_list() == out.to_list()
    assert back.strength() == out.edits.strength()
    drop = [n for n in table.schema.names if n != "step"]
    assert back.to_table().select(drop).equals(table.select(drop))


def test_parameters_survive_a_table_and_dont_replay() -> None:
    batch = Batch.of(["a", "b"], ids=["x", "y"])
    params = {"angle": np.array([1.5, -2.0]), "box": np.array([[0, 1, 2, 3], [4, 5, 6, 7]])}
    log = EditLog().plus(Step("rotate", "text", batch.ids, params=params))
    back = EditLog.from_table(log.to_table()).steps[0]
    assert (back.op, back.column, list(back.ids), back.edits) == ("rotate", "text", ["x", "y"], None)
    assert back.params is not None
    for name, values in params.items():
        np.testing.assert_array_equal(back.params[name], values)
    assert json.loads(log.to_table()["params"][1].as_py()) == {"angle": -2.0, "box": [4, 5, 6, 7]}
    with pytest.raises(DataError, match="recorded parameters but no text edits"):
        replay(batch, log)
    assert EditLog.from_table(EditLog().to_table()) == EditLog()


def test_replaying_on_other_samples_is_an_error() -> None:
    _, out = logged(1)
    with pytest.raises(DataError, match="which the batch doesn't hold"):
        replay(Batch.of(["q"], ids=["q"]), out.edits)


def test_strength_counts_letters() -> None:
    batch = Batch.of(["abc", "de"], ids=["x", "y"])
    out = Reverse()(MaskChars(rate=1.0)(batch, log=True), log=True)
    assert out.to_list() == ["___", "__"]
    assert out.edits.strength() == {"x": 3, "y": 2}


def test_batches_move_their_targets_only_with_their_column() -> None:
    text = "call Ann now"
    batch = Batch.of(columns={"q": pm.Column("text", [text]), "ctx": pm.Column("text", ["Bob"])}, targets={
        "spans": Target("spans", [[(5, 8, "PER")]], column="q"), "answer": Target("answer", [(0, 3)], column="ctx")})
    out = batch.with_column("q", ["please call Ann"], edits=as_columns([[(0, 0, "please "), (8, 12, "")]]))
    assert out.targets["spans"].data == [[(12, 15, "PER")]]
    assert out.targets["answer"].data == [(0, 3)]
    assert batch.wants_edits("q")
    assert not Batch.of(["a"]).wants_edits("text")
    gone: Any = batch.with_column("q", ["call"], edits=as_columns([[(4, 12, "")]])).targets["spans"].data
    assert gone == [[]]


class LastFirst(Transformation):
    """Puts the last word first, as a moved piece, and says so; ``wrong`` breaks a rule of edits."""

    name: ClassVar[str] = "test/last-first"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    writes_edits: ClassVar[bool] = True
    wrong: tuple[Any, ...] = ()

    def edit_one(self, value: str, rng: SampleRng) -> list[Any]:
        if self.wrong:
            return list(self.wrong)
        at = value.rindex(" ")
        return [(0, 0, value[at + 1:], at + 1), (0, 0, " "), (at, len(value), "")]


def test_edits_that_a_technique_names_itself_are_exact() -> None:
    batch = Batch.of(["red big dog", "ein großes Ö"], ids=["x", "y"], targets={
        "spans": [[(8, 11, "ANIMAL"), (0, 3, "COLOUR")], [(11, 12, "LETTER")]]})
    out = LastFirst()(batch, log=True)
    assert out.to_list() == ["dog red big", "Ö ein großes"]
    assert out.targets["spans"].data == [[(0, 3, "ANIMAL"), (4, 7, "COLOUR")], [(0, 1, "LETTER")]]
    assert out.edits is not None
    assert replay(batch, out.edits).to_list() == out.to_list()
    assert out.edits.to_table()["source"].to_pylist() == [8, -1, -1, 11, -1, -1]
    plain = LastFirst()(["red big dog"])
    assert plain == ["dog red big"]


@pytest.mark.parametrize(("wrong", "said"), [
    (((3, 4, "x"), (0, 1, "y")), "in order, without overlap"), (((0, 2, "x"), (1, 3, "y")), "without overlap"),
    (((0, 9, "x"),), "inside the text"), (((2, 1, "x"),), "inside the text"), (((0, 0, "abc", 2),), "same length")])
def test_edits_that_break_a_rule_name_the_sample(wrong: Any, said: str) -> None:
    with pytest.raises(DataError, match=rf"test/last-first, sample 's': .*{said}"):
        LastFirst(wrong=wrong)(["a text"[:4]], ids=["s"])


def test_a_token_that_is_moved_but_for_its_full_stop_keeps_its_tag() -> None:
    before, after = "red dog.", "dog red."
    edits = column_edits([[(0, 3, "dog", 4), (4, 7, "red", 0)]])
    tags = remap_target(Target("tags", [["ADJ", "NOUN"]]), edits, [before], [after])
    assert tags.data == [["NOUN", "ADJ"]]
