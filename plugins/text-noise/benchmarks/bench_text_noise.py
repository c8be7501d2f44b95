"""Speed of the seven operations on one core, and beside nlpaug in the same process on the same texts.

    python plugins/text-noise/benchmarks/bench_text_noise.py [--texts 200000] [--peer-texts 1000] [--repeats 7]

The texts are pieces of about 100 characters from the docstrings of Python's standard library: as they are (ASCII), with
one accented letter in each ("latin"), and with an ideograph and an emoji in each ("cjk+emoji"). Lists hold strings made
just before each run, so that no string carries its UTF-8 form from the run before. Times are the best of the repeats;
ids are numbered and hashed anew in every call. Without nlpaug the comparison is left out.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib.metadata
import os
import platform
import random
import re
import sysconfig
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

import practicum as pm

OPS = ("char-swap", "char-delete", "char-insert", "char-substitute", "keyboard-typo", "word-swap", "word-delete")
CHAR_RATE, WORD_RATE = 0.1, 0.3
PEER_RATES = {"char-swap": 0.2, "word-swap": 0.35, "word-delete": 0.35}


def rate_of(op: str) -> float:
    """The rate of the first table."""
    return WORD_RATE if op.startswith("word") else CHAR_RATE


def docstrings() -> Iterator[str]:
    """Docstrings of the standard library's modules, one line each."""
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8", errors="replace"))
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                text = ast.get_docstring(node)
                if text and text.isascii():
                    yield " ".join(text.split())


def pieces(count: int) -> list[str]:
    """``count`` texts of 90 to 110 characters, cut at spaces."""
    words = " ".join(docstrings()).split()
    rng = random.Random(0)
    out: list[str] = []
    while len(out) < count:
        at, text = rng.randrange(len(words) - 60), ""
        while len(text) < 90:
            text = f"{text} {words[at]}".lstrip()
            at += 1
        out.append(text[:110].rstrip())
    return out


def best(run: Callable[[Any], Any], prepare: Callable[[], Any], repeats: int) -> float:
    """Seconds of the quickest run; preparing isn't timed."""
    times = []
    for _ in range(repeats):
        data = prepare()
        start = time.perf_counter()
        result = run(data)
        times.append(time.perf_counter() - start)
        del result
    return min(times)


def copies(texts: list[str]) -> Callable[[], list[str]]:
    """Makes a list of new strings."""
    return lambda: [t[:1] + t[1:] for t in texts]


def logging(technique: Any) -> Callable[[pm.Batch], pm.Batch]:
    """The technique with the edit log asked for."""
    return lambda batch: technique(batch, log=True)


def edited(before: list[str], after: list[str], *, words: bool) -> float:
    """Share of characters (or of words) that differ; spaces don't count, since nlpaug sets some around punctuation."""
    changed = total = 0
    for a, b in zip(before, after, strict=True):
        x, y = ((re.findall(r"\w+", a), re.findall(r"\w+", b)) if words else ("".join(a.split()), "".join(b.split())))
        matcher = difflib.SequenceMatcher(None, x, y, autojunk=False)
        changed += sum(max(i1 - i0, j1 - j0) for tag, i0, i1, j0, j1 in matcher.get_opcodes() if tag != "equal")
        total += len(x)
    return changed / total


def machine() -> str:
    """What the figures were taken on."""
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.processor()) if Path("/proc/cpuinfo").exists() else \
        platform.processor()
    versions = ", ".join(f"{n} {importlib.metadata.version(n)}" for n in ("numba", "pyarrow", "numpy", "practicum"))
    load = f", load average {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return f"{model}, {os.cpu_count()} cores, this process on one{load}; Python {platform.python_version()}, {versions}"


def peers() -> dict[str, Any]:
    """nlpaug's counterparts, set to edit about a tenth of the characters or a quarter of the words."""
    import nlpaug.augmenter.char as nac
    import nlpaug.augmenter.word as naw

    few: dict[str, Any] = {"aug_word_p": 0.13}
    letters = {"include_upper_case": False, "include_numeric": False, **few}
    return {
        "char-swap": nac.RandomCharAug(action="swap", aug_word_p=0.1),
        "char-delete": nac.RandomCharAug(action="delete", **few),
        "char-insert": nac.RandomCharAug(action="insert", **letters),
        "char-substitute": nac.RandomCharAug(action="substitute", **letters),
        "keyboard-typo": nac.KeyboardAug(include_special_char=False, include_numeric=False, **few),
        "word-swap": naw.RandomWordAug(action="swap", aug_p=0.1),
        "word-delete": naw.RandomWordAug(action="delete", aug_p=0.2),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=200_000)
    parser.add_argument("--peer-texts", type=int, default=1_000)
    parser.add_argument("--repeats", type=int, default=7)
    asked = parser.parse_args()
    print(machine())
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    pa.set_cpu_count(1)
    ascii_texts = pieces(asked.texts)
    sets = {"ascii": ascii_texts, "latin": [t[:50] + "é" + t[51:] for t in ascii_texts],
            "cjk+emoji": [t[:50] + "漢😀" + t[52:] for t in ascii_texts]}
    mean = sum(map(len, ascii_texts)) / len(ascii_texts)
    print(f"{asked.texts:,} texts, {mean:.0f} characters on average; rate {CHAR_RATE} for characters, {WORD_RATE} for "
          f"words; best of {asked.repeats}")
    print(f"\n{'million texts a second':26}{'list -> list':>12}{'arrow -> arrow':>16}{'with edit log':>15}"
          f"{'log / plain':>13}")
    for op in OPS:
        technique = pm.get(f"text-noise/{op}", rate=rate_of(op))
        technique(ascii_texts[:100])
        for name, texts in sets.items():
            array = pa.array(texts, pa.large_string())
            seconds = best(technique, copies(texts), asked.repeats)
            packed = best(technique, partial(array.view, array.type), asked.repeats)
            batched = best(technique, partial(pm.Batch.of, array), asked.repeats)
            logged = best(logging(technique), partial(pm.Batch.of, array), asked.repeats)
            rates = [len(texts) / s / 1e6 for s in (seconds, packed, logged)]
            print(f"{op:16}{name:10}{rates[0]:12.2f}{rates[1]:16.2f}{rates[2]:15.2f}{logged / batched:13.2f}")
    compare(ascii_texts[:asked.peer_texts], ascii_texts, asked.repeats)


def compare(texts: list[str], many: list[str], repeats: int) -> None:
    """nlpaug on some of the texts, ours on all, list in, list out; first that both edit about equally much."""
    try:
        found = peers()
    except ImportError:
        print("\nnlpaug is not installed: no comparison (pip install nlpaug)")
        return
    print(f"\nbeside nlpaug {importlib.metadata.version('nlpaug')}, ASCII lists, one thread")
    print(f"{'':16}{'rate':>6}{'edited, ours':>14}{'nlpaug':>8}{'texts/s, ours':>16}{'nlpaug':>9}{'ratio':>8}")
    for op, peer in found.items():
        words = op.startswith("word")
        technique = pm.get(f"text-noise/{op}", rate=PEER_RATES.get(op, 0.12))
        mine = edited(texts, technique(texts), words=words)
        theirs = edited(texts, peer.augment(texts), words=words)
        speed = len(texts) / best(peer.augment, partial(list, texts), 3)
        ours = len(many) / best(technique, copies(many), repeats)
        print(f"{op:16}{technique.rate:6.2f}{mine:14.1%}{theirs:8.1%}{ours:16,.0f}{speed:9,.0f}{ours / speed:7.0f}x")


if __name__ == "__main__":
    main()
