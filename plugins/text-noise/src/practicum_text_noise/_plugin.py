"""Declares the techniques of this plugin; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec

_TECHNIQUES = (
    ("char-swap", "characters:CharSwap", "Swaps neighbouring characters inside words.", ("typo", "transpose")),
    ("char-delete", "characters:CharDelete", "Deletes characters of words.", ("typo", "omission")),
    ("char-insert", "characters:CharInsert", "Inserts random characters into words.", ("typo", "insertion")),
    ("char-substitute", "characters:CharSubstitute", "Replaces characters of words by random ones.",
     ("typo", "replacement")),
    ("keyboard-typo", "keyboard:KeyboardTypo", "Replaces letters and digits by neighbours on a QWERTY keyboard.",
     ("typo", "qwerty", "butter fingers")),
    ("word-swap", "words:WordSwap", "Swaps neighbouring words.", ("eda", "order")),
    ("word-delete", "words:WordDelete", "Deletes words, but never the last one.", ("eda", "dropout")),
)


@hookimpl
def register_techniques() -> Iterable[TechniqueSpec]:
    """The seven operations, all on text."""
    for short, target, summary, keywords in _TECHNIQUES:
        yield TechniqueSpec(name=f"text-noise/{short}", kind="transformation", target=f"practicum_text_noise.{target}",
                            modalities=("text",), summary=summary,
                            cite="arXiv:1901.11196" if short.startswith("word") else "arXiv:1711.02173",
                            keywords=("noise", "robustness", *keywords))
