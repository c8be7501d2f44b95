"""Keys: randomness as a function of the sample.

A :class:`Keys` names a stream (seed, epoch, output index, path in the composition) and, once bound to a batch's
ids, draws for each sample by position. No generator state exists, so batch size, order and workers can't matter.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.errors import UsageError
from practicum.keys import philox

if TYPE_CHECKING:
    from practicum.batch import Ids

_COMPILED = "numba"
_COMPILED_FROM = 4096  # draws; below this NumPy is quicker than loading the compiled code, unless it is loaded already


@lru_cache(maxsize=4096)
def _stream(seed: int, epoch: int, output: int, path: tuple[str, ...]) -> int:
    text = json.dumps(["practicum-key-1", seed, epoch, output, *path], ensure_ascii=False, separators=(",", ":"))
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest(), "little")


@dataclass(frozen=True)
class Keys:
    """The randomness of one technique at one place of a composition.

    Args:
        seed: any integer.
        epoch: another integer; a new epoch gives new draws for the same samples.
        output: index of the output, when several are made of one input.
        path: names from the root of the composition down to the technique. Configuration is deliberately not part
            of it: a sweep over strengths shares its draws.
        ids: the samples drawn for; bound by the core before a technique sees its keys.

    Example:
        >>> import practicum as pm
        >>> batch = pm.Batch.of(["a", "b"], ids=["x", "y"])
        >>> keys = Keys(seed=7).bind(batch.ids)
        >>> keys.uniform(2).shape
        (2, 2)
        >>> swapped = Keys(seed=7).bind(pm.Batch.of(["b", "a"], ids=["y", "x"]).ids)
        >>> bool((keys.uniform(2) == swapped.uniform(2)[::-1]).all())
        True
    """

    seed: int = 0
    epoch: int = 0
    output: int = 0
    path: tuple[str, ...] = ()
    ids: Ids | None = field(default=None, compare=False, repr=False)

    def child(self, name: str) -> Keys:
        """Keys of a part called ``name``: independent draws for the same samples."""
        return Keys(self.seed, self.epoch, self.output, (*self.path, name), self.ids)

    def bind(self, ids: Ids) -> Keys:
        """The same stream for other samples."""
        return Keys(self.seed, self.epoch, self.output, self.path, ids)

    def with_output(self, output: int) -> Keys:
        """The same keys for another output index."""
        return replace(self, output=output)

    @cached_property
    def stream(self) -> int:
        """The 64-bit Philox key: BLAKE2b-64 of the JSON array ["practicum-key-1", seed, epoch, output, *path]."""
        return _stream(self.seed, self.epoch, self.output, self.path)

    @property
    def hashes(self) -> npt.NDArray[np.uint64]:
        """The 64-bit hash of each bound sample's id, shape [N]."""
        if self.ids is None:
            raise UsageError("these keys are bound to no samples: call keys.bind(batch.ids) first")
        return self.ids.hashes

    def __len__(self) -> int:
        return len(self.hashes)

    def words(self, n: int, *, lane: int = 0, start: int = 0) -> npt.NDArray[np.uint32]:
        """Raw 32-bit words, shape [N, n], positions ``start .. start+n-1`` of sequence ``lane``."""
        ids = self.hashes
        if len(ids) * n < _COMPILED_FROM and _COMPILED not in sys.modules:
            return philox.words(self.stream, lane, ids, n, start)
        from practicum.keys.philox_numba import fill_words

        first, last = start // 4, -(-(start + n) // 4)
        out = np.empty((len(ids), 4 * (last - first)), dtype=np.uint32)
        fill_words(np.uint32(self.stream & 0xFFFFFFFF), np.uint32(self.stream >> 32), np.uint32(lane), ids, first, out)
        return out[:, start - 4 * first:start - 4 * first + n]

    def uniform(self, n: int = 1, *, lane: int = 0, start: int = 0) -> npt.NDArray[np.float32]:
        """Uniform float32 in [0, 1), shape [N, n]."""
        return philox.uniform_from_words(self.words(n, lane=lane, start=start))

    def uniform53(self, n: int = 1, *, lane: int = 0) -> npt.NDArray[np.float64]:
        """Uniform float64 in [0, 1) with 53 random bits, shape [N, n]; takes two positions a draw."""
        w = self.words(2 * n, lane=lane)
        return philox.uniform53(w[:, 0::2], w[:, 1::2])

    def integers(self, high: int, n: int = 1, *, lane: int = 0) -> npt.NDArray[np.int64]:
        """Integers in 0..high-1, shape [N, n]."""
        if high < 1:
            raise UsageError(f"integers(high={high}): high must be at least 1")
        return philox.below(self.words(n, lane=lane), high)

    def normal(self, n: int = 1, *, lane: int = 0) -> npt.NDArray[np.float32]:
        """Standard normal float32, shape [N, n], by Box-Muller on pairs of 32-bit words.

        Draw ``2k`` and ``2k+1`` come from words ``2k`` and ``2k+1``: radius from the first (never zero), angle from
        the second. Computed in float64, so backends agree to about 1e-7.
        """
        pairs = -(-n // 2)
        w = self.words(2 * pairs, lane=lane)
        radius = np.sqrt(-2.0 * np.log((w[:, 0::2].astype(np.float64) + 0.5) * 2.0**-32))
        angle = w[:, 1::2].astype(np.float64) * (2.0 * np.pi * 2.0**-32)
        both = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1).reshape(len(w), -1)
        return both[:, :n].astype(np.float32)

    def beta(self, a: float, b: float, n: int = 1, *, lane: int = 0) -> npt.NDArray[np.float64]:
        """Beta(a, b) by inverse CDF of a 53-bit uniform, shape [N, n]; always drawn on the host."""
        from scipy.special import betaincinv

        return np.asarray(betaincinv(a, b, self.uniform53(n, lane=lane)), dtype=np.float64)

    def order(self) -> npt.NDArray[np.int64]:
        """A permutation of the rows that depends on the set of ids only, not on their order: for scope *batch*.

        Row numbers sorted by one keyed word, ties by id hash.
        """
        return np.lexsort((self.hashes, self.words(1, lane=0xFFFFFFFF)[:, 0])).astype(np.int64)

    def one(self, row: int) -> SampleRng:
        """The positional generator of one sample, for ``apply_one``."""
        return SampleRng(self.stream, int(self.hashes[row]), self._ahead, row)

    def each(self) -> Iterator[SampleRng]:
        """The generators of all samples, in order."""
        stream, ahead = self.stream, self._ahead
        return (SampleRng(stream, identity, ahead, row) for row, identity in enumerate(self.hashes.tolist()))

    @cached_property
    def _ahead(self) -> _Ahead:
        return _Ahead(self)

    def torch_generator(self, row: int, device: Any = "cpu") -> Any:
        """A ``torch.Generator`` seeded for one sample, for libraries that take a generator."""
        import torch

        generator = torch.Generator(device=device)
        high, low = self.words(2, lane=0xFFFFFFFE)[row]
        generator.manual_seed(int(high) << 31 | int(low) >> 1)
        return generator


