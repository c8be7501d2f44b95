"""The vector forms of the kernels' scans, beside plain Python."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from numba import njit
from practicum_text_noise.packed import is_ascii, onward, pointer
from practicum_text_noise.unicode_classes import SPACE, char_classes
from practicum_text_noise.vectors import at_most16, blank16, visit
from practicum_text_noise.word_kernel import _bounds


@njit
def _probe(data: Any, words: Any, limit: Any, kinds: Any, first: Any, size: Any, out: Any) -> Any:
    text = onward(pointer(data), first)
    tokens = _bounds(text, size, pointer(kinds), pointer(out))
    return (is_ascii(text, size), tokens, at_most16(pointer(words), limit), blank16(text),
            visit(np.uint64(limit), 5, pointer(out[200:]), 0))


def test_every_length_and_place() -> None:
    rng = random.Random(0)
    kinds = np.zeros(256, np.uint8)
    kinds[np.flatnonzero(char_classes()[:128] == SPACE)] = 1
    for size in (*range(70), 127, 128, 129, 190):
        for _ in range(4):
            data = np.frombuffer(bytes(rng.choice(b"ab.\t\n \x1c\x1f\x20\x7f\x08\x0e\x1b!") for _ in range(size + 32)),
                                 np.uint8).copy()
            first = rng.randrange(16)
            text = data[first:first + size].tobytes().decode()
            words = np.array([rng.getrandbits(32) for _ in range(16)], np.uint32)
            limit = np.uint32(rng.getrandbits(32))
            out = np.full(300, -1, np.int32)
            plain, tokens, mask, blank, stop = _probe(data, words, limit, kinds, first, size, out)
            turns = [i for i in range(size) if text[i].isspace() != (i == 0 or text[i - 1].isspace())]
            assert plain
            assert tokens == (len(turns) + 1) // 2
            assert out[:len(turns) + 1].tolist() == [*turns, size]
            assert mask == sum(1 << k for k, word in enumerate(words.tolist()) if word <= limit)
            assert blank == sum(1 << k for k in range(16) if chr(data[first + k]).isspace())
            bits = [5 + k for k in range(32) if int(limit) >> k & 1]
            assert stop == len(bits)
            assert out[200:200 + stop].tolist() == bits
            if size:
                data[first + rng.randrange(size)] = 0xC3
                assert not _probe(data, words, limit, kinds, first, size, out)[0]


def test_ascii_whitespace_is_that_of_the_classes() -> None:
    spaces = np.flatnonzero(char_classes()[:128] == SPACE).tolist()
    assert spaces == [*range(9, 14), *range(28, 33)]
