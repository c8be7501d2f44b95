"""Speed of the dictionary techniques on one core, and beside nlpaug in the same process on the same texts.

    python plugins/text-noise/benchmarks/bench_dictionary.py [--texts 200000] [--peer-texts 1000] [--repeats 5]

Texts as in bench_text_noise.py. Two times are given: of the clock, and of the processor, which other work on the
machine disturbs less; each the best of the repeats. WordNet's rows need a WordNet (apt install wordnet-base), the
comparison nlpaug. nlpaug's SynonymAug isn't compared: it needs NLTK's tagger data, which is a download.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pyarrow as pa
from bench_text_noise import copies, edited, logging, machine, pieces

import practicum as pm
from practicum.errors import MissingRequirement

TECHNIQUES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("contractions", {"rate": 0.5}), ("misspelling", {"rate": 0.5}), ("british-american", {"rate": 0.5}),
    ("abbreviation", {"rate": 0.5}), ("slang", {"rate": 0.5}), ("gendered-word-swap", {"rate": 1.0}),
    ("code-switch", {"rate": 0.5}), ("number-words", {"rate": 0.5}), ("synonym", {"rate": 0.3}),
    ("antonym", {"rate": 0.5}), ("hypernym", {"rate": 0.5}), ("random-insertion", {"rate": 0.2}),
    ("eda", {"rate": 0.1}),
    ("tfidf-replace", {"rate": 0.3}), ("synonym", {"rate": 0.3, "lexicon": "wordnet"}),
    ("eda", {"rate": 0.1, "lexicon": "wordnet"}),
)


def best(run: Callable[[Any], Any], prepare: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """Seconds of the clock and of the processor, each of its quickest run; preparing isn't timed."""
    clock, processor = [], []
    for _ in range(repeats):
        data = prepare()
        start, used = time.perf_counter(), time.process_time()
        result = run(data)
        processor.append(time.process_time() - used)
        clock.append(time.perf_counter() - start)
        del result
    return min(clock), min(processor)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=200_000)
    parser.add_argument("--peer-texts", type=int, default=1_000)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    print(machine())
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    pa.set_cpu_count(1)
    texts = pieces(asked.texts)
    array = pa.array(texts, pa.large_string())
    print(f"{asked.texts:,} ASCII texts, {sum(map(len, texts)) / len(texts):.0f} characters on average; best of "
          f"{asked.repeats}; million texts a second of clock / of processor time")
    print(f"\n{'':30}{'rate':>6}{'edits/text':>12}{'list -> list':>16}{'arrow -> arrow':>18}{'with edit log':>17}"
          f"{'log / plain':>13}")
    for name, fields in TECHNIQUES:
        technique = pm.get(f"text-noise/{name}", **fields)
        if name == "tfidf-replace":
            technique = technique.fit(pm.Batch.of(array.slice(0, 20_000)), pm.Keys(0))
        try:
            technique(texts[:100])
        except MissingRequirement as error:
            print(f"{name:30}{error}")
            continue
        rows = [best(technique, copies(texts), asked.repeats),
                best(technique, partial(array.view, array.type), asked.repeats),
                best(logging(technique), partial(pm.Batch.of, array), asked.repeats)]
        plain = best(technique, partial(pm.Batch.of, array), asked.repeats)
        edits = len(technique(pm.Batch.of(array), log=True).edits.steps[0].edits) / len(texts)
        cells = [f"{len(texts) / clock / 1e6:.2f} / {len(texts) / cpu / 1e6:.2f}" for clock, cpu in rows]
        title = f"{name} {fields.get('lexicon', '')}"
        print(f"{title:30}{fields['rate']:6.2f}{edits:12.2f}{cells[0]:>16}{cells[1]:>18}{cells[2]:>17}"
              f"{rows[2][1] / plain[1]:13.2f}")
    compare(texts[:asked.peer_texts], texts, asked.repeats)


def compare(texts: list[str], many: list[str], repeats: int) -> None:
    """nlpaug on some of the texts, ours on all, list in, list out; first how much both edit."""
    try:
        import nlpaug.augmenter.word as naw
    except ImportError:
        print("\nnlpaug is not installed: no comparison (pip install nlpaug)")
        return
    reserved = ["the", "a", "is", "of", "file", "object", "value", "name"]
    pairs = {"misspelling": (pm.get("text-noise/misspelling", rate=1.0), naw.SpellingAug(aug_p=0.1)),
             "word-replace": (pm.get("text-noise/word-replace", rate=1.0, mapping={
                 a: [b for b in reserved if b != a] for a in reserved}),
                 naw.ReservedAug([reserved], aug_p=0.3, case_sensitive=False))}
    print(f"\n{'beside nlpaug, lists':22}{'edited, ours':>14}{'nlpaug':>8}{'texts/s, ours':>16}{'nlpaug':>9}"
          f"{'ratio':>8}")
    for name, (ours, theirs) in pairs.items():
        shares = edited(texts, ours(texts), words=True), edited(texts, theirs.augment(texts), words=True)
        mine = len(many) / best(ours, copies(many), repeats)[0]
        other = len(texts) / best(theirs.augment, partial(list, texts), 3)[0]
        print(f"{name:22}{shares[0]:14.1%}{shares[1]:8.1%}{mine:16,.0f}{other:9,.0f}{mine / other:7.0f}x")


if __name__ == "__main__":
    main()
