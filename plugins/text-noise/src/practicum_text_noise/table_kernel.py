"""The compiled operation of every technique that works from a table: replace, insert after, repeat.

One function serves keyboards, look-alikes, accents, case, spaces, emoji and so on, so all of them cost one compilation.
What differs is data: which characters or sequences are eligible, what each may become, and what must stand beside it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from practicum.keys.philox_numba import below
from practicum_text_noise.draws import draw_at, draw_hits, draw_one, key_of
from practicum_text_noise.packed import class_of, decode, index_chars, is_ascii, onward, pointer
from practicum_text_noise.unicode_classes import COVERED, SPACE
from practicum_text_noise.writing import ROW, opened, put, write

REPLACE, INSERT, REPEAT, REORDER = range(4)
"""What is done to an eligible unit: replaced; something inserted after it; itself repeated; for pairs, the order of
code points changed inside marks that restore the order on the screen."""

EDGE = 3
"""Beside the classes of characters: the start or end of the text. Masks hold bit ``1 << class``."""

BUCKETS = 1024
"""Sequences are looked up by 33 times their first byte plus their second, modulo this."""

ANY = 0b1111
"""The mask that lets everything stand beside a unit."""


@njit
def _beside(text: Any, at: Any, i: Any, chars: Any, classes: Any) -> Any:
    """Class of character ``i``, or the edge when there is none."""
    if i < 0 or i >= chars:
        return np.int64(EDGE)
    return class_of(text, np.int64(at[i]), classes)


@njit
def _fits(text: Any, at: Any, first: Any, last: Any, chars: Any, classes: Any, before: Any, after: Any) -> Any:
    """Whether the neighbours of characters ``first``..``last`` are of the classes asked for."""
    if before != ANY and not (before >> _beside(text, at, first - 1, chars, classes)) & 1:
        return False
    return after == ANY or (after >> _beside(text, at, last + 1, chars, classes)) & 1 == 1


@njit
def _slot(text: Any, i: Any, index: Any) -> Any:
    return np.int64(index[min(decode(text, i), COVERED)])


@njit
def _units_at_hits(text: Any, at: Any, chars: Any, classes: Any, index: Any, before: Any, after: Any, found: Any,
                   hits: Any, slots: Any, lengths: Any) -> Any:
    """Keep the drawn characters that are eligible; without branches, which a processor couldn't foresee."""
    count = 0
    for h in range(found):
        i = np.int64(hits[h])
        slot = _slot(text, np.int64(at[i]), index)
        hits[count] = np.int32(i)
        slots[count] = np.int32(slot)
        lengths[count] = 1
        count += slot != 0
    if before == ANY and after == ANY:
        return count
    kept = 0
    for h in range(count):
        i = np.int64(hits[h])
        hits[kept] = np.int32(i)
        slots[kept] = slots[h]
        kept += _fits(text, at, i, i, chars, classes, before, after)
    return kept


@njit
def _units_by_word(text: Any, at: Any, chars: Any, classes: Any, index: Any, before: Any, after: Any, found: Any,
                   drawn: Any, hits: Any, slots: Any, lengths: Any) -> Any:
    """The eligible characters of words whose first character is drawn; ``drawn`` is room for the drawn places."""
    for h in range(found):
        drawn[h] = hits[h]
    count = 0
    for h in range(found):
        i = np.int64(drawn[h])
        if not (1 << _beside(text, at, i - 1, chars, classes)) & (1 << SPACE | 1 << EDGE):
            continue
        while i < chars and class_of(text, np.int64(at[i]), classes) != SPACE:
            slot = _slot(text, np.int64(at[i]), index)
            if slot != 0 and _fits(text, at, i, i, chars, classes, before, after):
                hits[count] = np.int32(i)
                slots[count] = np.int32(slot)
                lengths[count] = 1
                count += 1
            i += 1
    return count


@njit
def _matches(text: Any, left: Any, key: Any, size: Any) -> Any:
    if size > left:
        return False
    same = 0
    while same < size and text[same] == key[same]:
        same += 1
    return same == size


@njit
def _sequence(text: Any, size: Any, at: Any, i: Any, chars: Any, classes: Any, sequences: Any) -> Any:
    """The longest known sequence that begins at character ``i``, or -1."""
    starts, groups, key_bounds, keys, key_chars, _, whole, _ = sequences
    byte = np.int64(at[i])
    if byte + 1 >= size:
        return -1
    group = np.int64(starts[(33 * np.int64(text[byte]) + np.int64(text[byte + 1])) & (BUCKETS - 1)])
    if group == 0:
        return -1
    joined = _beside(text, at, i - 1, chars, classes) == 0
    for s in range(groups[group], groups[group + 1]):
        if joined and whole[s]:
            continue
        first = np.int64(key_bounds[s])
        if _matches(onward(text, byte), size - byte, onward(keys, first), key_bounds[s + 1] - first) and not (
                whole[s] and _beside(text, at, i + key_chars[s], chars, classes) == 0):
            return s
    return -1


