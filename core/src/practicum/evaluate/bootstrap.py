"""Paired bootstrap intervals over samples.

Every resample draws whole samples, so a sample's clean score, its perturbed score and their difference always come
together: that is what makes the interval of a drop narrow (paired), where two separate intervals would not tell. Scores
of several seeds are averaged within a sample first: the interval then says what other *samples* would have given, and
the spread over seeds is reported beside it.

Follows the percentile bootstrap of B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), chapter 13,
doi:10.1201/9780429246593; the pairing by sample is that of P. Koehn, Statistical Significance Tests for Machine
Translation Evaluation (EMNLP 2004). The draws are Philox words keyed by (seed, replicate, position), so an interval
is the same in every process and on resume.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from practicum.errors import UsageError
from practicum.evaluate.result import Estimate
from practicum.keys import Keys

Floats = npt.NDArray[np.float64]

_CHUNK = 4_000_000  # draws held at a time, 32 MB of indices


def replicates_for(samples: int) -> int:
    """How many resamples: 2000, and fewer above 100,000 samples, where the interval is narrow anyway; at least 400.

    Example:
        >>> replicates_for(360), replicates_for(200_000), replicates_for(10_000_000)
        (2000, 1000, 400)
    """
    return int(min(2000, max(400, 200_000_000 // max(samples, 1))))


def resampled_means(series: Sequence[npt.ArrayLike], *, replicates: int = 2000, seed: int = 0) -> Floats:
    """Means of resamples, float64 [replicates, K], for K series over the same N samples.

    Args:
        series: K arrays of N numbers, sample by sample in the same order.
        replicates: number of resamples.
        seed: of the draws.

    Raises:
        UsageError: the series differ in length, or are empty.
    """
    if len({len(np.asarray(s)) for s in series}) != 1 or not len(np.asarray(series[0])):
        raise UsageError("a paired bootstrap needs series over the same samples, at least one")
    values = np.stack([np.asarray(s, dtype=np.float64) for s in series], axis=1)
    count = len(values)
    out = np.empty((replicates, values.shape[1]))
    for start, stop in _chunks(replicates, count):
        out[start:stop] = _weights(count, start, stop, Keys(seed, path=("bootstrap",))) @ values / count
    return out


def _chunks(replicates: int, count: int) -> Iterator[tuple[int, int]]:
    step = max(1, _CHUNK // count)
    for start in range(0, replicates, step):
        yield start, min(start + step, replicates)


def _weights(count: int, start: int, stop: int, keys: Keys) -> Floats:
    """How often each of ``count`` units is drawn in the resamples ``start`` to ``stop``, float64 [R, count]."""
    from practicum.batch import Ids

    numbers = Ids.of(None, stop).take(np.arange(start, stop))
    drawn = keys.bind(numbers).integers(count, count)
    flat = drawn + count * np.arange(stop - start)[:, None]
    weights = np.bincount(flat.ravel(), minlength=count * (stop - start)).reshape(stop - start, count)
    return weights.astype(np.float64)


def paired_bootstrap(*series: npt.ArrayLike, level: float = 0.95, replicates: int | None = None,
                     seed: int = 0) -> list[Estimate]:
    """Mean and percentile interval of each series, all from the same resamples.

    Args:
        *series: arrays of N numbers, sample by sample in the same order.
        level: coverage of the interval, between 0 and 1.
        replicates: number of resamples; see :func:`replicates_for` when left out.
        seed: of the draws.

    Returns:
        One :class:`Estimate` per series; NaN throughout when there are no samples.

    Raises:
        UsageError: the series differ in length, or the level is no probability.

    Example:
        >>> before, after = np.array([1.0, 1, 1, 1, 0, 1]), np.array([1.0, 0, 1, 0, 0, 1])
        >>> clean, drop = paired_bootstrap(before, before - after, seed=1)
        >>> print(drop)
        0.333 [0.000, 0.667]
    """
    if not 0.0 < level < 1.0:
        raise UsageError(f"level={level} must lie between 0 and 1")
    if not len(np.asarray(series[0])):
        return [Estimate(float("nan"), float("nan"), float("nan"), 0) for _ in series]
    chosen = replicates_for(len(np.asarray(series[0]))) if replicates is None else replicates
    means = resampled_means(series, replicates=chosen, seed=seed)
    tail = 50.0 * (1.0 - level)
    with np.errstate(invalid="ignore"):
        low, high = np.percentile(means, [tail, 100.0 - tail], axis=0)
    return [Estimate(float(np.mean(np.asarray(s, dtype=np.float64))), float(a), float(b), len(np.asarray(s)))
            for s, a, b in zip(series, low, high, strict=True)]


def crossed_bootstrap(*series: npt.ArrayLike, level: float = 0.95, replicates: int | None = None,
                      seed: int = 0) -> list[Estimate]:
    """Mean and percentile interval of numbers that vary over runs and over samples, both drawn anew in each resample.

    A resample draws S runs (say, training seeds) with replacement and, independently, N samples with replacement, and
    averages the numbers at their crossings: the interval says what other runs *and* other samples would have given.
    All series come from the same resamples, so that lines may be compared. Follows A. Owen, The pigeonhole bootstrap
    (2007), doi:10.1214/07-AOAS122. No bootstrap is exact here: what is particular to a run and sample together counts
    too much, and what comes from the runs too little, by about the factor sqrt((S - 1) / S).

    Args:
        *series: arrays [S, N] of one shape.
        level, replicates, seed: as :func:`paired_bootstrap`.

    Returns:
        One :class:`Estimate` per series, whose ``n`` is N; NaN throughout where a number is NaN, or without samples.

    Raises:
        UsageError: the series differ in shape, or the level is no probability.

    Example:
        >>> print(crossed_bootstrap(np.array([[1.0, 0.0, 1.0, 1.0], [1.0, 0.0, 0.0, 1.0]]))[0])
        0.625 [0.250, 1.000]
        >>> print(crossed_bootstrap(np.zeros((5, 40)))[0])
        0.000 [0.000, 0.000]
    """
    if not 0.0 < level < 1.0:
        raise UsageError(f"level={level} must lie between 0 and 1")
    values = [np.asarray(s, dtype=np.float64) for s in series]
    if len({v.shape for v in values}) != 1 or values[0].ndim != 2:
        raise UsageError("a crossed bootstrap needs series [runs, samples] of one shape")
    runs, count = values[0].shape
    if not runs or not count:
        return [Estimate(float("nan"), float("nan"), float("nan"), 0) for _ in values]
    chosen = replicates_for(count) if replicates is None else replicates
    means = np.empty((chosen, len(values)))
    for start, stop in _chunks(chosen, count):
        by_run = _weights(runs, start, stop, Keys(seed, path=("bootstrap", "runs")))
        by_sample = _weights(count, start, stop, Keys(seed, path=("bootstrap",)))
        for place, matrix in enumerate(values):
            means[start:stop, place] = ((by_run @ matrix) * by_sample).sum(axis=1) / (runs * count)
    tail = 50.0 * (1.0 - level)
    with np.errstate(invalid="ignore"):
        low, high = np.percentile(means, [tail, 100.0 - tail], axis=0)
    return [Estimate(float(np.mean(v)), float(a), float(b), count) for v, a, b in zip(values, low, high, strict=True)]
