"""Predicted links against true ones, sample by sample.

A sample stands for its set of links: what one record of the left side is linked to. Precision, recall and F1 are those
of this set, so their mean over samples weighs every sample alike (the "average over samples" of multi-label
classification), where entity-matching papers pool all pairs first. Scores only rank: every link that a model returns
is claimed, and a model's threshold is a field of its own.
"""

from __future__ import annotations

from collections.abc import Set


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