@njit
def _openings(text: Any, size: Any, at: Any, chars: Any, classes: Any, index: Any, starts: Any, only_whole: Any,
              found: Any, hits: Any) -> Any:
    """Keep the drawn places at which a unit may begin; without branches, which a processor couldn't foresee."""
    count = 0
    for h in range(found):
        byte = np.int64(at[hits[h]])
        second = np.int64(text[byte + 1]) if byte + 1 < size else np.int64(0)
        opens = starts[(33 * np.int64(text[byte]) + second) & (BUCKETS - 1)] != 0
        hits[count] = hits[h]
        count += opens | (_slot(text, byte, index) != 0)
    if not only_whole:
        return count
    kept = 0
    for h in range(count):
        hits[kept] = hits[h]
        kept += _beside(text, at, np.int64(hits[h]) - 1, chars, classes) != 0
    return kept


@njit
def _units_of_sequences(text: Any, size: Any, at: Any, chars: Any, classes: Any, index: Any, sequences: Any,
                        only_whole: Any, before: Any, after: Any, found: Any, hits: Any, slots: Any,
                        lengths: Any) -> Any:
    """Cut the text, from the left, into the longest known sequences and single characters; keep the drawn ones.

    The cut doesn't depend on the draws, so a higher rate never takes away what a lower one replaced. It is made only
    where a unit may begin at a drawn character: from the nearest character on the left that stands in no sequence
    beyond its first place, and so begins a unit for certain.
    """
    found = _openings(text, size, at, chars, classes, index, sequences[0], only_whole, found, hits)
    count, known = 0, np.int64(0)
    for h in range(found):
        i = np.int64(hits[h])
        if i < known:
            continue
        s = _sequence(text, size, at, i, chars, classes, sequences)
        slot = _slot(text, np.int64(at[i]), index) if s < 0 else np.int64(sequences[5][s])
        if slot == 0:
            continue
        length = np.int64(1) if s < 0 else np.int64(sequences[4][s])
        j = i
        while j > known and _slot(text, np.int64(at[j]), sequences[7]) != 0:
            j -= 1
        while j < i:
            t = _sequence(text, size, at, j, chars, classes, sequences)
            j += np.int64(1) if t < 0 else np.int64(sequences[4][t])
        known = j
        if j > i:
            continue
        known = i + length
        if _fits(text, at, i, i + length - 1, chars, classes, before, after):
            hits[count] = np.int32(i)
            slots[count] = np.int32(slot)
            lengths[count] = np.int32(length)
            count += 1
    return count


@njit
def _plan_options(op: Any, at: Any, key: Any, picks: Any, bounds: Any, options: Any, most: Any, hits: Any, slots: Any,
                  lengths: Any, count: Any, plan: Any) -> Any:
    if most > 1:
        draw_at(hits, count, 1, key, picks)
    for k in range(count):
        i, slot = np.int64(hits[k]), np.int64(slots[k])
        # Of one option nothing need be drawn: whatever picks holds, this is that option.
        option = np.int64(bounds[slot]) + below(picks[k], bounds[slot + 1] - bounds[slot])
        new, size = np.int64(options[option]), options[option + 1] - options[option]
        stop = i + lengths[k]
        start = i if op == REPLACE else stop
        put(plan, k, at[start], at[stop], ~new, size, start, stop, -1)
    return count


@njit
def _plan_repeats(at: Any, key: Any, picks: Any, times: Any, hits: Any, found: Any, plan: Any) -> Any:
    if times > 1:
        draw_at(hits, found, 1, key, picks)
    count = 0
    for h in range(found):
        i, copies = np.int64(hits[h]), np.int64(1)
        if times > 1:
            copies += below(picks[h], times)
        for _ in range(copies):
            put(plan, count, at[i + 1], at[i + 1], at[i], at[i + 1] - at[i], i + 1, i + 1, -1)
            count += 1
    return count


