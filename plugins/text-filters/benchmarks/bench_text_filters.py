"""Texts a second of every filter, on 20,000 texts of about 100 characters, one core; best of five runs."""

from __future__ import annotations

import platform
import time

from practicum_text_filters.counts import Capitals, Length, Script
from practicum_text_filters.duplicates import Duplicate
from practicum_text_filters.edits import EditRate
from practicum_text_filters.presence import Keyword, Numeric, Question
from practicum_text_filters.tags import PartOfSpeech
from practicum_text_filters.words import Repetition, StopWords

from practicum import Batch, Keys
from practicum.testing import sample_batch

COUNT = 20_000


def main() -> None:
    lines = sample_batch("text").to_list()
    texts = [f"{lines[i % len(lines)]} {lines[i * 7 % len(lines)]} {i}" for i in range(COUNT)]
    batch = Batch.of(columns={"text": texts, "before": [t[:-1] for t in texts]})
    filters = [Length(on="text"), Capitals(on="text"), Script(on="text"), Numeric(on="text"), Question(on="text"),
               Keyword(on="text", keywords=("train", "bridge")), StopWords(on="text"), Repetition(on="text"),
               Duplicate(on="text"), EditRate(on="text", reference="before"), PartOfSpeech(on="text")]
    print(f"{COUNT:,} texts of {sum(map(len, texts)) / COUNT:.0f} characters; {platform.machine()}, "
          f"Python {platform.python_version()}")
    for technique in filters:
        technique.run(batch, Keys(0))
        best = float("inf")
        for _ in range(5):
            start = time.perf_counter()
            technique.run(batch, Keys(0))
            best = min(best, time.perf_counter() - start)
        print(f"{technique.name:32s} {COUNT / best:12,.0f} texts/s")


if __name__ == "__main__":
    main()
