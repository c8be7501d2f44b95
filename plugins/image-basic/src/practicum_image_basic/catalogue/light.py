"""Operations on the values of pixels."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("brightness", "light:Brightness", "Scales all values by a factor drawn per sample.", "", ("light", "color")),
    ("contrast", "light:Contrast", "Scales the distance from the mean grey by a factor drawn per sample.", "",
     ("light", "color")),
)
"""Short name, target, summary, what it follows (arXiv or DOI; empty for none), keywords."""
