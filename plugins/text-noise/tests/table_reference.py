"""A slow reading of the rules of the table techniques in plain Python, written apart from the kernel and its tables.

What each character may become is found by other means where there are any: Python's own case and decompositions, and
the names of characters. Only lists that are the technique itself (scanner errors, look-alikes, leet, emoji, keys) are
taken from the plugin; they have tests of their own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from practicum_text_noise import emoji, fonts, homoglyphs, layouts, leet, ocr
from practicum_text_noise.case import case_changes
from text_noise_reference import Draws, Edit, word_char

Options = Callable[[str], Sequence[str]]
Place = Callable[[str, str], bool]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
VOWELS = set("aeiouAEIOU")


def space(c: str) -> bool:
    return bool(c) and c.isspace()


def punctuation(c: str) -> bool:
    return bool(c) and not word_char(c) and not c.isspace()


def in_word(c: str) -> bool:
    return bool(c) and word_char(c)


@dataclass
class Rule:
    """One technique: what a unit may become, what must stand before and after it (``""`` at an edge)."""

    options: Options
    place: Place = field(default=lambda before, after: True)
    kind: str = "replace"
    sequences: Mapping[str, Sequence[str]] = field(default_factory=dict)
    whole: bool = False
    by_word: bool = False
    times: int = 1


def of(table: Mapping[str, Sequence[str]]) -> Options:
    return lambda c: table.get(c, ())


def known(table: Mapping[str, Sequence[str]], *, whole: bool = False) -> Rule:
    return Rule(of({} if whole else {k: v for k, v in table.items() if len(k) == 1}), whole=whole,
                sequences={k: v for k, v in table.items() if whole or len(k) > 1})


def each(fits: Callable[[str], bool], new: Sequence[str], **more: Any) -> Rule:
    return Rule(lambda c: new if fits(c) else (), **more)


def others(fits: Callable[[str], bool], new: str) -> Rule:
    return Rule(lambda c: [o for o in new if o != c] if fits(c) else ())


def cased(mode: str) -> Options:
    if unicodedata.unidata_version != "14.0.0":
        table = case_changes("upper" if mode == "title" else mode)
        return lambda c: [table[c]] if c in table else ()

    def change(c: str) -> Sequence[str]:
        lower, upper = c.lower(), c.upper()
        if mode == "lower" or (mode == "swap" and lower != c):
            return [lower] if lower != c else ()
        return [upper] if upper != c else ()
    return change


def marked(c: str) -> Sequence[str]:
    """Forms with one combining diacritical mark that are in form NFC."""
    found = {unicodedata.normalize("NFC", c + chr(mark)) for mark in range(0x300, 0x370)}
    forms = [f for f in found if len(f) == 1 and f != c
             and unicodedata.normalize("NFD", f)[0] == c and len(unicodedata.normalize("NFD", f)) == 2]
    return sorted(forms) if c.isalpha() and len(unicodedata.normalize("NFD", c)) == 1 else ()


def unmarked(c: str) -> Sequence[str]:
    base, *marks = unicodedata.normalize("NFD", c)
    if 0x300 <= ord(c) < 0x370 and unicodedata.combining(c) | (c == "\u034f"):
        return [""]
    strokes = {"Ø": "O", "ø": "o", "Đ": "D", "đ": "d", "Ł": "L", "ł": "l", "Ħ": "H", "ħ": "h", "Ŧ": "T", "ŧ": "t",
               "ı": "i"}
    if base.isalpha() and all(0x300 <= ord(m) < 0x370 for m in marks) and (marks or base in strokes):
        return [strokes.get(base, base)]
    return ()


def styled(style: str) -> Options:
    """By the names of characters."""
    words = {"bold-fraktur": "BOLD FRAKTUR", "double-struck": "DOUBLE-STRUCK", "sans": "SANS-SERIF",
             "sans-bold": "SANS-SERIF BOLD", "sans-italic": "SANS-SERIF ITALIC",
             "sans-bold-italic": "SANS-SERIF BOLD ITALIC"}.get(style, style.upper().replace("-", " "))
    digits = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")

    def find(c: str) -> Sequence[str]:
        if not (c.isascii() and c.isalnum()):
            return ()
        size = "CAPITAL" if c.isupper() else "SMALL"
        name = f"DIGIT {digits[int(c)]}" if c.isdigit() else f"{size} {c.upper()}"
        names = [f"MATHEMATICAL {words} {name}", f"{words.replace('FRAKTUR', 'BLACK-LETTER')} {name}"]
        if style == "circled":
            letter = name.replace("CAPITAL", "LATIN CAPITAL LETTER").replace("SMALL", "LATIN SMALL LETTER")
            names = [f"CIRCLED {letter}"]
        if style == "italic" and c == "h":
            names = ["PLANCK CONSTANT"]
        for full in names:
            try:
                return [unicodedata.lookup(full)]
            except KeyError:
                continue
        return ()
    return find


def _head(before: str, after: str) -> bool:
    return not before or space(before)


def _tail(before: str, after: str) -> bool:
    return not after or space(after)


def _inside(before: str, after: str) -> bool:
    return in_word(after)


RULES: dict[str, Callable[..., Rule]] = {
    "char-repeat": lambda times=1: each(in_word, ["x"], kind="repeat", times=times),
    "disemvowel": lambda: each(VOWELS.__contains__, [""], place=lambda before, after: in_word(before)),
    "keyboard-typo": lambda layout="qwerty": known({k: list(v) for k, v in layouts.neighbours(layout).items()}),
    "ocr-confusion": lambda several=True: known(ocr.confusions(several)),
    "homoglyph": lambda script="cyrillic", direction="from-ascii": known(homoglyphs.look_alikes(script, direction)),
    "diacritics-add": lambda: Rule(marked),
    "diacritics-strip": lambda: Rule(unmarked),
    "case-change": lambda mode="swap", unit="char": Rule(
        cased(mode), by_word=unit == "word", place=_head if mode == "title" else lambda before, after: True),
    "leet": lambda level=1: known(leet.leet(level)),
    "fancy-font": lambda style="bold", unit="char": Rule(styled(style), by_word=unit == "word"),
    "fullwidth": lambda: Rule(lambda c: [chr(ord(c) + 0xFEE0)] if "!" <= c <= "~" else ()),
    "upside-down": lambda: known({k: [v] for k, v in fonts.flipped().items()}),
    "zero-width-insert": lambda characters="\u200b\u200c\u200d\u2060\ufeff": each(
        in_word, characters, kind="insert", place=_inside),
    "bidi-reorder": lambda: Rule(lambda c: ()),
    "space-insert": lambda: each(in_word, [" "], kind="insert", place=_inside),
    "space-delete": lambda: each(space, [""]),
    "space-repeat": lambda times=1: each(space, ["x"], kind="repeat", times=times),
    "space-replace": lambda spaces="\t\n\u00a0\u2009\u3000": others(space, spaces),
    "punctuation-insert": lambda marks=".,;:!?": each(in_word, marks, kind="insert", place=_tail),
    "punctuation-delete": lambda: each(punctuation, [""]),
    "punctuation-replace": lambda marks=".,;:!?": others(punctuation, marks),
    "punctuation-repeat": lambda times=3: each(punctuation, ["x"], kind="repeat", times=times),
    "emoji-insert": lambda emoji=("🙂", "👩‍👩‍👧"): each(
        lambda c: not space(c), [f" {e}" for e in emoji], kind="insert", place=_tail),
    "text-to-emoji": lambda: known({k: [v] for k, v in emoji.emoji_of().items()}, whole=True),
    "emoji-to-text": lambda form="alias": known({k: [v] for k, v in emoji.text_of(form).items()}),
}
"""The rule of each technique, from its fields."""


def units(text: str, rule: Rule) -> list[tuple[int, int, Sequence[str]]]:
    """Eligible pieces ``(start, stop, options)``, whatever the draws."""
    found, i = [], 0
    longest = max(map(len, rule.sequences), default=0)
    while i < len(text):
        stop, options = i + 1, rule.options(text[i])
        for size in range(min(longest, len(text) - i), 0, -1):
            free = not in_word(text[i - 1:i] if i else "") and not in_word(text[i + size:i + size + 1])
            if text[i:i + size] in rule.sequences and (free or not rule.whole):
                stop, options = i + size, rule.sequences[text[i:i + size]]
                break
        if options and rule.place(text[i - 1] if i else "", text[stop:stop + 1]):
            found.append((i, stop, options))
        i = stop
    return found


def edits(text: str, rule: Rule, rate: float, draws: Draws) -> list[Edit]:
    """Edits of one text."""
    limit, drawn = round(rate * 2**32), draws.lane(len(text))
    out: list[Edit] = []
    for start, stop, options in units(text, rule):
        at = start
        if rule.by_word:
            while at and not space(text[at - 1]):
                at -= 1
        if drawn[at] >= limit:
            continue
        if rule.kind == "repeat":
            copies = 1 + draws.pick(start, len(text), rule.times)
            out += [(stop, stop, text[start])] * copies
        else:
            new = options[draws.pick(start, len(text), len(options))] if len(options) > 1 else options[0]
            out.append((start if rule.kind == "replace" else stop, stop, new))
    return out


def reordered(text: str, rate: float, draws: Draws) -> list[Edit]:
    """The edits of ``bidi-reorder``."""
    limit, first = round(rate * 2**32), draws.lane(1, 1)[0] >> 31
    pairs = range(first, len(text) - 1, 2)
    out: list[Edit] = []
    for i, word in zip(pairs, Draws.lane(draws, max(len(pairs), 1)), strict=False):
        if word < limit and ltr(text[i]) and ltr(text[i + 1]):
            out += [(i, i, "\u202e"), (i, i + 1, text[i + 1]), (i + 1, i + 2, text[i]), (i + 2, i + 2, "\u202c")]
    return out


def ltr(c: str) -> bool:
    """A letter with two cases, or made of a letter and marks, below U+2C00."""
    if not c.isalpha() or ord(c) >= 0x2C00:
        return False
    lower, upper = c.lower(), c.upper()
    paired = (upper != c and len(upper) == 1 and upper.lower() == c) or (
        lower != c and len(lower) == 1 and lower.upper() == c)
    return paired or bool(unmarked(c) and len(unicodedata.normalize("NFD", c)) > 1) or bool(marked(c))


def expected(op: str, texts: Sequence[str], ids: Sequence[object], rate: float, stream: int,
             fields: Mapping[str, Any]) -> list[list[Edit]]:
    """The edits of each text that the technique must make."""
    rule = RULES[op](**fields)
    out = []
    for text, sample in zip(texts, ids, strict=True):
        draws = Draws(stream, sample)
        out.append(reordered(text, rate, draws) if op == "bidi-reorder" else edits(text, rule, rate, draws))
    return out
