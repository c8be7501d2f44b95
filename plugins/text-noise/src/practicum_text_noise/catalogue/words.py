"""Noise on whole words and sentences."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("word-swap", "words:WordSwap", "Swaps neighbouring words.", "arXiv:1901.11196", ("eda", "order")),
    ("word-delete", "words:WordDelete", "Deletes words, but never the last one.", "arXiv:1901.11196",
     ("eda", "dropout")),
    ("word-repeat", "order:WordRepeat", "Repeats words, as in a stutter.", "arXiv:2112.02721", ("disfluency",)),
    ("filler-insert", "order:FillerInsert", "Inserts filler words, as in speech.", "arXiv:2112.02721",
     ("disfluency", "speech")),
    ("span-shuffle", "order:SpanShuffle", "Shuffles the words inside short spans.", "10.1145/3448016.3457258",
     ("order", "rotom")),
    ("span-delete", "order:SpanDelete", "Deletes one run of neighbouring words.", "arXiv:2009.13818",
     ("cutoff", "crop")),
    ("sentence-shuffle", "order:SentenceShuffle", "Puts sentences in another order.", "arXiv:1910.13461",
     ("order", "permutation")),
    ("sentence-swap", "order:SentenceSwap", "Swaps neighbouring sentences.", "arXiv:2112.02721", ("order",)),
    ("sentence-delete", "order:SentenceDelete", "Deletes sentences, but never the last one.", "", ("dropout",)),
)
"""Short name, target, summary, what it follows (arXiv or DOI; empty for none), keywords."""
