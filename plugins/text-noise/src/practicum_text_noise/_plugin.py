"""Declares the techniques of this plugin; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec

_BELINKOV, _GAO, _WEI = "arXiv:1711.02173", "arXiv:1801.04354", "arXiv:1901.11196"
_TECHNIQUES = (
    ("char-swap", "characters:CharSwap", "Swaps neighbouring characters inside words.", _BELINKOV, ("typo", "swap")),
    ("char-delete", "characters:CharDelete", "Deletes characters of words.", _GAO, ("typo", "omission")),
    ("char-insert", "characters:CharInsert", "Inserts random characters into words.", _GAO, ("typo", "insertion")),
    ("char-substitute", "characters:CharSubstitute", "Replaces characters of words by random ones.", _GAO,
     ("typo", "replacement")),
    ("keyboard-typo", "keyboard:KeyboardTypo", "Replaces letters and digits by neighbours on a QWERTY keyboard.",
     _BELINKOV, ("typo", "qwerty", "butter fingers")),
    ("word-swap", "words:WordSwap", "Swaps neighbouring words.", _WEI, ("eda", "order")),
    ("word-delete", "words:WordDelete", "Deletes words, but never the last one.", _WEI, ("eda", "dropout")),
)


@hookimpl
def register_techniques() -> Iterable[TechniqueSpec]:
    """The seven operations, all on text."""
    for short, target, summary, cite, keywords in _TECHNIQUES:
        yield TechniqueSpec(name=f"text-noise/{short}", kind="transformation", target=f"practicum_text_noise.{target}",
                            modalities=("text",), summary=summary, cite=cite,
                            keywords=("noise", "robustness", *keywords))
