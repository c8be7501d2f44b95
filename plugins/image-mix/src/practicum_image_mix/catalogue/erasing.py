"""Pieces of images taken away."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("cutout", "cutout:Cutout", "Fills a square at a random place of each image.", "arXiv:1708.04552",
     ("occlusion", "regularisation")),
    ("random-erasing", "erasing:RandomErasing", "Erases random rectangles: constant, a random colour, or noise.",
     "arXiv:1708.04896", ("occlusion", "regularisation")),
)
"""Short name, target, summary, what it follows (arXiv or DOI), keywords."""
