"""The dictionary kernel gives, bit for bit, what the documented rules give in plain Python."""

from __future__ import annotations

import random
from typing import ClassVar

import pytest
from dictionary_reference import edits_of, replaced
from hypothesis import given, settings
from hypothesis import strategies as st
from practicum_text_noise import noise
from practicum_text_noise.dictionary import Dictionary, build
from practicum_text_noise.replacement import Replacement
from text_noise_reference import Draws

import practicum as pm
from practicum.errors import ConfigError

ENTRIES = {
    "do not": ["don't"], "do": ["perform"], "do not go": ["stay", "remain here"], "i am": ["I'm"], "a b": [],
    "b": ["c"],
    "colour": ["color"], "e.g": ["x"], "e.g.": ["for example"], "etc.": ["et cetera"], "et cetera": ["etc."],
    "dog": ["hound", "cur", "mutt"], "mr.": ["mister"], "été": ["hiver"],
    "漢字": ["かな"], "ж": ["щ", "ю"], "x": ["ß", "ŉ"],
    "a-very-long-key-of-many-bytes": ["s"], "12": ["twelve"],
}
PIECES = ["do", "not", "go", "I", "am", "a", "b", "colour", "e.g", "etc.", "et", "cetera", "dog", "dog's", "Dog’s",
          "mr.", "été", "ÉTÉ", "漢字", "Ж", "x", "a-very-long-key-of-many-bytes", "12", "—", ",", "DO", "NOT", "Not",
          "dOg", " ", "  ", "\t", "\u3000", ".", "\"", "(", "zebra", "word!"]
DICTIONARY = build(ENTRIES)
# Letters whose lower-case form takes other bytes of UTF-8 are not folded; Python's lower() does fold them.
odd = st.text(max_size=3).filter(lambda t: "İ" not in t and all(c.lower() == c or ord(c) < 0x250 for c in t))


class Known(Replacement):
    """Replaces by :data:`ENTRIES`."""

    name: ClassVar[str] = "test/known"

    def _dictionary(self) -> Dictionary:
        return DICTIONARY


def check(texts: list[str], rate: float, seed: int) -> int:
    technique = Known(rate=rate)
    stream = pm.Keys(seed).child(technique.name).stream
    ids = [f"id-{i}" for i in range(len(texts))]
    batch = pm.Batch.of(texts, ids=ids, modality="text")
    out = technique(batch, seed=seed)
    out.data.validate(full=True)
    wanted = [edits_of(text, ENTRIES, rate, Draws(stream, i)) for text, i in zip(texts, ids, strict=True)]
    assert out.to_list() == [replaced(text, edits) for text, edits in zip(texts, wanted, strict=True)]
    logged = technique(batch, seed=seed, log=True)
    assert logged.equals(out)
    e = logged.edits.steps[0].edits
    rows = zip(e.row.tolist(), e.start.tolist(), e.stop.tolist(), e.text.to_pylist(), strict=True)
    assert list(rows) == [(row, *edit) for row, edits in enumerate(wanted) for edit in edits]
    return len(e)


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_against_plain_python(rate: float) -> None:
    rng = random.Random(3)
    texts = ["".join(p + rng.choice(["", " ", " ", " "]) for p in rng.choices(PIECES, k=rng.randrange(30)))
             for _ in range(400)]
    assert (check(texts, rate, 5) > 400) == (rate > 0)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.lists(st.one_of(st.sampled_from(PIECES), odd), max_size=20).map(" ".join), min_size=1,
                      max_size=4),
       rate=st.sampled_from([0.2, 1.0]), seed=st.integers(0, 99))
def test_any_text(texts: list[str], rate: float, seed: int) -> None:
    check(texts, rate, seed)


def test_buffers_that_are_too_small_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "_estimate", lambda *_: (0, 0, 0))
    check(["do not go x 12 " * 50, "", "x " * 700], 1.0, 1)


def test_higher_rates_replace_more_of_the_same() -> None:
    texts = ["Do not go, dog: I am a b 12 x x x do not do do not go."] * 100
    before: set[tuple[int, int, str]] = set()
    for rate in (0.05, 0.3, 0.7, 1.0):
        e = Known(rate=rate)(pm.Batch.of(texts), seed=2, log=True).edits.steps[0].edits
        now = set(zip(e.row.tolist(), e.start.tolist(), e.text.to_pylist(), strict=True))
        assert before <= now
        before = now


def test_a_large_table_finds_every_key_and_nothing_else() -> None:
    rng = random.Random(7)
    keys = {"".join(rng.choices("abcdefghij", k=rng.randrange(2, 20))) for _ in range(5000)}
    large = build({k: [f"<{k}>"] for k in keys})

    class Large(Known):
        def _dictionary(self) -> Dictionary:
            return large

    others = ["".join(rng.choices("abcdefghij", k=rng.randrange(2, 20))) for _ in range(5000)]
    words = [*keys, *others]
    assert Large(rate=1.0)(words) == [f"<{w}>" if w in keys else w for w in words]


def test_weights_are_kept() -> None:
    weighted = build({"k": ["a", "b"]}, {"k": [3.0, 1.0]})

    class Weighted(Known):
        def _dictionary(self) -> Dictionary:
            return weighted

    out = Weighted(rate=1.0)(["k"] * 4000)
    assert abs(out.count("a") - 3000) < 5 * (4000 * 0.75 * 0.25) ** 0.5


@pytest.mark.parametrize(("entries", "message"), [
    ({"": ["a"]}, "one to 3 words"), ({"a b c d": ["x"]}, "one to 3 words"), ({"a  b": ["x"]}, "one to 3 words"),
    ({"(a": ["x"]}, "punctuation"), ({"a!": ["x"]}, "punctuation"), ({".": ["x"]}, "punctuation"),
    ({"a": [" "]}, "empty or has whitespace"), ({"a": ["b  c"]}, "empty or has whitespace")])
def test_wrong_entries(entries: dict[str, list[str]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(entries)
