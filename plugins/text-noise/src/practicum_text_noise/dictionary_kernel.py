"""The compiled replacement of words by what a dictionary says: looking words up, and keeping their case.

A dictionary is an open-addressing hash table over UTF-8 keys of up to three words; see
:class:`practicum_text_noise.dictionary.Dictionary`. Everything of it arrives as flat arrays, *tables*, in the order
(slot tags, slot entries, records, key bytes, choices, cumulative weights, alternatives).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # llvmlite ships no types
from numba import njit, types
from numba.extending import intrinsic

from practicum_text_noise.draws import draw_hits, draw_one, key_of
from practicum_text_noise.letter_case import COVERED, LOWER, UPPER
from practicum_text_noise.packed import class_of, decode, is_ascii, onward, pointer
from practicum_text_noise.word_kernel import _bounds, _bounds_unicode, _find_words
from practicum_text_noise.writing import B1, FIELDS, ROW, opened, put, sort_plan, write

REPLACE, INSERT = range(2)
"""The operations."""

ALTERNATIVE = 8
"""Numbers of each alternative: offset and size as written, in title case and in upper case, then flags; one spare."""

RECORD = 5
"""Numbers of each key: first byte; bytes, and from bit 16 on its reach; first and past-last choice; and a bit for the
low five bits of each byte that the second word of a longer key with this first word begins with."""

START, SIZE, FIRST, STOP, NEXT = range(RECORD)
FLAGS = 6
TAKES_AN, ENDS_IN_DOT = 1, 2
"""Flags of an alternative."""

FOLD, ARTICLES, DOTS, LONGEST = 1, 2, 4, 8
"""Options of a call: ignore case; mend "a" and "an"; some keys end in a dot; times the most words of a key."""

MEDIAL = 128
"""Flag beside a key's reach: its first alternative needs a word after it, the second one the lack of one."""

# Where the articles stand at the head of every dictionary's pool, b" a an An AN A ".
_A, _AN, _AN_TITLE, _AN_UPPER, _A_UPPER = 1, 3, 6, 9, 12
_MIX, _SIZE = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_SPACE, _DOT, _APOSTROPHE, _S, _N = ord(" "), ord("."), ord("'"), ord("s"), ord("n")


def _build_load8(_typing: Any, src: Any) -> Any:
    """Eight bytes as a little-endian uint64; the pointer need not be aligned."""
    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        value = builder.load(builder.bitcast(args[0], ir.IntType(64).as_pointer()))
        value.align = 1
        return value

    return types.uint64(src), generate


load8: Any = intrinsic(_build_load8)


@njit
def hash_key(start: Any, size: Any) -> Any:
    """64-bit hash of ``size`` bytes; up to seven bytes more are read, and must be readable."""
    h, i = np.uint64(size) * _SIZE, np.int64(0)
    while i + 8 <= size:
        h = (h ^ load8(onward(start, i))) * _MIX
        h ^= h >> np.uint64(32)
        i += 8
    if i < size:
        h = (h ^ (load8(onward(start, i)) & ((np.uint64(1) << np.uint64(8 * (size - i))) - np.uint64(1)))) * _MIX
        h ^= h >> np.uint64(32)
    return h


@njit
def _same(a: Any, b: Any, size: Any) -> Any:
    """Whether two runs of bytes are equal; up to seven bytes more are read of each."""
    i = np.int64(0)
    while i + 8 <= size:
        if load8(onward(a, i)) != load8(onward(b, i)):
            return False
        i += 8
    if i == size:
        return True
    rest = (np.uint64(1) << np.uint64(8 * (size - i))) - np.uint64(1)
    return ((load8(onward(a, i)) ^ load8(onward(b, i))) & rest) == 0


@njit
def _tag(h: Any) -> Any:
    """Eight bits of a hash, which tell most other keys apart without looking at them; 0 is a free slot."""
    return np.uint8(h >> np.uint64(56)) | np.uint8(1)


@njit
def find(start: Any, size: Any, mask: Any, tables: Any) -> Any:
    """The entry whose key these bytes are, or -1."""
    tags, entries, records, keys = tables[0], tables[1], tables[2], tables[3]
    h = hash_key(start, size)
    slot, tag = np.int64(h & np.uint64(mask)), _tag(h)
    while tags[slot] != 0:
        if tags[slot] == tag:
            entry = np.int64(entries[slot])
            record = onward(records, RECORD * entry)
            if np.int64(record[SIZE]) & 0xFFFF == size and _same(onward(keys, np.int64(record[START])), start, size):
                return entry
        slot = (slot + 1) & mask
    return np.int64(-1)


