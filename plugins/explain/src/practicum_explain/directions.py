"""Directions in a space of activations that tell two sets of examples apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def discriminant(positive: Floats, negative: Floats, shrinkage: float) -> Floats:
    """Fisher's linear discriminant between two sets [n, P], a direction of length 1 toward ``positive``.

    The covariance within the sets, in which both count equally, is drawn toward a multiple of the identity by a share
    ``shrinkage``. Solved among the examples, of which there are fewer than numbers. A zero vector where the sets have
    equal means.
    """
    toward = positive.mean(axis=0) - negative.mean(axis=0)
    spread = np.concatenate([(s - s.mean(axis=0)) / np.sqrt(2 * len(s)) for s in (positive, negative)])
    ridge = shrinkage * float((spread**2).sum()) / max(spread.shape[1], 1)
    if ridge > 0:
        # (ridge I + (1 - s) X'X)^-1 d, by the matrix inversion lemma
        thin = np.sqrt(1 - shrinkage) * spread
        inner = ridge * np.eye(len(thin)) + thin @ thin.T
        toward = (toward - thin.T @ np.linalg.solve(inner, thin @ toward)) / ridge
    size = float(np.linalg.norm(toward))
    return np.asarray(toward / size if size > 0 else toward)


def told_apart(direction: Floats, positive: Floats, negative: Floats, threshold: float) -> float:
    """Share of two sets, counted equally, that lie on their own side of a threshold along a direction."""
    right = (positive @ direction > threshold).mean() + (negative @ direction <= threshold).mean()
    return float(right) / 2