class _Ahead:
    """The first words of all samples, drawn at once when one of them asks: a tenth of the time of one by one."""

    MOST = 64

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._drawn: dict[int, npt.NDArray[np.uint32]] = {}
        self._floats: dict[int, npt.NDArray[np.float32]] = {}

    def words(self, row: int, n: int, lane: int) -> npt.NDArray[np.uint32]:
        drawn = self._drawn.get(lane)
        if drawn is None or drawn.shape[1] < n:
            drawn = self._drawn[lane] = self._keys.words(8 if n <= 8 else self.MOST, lane=lane)
            drawn.flags.writeable = False
        return drawn[row, :n]

    def uniform(self, row: int, n: int, lane: int) -> npt.NDArray[np.float32]:
        drawn = self._floats.get(lane)
        if drawn is None or drawn.shape[1] < n:
            self.words(row, n, lane)
            drawn = self._floats[lane] = philox.uniform_from_words(self._drawn[lane])
        return drawn[row, :n].copy()


@dataclass(slots=True, unsafe_hash=True)
class SampleRng:
    """Positional draws of one sample: the same call gives the same numbers, however often it is made.

    ``rng.uniform(n)`` is draws 0..n-1 of the sample's key; ask another ``lane`` for independent numbers. Its fields are
    not to be set; a frozen class, which says so to Python, takes three times as long to make, and one is made a sample.
    """

    stream: int
    id_hash: int
    _ahead: _Ahead | None = field(default=None, compare=False, repr=False)
    _row: int = field(default=0, compare=False, repr=False)

    def _ids(self) -> npt.NDArray[np.uint64]:
        return np.array([self.id_hash], dtype=np.uint64)

    def words(self, n: int, *, lane: int = 0) -> npt.NDArray[np.uint32]:
        """Raw 32-bit words, shape [n]."""
        if self._ahead is not None and n <= _Ahead.MOST:
            return self._ahead.words(self._row, n, lane)
        return np.asarray(philox.words(self.stream, lane, self._ids(), n)[0])

    def uniform(self, n: int = 1, *, lane: int = 0) -> npt.NDArray[np.float32]:
        """Uniform float32 in [0, 1), shape [n]."""
        if self._ahead is not None and n <= _Ahead.MOST:
            return self._ahead.uniform(self._row, n, lane)
        return philox.uniform_from_words(self.words(n, lane=lane))

    def integers(self, high: int, n: int = 1, *, lane: int = 0) -> npt.NDArray[np.int64]:
        """Integers in 0..high-1, shape [n]."""
        return philox.below(self.words(n, lane=lane), high)

    def choice(self, options: Any, *, lane: int = 0) -> Any:
        """One element of a non-empty sequence."""
        return options[int(self.integers(len(options), 1, lane=lane)[0])]

    def permutation(self, n: int, *, lane: int = 0) -> npt.NDArray[np.int64]:
        """A permutation of 0..n-1."""
        return np.argsort(self.words(n, lane=lane), kind="stable").astype(np.int64)
