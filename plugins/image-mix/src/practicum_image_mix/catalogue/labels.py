"""Labels alone."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("label-smoothing", "smoothing:LabelSmoothing", "Spreads a share of each label evenly over all classes.",
     "arXiv:1512.00567", ("labels", "regularisation")),
)
"""Short name, target, summary, what it follows (arXiv or DOI), keywords."""
