"""Philox4x32-10 in NumPy: the specification of every random draw.

Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011 (doi 10.1145/2063384.2063405). A draw is

    word[position % 4] of philox4x32(counter=(position // 4, lane, id_lo, id_hi), key=(stream_lo, stream_hi))

where ``id`` is the 64-bit id hash, ``stream`` the 64-bit hash of (seed, path, epoch, output) and ``lane`` numbers
independent sequences of one technique. The numba and torch forms, and Triton's ``tl.philox``, give equal bits.

Vectors (Random123 ``kat_vectors``)::

    counter 00000000 x4, key 00000000 x2  ->  6627e8d5 e169c58d bc57ac4c 9b00dbd8
    counter ffffffff x4, key ffffffff x2  ->  408f276d 41c83b0e a20bc7c6 6d5451fd
    counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822 299f31d0
                                          ->  d16cfe09 94fdcceb 5001e420 24126ea1
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

M0, M1 = 0xD2511F53, 0xCD9E8D57
W0, W1 = 0x9E3779B9, 0xBB67AE85
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)

U32 = npt.NDArray[np.uint32]
INV24 = np.float32(2.0**-24)


_FEW = 8  # blocks of four words; below this, plain integers beat arrays


def philox4x32(c0: npt.ArrayLike, c1: npt.ArrayLike, c2: npt.ArrayLike, c3: npt.ArrayLike, k0: int, k1: int,
               rounds: int = 10) -> tuple[U32, U32, U32, U32]:
    """Four 32-bit words for each counter.

    Args:
        c0, c1, c2, c3: counter words, broadcast against each other, values in 0..2**32-1.
        k0, k1: key words, 0..2**32-1.
        rounds: 10 for Philox4x32-10.

    Returns:
        four uint32 arrays of the broadcast shape.

    Example:
        >>> [hex(int(w)) for w in philox4x32(0, 0, 0, 0, 0, 0)]
        ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    x0, x1, x2, x3 = (np.array(a, dtype=np.uint64) for a in np.broadcast_arrays(c0, c1, c2, c3))
    m0, m1 = np.uint64(M0), np.uint64(M1)
    for _ in range(rounds):
        p0, p1 = x0 * m0, x2 * m1
        x0 = (p1 >> _SHIFT) ^ x1 ^ np.uint64(k0)
        x1 = p1 & _LOW
        x2 = (p0 >> _SHIFT) ^ x3 ^ np.uint64(k1)
        x3 = p0 & _LOW
        k0, k1 = (k0 + W0) & 0xFFFFFFFF, (k1 + W1) & 0xFFFFFFFF
    return x0.astype(np.uint32), x1.astype(np.uint32), x2.astype(np.uint32), x3.astype(np.uint32)


def words(stream: int, lane: int, ids: npt.NDArray[np.uint64], count: int, start: int = 0) -> U32:
    """The first ``count`` 32-bit words of each id's sequence, from position ``start``.

    Args:
        stream: 64-bit stream key.
        lane: sequence number, 0..2**32-1.
        ids: uint64 id hashes, shape [N].
        count: words per id.
        start: first position.

    Returns:
        uint32 array, shape [N, count].
    """
    first, last = start // 4, -(-(start + count) // 4)
    k0, k1 = stream & 0xFFFFFFFF, stream >> 32
    if len(ids) * (last - first) <= _FEW:
        few = [[w for at in range(first, last) for w in _block(at, lane, i & 0xFFFFFFFF, i >> 32, k0, k1)]
               for i in ids.tolist()]
        drawn = np.array(few, dtype=np.uint32).reshape(len(ids), 4 * (last - first))
        return drawn[:, start - 4 * first:start - 4 * first + count]
    block = np.arange(first, last, dtype=np.uint64)[None, :]
    lo, hi = (ids & _LOW)[:, None], (ids >> _SHIFT)[:, None]
    out = philox4x32(block, lane, lo, hi, k0, k1)
    flat = np.stack(out, axis=-1).reshape(len(ids), 4 * (last - first))
    return flat[:, start - 4 * first:start - 4 * first + count]


def _block(x0: int, x1: int, x2: int, x3: int, k0: int, k1: int) -> tuple[int, int, int, int]:
    """One counter's four words in plain integers, many times quicker than arrays of one element."""
    for _ in range(10):
        p0, p1 = x0 * M0, x2 * M1
        x0, x1, x2, x3 = (p1 >> 32) ^ x1 ^ k0, p1 & 0xFFFFFFFF, (p0 >> 32) ^ x3 ^ k1, p0 & 0xFFFFFFFF
        k0, k1 = (k0 + W0) & 0xFFFFFFFF, (k1 + W1) & 0xFFFFFFFF
    return x0, x1, x2, x3


def uniform_from_words(w: U32) -> npt.NDArray[np.float32]:
    """Uniform float32 in [0, 1): the top 24 bits, exact in every backend."""
    return (w >> np.uint32(8)).astype(np.float32) * INV24


def uniform53(high: U32, low: U32) -> npt.NDArray[np.float64]:
    """Uniform float64 in [0, 1) with 53 bits from two words, for inverse-CDF draws by the host."""
    a, b = (high >> np.uint32(5)).astype(np.float64), (low >> np.uint32(6)).astype(np.float64)
    return (a * 67108864.0 + b) * (1.0 / 9007199254740992.0)


def below(w: U32, high: int) -> npt.NDArray[np.int64]:
    """Integers in 0..high-1 by the high half of ``w * high`` (bias below high / 2**32)."""
    return ((w.astype(np.uint64) * np.uint64(high)) >> _SHIFT).astype(np.int64)
