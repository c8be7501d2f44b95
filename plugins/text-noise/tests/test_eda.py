"""EDA, random insertion and TF-IDF replacement against plain Python, and what their papers say of them."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import eda_reference
import pytest
from practicum_text_noise import noise
from practicum_text_noise.dictionary import Dictionary, build
from practicum_text_noise.eda import Eda, RandomInsertion
from practicum_text_noise.tfidf import TfidfReplace
from text_noise_reference import Draws

import practicum as pm
from practicum.errors import ConfigError, DataError, UsageError

ENTRIES = {"dog": ["hound", "cur"], "big": ["large", "huge"], "été": ["saison"], "go": ["walk"],
           "x": ["yy", "zz", "ww"]}
DICTIONARY = build(ENTRIES)
PIECES = ["dog", "Dog,", "BIG", "big", "été", "—", "go!", "x", "X", "word", "漢字", "other", "a", "1"]


class KnownInsertion(RandomInsertion):
    """Inserts by :data:`ENTRIES`."""

    name: ClassVar[str] = "test/insertion"

    def _dictionary(self) -> Dictionary:
        return DICTIONARY


class KnownEda(Eda):
    """EDA by :data:`ENTRIES`, without "a" and "an" among its words."""

    name: ClassVar[str] = "test/eda"

    def _dictionary(self) -> Dictionary:
        return DICTIONARY


def texts(count: int = 250) -> list[str]:
    rng = random.Random(1)
    made = [" ".join(rng.choices(PIECES, k=rng.randrange(25))) for _ in range(count)]
    return ["", " ", "dog", " — ", "  dog\tbig ", "x " * 70,
            *(t.replace("a dog", "dog").replace("a ", "b ") for t in made)]


def check(technique: Any, given: list[str], expected: Any, seed: int) -> None:
    stream = pm.Keys(seed).child(technique.name).stream
    batch = pm.Batch.of(given)
    out = technique(batch, seed=seed, log=True)
    assert out.to_list() == [expected(t, Draws(stream, i)) for i, t in enumerate(given)]
    assert out.to_list() == technique(given, seed=seed)
    assert pm.replay(batch, out.edits).to_list() == out.to_list()


@pytest.mark.parametrize("rate", [0.3, 1.0])
def test_insertion_against_plain_python(rate: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "_estimate", lambda *_: (0, 0, 0))
    check(KnownInsertion(rate=rate), texts(), lambda t, d: eda_reference.insertion(t, ENTRIES, rate, d), 3)


@pytest.mark.parametrize("operations", [eda_reference.EDA, *((name,) for name in eda_reference.EDA),
                                        ("insertion", "deletion")])
@pytest.mark.parametrize("rate", [0.1, 0.5, 1.0])
def test_eda_against_plain_python(operations: tuple[str, ...], rate: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "_estimate", lambda *_: (0, 0, 0))
    technique = KnownEda(rate=rate, operations=operations)
    check(technique, texts(), lambda t, d: eda_reference.eda(t, ENTRIES, rate, operations, d), 4)


def test_insertions_grow_with_the_rate() -> None:
    given = ["dog big x go word dog big"] * 300
    sizes = [sum(len(t.split()) for t in KnownInsertion(rate=r)(given, seed=2)) for r in (0.0, 0.2, 1.0)]
    assert sizes[0] == 7 * 300
    assert sizes[2] == 13 * 300
    assert abs(sizes[1] - (7 + 0.2 * 6) * 300) < 5 * (6 * 300 * 0.16) ** 0.5


def test_eda_does_what_the_paper_says() -> None:
    """n = alpha times the number of words; the four operations are equally frequent."""
    text = " ".join(["dog big x go"] * 5)
    out = KnownEda(rate=0.1)([text] * 4000, seed=1)
    kinds: Counter[str] = Counter()
    for new in out:
        before, after = text.split(), new.split()
        if len(after) > 20:
            assert len(after) == 22
            kinds["insertion"] += 1
        elif len(after) < 20:
            kinds["deletion"] += 1
        elif Counter(after) == Counter(before):
            assert sum(a != b for a, b in zip(after, before, strict=True)) <= 4
            kinds["swap or no deletion"] += 1
        else:
            assert sum(a != b for a, b in zip(after, before, strict=True)) == 2
            kinds["replacement"] += 1
    for name in ("insertion", "replacement"):
        assert abs(kinds[name] - 1000) < 5 * (4000 * 3 / 16) ** 0.5
    assert Eda(rate=0.0)([text]) == [text]


def test_outputs_differ() -> None:
    made = {Eda(rate=0.2)(["The quick brown fox saw a big house."], seed=1, output=n)[0] for n in range(8)}
    assert len(made) > 5
    with pytest.raises(ConfigError, match="operations"):
        pm.get("text-noise/eda", operations=[])


FITTED = ["the cat saw the dog", "the dog ate the bone", "a cat is on the mat", "the sun is out, the été begins",
          "the cat and the dog and the sun", "is the cat out, is it, is it not", "a dog is a dog is a dog"]


def fitted(rate: float = 0.5, **fields: Any) -> TfidfReplace:
    return TfidfReplace(rate=rate, **fields).fit(pm.Batch.of(FITTED), pm.Keys(0))


@pytest.mark.parametrize("rate", [0.2, 1.0])
def test_tfidf_against_plain_python(rate: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "_estimate", lambda *_: (0, 0, 0))
    given = [*FITTED, "The CAT, the cat - and an unknown Mat!", "", "dog", "Été the the the bone", "un known"] * 12
    check(fitted(rate), given, lambda t, d: eda_reference.tfidf(t, FITTED, rate, d), 5)


def test_tfidf_replaces_the_share_asked_for_and_spares_what_informs() -> None:
    text = "the bone is a big mat"
    out = [t.split() for t in fitted(0.3)([text] * 4000, seed=2)]
    changed = [sum(row[k] != word for row in out) for k, word in enumerate(text.split())]
    assert changed[1] == changed[4] == changed[5] == 0  # in one text or none: the most informative
    assert min(changed[0], changed[2]) > changed[3] > 0
    # A drawn word can be the one that stood there, so somewhat fewer than 0.3 of all words differ.
    assert 0.2 < sum(changed) / (6 * 4000) <= 0.3


def test_tfidf_state(tmp_path: Path) -> None:
    raw, made = TfidfReplace(), fitted(0.4, min_count=2)
    with pytest.raises(UsageError, match="fit"):
        raw(["a"])
    path = tmp_path / "state.json"
    made.save(path)
    assert [p.name for p in tmp_path.iterdir()] == ["state.json"]
    back = TfidfReplace.load(path)
    assert back == made
    assert back.fingerprint() == made.fingerprint() != TfidfReplace(rate=0.4, min_count=2).fingerprint()
    assert back(FITTED, seed=1) == made(FITTED, seed=1)
    assert made.evolve(rate=0.1).state_digest() == made.state_digest()
    state = json.loads(path.read_text("utf-8"))
    state["vocabulary"]["counts"][0] += 1
    path.write_text(json.dumps(state), "utf-8")
    with pytest.raises(DataError, match="damaged"):
        TfidfReplace.load(path)
    path.write_text("{}", "utf-8")
    with pytest.raises(DataError, match="no saved state"):
        TfidfReplace.load(path)


def test_tfidf_fitted_on_nothing_changes_nothing() -> None:
    empty = TfidfReplace(rate=1.0).fit(pm.Batch.of(["", "—"]), pm.Keys(0))
    assert empty(["some text", ""]) == ["some text", ""]
