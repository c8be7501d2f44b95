"""Transforms that take other images, or a text."""

from __future__ import annotations

TRANSFORMS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("FDA", "Takes the low frequencies from a reference image.", "arXiv:2004.05498", ("domain", "reference")),
    ("HistogramMatching", "Matches the histogram of a reference image.", "", ("domain", "reference", "histogram")),
    ("Mosaic", "Puts the image and references into a grid.", "arXiv:2004.10934", ("mix", "reference", "detection")),
    ("OverlayElements", "Pastes reference images at drawn places.", "", ("mix", "reference", "occlusion")),
    ("PixelDistributionAdaptation", "Fits the distribution of pixels to that of a reference.", "",
     ("domain", "reference")),
    ("TextImage", "Writes a text into a box of the image.", "", ("text", "occlusion")),
)
"""Class name in albumentations, summary, what it follows (arXiv or DOI; empty for none), keywords."""
