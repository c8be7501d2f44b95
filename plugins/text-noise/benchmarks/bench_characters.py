"""Speed of the character techniques that work from tables, on one core, and beside nlpaug in the same process.

    python plugins/text-noise/benchmarks/bench_characters.py [--texts 100000] [--peer-texts 1000] [--repeats 5] [NAME]

Texts, timing and the measure of what was edited are those of bench_text_noise.py. Where a
technique needs others to have something to do (marks to strip, emoji to name), they are made so, and a star says it.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pyarrow as pa
from bench_text_noise import best, copies, edited, logging, machine, pieces

import practicum as pm

TECHNIQUES: dict[str, dict[str, Any]] = {
    "char-repeat": {}, "disemvowel": {}, "keyboard-typo": {}, "ocr-confusion": {}, "homoglyph": {},
    "homoglyph to-ascii": {"script": "any", "direction": "to-ascii"}, "diacritics-add": {}, "diacritics-strip": {},
    "case-change": {}, "case-change word": {"mode": "upper", "unit": "word"}, "leet": {}, "fancy-font": {},
    "fullwidth": {}, "upside-down": {}, "zero-width-insert": {}, "bidi-reorder": {}, "space-insert": {},
    "space-delete": {}, "space-repeat": {}, "space-replace": {}, "punctuation-insert": {}, "punctuation-delete": {},
    "punctuation-replace": {}, "punctuation-repeat": {}, "emoji-insert": {}, "text-to-emoji": {}, "emoji-to-text": {},
    "unicode-normalize": {"rate": 1.0}, "unicode-normalize NFD": {"rate": 1.0, "form": "NFD"},
}
OTHERS: dict[str, Callable[[str], str]] = {
    "homoglyph to-ascii": lambda t: t.replace("o", "о").replace("a", "а"),
    "diacritics-strip": lambda t: t.replace("o", "ö").replace("a", "á"),
    "emoji-to-text": lambda t: t.replace(" the ", " 🐱 ").replace(".", "❤️"),
    "unicode-normalize": lambda t: t[:50] + "ﬁ" + t[51:],
    "unicode-normalize NFD": lambda t: t[:50] + "é" + t[51:],
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--peer-texts", type=int, default=1_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("names", nargs="*", help="only these techniques, and no comparison")
    asked = parser.parse_args()
    print(machine())
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    pa.set_cpu_count(1)
    texts = pieces(asked.texts)
    print(f"{asked.texts:,} texts, {sum(map(len, texts)) / len(texts):.0f} characters on average; rate 0.1, where the "
          f"configuration doesn't say; best of {asked.repeats}")
    print(f"\n{'million texts a second':35}{'list -> list':>12}{'arrow -> arrow':>16}{'with edit log':>15}"
          f"{'log / plain':>13}{'edits a text':>14}")
    for label, fields in TECHNIQUES.items():
        if asked.names and label not in asked.names:
            continue
        technique = pm.get(f"text-noise/{label.split()[0]}", **{"rate": 0.1, **fields})
        sets = {"ascii": texts, "latin": [t[:50] + "é" + t[51:] for t in texts],
                "cjk+emoji": [t[:50] + "漢😀" + t[52:] for t in texts]}
        if label in OTHERS:
            sets["made for it*"] = [OTHERS[label](t) for t in texts]
        for name, given in sets.items():
            row(label, name, technique, given, asked.repeats)
    if not asked.names:
        compare(texts[:asked.peer_texts], texts, asked.repeats)


def row(label: str, name: str, technique: Any, texts: list[str], repeats: int) -> None:
    """Print a line of the first table."""
    technique(texts[:100])
    array = pa.array(texts, pa.large_string())
    seconds = best(technique, copies(texts), repeats)
    packed = best(technique, partial(array.view, array.type), repeats)
    batched = best(technique, partial(pm.Batch.of, array), repeats)
    logged = best(logging(technique), partial(pm.Batch.of, array), repeats)
    edits = sum(len(s.edits.row) for s in technique(pm.Batch.of(array), log=True).edits.steps) / len(texts)
    rates = [len(texts) / s / 1e6 for s in (seconds, packed, logged)]
    print(f"{label:22}{name:13}{rates[0]:12.2f}{rates[1]:16.2f}{rates[2]:15.2f}{logged / batched:13.2f}{edits:14.2f}",
          flush=True)


def peers() -> dict[str, tuple[Any, dict[str, Any]]]:
    """nlpaug's counterparts, set to edit about as much as ours do with the fields beside them."""
    import nlpaug.augmenter.char as nac
    import nlpaug.augmenter.word as naw

    return {
        "keyboard-typo": (nac.KeyboardAug(include_special_char=False, include_numeric=False, aug_word_p=0.13),
                          {"rate": 0.12}),
        "ocr-confusion": (nac.OcrAug(aug_word_p=0.3), {"rate": 0.1, "several": False}),
        "char-repeat": (nac.RandomCharAug(action="insert", include_upper_case=False, include_numeric=False,
                                          aug_word_p=0.13), {"rate": 0.12}),
        "space-insert": (naw.SplitAug(aug_p=0.2), {"rate": 0.09}),
    }


def compare(texts: list[str], many: list[str], repeats: int) -> None:
    """nlpaug on some of the texts, ours on all, list in, list out; first that ours edits no less."""
    try:
        found = peers()
    except ImportError:
        print("\nnlpaug is not installed: no comparison (pip install nlpaug)")
        return
    print(f"\nbeside nlpaug {importlib.metadata.version('nlpaug')}, ASCII lists, one thread")
    print(f"{'':16}{'beside':16}{'rate':>6}{'edited, ours':>14}{'nlpaug':>8}{'texts/s, ours':>16}{'nlpaug':>9}"
          f"{'ratio':>8}")
    for name, (peer, fields) in found.items():
        technique = pm.get(f"text-noise/{name}", **fields)
        words = name == "space-insert"  # spaces don't count among characters
        mine = edited(texts, technique(texts), words=words)
        theirs = edited(texts, peer.augment(texts), words=words)
        speed = len(texts) / best(peer.augment, partial(list, texts), 3)
        ours = len(many) / best(technique, copies(many), repeats)
        print(f"{name:16}{type(peer).__name__:16}{technique.rate:6.2f}{mine:14.1%}{theirs:8.1%}{ours:16,.0f}{speed:9,.0f}"
              f"{ours / speed:7.0f}x")


if __name__ == "__main__":
    main()
