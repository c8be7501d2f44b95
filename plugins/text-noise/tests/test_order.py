"""The operations on runs of words and sentences: equal to the documented rules, and what follows from them."""

from __future__ import annotations

import random
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_reference import order_result, sentences
from practicum_text_noise.order import FillerInsert, SpanDelete, SpanShuffle, WordRepeat
from test_against_reference import ODD, texts_strategy
from text_noise_reference import Draws

import practicum as pm
from practicum.errors import ConfigError
from practicum.targets import Target
from practicum.testing import TransformationContract

OPS = ("word-repeat", "filler-insert", "span-shuffle", "span-delete", "sentence-shuffle", "sentence-swap",
       "sentence-delete")
MANY = [*ODD, "One is here. Two? Three came too!", "“Stop!” she said. (Really.) Then... nothing",
        "他来了。我走了！「真的？」ok. then", "No end", "? ! .", "A.B. C.D.", " . Lead. ", "x。\u3000y。z", "。。。",
        "one. two. three. four. five. six. seven."]
FILLERS = ("um,", "ähm", "你知道")


def _run(op: str, texts: list[str], rate: float, seed: int) -> None:
    fields: dict[str, Any] = {"fillers": FILLERS} if op == "filler-insert" else {}
    technique = pm.get(f"text-noise/{op}", rate=rate, **fields)
    keys = pm.Keys(seed).child(technique.name)
    ids = [f"id-{i}" for i in range(len(texts))]
    batch = pm.Batch.of(texts, ids=ids, modality="text")
    out = technique(batch, seed=seed)
    out.data.validate(full=True)
    assert out.to_list() == [order_result(op, t, rate, Draws(keys.stream, i), fillers=FILLERS)
                             for t, i in zip(texts, ids, strict=True)]
    logged = technique(batch, seed=seed, log=True)
    assert logged.equals(out)
    assert pm.replay(batch, logged.edits).equals(out)


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 1.0])
def test_odd_texts(op: str, rate: float) -> None:
    for seed in range(4):
        _run(op, MANY, rate, seed)


@pytest.mark.parametrize("op", OPS)
@settings(max_examples=30, deadline=None)
@given(texts=texts_strategy, rate=st.sampled_from((0.1, 0.5, 1.0)), seed=st.integers(0, 2**40))
def test_random_unicode(op: str, texts: list[str], rate: float, seed: int) -> None:
    _run(op, texts, rate, seed)


@pytest.mark.parametrize("op", OPS)
def test_random_sentences(op: str) -> None:
    rng = random.Random(7)
    texts = ["".join(rng.choices("ab c. D! e? é。”) \n", k=rng.randrange(200))) for _ in range(80)]
    for rate in (0.2, 0.7, 1.0):
        _run(op, texts, rate, 13)


@pytest.mark.parametrize("op", OPS)
def test_buffers_that_are_too_small_grow(op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from practicum_text_noise import noise

    monkeypatch.setattr(noise, "_estimate", lambda *_: (0, 0, 0))
    _run(op, [*MANY, "a bé " * 100, *MANY], 1.0, 1)


@pytest.mark.parametrize(("text", "found"), [
    ("One is here. Two? Three came too!", ["One is here.", "Two?", "Three came too!"]),
    ("“Stop!” she said. (Really.) Then... nothing", ["“Stop!”", "she said.", "(Really.)", "Then...", "nothing"]),
    ("他来了。我走了！「真的？」ok", ["他来了。", "我走了！", "「真的？」", "ok"]),
    ("  Version 2.5 is out  ", ["Version 2.5 is out"]), ("", []), (" \n", []),
])
def test_sentences_of_the_reference_are_those_a_reader_sees(text: str, found: list[str]) -> None:
    assert sentences(text)[1] == found


def test_no_word_of_a_shuffled_span_stays_and_none_leaves_its_span() -> None:
    texts = [" ".join(f"w{k}" for k in range(12))] * 200
    for out in SpanShuffle(rate=1.0, span=12)(texts, seed=4):
        words = out.split()
        assert sorted(words) == sorted(texts[0].split())
    for out in pm.get("text-noise/sentence-shuffle")([". ".join("abcdef") + "."] * 200, seed=4):
        assert all(now[0] != before for now, before in zip(out.split(), "abcdef", strict=True))


def test_span_delete_takes_each_place_equally_often() -> None:
    text = " ".join("abcdefghij")
    outs = SpanDelete(rate=0.3)([text] * 8000, seed=1)
    starts = [next((i for i, w in enumerate(out.split()) if w != "abcdefghij"[i]), 7) for out in outs]
    assert {len(out.split()) for out in outs} == {7}
    for place in range(8):  # 1,000 expected at each of 8 places; 5 standard errors are 148
        assert abs(starts.count(place) - 1000) < 148


def test_rates_are_met() -> None:
    texts = [" ".join(["word"] * 50)] * 200
    repeated = sum(len(t.split()) for t in WordRepeat(rate=0.2)(texts, seed=2)) / (200 * 50) - 1
    assert abs(repeated - 0.2) < 0.02  # five standard errors
    filled = FillerInsert(rate=0.2, fillers=("um",))(texts, seed=2)
    assert abs(sum(t.count("um") for t in filled) / (200 * 50) - 0.2) < 0.02


@pytest.mark.parametrize(("fillers", "said"), [([""], "empty filler"), (["x" * 61], "60 bytes"), ([], "at least 1"),
                                               (["\ud800"], "surrogate|unicode")])
def test_bad_fillers_are_named(fillers: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        FillerInsert(fillers=fillers)


def test_spans_move_with_their_sentences() -> None:
    text = "Ann left. Bob stayed here."
    batch = pm.Batch.of([text], ids=["x"], targets={"spans": Target("spans", [[(0, 3, "PER"), (10, 13, "PER")]])})
    out = pm.get("text-noise/sentence-shuffle")(batch, seed=1)
    assert out.to_list() == ["Bob stayed here. Ann left."]
    assert sorted(out.to_list()[0][a:b] for a, b, _ in out.targets["spans"].data[0]) == ["Ann", "Bob"]


class TestWordRepeat(TransformationContract):
    technique = "text-noise/word-repeat"


class TestFillerInsert(TransformationContract):
    technique = "text-noise/filler-insert"
    configs: ClassVar[list[dict[str, Any]]] = [{"fillers": ["äh"], "rate": 0.5}]


class TestSpanShuffle(TransformationContract):
    technique = "text-noise/span-shuffle"
    configs: ClassVar[list[dict[str, Any]]] = [{"span": 5, "rate": 1.0}]


class TestSpanDelete(TransformationContract):
    technique = "text-noise/span-delete"


class Paragraphs(TransformationContract):
    """Texts of several sentences."""

    def samples(self) -> pm.Batch:
        texts = ["One is here. Two? Three came too!", "It rains. We stay in. Nobody minds.",
                 "Yes! No? Perhaps. Who knows?", "First. Second. Third. Fourth.", "Alone"]
        return pm.Batch.of(texts, targets={"label": [0, 1, 0, 1, 0]})


class TestSentenceShuffle(Paragraphs):
    technique = "text-noise/sentence-shuffle"


class TestSentenceSwap(Paragraphs):
    technique = "text-noise/sentence-swap"


class TestSentenceDelete(Paragraphs):
    technique = "text-noise/sentence-delete"
