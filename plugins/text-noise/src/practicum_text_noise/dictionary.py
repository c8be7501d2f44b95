"""Dictionaries: which words may be replaced by which others, packed for the kernels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.errors import ConfigError
from practicum_text_noise.articles import takes_an
from practicum_text_noise.dictionary_kernel import (
    ALTERNATIVE,
    DOTS,
    ENDS_IN_DOT,
    FIRST,
    LONGEST,
    MEDIAL,
    NEXT,
    RECORD,
    SIZE,
    START,
    TAKES_AN,
    fill_slots,
)
from practicum_text_noise.letter_case import fold, title
from practicum_text_noise.noise import Pool
from practicum_text_noise.unicode_classes import WORD, char_classes

MOST_WORDS = 3
"""The most words of a key."""

_LONGEST = 1000
_ARTICLES = b" a an An AN A "
_SPARE = 8  # kernels read keys eight bytes at a time


@dataclass(frozen=True, eq=False)
class Dictionary:
    """A packed dictionary; make one with :func:`build`.

    Args:
        arrays: the kernels' tables, in the order that :mod:`practicum_text_noise.dictionary_kernel` names.
        pool: all alternatives, each with a space before and after it, as written, in title and in upper case.
        options: flags that follow from the keys.
        keys: number of keys that have alternatives.
        widest: bytes of the longest alternative.
    """

    arrays: tuple[npt.NDArray[Any], ...]
    pool: Pool
    options: int
    keys: int
    widest: int


def build(entries: Mapping[str, Sequence[str]], weights: Mapping[str, Sequence[float]] | None = None, *,
          medial: Collection[str] = (), as_written: Collection[str] = (), extra: Iterable[str] = (),
          ignore_case: bool = True) -> Dictionary:
    """Pack a dictionary.

    A key may have up to three words with one space between them; it is found where they stand in a text with one space
    between them and without punctuation among them. A key may end in a dot, as "etc." does. Keys with a straight
    apostrophe are found with the curly one too. A key without alternatives protects its words.

    Args:
        entries: key -> alternatives. An alternative equal to its key is left out.
        weights: key -> a positive weight for each alternative; equal ones where left out.
        medial: keys whose first alternative is for places where another word follows without punctuation between; their
            second one, if any, is for all other places.
        as_written: alternatives with a case of their own, whatever the case of what they replace.
        extra: words that belong into the pool, before the alternatives and in this order, although no key has them.
        ignore_case: whether keys are found in any case.

    Raises:
        ConfigError: a key is empty, has more than three words, begins or ends with punctuation other than one dot at
            the end, or an alternative is empty.

    Example:
        >>> build({"do not": ["don't"], "colour": ["color"]}).keys
        2
    """
    found: dict[str, dict[str, float]] = {}
    for key, alternatives in entries.items():
        name = _checked_key(fold(key) if ignore_case else key)
        given = (weights or {}).get(key, [1.0] * len(alternatives))
        at = found.setdefault(name, {})
        for new, weight in zip(alternatives, given, strict=True):
            if not new.strip() or new != " ".join(new.split()):
                raise ConfigError(f"dictionary key {key!r}: alternative {new!r} is empty or has whitespace around it, "
                                  "or more than one space between words; write words with one space between them")
            if new != name:
                at[new] = at.get(new, 0.0) + weight
    for name in [n for n in found if "'" in n]:
        found.setdefault(name.replace("'", "’"), {n.replace("'", "’"): w for n, w in found[name].items()})
    return _packed(found, frozenset(fold(key) if ignore_case else key for key in medial), frozenset(as_written), extra)


def _checked_key(key: str) -> str:
    words = key.split(" ")
    classes = char_classes()

    def of_word(character: str) -> bool:
        return ord(character) >= len(classes) or classes[ord(character)] == WORD

    if not all(words) or len(words) > MOST_WORDS or any(c.isspace() for w in words for c in w) or len(key) > _LONGEST:
        raise ConfigError(f"dictionary key {key[:80]!r} must have one to {MOST_WORDS} words with one space between "
                          f"them, and {_LONGEST} characters at most")
    if not of_word(key[0]) or not of_word(key.removesuffix(".")[-1:] or "."):
        raise ConfigError(f"dictionary key {key!r} begins or ends with punctuation, which is never part of a word (but "
                          "for one dot at the end): leave it out of the key")
    return key


def _packed(found: dict[str, dict[str, float]], medial: frozenset[str], as_written: frozenset[str],
            extra: Iterable[str]) -> Dictionary:
    reaches = dict.fromkeys(found, 1)
    for key in found:
        words = key.split(" ")
        if len(words) > 1:
            reaches[words[0]] = max(reaches.get(words[0], 1), len(words))
    at = {new: i for i, new in enumerate(dict.fromkeys(chain(extra, *found.values())))}
    pool, numbers = _pack_alternatives(at, as_written)
    choices: list[int] = []
    cumulative: list[int] = []
    bounds = []
    longest = 1.0
    for key in reaches:
        entry, first = found.get(key, {}), len(choices)
        total, sofar = sum(entry.values()), 0.0
        size = len(key.encode())
        for new, weight in entry.items():
            sofar += weight
            choices.append(at[new])
            cumulative.append(min(max(round(sofar / total * 2**32) - 1, 0), 2**32 - 1))
            longest = max(longest, (int(numbers[at[new], 1::2][:3].max()) - size) / size)
        if entry:
            cumulative[-1] = 2**32 - 1
        bounds.append((first, len(choices)))
    records, keys = _records(reaches, bounds, medial)
    slots = max(16, 1 << (2 * len(reaches)).bit_length())
    tags, entries = np.zeros(slots, np.uint8), np.zeros(slots, np.int32)
    fill_slots(records, keys, tags, entries)
    arrays = (tags, entries, records, keys, np.array([*choices, 0], np.int32),
              np.array([*cumulative, 0], np.uint32), numbers.ravel())
    options = DOTS * any(key.endswith(".") for key in found) + LONGEST * max(reaches.values(), default=1)
    return Dictionary(arrays, Pool(pool, np.zeros(1, np.int64), int(longest) + 2), options,
                      sum(bool(entry) for entry in found.values()), int(numbers[:, 1:6:2].max(initial=0)))


def _signed(bits: int) -> int:
    """The int32 with these 32 bits."""
    return bits - 2**32 if bits >= 2**31 else bits


def _records(reaches: Mapping[str, int], bounds: Sequence[tuple[int, int]], medial: frozenset[str],
             ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """The numbers of each key, and the bytes of all."""
    encoded = [key.encode() for key in reaches]
    sizes = np.array([len(e) for e in encoded], np.int64)
    records = np.zeros((len(encoded), RECORD), np.int32)
    if encoded:
        records[:, START] = np.cumsum(sizes) - sizes
        reach = np.array([words + MEDIAL * (key in medial) for key, words in reaches.items()], np.int64)
        records[:, SIZE] = sizes + (reach << 16)
        records[:, FIRST:NEXT] = bounds
        at = {key: k for k, key in enumerate(reaches)}
        for key in reaches:
            first, space, rest = key.partition(" ")
            if space:
                records[at[first], NEXT] |= np.int32(_signed(1 << (rest.encode()[0] & 31)))
    return records.ravel(), np.frombuffer(b"".join(encoded) + bytes(_SPARE), np.uint8).copy()


def _pack_alternatives(alternatives: Iterable[str], as_written: frozenset[str],
                       ) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """The pool, and for each alternative its :data:`ALTERNATIVE` numbers."""
    parts, at = [_ARTICLES], len(_ARTICLES)
    numbers: list[list[int]] = []
    for new in alternatives:
        written = new.encode()
        row: list[int] = []
        for form in (written,) * 3 if new in as_written else (written, title(new).encode(), new.upper().encode()):
            if row and form == written:
                row += row[:2]
                continue
            parts += (form, b" ")
            row += [at, len(form)]
            at += len(form) + 1
        numbers.append([*row, TAKES_AN * takes_an(new) + ENDS_IN_DOT * new.endswith("."), 0])
    data = np.frombuffer(b"".join(parts) + bytes(64), np.uint8).copy()
    return data, np.array(numbers, np.int32).reshape(-1, ALTERNATIVE)
