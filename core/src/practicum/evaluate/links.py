"""Predicted links against true ones, sample by sample, and pooled over all samples.

A sample stands for its set of links: what one record of the left side is linked to. Precision, recall and F1 of a
sample are those of this set, so their mean over samples weighs every sample alike (the "average over samples" of
multi-label classification). Entity-matching papers pool all pairs first, which weighs every link alike:
:func:`pooled_links` and :func:`pooled_link_table`. Scores only rank: every link that a model returns is claimed, and a
model's threshold is a field of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.errors import UsageError
from practicum.evaluate.bootstrap import replicates_for, resampled_means
from practicum.evaluate.result import Cell, Estimate

if TYPE_CHECKING:
    import pandas as pd

    from practicum.evaluate.report import Report

Floats = npt.NDArray[np.float64]


def link_precision(said: Set[str], true: Set[str]) -> float:
    """Share of the claimed links that are true; 1 where nothing is claimed.

    Example:
        >>> link_precision({"a", "b"}, {"b", "c", "d"}), link_precision(set(), {"b"})
        (0.5, 1.0)
    """
    return len(said & true) / len(said) if said else 1.0


def link_recall(said: Set[str], true: Set[str]) -> float:
    """Share of the true links that are claimed (pair completeness, of blocking); 1 where there is none to find.

    Example:
        >>> link_recall({"a", "b"}, {"b", "c", "d", "e"}), link_recall({"a"}, set())
        (0.25, 1.0)
    """
    return len(said & true) / len(true) if true else 1.0


def link_f1(said: Set[str], true: Set[str]) -> float:
    """Harmonic mean of both, ``2 |said & true| / (|said| + |true|)``; 1 where both sets are empty.

    Example:
        >>> link_f1({"a", "b"}, {"b", "c"}), link_f1(set(), set()), link_f1({"a"}, set())
        (0.5, 1.0, 0.0)
    """
    return 2.0 * len(said & true) / (len(said) + len(true)) if said or true else 1.0


@dataclass(frozen=True, slots=True)
class PooledLinks:
    """Precision, recall and F1 over all links together.

    Args:
        precision: share of the claimed links that are true; 1 where nothing is claimed.
        recall: share of the true links that are claimed; 1 where there is none to find.
        f1: harmonic mean of both; 1 where there is neither.
        right, claimed, true: the numbers of links they are made of.
    """

    precision: Estimate
    recall: Estimate
    f1: Estimate
    right: int
    claimed: int
    true: int


def pooled_links(said: Sequence[Set[str]], true: Sequence[Set[str]], *, level: float = 0.95) -> PooledLinks:
    """Precision, recall and F1 over the links of all samples together (micro-averaged).

    The intervals are percentile bootstraps over samples: links of one sample are drawn together, since a record that
    is hard to link is hard in all its links. The draws are those of :func:`paired_bootstrap`.

    Args:
        said: ids of the claimed links, a set for each sample.
        true: ids of the true links, a set for each sample, in the same order.
        level: coverage of the intervals, between 0 and 1.

    Raises:
        UsageError: the two differ in length, there is no sample, or the level is no probability.

    Example:
        >>> found = pooled_links([{"a"}, {"b", "c", "d"}], [{"a"}, {"b"}])
        >>> found.precision.value, found.recall.value, found.f1.value, (found.right, found.claimed, found.true)
        (0.5, 1.0, 0.6666666666666666, (2, 4, 2))
    """
    if len(said) != len(true):
        raise UsageError(f"there are {len(said)} sets of claimed links but {len(true)} of true ones: give one of each "
                         "for every sample")
    counts = _counts(said, true)
    precision, recall, f1 = _estimates(counts, level)
    right, claimed, known = (int(v) for v in counts.sum(axis=0))
    return PooledLinks(precision, recall, f1, right, claimed, known)


def pooled_link_table(report: Report, *, level: float | None = None) -> pd.DataFrame:
    """The pooled figures of a report about links, one line for each model and split on clean inputs and under each
    perturbation.

    A sample on which the model failed claims nothing. A sample's counts are averaged over seeds first.

    Args:
        report: of a model whose task is links.
        level: of the intervals; the report's own when left out.

    Returns:
        a frame with columns ``phase, split, perturbation`` (``(clean)`` first), ``precision, precision_low,
        precision_high``, the same of ``recall`` and ``f1``, and ``n``, the number of samples.

    Raises:
        UsageError: the report is about something else.
    """
    import pandas as pd

    if report.meta.task != "links":
        raise UsageError(f"the report is of a model whose task is {report.meta.task}: only links can be pooled")
    chosen = report.meta.level if level is None else level
    groups: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in report.cells:
        groups.setdefault((cell.phase, cell.split, cell.perturbation.key), []).append(cell)
    lines: dict[tuple[str, str, str], dict[str, Any]] = {}
    for (phase, split, _), cells in groups.items():
        label = cells[0].perturbation.label
        for name, column, from_cells in (("(clean)", "clean_prediction", cells[:1]), (label, "prediction", cells)):
            if (phase, split, name) not in lines:
                counts = np.mean([_counts(_sets(c, column), _sets(c, "label")) for c in from_cells], axis=0)
                lines[phase, split, name] = {"phase": phase, "split": split, "perturbation": name,
                                             **_columns(_estimates(counts, chosen)), "n": len(counts)}
    return pd.DataFrame(list(lines.values()))


def _counts(said: Sequence[Set[str]], true: Sequence[Set[str]]) -> Floats:
    """Links that are right, claimed and true, float64 [N, 3]."""
    return np.array([(len(s & t), len(s), len(t)) for s, t in zip(said, true, strict=True)],
                    dtype=np.float64).reshape(-1, 3)


def _figures(sums: Floats) -> Floats:
    """Precision, recall and F1 of numbers of links [R, 3]: right, claimed, true."""
    right, claimed, true = sums.T
    pairs = ((right, claimed), (right, true), (2 * right, claimed + true))
    return np.stack([np.divide(a, b, out=np.ones_like(a), where=b > 0) for a, b in pairs], axis=1)


def _estimates(counts: Floats, level: float) -> list[Estimate]:
    if not 0.0 < level < 1.0:
        raise UsageError(f"level={level} must lie between 0 and 1")
    means = resampled_means(list(counts.T), replicates=replicates_for(len(counts)))
    low, high = np.percentile(_figures(means), [50.0 * (1.0 - level), 50.0 * (1.0 + level)], axis=0)
    values = _figures(counts.sum(axis=0, keepdims=True))[0]
    return [Estimate(float(v), float(a), float(b), len(counts)) for v, a, b in zip(values, low, high, strict=True)]


def _sets(cell: Cell, column: str) -> list[set[str]]:
    """The ids that a column of a cell lists."""
    return [set() if text is None else set(json.loads(text)) for text in cell.samples[column].to_pylist()]


def _columns(estimates: Sequence[Estimate]) -> dict[str, float]:
    return {f"{name}{ending}": value for name, e in zip(("precision", "recall", "f1"), estimates, strict=True)
            for ending, value in (("", e.value), ("_low", e.low), ("_high", e.high))}
