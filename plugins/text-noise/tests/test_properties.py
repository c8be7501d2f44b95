"""What the card promises: rates, supersets, order, forms, targets."""

from __future__ import annotations

import dataclasses
import math
import string
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from practicum_text_noise import noise
from practicum_text_noise.keyboard import neighbours
from text_noise_reference import NEAR, word_char

import practicum as pm
from practicum.errors import ConfigError, DataError

OPS = ("char-swap", "char-delete", "char-insert", "char-substitute", "keyboard-typo", "word-swap", "word-delete")
SENTENCE = "Ünïted Kingdom's quick brown foxes, 42 of them — jump over 17 lazy dogs in 漢字 parks every single day."


def get(op: str, **fields: Any) -> Any:
    return pm.get(f"text-noise/{op}", **fields)


def edits_by_row(op: str, texts: list[str], rate: float, seed: int = 0) -> list[list[tuple[int, int, str]]]:
    out = get(op, rate=rate)(pm.Batch.of(texts), seed=seed, log=True)
    found: list[list[tuple[int, int, str]]] = [[] for _ in texts]
    e = out.edits.steps[0].edits
    columns = e.row.tolist(), e.start.tolist(), e.stop.tolist(), e.text.to_pylist()
    for row, start, stop, new in zip(*columns, strict=True):
        found[row].append((start, stop, new))
    return found


def assert_rate(hits: int, trials: int, rate: float) -> None:
    """Within five standard deviations of a binomial."""
    assert abs(hits - trials * rate) <= 5 * math.sqrt(trials * rate * (1 - rate)) + 1e-9, (hits / trials, rate)


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5])
def test_expected_rates(rate: float) -> None:
    n = 3000
    texts = [SENTENCE] * n
    chars = sum(map(word_char, SENTENCE)) * n
    for op in ("char-delete", "char-insert", "char-substitute"):
        assert_rate(sum(map(len, edits_by_row(op, texts, rate))), chars, rate)
    keys = sum(c.isascii() and c.isalnum() for c in SENTENCE) * n
    assert_rate(sum(map(len, edits_by_row("keyboard-typo", texts, rate))), keys, rate)
    words = sum(any(map(word_char, w)) for w in SENTENCE.split())
    assert_rate(sum(map(len, edits_by_row("word-delete", texts, rate))), words * n, rate)

    moved = Counter(start for row in edits_by_row("word-swap", texts, rate) for start, _, _ in row)
    assert_rate(moved[SENTENCE.index("quick")], n, rate)
    assert_rate(moved[0], n, rate / 2)
    moved = Counter(start for row in edits_by_row("char-swap", texts, rate) for start, _, _ in row)
    assert_rate(moved[SENTENCE.index("row", 10)], n, rate)
    assert_rate(moved[SENTENCE.index("brown")], n, rate / 2)
    assert moved[SENTENCE.index("—")] == 0


def test_new_characters_are_equally_likely() -> None:
    texts = ["k" * 100] * 2000
    letters = string.ascii_lowercase
    for op, options in (("char-insert", letters), ("char-substitute", letters.replace("k", "")),
                        ("keyboard-typo", NEAR["k"])):
        drawn = Counter(new for row in edits_by_row(op, texts, 0.3) for _, _, new in row)
        assert set(drawn) == set(options)
        total = drawn.total()
        for new in options:
            assert_rate(drawn[new], total, 1 / len(options))


def test_neighbours_of_keys() -> None:
    table = neighbours()
    assert {k: "".join(sorted(v)) for k, v in table.items() if not k.isupper()} == \
        {k: "".join(sorted(v)) for k, v in NEAR.items()}
    assert all(a in table[b] for a, near in table.items() for b in near)


@pytest.mark.parametrize("op", OPS)
def test_higher_rates_edit_more_of_the_same(op: str) -> None:
    texts = [SENTENCE, "a bb ccc", "word", "漢字 かな", SENTENCE[::-1]] * 20
    before: list[set[Any]] = [set() for _ in texts]
    for rate in (0.0, 0.01, 0.1, 0.3, 0.7, 1.0):
        found = edits_by_row(op, texts, rate, seed=4)
        now = [set(row) for row in found]
        if op != "word-delete":  # what a deletion takes of the whitespace depends on which words are kept
            assert all(a <= b for a, b in zip(before, now, strict=True))
        before = now
    if op == "word-delete":
        kept: list[Counter[str]] = [Counter(t.split()) for t in texts]
        for rate in (0.0, 0.01, 0.1, 0.3, 0.7, 1.0):
            out = [Counter(t.split()) for t in get(op, rate=rate)(texts, seed=4)]
            assert all(new <= old for new, old in zip(out, kept, strict=True))
            kept = out


