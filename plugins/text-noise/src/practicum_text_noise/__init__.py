"""Typing noise for text: seven operations on characters and words, compiled, over packed UTF-8.

Names load on first use, so importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOME = {"CharSwap": "characters", "CharDelete": "characters", "CharInsert": "characters",
         "CharSubstitute": "characters", "KeyboardTypo": "keyboard", "WordSwap": "words", "WordDelete": "words"}

__all__ = ["CharDelete", "CharInsert", "CharSubstitute", "CharSwap", "KeyboardTypo", "WordDelete", "WordSwap"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'practicum_text_noise' has no attribute {name!r}")
    return getattr(importlib.import_module(f"practicum_text_noise.{_HOME[name]}"), name)


if TYPE_CHECKING:
    from practicum_text_noise.characters import CharDelete, CharInsert, CharSubstitute, CharSwap
    from practicum_text_noise.keyboard import KeyboardTypo
    from practicum_text_noise.words import WordDelete, WordSwap
