"""Dropping regions, pixels, channels and bands."""

from __future__ import annotations

TRANSFORMS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("ChannelDropout", "Sets drawn channels to a value.", "", ("dropout", "color")),
    ("CoarseDropout", "Fills drawn rectangles.", "arXiv:1708.04552", ("dropout", "cutout")),
    ("ConstrainedCoarseDropout", "Fills drawn rectangles inside the objects of a mask.", "",
     ("dropout", "segmentation")),
    ("Erasing", "Fills one rectangle of drawn area and aspect ratio.", "arXiv:1708.04896", ("dropout", "cutout")),
    ("FrequencyMasking", "Masks a band of rows of a spectrogram.", "arXiv:1904.08779", ("dropout", "spectrogram")),
    ("GridDropout", "Fills the cells of a grid.", "arXiv:2001.04086", ("dropout", "grid")),
    ("MaskDropout", "Removes drawn objects of a mask from image and mask.", "", ("dropout", "segmentation")),
    ("PixelDropout", "Sets single drawn pixels to a value.", "", ("dropout", "noise")),
    ("TimeMasking", "Masks a band of columns of a spectrogram.", "arXiv:1904.08779", ("dropout", "spectrogram")),
    ("TimeReverse", "Mirrors a spectrogram in time.", "", ("flip", "spectrogram")),
    ("XYMasking", "Masks drawn bands of rows and columns.", "arXiv:1904.08779", ("dropout", "spectrogram")),
)
"""Class name in albumentations, summary, what it follows (arXiv or DOI; empty for none), keywords."""
