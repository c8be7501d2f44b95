"""Blurs."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("defocus-blur", "blur:DefocusBlur", "A lens out of focus: an averaged disk.", ("blur", "camera")),
    ("glass-blur", "blur:GlassBlur", "Frosted glass: near pixels swapped between two blurs.", ("blur",)),
    ("motion-blur", "blur:MotionBlur", "A moving camera: a half Gaussian along a drawn direction.", ("blur", "motion")),
    ("zoom-blur", "blur:ZoomBlur", "A camera moving towards the object: averaged zooms.", ("blur", "motion")),
)
"""Short name, target, summary, keywords."""
