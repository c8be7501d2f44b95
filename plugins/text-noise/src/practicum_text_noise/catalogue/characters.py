"""Noise on characters."""

from __future__ import annotations

_COLLECTION = "arXiv:2112.02721"  # NL-Augmenter
_INVISIBLE = "arXiv:2106.09898"  # Bad Characters
_ZEROE = "arXiv:2010.05648"  # From Hero to Zéroe
_AUGLY = "arXiv:2201.06494"  # AugLy

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("char-swap", "characters:CharSwap", "Swaps neighbouring characters inside words.", "arXiv:1711.02173",
     ("typo", "swap")),
    ("char-delete", "characters:CharDelete", "Deletes characters of words.", "arXiv:1801.04354", ("typo", "omission")),
    ("char-insert", "characters:CharInsert", "Inserts random characters into words.", "arXiv:1801.04354",
     ("typo", "insertion")),
    ("char-substitute", "characters:CharSubstitute", "Replaces characters of words by random ones.",
     "arXiv:1801.04354", ("typo", "replacement")),
    ("char-repeat", "elongation:CharRepeat", "Repeats characters of words.", _COLLECTION, ("typo", "elongation")),
    ("disemvowel", "elongation:Disemvowel", "Leaves out vowels inside words.", _ZEROE, ("typo", "abbreviation")),
    ("keyboard-typo", "keyboard:KeyboardTypo", "Replaces letters and digits by neighbours on one of nine keyboards.",
     "arXiv:1711.02173", ("typo", "qwerty", "layout", "butter fingers")),
    ("ocr-confusion", "ocr:OcrConfusion", "Replaces characters and sequences by others a scanner takes them for.",
     "doi:10.1109/JCDL.2019.00015", ("ocr", "scan")),
    ("homoglyph", "homoglyphs:Homoglyph", "Replaces letters by look-alikes of another script, or back.", _INVISIBLE,
     ("visual", "confusables", "unicode")),
    ("diacritics-add", "diacritics:DiacriticsAdd", "Puts diacritical marks on letters.", "arXiv:1903.11508",
     ("visual", "accent", "unicode")),
    ("diacritics-strip", "diacritics:DiacriticsStrip", "Takes diacritical marks off letters.", _COLLECTION,
     ("accent", "folding")),
    ("case-change", "case:CaseChange", "Changes letters to upper, lower or the other case, by character or word.",
     _COLLECTION, ("case", "capitals")),
    ("leet", "leet:Leet", "Replaces letters by digits and symbols that look alike.", _COLLECTION,
     ("visual", "l33t")),
    ("fancy-font", "fonts:FancyFont", "Sets letters in bold, script, fraktur and other styles of Unicode.", _AUGLY,
     ("visual", "unicode", "mathematical")),
    ("fullwidth", "fonts:Fullwidth", "Replaces ASCII characters by their fullwidth forms.", "",
     ("visual", "unicode")),
    ("upside-down", "fonts:UpsideDown", "Turns characters upside down.", _AUGLY, ("visual", "unicode")),
    ("zero-width-insert", "invisible:ZeroWidthInsert", "Inserts characters of no width into words.", _INVISIBLE,
     ("invisible", "unicode")),
    ("bidi-reorder", "invisible:BidiReorder", "Swaps letters inside marks that show them in the old order.",
     _INVISIBLE, ("invisible", "unicode", "bidirectional")),
    ("space-insert", "spacing:SpaceInsert", "Breaks words by spaces.", _ZEROE, ("whitespace", "segmentation")),
    ("space-delete", "spacing:SpaceDelete", "Deletes whitespace, so that words run together.", _ZEROE,
     ("whitespace", "segmentation", "merge")),
    ("space-repeat", "spacing:SpaceRepeat", "Repeats whitespace.", _COLLECTION, ("whitespace",)),
    ("space-replace", "spacing:SpaceReplace", "Replaces whitespace by tabs, no-break spaces and other whitespace.",
     _COLLECTION, ("whitespace", "tab")),
    ("punctuation-insert", "punctuation:PunctuationInsert", "Inserts punctuation after words.", "arXiv:2108.13230",
     ("punctuation", "aeda")),
    ("punctuation-delete", "punctuation:PunctuationDelete", "Deletes punctuation.", _COLLECTION, ("punctuation",)),
    ("punctuation-replace", "punctuation:PunctuationReplace", "Replaces punctuation by other punctuation.",
     _COLLECTION, ("punctuation",)),
    ("punctuation-repeat", "punctuation:PunctuationRepeat", "Repeats punctuation.", _COLLECTION, ("punctuation",)),
    ("emoji-insert", "emoji:EmojiInsert", "Inserts emoji after words.", _AUGLY, ("emoji",)),
    ("text-to-emoji", "emoji:TextToEmoji", "Replaces words and emoticons by emoji.", _COLLECTION,
     ("emoji", "emojify", "emoticon")),
    ("emoji-to-text", "emoji:EmojiToText", "Replaces emoji by text.", _COLLECTION, ("emoji", "emoticon")),
    ("unicode-normalize", "normalize:UnicodeNormalize", "Brings texts to form NFC, NFD, NFKC or NFKD.", "",
     ("unicode", "nfc", "nfkc")),
)
"""Short name, target, summary, what it follows (arXiv or DOI; empty for none), keywords."""
