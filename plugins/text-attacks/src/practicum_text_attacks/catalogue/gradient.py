"""Attacks that follow gradients in the model's embeddings."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...], str, tuple[str, ...]], ...] = (
    ("hotflip", "hotflip:HotFlip", "Flips the characters or words that the gradient promises most of.",
     "arXiv:1712.06751", ("white box", "typos", "beam search"), "gradient",
     ("text-noise/char-substitute", "text-noise/char-insert", "text-noise/char-delete")),
    ("gradient-importance", "hotflip:GradientImportance",
     "Replaces words in the order of what the gradient promises for their substitutes.", "arXiv:2109.00544",
     ("white box", "ranking", "synonyms"), "gradient", ("text-noise/synonym",)),
    ("universal-trigger", "universal_trigger:UniversalTrigger",
     "Learns a few words that, put before any text, change the prediction.", "arXiv:1908.07125",
     ("white box", "universal", "fitted"), "gradient", ()),
)
"""Short name, target, summary, what it follows (arXiv or DOI), keywords, access, techniques it uses by default."""