@njit
def _plan_reorder(text: Any, at: Any, index: Any, options: Any, shift: Any, hits: Any, found: Any, plan: Any) -> Any:
    """Pairs of eligible characters: mark, second, first, mark."""
    count = 0
    for h in range(found):
        i = 2 * np.int64(hits[h]) + shift
        a, b, c = np.int64(at[i]), np.int64(at[i + 1]), np.int64(at[i + 2])
        if _slot(text, a, index) != 0 and _slot(text, b, index) != 0:
            put(plan, count, a, a, ~np.int64(options[0]), options[1] - options[0], i, i, -1)
            put(plan, count + 1, a, b, b, c - b, i, i + 1, i + 1)
            put(plan, count + 2, b, c, a, b - a, i + 1, i + 2, i)
            put(plan, count + 3, c, c, ~np.int64(options[1]), options[2] - options[1], i + 2, i + 2, -1)
            count += 4
    return count


@njit(cache=True, nogil=True)
def table_noise(op: Any, by_word: Any, before: Any, after: Any, times: Any, most: Any, only_whole: Any, limit: Any,
                stream: Any, identities: Any, offsets: Any, data: Any, classes: Any, index: Any, slot_bounds: Any,
                option_bounds: Any, pool: Any, sequences: Any, scratch: Any, cursor: Any, out: Any, out_offsets: Any,
                log: Any) -> None:
    """Apply one table to the rows from ``cursor[ROW]`` on, until done or a buffer is full.

    Args:
        op: one of the operations above.
        by_word: whether the characters of a word (a run without whitespace) share the draw of its first one.
        before, after: masks of what may stand beside an eligible unit.
        times: most copies that ``REPEAT`` makes.
        most: the largest number of options of any slot.
        only_whole: whether all that is eligible are sequences that must be whole words.
        index: slot of each code point, uint16 [COVERED + 1], the last for all beyond; 0 is not eligible.
        slot_bounds: first option of each slot, int32; option_bounds: first byte of each option in ``pool``, int32.
        sequences: (group of each bucket, or 0; first sequence of each group, first byte of each key, keys' bytes,
            characters of each key, its slot, whether it must be a whole word; whether a code point stands beyond the
            first place of any key, [COVERED + 1]); keys of a group go from long to short.
        scratch: (words, picks, hits, 0 1 2 ..., byte of each character, plan, slots, lengths).
        limit, stream, identities, offsets, data, classes, cursor, out, out_offsets, log: as in
            :func:`practicum_text_noise.char_kernel.char_noise`.
    """
    outputs = opened(data, pool, cursor, out, out_offsets, log)
    words, picks, hits, plan = pointer(scratch[0]), pointer(scratch[1]), pointer(scratch[2]), pointer(scratch[5])
    bytewise, charwise = pointer(scratch[3]), pointer(scratch[4])
    slots, lengths = pointer(scratch[6]), pointer(scratch[7])
    ids, bounds, source, kinds = pointer(identities), pointer(offsets), pointer(data), pointer(classes)
    table, of_slot, of_option = pointer(index), pointer(slot_bounds), pointer(option_bounds)
    known = (pointer(sequences[0]), pointer(sequences[1]), pointer(sequences[2]), pointer(sequences[3]),
             pointer(sequences[4]), pointer(sequences[5]), pointer(sequences[6]), pointer(sequences[7]))
    has_sequences = sequences[5].shape[0] > 0
    for row in range(cursor[ROW], offsets.shape[0] - 1):
        text, size = onward(source, bounds[row]), bounds[row + 1] - bounds[row]
        at, chars = bytewise, size
        if not is_ascii(text, size):
            at, chars = charwise, index_chars(text, size, charwise)
        key = key_of(ids[row], stream)
        shift, draws = np.int64(0), chars
        if op == REORDER:
            shift = np.int64(draw_one(0, 1, key) >> np.uint32(31))
            draws = max(chars - shift, 0) // 2
        found = draw_hits(draws, limit, key, words, hits)
        if op == REORDER:
            count = _plan_reorder(text, at, table, of_option, shift, hits, found, plan)
        else:
            if has_sequences:
                found = _units_of_sequences(text, size, at, chars, kinds, table, known, only_whole, before, after,
                                            found, hits, slots, lengths)
            elif by_word:
                found = _units_by_word(text, at, chars, kinds, table, before, after, found, picks, hits, slots,
                                       lengths)
            else:
                found = _units_at_hits(text, at, chars, kinds, table, before, after, found, hits, slots, lengths)
            if op == REPEAT:
                count = _plan_repeats(at, key, picks, times, hits, found, plan)
            else:
                count = _plan_options(op, at, key, picks, of_slot, of_option, most, hits, slots, lengths, found, plan)
        if not write(text, size, plan, count, outputs):
            return