@njit
def reach_of(entry: Any, tables: Any) -> Any:
    """The most words of a key that begins with this one, and :data:`MEDIAL`."""
    return np.int64(tables[2][RECORD * entry + SIZE]) >> 16


@njit
def has_choices(entry: Any, tables: Any) -> Any:
    """Whether an entry has alternatives."""
    return tables[2][RECORD * entry + STOP] > tables[2][RECORD * entry + FIRST]


@njit(cache=True)
def fill_slots(records: Any, keys: Any, tags: Any, entries: Any) -> None:
    """Enter every key into the slots; a power of two of them, more than there are keys, all free."""
    mask = np.int64(entries.shape[0] - 1)
    first = pointer(keys)
    for entry in range(records.shape[0] // RECORD):
        at = RECORD * entry
        h = hash_key(onward(first, np.int64(records[at + START])), np.int64(records[at + SIZE]) & 0xFFFF)
        slot = np.int64(h & np.uint64(mask))
        while tags[slot] != 0:
            slot = (slot + 1) & mask
        tags[slot] = _tag(h)
        entries[slot] = np.int32(entry)


@njit
def fold_text(text: Any, size: Any, ascii_only: Any, folding: Any, lower: Any, folded: Any) -> None:
    """Copy a text in lower case; every character keeps its bytes' places."""
    if not folding:
        for i in range(size):
            folded[i] = text[i]
        return
    for i in range(size):
        byte = text[i]
        folded[i] = byte + np.uint8(32) * np.uint8(np.uint8(byte - np.uint8(65)) < np.uint8(26))
    if ascii_only:
        return
    for i in range(size):
        if text[i] < 0xC3 or text[i] >= 0xE2:
            continue
        point = decode(text, i)
        low = np.int64(lower[point]) if point < COVERED else point
        if point >= 0x800:
            folded[i] = np.uint8(0xE0 | low >> 12)
            folded[i + 1] = np.uint8(0x80 | low >> 6 & 0x3F)
            folded[i + 2] = np.uint8(0x80 | low & 0x3F)
        else:
            folded[i] = np.uint8(0xC0 | low >> 6)
            folded[i + 1] = np.uint8(0x80 | low & 0x3F)


@njit
def core_start(text: Any, i: Any, classes: Any) -> Any:
    """The first byte of a token's first character that is no punctuation."""
    while class_of(text, i, classes) != 0:
        i += 1
        while (text[i] & 0xC0) == 0x80:
            i += 1
    return i


@njit
def core_stop(text: Any, stop: Any, classes: Any) -> Any:
    """The byte after a token's last character that is no punctuation."""
    while True:
        i = stop - 1
        while (text[i] & 0xC0) == 0x80:
            i -= 1
        if class_of(text, i, classes) == 0:
            return stop
        stop = i


@njit
def _possessive(folded: Any, b0: Any, b1: Any) -> Any:
    """Bytes of the ending 's, with either apostrophe; 0 where there is none."""
    if b1 - b0 > 2 and folded[b1 - 1] == _S:
        if folded[b1 - 2] == _APOSTROPHE:
            return 2
        if b1 - b0 > 4 and folded[b1 - 4] == 0xE2 and folded[b1 - 3] == 0x80 and folded[b1 - 2] == 0x99:
            return 4
    return 0


@njit
def _find_dotted(folded: Any, b0: Any, b1: Any, size: Any, dots: Any, mask: Any, tables: Any) -> Any:
    """The entry of a piece of text, with the dot after it first, and where the piece ends."""
    if dots and b1 < size and folded[b1] == _DOT:
        entry = find(onward(folded, b0), b1 + 1 - b0, mask, tables)
        if entry >= 0:
            return entry, b1 + 1
    return find(onward(folded, b0), b1 - b0, mask, tables), b1


@njit
def look_up(text: Any, folded: Any, size: Any, classes: Any, at: Any, which: Any, w: Any, total: Any, options: Any,
            mask: Any, tables: Any) -> Any:
    """The longest key that begins with word ``w``: entry or -1, first and past-last byte, words taken."""
    t = 2 * np.int64(which[w])
    b0 = core_start(text, np.int64(at[t]), classes)
    b1 = core_stop(text, np.int64(at[t + 1]), classes)
    entry = find(onward(folded, b0), b1 - b0, mask, tables)
    dots = (options & DOTS) != 0
    if (entry >= 0 and w + 1 < total and folded[b1] == _SPACE
            and tables[2][RECORD * entry + NEXT] >> (folded[b1 + 1] & 31) & 1):
        for words in range(min(reach_of(entry, tables) % MEDIAL, total - w), 1, -1):
            stop = core_stop(text, np.int64(at[2 * np.int64(which[w + words - 1]) + 1]), classes)
            more, end = _find_dotted(folded, b0, stop, size, dots, mask, tables)
            if more >= 0:
                return more, b0, end, words
    if dots and b1 < size and folded[b1] == _DOT:
        dotted = find(onward(folded, b0), b1 + 1 - b0, mask, tables)
        if dotted >= 0:
            return dotted, b0, b1 + 1, 1
    if entry >= 0 and has_choices(entry, tables):
        return entry, b0, b1, 1
    tail = _possessive(folded, b0, b1)
    if tail > 0:
        return find(onward(folded, b0), b1 - tail - b0, mask, tables), b0, b1 - tail, 1
    return entry, b0, b1, 1


@njit
def _pattern(text: Any, b0: Any, b1: Any, cases: Any) -> Any:
    """How a piece of text is written: 2 in upper case, 1 with its first letter in upper case, 0 otherwise."""
    upper, lower, first, i = 0, 0, np.int64(0), b0
    while i < b1:
        if (text[i] & 0xC0) != 0x80:
            point = decode(text, i)
            case = cases[point] if point < COVERED else np.uint8(0)
            first |= upper + lower == 0 and case == UPPER
            upper += case == UPPER
            lower += case == LOWER
        i += 1
    return 2 if upper > 1 and lower == 0 else first


@njit
def chars_between(text: Any, start: Any, stop: Any) -> Any:
    """Characters between two bytes."""
    count = 0
    for i in range(start, stop):
        count += (text[i] & 0xC0) != 0x80
    return count


@njit
def pick(entry: Any, word: Any, tables: Any) -> Any:
    """Where the drawn alternative's numbers begin."""
    k = np.int64(tables[2][RECORD * entry + FIRST])
    while word > tables[5][k]:
        k += 1
    return ALTERNATIVE * np.int64(tables[4][k])


@njit
def choose(entry: Any, b1: Any, at: Any, last: Any, more: Any, word: Any, tables: Any) -> Any:
    """Where the numbers of the alternative begin that fits the place, or -1.

    Args:
        entry, b1: what was found, and where it ends.
        at, last: token bounds, and the last token of it.
        more: whether a word comes later.
        word: a draw.
    """
    if entry < 0 or not has_choices(entry, tables):
        return np.int64(-1)
    if reach_of(entry, tables) < MEDIAL:
        return pick(entry, word, tables)
    k = np.int64(tables[2][RECORD * entry + FIRST]) + (not more or b1 != at[2 * last + 1])
    return ALTERNATIVE * np.int64(tables[4][k]) if k < tables[2][RECORD * entry + STOP] else np.int64(-1)


@njit
def _put_article(text: Any, folded: Any, at: Any, chars_at: Any, t: Any, an: Any, upper: Any, count: Any,
                 plan: Any) -> Any:
    """Plan the right article where the token before token ``t`` is the wrong one; return the number of edits."""
    if t == 0:
        return count
    a0, a1 = np.int64(at[2 * t - 2]), np.int64(at[2 * t - 1])
    if folded[a0] != 97 or a1 - a0 > 2 or (a1 - a0 == 2 and folded[a0 + 1] != _N) or (a1 - a0 == 2) == an:
        return count
    if count > 0 and plan[FIELDS * (count - 1) + B1] > a0:
        return count
    large = text[a0] == 65
    if an:
        source = (_AN_UPPER if upper else _AN_TITLE) if large else _AN
    else:
        source = _A_UPPER if large else _A
    put(plan, count, a0, a1, ~source, 2 if an else 1, chars_at[2 * t - 2], chars_at[2 * t - 1], -1)
    return count + 1


@njit
def put_replacement(text: Any, folded: Any, size: Any, at: Any, chars_at: Any, t: Any, b0: Any, b1: Any, words: Any,
                    alternative: Any, options: Any, cases: Any, tables: Any, count: Any, plan: Any) -> Any:
    """Plan one replacement, and its article; return the number of edits."""
    numbers = onward(tables[6], alternative)
    pattern = _pattern(text, b0, b1, cases) if options & FOLD else 0
    flags = numbers[FLAGS]
    if flags & ENDS_IN_DOT:
        if b1 < size and text[b1] == _DOT and text[b1 - 1] != _DOT:
            b1 += 1
    elif text[b1 - 1] == _DOT and b1 == np.int64(at[2 * (t + words) - 1]) and t + words == np.int64(at[-1]):
        b1 -= 1
    if options & ARTICLES and b0 == at[2 * t]:
        count = _put_article(text, folded, at, chars_at, t, (flags & TAKES_AN) != 0, pattern == 2, count, plan)
    c0 = chars_at[2 * t] + chars_between(text, np.int64(at[2 * t]), b0)
    put(plan, count, b0, b1, ~np.int64(numbers[2 * pattern]), numbers[2 * pattern + 1], c0,
        c0 + chars_between(text, b0, b1), -1)
    return count + 1


@njit
def put_insertion(at: Any, chars_at: Any, place: Any, alternative: Any, tables: Any, count: Any, plan: Any) -> Any:
    """Plan an insertion, with a space after it, before token ``place``; the plan has to be sorted once it is whole."""
    numbers = onward(tables[6], alternative)
    b = np.int64(at[2 * place])
    put(plan, count, b, b, ~np.int64(numbers[0]), numbers[1] + 1, chars_at[2 * place], chars_at[2 * place], -1)
    return count + 1


@njit
def opened_tables(tables: Any) -> Any:
    """Pointers to a dictionary's arrays."""
    return (pointer(tables[0]), pointer(tables[1]), pointer(tables[2]), pointer(tables[3]), pointer(tables[4]),
            pointer(tables[5]), pointer(tables[6]))


@njit(cache=True, nogil=True)
def dictionary_noise(op: Any, options: Any, limit: Any, stream: Any, identities: Any, offsets: Any, data: Any,
                     classes: Any, kinds: Any, lower: Any, cases: Any, arrays: Any, pool: Any, scratch: Any,
                     cursor: Any, out: Any, out_offsets: Any, log: Any) -> None:
    """Replace words, or insert alternatives of them, in the rows from ``cursor[ROW]`` on.

    Arguments as in :func:`practicum_text_noise.word_kernel.word_noise`, and ``options``: a sum of flags; ``lower``,
    ``cases``: tables of letters; ``arrays``: the dictionary's. Token bounds in ``scratch`` have a number before them.
    """
    outputs = opened(data, pool, cursor, out, out_offsets, log)
    words, hits, which, plan = pointer(scratch[0]), pointer(scratch[1]), pointer(scratch[2]), pointer(scratch[5])
    at, in_chars, folded = onward(pointer(scratch[3]), 1), onward(pointer(scratch[4]), 1), pointer(scratch[6])
    ids, bounds, source = pointer(identities), pointer(offsets), pointer(data)
    table, blanks, low, casing = pointer(classes), pointer(kinds), pointer(lower), pointer(cases)
    tables, mask = opened_tables(arrays), np.int64(arrays[1].shape[0] - 1)
    singles = options // LONGEST == 1
    for row in range(cursor[ROW], offsets.shape[0] - 1):
        text, size = onward(source, bounds[row]), bounds[row + 1] - bounds[row]
        plain = is_ascii(text, size)
        if plain:
            chars_at, tokens = at, _bounds(text, size, blanks, at)
        else:
            chars_at, tokens = in_chars, _bounds_unicode(text, size, blanks, table, at, in_chars)
        at[-1] = np.int32(tokens)
        total = np.int64(_find_words(text, table, at, tokens, which))
        key = key_of(ids[row], stream)
        found = draw_hits(total, limit, key, words, hits)
        count, w = 0, np.int64(0)
        if found > 0:
            fold_text(text, size, plain, (options & FOLD) != 0, low, folded)
            while w < total:
                hit = words[w] <= limit
                if singles and not hit:
                    w += 1
                    continue
                entry, b0, b1, taken = look_up(text, folded, size, table, at, which, w, total, options, mask, tables)
                alternative = np.int64(-1)
                if hit and entry >= 0:
                    last = np.int64(which[w + taken - 1])
                    alternative = choose(entry, b1, at, last, w + taken < total, draw_one(w, 1, key), tables)
                if alternative >= 0:
                    if op == REPLACE:
                        count = put_replacement(text, folded, size, at, chars_at, np.int64(which[w]), b0, b1, taken,
                                                alternative, options, casing, tables, count, plan)
                    else:
                        place = np.int64((np.uint64(draw_one(w, 2, key)) * np.uint64(tokens)) >> np.uint64(32))
                        count = put_insertion(at, chars_at, place, alternative, tables, count, plan)
                w += taken
            if op != REPLACE:
                sort_plan(plan, count)
        if not write(text, size, plan, count, outputs):
            return