@pytest.mark.parametrize("op", OPS)
def test_rate_zero_and_one(op: str) -> None:
    texts = [SENTENCE, "", "  ", "...", "a"]
    batch = pm.Batch.of(texts)
    assert get(op, rate=0.0)(texts) == texts
    assert pm.replay(batch, get(op, rate=0.0)(batch, log=True).edits).to_list() == texts
    out = get(op, rate=1.0)(texts, seed=1)
    assert out[0] != texts[0]
    assert out[1:4] == texts[1:4]


@pytest.mark.parametrize("op", OPS)
def test_whitespace_and_punctuation_stay(op: str) -> None:
    texts = [SENTENCE, "  lead, trail.  ", "a\tb\u00a0c\u3000d\n— e!"] * 30
    for rate in (0.2, 1.0):
        for before, after in zip(texts, get(op, rate=rate)(texts, seed=2), strict=True):
            if op.startswith("char") or op == "keyboard-typo":
                assert [c for c in before if not word_char(c)] == [c for c in after if not word_char(c)]
            elif op == "word-swap":
                assert [c for c in before if c.isspace()] == [c for c in after if c.isspace()]
                assert Counter(before.split()) == Counter(after.split())
            else:
                assert before[:2].isspace() == after[:2].isspace()
                assert before[-2:].isspace() == after[-2:].isspace()
                assert not Counter(after.split()) - Counter(before.split())


@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_never_emptied(rate: float) -> None:
    texts = ["one", "one two", " one — two ", "— one", "é", "漢 字"] * 50
    for op in ("word-delete", "char-delete"):
        out = get(op, rate=rate)(texts, seed=3)
        assert all(any(map(word_char, t)) for t in out)
        assert any(a != b for a, b in zip(texts, out, strict=True))


@pytest.mark.parametrize("op", OPS)
def test_batches_singles_and_order(op: str) -> None:
    texts = [f"{SENTENCE} {i} {'x' * (i % 40)}" for i in range(97)] + ["", "ß", " "]
    ids = [f"s{i}" for i in range(100)]
    technique, batch = get(op, rate=0.3), pm.Batch.of(texts, ids=ids)
    whole = technique(batch, seed=9).to_list()
    order = np.random.default_rng(0).permutation(100)
    assert technique(batch.take(order), seed=9).to_list() == [whole[i] for i in order]
    for size in (1, 7, 64):
        parts = [technique(batch.take(np.arange(a, min(a + size, 100))), seed=9).to_list() for a in range(0, 100, size)]
        assert [t for part in parts for t in part] == whole
    assert technique(batch, seed=10).to_list() != whole
    assert technique(batch, seed=9, epoch=1).to_list() != whole


@pytest.mark.parametrize("op", OPS)
def test_forms(op: str) -> None:
    technique, texts = get(op, rate=0.4), [SENTENCE, "another one", ""]
    out = technique(texts, seed=1)
    assert isinstance(out, list)
    for array in (pa.array(texts), pa.array(texts, pa.large_string()), pa.chunked_array([texts[:1], texts[1:]]),
                  pa.array(["head", *texts, "tail"], pa.large_string())[1:4]):
        made = technique(array, seed=1)
        assert isinstance(made, pa.LargeStringArray)
        assert made.to_pylist() == out
    assert technique(pm.Batch.of(texts), seed=1).to_list() == out
    assert technique(pa.array([], pa.large_string())).to_pylist() == []
    assert technique([]) == []


