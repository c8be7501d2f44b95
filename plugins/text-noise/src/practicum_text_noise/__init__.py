"""Noise for text: operations on characters and words, compiled, over packed UTF-8.

Names load on first use, so importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_NAMES = {
    "case": ("CaseChange",),
    "characters": ("CharDelete", "CharInsert", "CharSubstitute", "CharSwap"),
    "contractions": ("Contractions",),
    "diacritics": ("DiacriticsAdd", "DiacriticsStrip"),
    "eda": ("Eda", "RandomInsertion"),
    "elongation": ("CharRepeat", "Disemvowel"),
    "emoji": ("EmojiInsert", "EmojiToText", "TextToEmoji"),
    "fonts": ("FancyFont", "Fullwidth", "UpsideDown"),
    "gendered": ("GenderedWordSwap",),
    "homoglyphs": ("Homoglyph",),
    "invisible": ("BidiReorder", "ZeroWidthInsert"),
    "keyboard": ("KeyboardTypo",),
    "leet": ("Leet",),
    "normalize": ("UnicodeNormalize",),
    "number_words": ("NumberWords",),
    "ocr": ("OcrConfusion",),
    "punctuation": ("PunctuationDelete", "PunctuationInsert", "PunctuationRepeat", "PunctuationReplace"),
    "related": ("Antonym", "Hypernym", "Hyponym", "Synonym"),
    "short_forms": ("Abbreviation", "Slang"),
    "spacing": ("SpaceDelete", "SpaceInsert", "SpaceRepeat", "SpaceReplace"),
    "spelling": ("BritishAmerican", "Misspelling"),
    "tfidf": ("TfidfReplace",),
    "user_dictionaries": ("CodeSwitch", "WordReplace"),
    "words": ("WordDelete", "WordSwap"),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [
    "Abbreviation", "Antonym", "BidiReorder", "BritishAmerican", "CaseChange", "CharDelete", "CharInsert",
    "CharRepeat", "CharSubstitute", "CharSwap", "CodeSwitch", "Contractions", "DiacriticsAdd", "DiacriticsStrip",
    "Disemvowel", "Eda", "EmojiInsert", "EmojiToText", "FancyFont", "Fullwidth", "GenderedWordSwap", "Homoglyph",
    "Hypernym", "Hyponym", "KeyboardTypo", "Leet", "Misspelling", "NumberWords", "OcrConfusion",
    "PunctuationDelete", "PunctuationInsert", "PunctuationRepeat", "PunctuationReplace", "RandomInsertion", "Slang",
    "SpaceDelete", "SpaceInsert", "SpaceRepeat", "SpaceReplace", "Synonym", "TextToEmoji", "TfidfReplace",
    "UnicodeNormalize", "UpsideDown", "WordDelete", "WordReplace", "WordSwap", "ZeroWidthInsert",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'practicum_text_noise' has no attribute {name!r}")
    return getattr(importlib.import_module(f"practicum_text_noise.{_HOME[name]}"), name)


if TYPE_CHECKING:
    from practicum_text_noise.case import CaseChange
    from practicum_text_noise.characters import CharDelete, CharInsert, CharSubstitute, CharSwap
    from practicum_text_noise.contractions import Contractions
    from practicum_text_noise.diacritics import DiacriticsAdd, DiacriticsStrip
    from practicum_text_noise.eda import Eda, RandomInsertion
    from practicum_text_noise.elongation import CharRepeat, Disemvowel
    from practicum_text_noise.emoji import EmojiInsert, EmojiToText, TextToEmoji
    from practicum_text_noise.fonts import FancyFont, Fullwidth, UpsideDown
    from practicum_text_noise.gendered import GenderedWordSwap
    from practicum_text_noise.homoglyphs import Homoglyph
    from practicum_text_noise.invisible import BidiReorder, ZeroWidthInsert
    from practicum_text_noise.keyboard import KeyboardTypo
    from practicum_text_noise.leet import Leet
    from practicum_text_noise.normalize import UnicodeNormalize
    from practicum_text_noise.number_words import NumberWords
    from practicum_text_noise.ocr import OcrConfusion
    from practicum_text_noise.punctuation import (
        PunctuationDelete,
        PunctuationInsert,
        PunctuationRepeat,
        PunctuationReplace,
    )
    from practicum_text_noise.related import Antonym, Hypernym, Hyponym, Synonym
    from practicum_text_noise.short_forms import Abbreviation, Slang
    from practicum_text_noise.spacing import SpaceDelete, SpaceInsert, SpaceRepeat, SpaceReplace
    from practicum_text_noise.spelling import BritishAmerican, Misspelling
    from practicum_text_noise.tfidf import TfidfReplace
    from practicum_text_noise.user_dictionaries import CodeSwitch, WordReplace
    from practicum_text_noise.words import WordDelete, WordSwap
