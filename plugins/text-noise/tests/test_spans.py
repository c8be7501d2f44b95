"""Spans, tags and answers stay valid under every technique of the plugin, ten thousand random cases in all."""

from __future__ import annotations

import random
from typing import Any

import pytest

import practicum as pm
from practicum.registry import default_registry
from practicum.remap import tokens

TECHNIQUES = sorted(s.name for s in default_registry().techniques("transformation") if s.plugin == "text-noise")
CASES = 10_000
WORDS = """
the The dog cat house love quick don't isn't color colour organise Zoë naïve café e\u0301te\u0301 Привет ё мир
漢字 かな 😀 ❤️ 👩\u200d👩\u200d👧 :-) 42 3,5 1st 2026-11-22 teh recieve big small he she mother burns modern clock
“quoted” (in) rn — … - a I x ß ﬁ ｗｉｄｅ \u0301 \u200b Тhe שלום नमस्ते 각 ᄀ\u1161 going to will not cannot
"""
NEEDED: dict[str, dict[str, Any]] = {
    "text-noise/word-replace": {"mapping": {"cat": ["feline", "small tiger"], "he": "she", "modern": "new"}},
}
"""Fields of techniques that have none to begin with."""

GAPS = (" ", " ", " ", " ", "  ", "\t", "\n", "\u00a0", "\u3000", ", ", ". ", "")


def _text(rng: random.Random) -> str:
    words = WORDS.split()
    parts = [rng.choice(GAPS)] if rng.random() < 0.1 else []
    for _ in range(rng.randrange(13)):
        parts += [rng.choice(words), rng.choice(GAPS)]
    return "".join(parts)


def _span(rng: random.Random, size: int) -> tuple[int, int]:
    start = rng.randrange(size)
    return start, rng.randrange(start + 1, size + 1)


def _batch(rng: random.Random, count: int) -> pm.Batch:
    texts = [_text(rng) for _ in range(count)]
    spans: list[Any] = []
    for text in texts:
        words = [(a, b, "word") for a, b in tokens(text)]
        spans.append(words + [(*_span(rng, len(text)), "any") for _ in range(2) if text])
    return pm.Batch.of(texts, modality="text", targets={
        "spans": spans, "tags": [[str(i) for i, _ in enumerate(tokens(t))] for t in texts],
        "answer": [_span(rng, len(t)) if t and rng.random() < 0.8 else None for t in texts]})


def _rates(technique: Any) -> list[Any]:
    """The technique as it is, and where it has a rate, at others."""
    if "rate" not in type(technique).model_fields:
        return [technique]
    return [technique, technique.evolve(rate=0.4), technique.evolve(rate=1.0)]


def _check(before: pm.Batch, after: pm.Batch) -> None:
    log = after.edits
    assert log is not None
    assert pm.replay(pm.Batch(before.ids, before.columns, {}), log).to_list() == after.to_list()
    edits: dict[int, list[tuple[int, int]]] = {}
    for step in log.steps:
        e = step.edits
        assert e is not None
        for row, start, stop in zip(e.row.tolist(), e.start.tolist(), e.stop.tolist(), strict=True):
            edits.setdefault(row, []).append((start, stop))
    for row, (old, new) in enumerate(zip(before.to_list(), after.to_list(), strict=True)):
        touched = edits.get(row, [])
        spans = after.targets["spans"].data[row]
        assert all(0 <= start < stop <= len(new) for start, stop, _ in spans)
        whole = [s for s in before.targets["spans"].data[row]
                 if s[2] == "word" and not any((a < s[1] and s[0] < b) or s[0] < a == b < s[1] for a, b in touched)]
        kept = [new[start:stop] for start, stop, label in spans if label == "word"]
        for start, stop, _ in whole:
            assert old[start:stop] in kept, (old, new, old[start:stop])
        assert len(after.targets["tags"].data[row]) == len(tokens(new))
        answer, asked = after.targets["answer"].data[row], before.targets["answer"].data[row]
        assert answer is None or 0 <= answer[0] < answer[1] <= len(new)
        if asked is not None and not any(a <= asked[1] and asked[0] <= b for a, b in touched):
            assert answer is not None
            assert new[answer[0]:answer[1]] == old[asked[0]:asked[1]]
        if not touched:
            assert new == old
            assert spans == before.targets["spans"].data[row]


@pytest.mark.parametrize("name", TECHNIQUES)
def test_targets_stay_valid(name: str) -> None:
    rng = random.Random(name)
    share = -(-CASES // len(TECHNIQUES))
    technique = pm.get(name, **NEEDED.get(name, {}))
    learned = _batch(rng, 50)
    forms = _rates(technique.fit(learned, pm.Keys(0).child(name).bind(learned.ids)))
    for seed, technique in enumerate(forms):
        batch = _batch(rng, -(-share // len(forms)))
        _check(batch, technique(batch, seed=seed, log=True))
