"""Noise for text: operations on characters and words, compiled, over packed UTF-8.

Names load on first use, so importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_NAMES = {
    "case": ("CaseChange",),
    "characters": ("CharDelete", "CharInsert", "CharSubstitute", "CharSwap"),
    "diacritics": ("DiacriticsAdd", "DiacriticsStrip"),
    "elongation": ("CharRepeat", "Disemvowel"),
    "emoji": ("EmojiInsert", "EmojiToText", "TextToEmoji"),
    "fonts": ("FancyFont", "Fullwidth", "UpsideDown"),
    "homoglyphs": ("Homoglyph",),
    "invisible": ("BidiReorder", "ZeroWidthInsert"),
    "keyboard": ("KeyboardTypo",),
    "leet": ("Leet",),
    "normalize": ("UnicodeNormalize",),
    "ocr": ("OcrConfusion",),
    "punctuation": ("PunctuationDelete", "PunctuationInsert", "PunctuationRepeat", "PunctuationReplace"),
    "spacing": ("SpaceDelete", "SpaceInsert", "SpaceRepeat", "SpaceReplace"),
    "words": ("WordDelete", "WordSwap"),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [
    "BidiReorder", "CaseChange", "CharDelete", "CharInsert", "CharRepeat", "CharSubstitute", "CharSwap",
    "DiacriticsAdd", "DiacriticsStrip", "Disemvowel", "EmojiInsert", "EmojiToText", "FancyFont", "Fullwidth",
    "Homoglyph", "KeyboardTypo", "Leet", "OcrConfusion", "PunctuationDelete", "PunctuationInsert",
    "PunctuationRepeat", "PunctuationReplace", "SpaceDelete", "SpaceInsert", "SpaceRepeat", "SpaceReplace",
    "TextToEmoji", "UnicodeNormalize", "UpsideDown", "WordDelete", "WordSwap", "ZeroWidthInsert",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'practicum_text_noise' has no attribute {name!r}")
    return getattr(importlib.import_module(f"practicum_text_noise.{_HOME[name]}"), name)


if TYPE_CHECKING:
    from practicum_text_noise.case import CaseChange
    from practicum_text_noise.characters import (
        CharDelete,
        CharInsert,
        CharSubstitute,
        CharSwap,
    )
    from practicum_text_noise.diacritics import DiacriticsAdd, DiacriticsStrip
    from practicum_text_noise.elongation import CharRepeat, Disemvowel
    from practicum_text_noise.emoji import (
        EmojiInsert,
        EmojiToText,
        TextToEmoji,
    )
    from practicum_text_noise.fonts import FancyFont, Fullwidth, UpsideDown
    from practicum_text_noise.homoglyphs import Homoglyph
    from practicum_text_noise.invisible import BidiReorder, ZeroWidthInsert
    from practicum_text_noise.keyboard import KeyboardTypo
    from practicum_text_noise.leet import Leet
    from practicum_text_noise.normalize import UnicodeNormalize
    from practicum_text_noise.ocr import OcrConfusion
    from practicum_text_noise.punctuation import (
        PunctuationDelete,
        PunctuationInsert,
        PunctuationRepeat,
        PunctuationReplace,
    )
    from practicum_text_noise.spacing import (
        SpaceDelete,
        SpaceInsert,
        SpaceRepeat,
        SpaceReplace,
    )
    from practicum_text_noise.words import WordDelete, WordSwap
