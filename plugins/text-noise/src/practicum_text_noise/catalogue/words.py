"""Noise on whole words and sentences."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("word-swap", "words:WordSwap", "Swaps neighbouring words.", "arXiv:1901.11196", ("eda", "order")),
    ("word-delete", "words:WordDelete", "Deletes words, but never the last one.", "arXiv:1901.11196",
     ("eda", "dropout")),
)
"""Short name, target, summary, what it follows (arXiv or DOI; empty for none), keywords."""
