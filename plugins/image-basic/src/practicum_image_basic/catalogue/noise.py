"""Noise and blur."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("gaussian-noise", "noise:GaussianNoise", "Adds independent Gaussian noise to every value.", "arXiv:1903.12261",
     ("noise", "corruption")),
    ("gaussian-blur", "blur:GaussianBlur", "Blurs by an exact separable Gaussian.", "",
     ("blur", "smoothing", "corruption")),
    ("speckle", "noise:Speckle", "Multiplies every value by Gaussian noise around 1.", "arXiv:1903.12261",
     ("noise", "corruption")),
    ("salt-and-pepper", "noise:SaltAndPepper", "Sets pixels to white or black.", "arXiv:1903.12261",
     ("noise", "impulse", "corruption")),
    ("shot-noise", "noise:ShotNoise", "Counts photons: Poisson noise.", "arXiv:1903.12261",
     ("noise", "poisson", "corruption")),
    ("box-blur", "blur:BoxBlur", "Blurs by the mean of a square.", "", ("blur", "smoothing")),
    ("median-blur", "blur:MedianBlur", "Replaces each value by the median around it.", "", ("blur", "smoothing")),
    ("motion-blur", "blur:MotionBlur", "Smears the image along a line, in a direction drawn per sample.", "",
     ("blur", "corruption")),
    ("sharpness", "sharpen:Sharpness", "Scales the distance from the smoothed image by a factor drawn per sample.", "",
     ("sharpening",)),
    ("unsharp-mask", "sharpen:UnsharpMask", "Adds the difference from the blurred image.", "", ("sharpening",)),
)
"""Short name, target, summary, what it follows (arXiv or DOI; empty for none), keywords."""
