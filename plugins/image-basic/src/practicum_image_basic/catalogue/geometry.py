"""Operations that move pixels."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("shift", "geometry:Shift", "Moves the image by whole pixels, drawn per sample.", "", ("translation", "geometry")),
    ("flip", "geometry:Flip", "Mirrors the image, drawn per sample.", "", ("mirror", "geometry")),
)
"""Short name, target, summary, what it follows (arXiv or DOI; empty for none), keywords."""
