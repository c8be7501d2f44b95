"""Noise, compression, sharpness and other effects of cameras."""

from __future__ import annotations

TRANSFORMS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("AdditiveNoise", "Adds uniform, Gaussian, Laplace or beta noise, constant or per pixel.", "", ("noise",)),
    ("ChromaticAberration", "Bends two channels differently, as cheap lenses do.", "", ("camera", "color")),
    ("Downscale", "Shrinks and enlarges again.", "", ("resolution", "corruption")),
    ("Emboss", "Mixes in an embossed copy.", "", ("sharpness",)),
    ("GaussNoise", "Adds Gaussian noise.", "", ("noise",)),
    ("ISONoise", "Adds the colour and luminance noise of a sensor.", "", ("noise", "camera")),
    ("ImageCompression", "Compresses as JPEG or WebP at a drawn quality.", "", ("compression", "corruption")),
    ("MultiplicativeNoise", "Multiplies by a drawn factor, per image, channel or pixel.", "", ("noise",)),
    ("RingingOvershoot", "Rings at edges by a two-dimensional sinc filter.", "arXiv:2107.10833", ("sharpness", "blur")),
    ("SaltAndPepper", "Sets drawn pixels to black or white.", "", ("noise", "corruption")),
    ("Sharpen", "Mixes in a sharpened copy.", "", ("sharpness",)),
    ("ShotNoise", "Draws photon counts, so that noise grows with light.", "", ("noise", "camera")),
    ("Superpixels", "Replaces drawn superpixels by their mean colour.", "", ("segments",)),
    ("UnsharpMask", "Sharpens by subtracting a blurred copy.", "", ("sharpness",)),
)
"""Class name in albumentations, summary, what it follows (arXiv or DOI; empty for none), keywords."""
