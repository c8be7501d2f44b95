"""Writes the fixed Unicode 14 tables of accents and case that this plugin ships.

    python3.11 -m practicum_text_noise.generate [FOLDER]

Run it on a Python whose ``unicodedata`` is that of Unicode 14 (Python 3.11). A test compares its output with the files.
"""

from __future__ import annotations

import sys
import textwrap
import unicodedata
from collections.abc import Iterable
from pathlib import Path

HOME = Path(__file__).parent
MARKS = range(0x300, 0x370)
CHARACTERS = [chr(p) for p in range(0x110000) if not 0xD800 <= p < 0xE000]


def wrapped(items: Iterable[str]) -> str:
    """Items between spaces, in lines that stay short where characters are twice as wide."""
    return "\n".join(textwrap.wrap(" ".join(items), 70, break_long_words=False, break_on_hyphens=False))


def diacritics() -> str:
    """The module of letters with combining diacritical marks (U+0300..U+036F)."""
    one: dict[str, list[str]] = {}
    more: dict[str, list[str]] = {}
    for c in CHARACTERS:
        base, *marks = list(unicodedata.normalize("NFD", c))
        if marks and base.isalpha() and all(ord(m) in MARKS for m in marks):
            plain = len(marks) == 1 and unicodedata.normalize("NFC", c) == c
            (one if plain else more).setdefault(base, []).append(c)
    groups = [base + "".join(one.get(base, [])) + ("|" + "".join(more[base]) if base in more else "")
              for base in sorted(one.keys() | more.keys())]
    return f'''"""Letters with diacritical marks, from Unicode 14; written by practicum_text_noise.generate."""

from __future__ import annotations

GROUPS = """
{wrapped(groups)}
"""
"""Each group: a letter; its forms with one mark; after a bar those with several marks, or not in form NFC."""
'''


def case() -> str:
    """The module of upper and lower case."""
    pairs, upper, lower = [], [], []
    for c in CHARACTERS:
        up, low = c.upper(), c.lower()
        if up != c and len(up) == 1 and up.lower() == c:
            pairs.append(c + up)
        elif up != c:
            upper.append(c + up)
        if low != c and not (len(low) == 1 and low.upper() == c):
            lower.append(c + low)
    return f'''"""Upper and lower case, from Unicode 14; written by practicum_text_noise.generate."""

from __future__ import annotations

PAIRS = """
{wrapped(pairs)}
"""
"""A letter and its capital, each of which becomes the other."""

UPPER = """
{wrapped(upper)}
"""
"""A character and what it becomes in upper case, where that doesn't become it in lower case."""

LOWER = """
{wrapped(lower)}
"""
"""A character and what it becomes in lower case, where that doesn't become it in upper case."""
'''


def main() -> None:
    """Write both modules."""
    if unicodedata.unidata_version != "14.0.0":
        raise SystemExit(f"this Python has Unicode {unicodedata.unidata_version}; the tables are those of 14.0.0")
    home = Path(sys.argv[1]) if len(sys.argv) > 1 else HOME
    for name, text in (("diacritics_table", diacritics()), ("case_table", case())):
        (home / f"{name}.py").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
