"""Blurs."""

from __future__ import annotations

TRANSFORMS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("AdvancedBlur", "Blurs by a rotated generalised Gaussian kernel with multiplicative noise.", "", ("blur",)),
    ("Blur", "Blurs by a box kernel of a drawn size.", "", ("blur", "smoothing")),
    ("Defocus", "Blurs as a lens out of focus does.", "arXiv:1903.12261", ("blur", "camera", "corruption")),
    ("GaussianBlur", "Blurs by a Gaussian of a drawn width.", "", ("blur", "smoothing")),
    ("GlassBlur", "Swaps near pixels as frosted glass does.", "arXiv:1903.12261", ("blur", "corruption")),
    ("MedianBlur", "Replaces each pixel by the median of a drawn neighbourhood.", "", ("blur", "smoothing")),
    ("MotionBlur", "Blurs along a line of drawn length and direction.", "", ("blur", "camera", "motion")),
    ("ZoomBlur", "Averages copies zoomed by growing factors.", "arXiv:1903.12261", ("blur", "motion", "corruption")),
)
"""Class name in albumentations, summary, what it follows (arXiv or DOI; empty for none), keywords."""