@pytest.mark.parametrize("op", OPS)
def test_a_sliced_readonly_buffer(op: str) -> None:
    """The last text ends with its buffer, from which nothing may be read beyond."""
    data = np.frombuffer(b"skipped one two three four", np.uint8)
    offsets = np.array([7, 7, len(data)], np.int64)
    array = pa.LargeStringArray.from_buffers(2, pa.py_buffer(offsets), pa.py_buffer(data))
    assert get(op, rate=0.5)(array, seed=2).to_pylist() == get(op, rate=0.5)(["", " one two three four"], seed=2)


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("rate", [0.1, 1.0])
def test_spans_stay_valid(op: str, rate: float) -> None:
    texts = [SENTENCE] * 200
    spans = [(SENTENCE.index(w), SENTENCE.index(w) + len(w), w) for w in ("Ünïted Kingdom", "foxes", "漢字", "day")]
    tags = [str(i) for i in range(len(SENTENCE.split()))]
    batch = pm.Batch.of(texts, targets={"spans": [spans] * 200, "tags": [tags] * 200})
    out = get(op, rate=rate)(batch, seed=6)
    for text, found, moved in zip(out.to_list(), out.targets["spans"].data, out.targets["tags"].data, strict=True):
        assert len(moved) == len(text.split())
        for start, stop, word in found:
            assert 0 <= start < stop <= len(text)
            if op.startswith("word") and " " not in word:
                assert text[start:stop] == word
            if op == "char-swap":
                assert set(text[start:stop]) & set(word)
        if op.startswith("word"):
            assert [SENTENCE.split()[int(t)] for t in moved] == text.split()


def test_log_of_a_swap_names_its_source() -> None:
    out = get("word-swap", rate=1.0)(pm.Batch.of(["ünë two"] * 8), seed=0, log=True)
    edits = out.edits.steps[0].edits
    assert out.edits.steps[0].op == "text-noise/word-swap"
    assert edits.source.tolist()[:2] == [4, 0]
    assert edits.text.to_pylist()[:2] == ["two", "ünë"]
    assert get("char-insert", rate=1.0)(pm.Batch.of(["a"]), log=True).edits.steps[0].edits.source is None


def test_same_operation_twice_draws_anew() -> None:
    swap = get("char-swap", rate=1.0)
    texts = ["abcdefgh"] * 50
    assert pm.Pipeline([swap, swap])(texts, seed=1) != texts


@pytest.mark.parametrize(("fields", "message"), [
    ({"alphabet": ""}, "alphabet"), ({"alphabet": "aba"}, "'a' occurs twice"), ({"alphabet": "a b"}, "whitespace"),
    ({"alphabet": "\ud800"}, "surrogate|unicode"), ({"rate": 1.5}, "rate"), ({"rate": float("nan")}, "rate"),
    ({"rte": 0.1}, "did you mean 'rate'")])
def test_wrong_fields(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        get("char-insert", **fields)


def test_lone_surrogate_is_refused() -> None:
    with pytest.raises(DataError, match="lone surrogate"):
        get("char-swap")(["ok", "bad \ud800"])


def test_a_text_beyond_32_bit_positions_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from practicum_text_noise import noise

    monkeypatch.setattr(noise, "_LONGEST", 9)
    with pytest.raises(DataError, match=r"text-noise/word-swap: column 'text', sample 'b': .* 10 bytes"):
        get("word-swap")(pm.Batch.of(["123456789", "1234567890"], ids=["a", "b"]))


def test_ids_given_as_a_strided_view() -> None:
    from practicum.batch import Batch, Ids

    batch = pm.Batch.of([SENTENCE] * 20)
    doubled = np.repeat(batch.ids.hashes, 2)
    strided = Batch(Ids(list(range(20)), hashes=doubled[::2]), batch.columns, {})
    assert get("char-swap")(strided).to_list() == get("char-swap")(batch).to_list()


def test_buffers_grow_even_where_a_pool_says_too_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "_estimate", lambda *_: (0, 0, 0))
    repeat = get("char-repeat", rate=1.0, times=8)
    kernel, pool = repeat._kernel()
    batch = pm.Batch.of(["a" * 300, "", "é" * 300])
    keys = pm.Keys(1).child(repeat.name).bind(batch.ids)
    expected, _ = noise.run(kernel, pool, 1.0, keys, batch.columns["text"].data, True)
    asked = dataclasses.replace(pool, longest=0)
    found, edits = noise.run(kernel, asked, 1.0, keys, batch.columns["text"].data, True)
    assert found.equals(expected)
    assert edits is not None
    assert pm.replay(batch, repeat(batch, seed=1, log=True).edits).to_list() == found.to_pylist()
