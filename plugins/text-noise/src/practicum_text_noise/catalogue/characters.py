"""Noise on characters."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("char-swap", "characters:CharSwap", "Swaps neighbouring characters inside words.", "arXiv:1711.02173",
     ("typo", "swap")),
    ("char-delete", "characters:CharDelete", "Deletes characters of words.", "arXiv:1801.04354", ("typo", "omission")),
    ("char-insert", "characters:CharInsert", "Inserts random characters into words.", "arXiv:1801.04354",
     ("typo", "insertion")),
    ("char-substitute", "characters:CharSubstitute", "Replaces characters of words by random ones.",
     "arXiv:1801.04354", ("typo", "replacement")),
    ("keyboard-typo", "keyboard:KeyboardTypo", "Replaces letters and digits by neighbours on a QWERTY keyboard.",
     "arXiv:1711.02173", ("typo", "qwerty", "butter fingers")),
)
"""Short name, target, summary, what it follows (arXiv or DOI; empty for none), keywords."""
