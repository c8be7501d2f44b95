"""Noise and blur."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("gaussian-noise", "noise:GaussianNoise", "Adds independent Gaussian noise to every value.", "arXiv:1903.12261",
     ("noise", "corruption")),
    ("gaussian-blur", "blur:GaussianBlur", "Blurs by an exact separable Gaussian.", "",
     ("blur", "smoothing", "corruption")),
)
"""Short name, target, summary, what it follows (arXiv or DOI; empty for none), keywords."""
