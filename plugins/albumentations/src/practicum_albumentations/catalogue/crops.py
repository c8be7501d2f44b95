"""Crops, pads and sizes."""

from __future__ import annotations

TRANSFORMS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("AtLeastOneBBoxRandomCrop", "Crops a window that holds at least part of one box.", "", ("crop", "detection")),
    ("BBoxSafeRandomCrop", "Crops a drawn window that keeps every box.", "", ("crop", "detection")),
    ("CenterCrop", "Crops the middle.", "", ("crop",)),
    ("Crop", "Crops a given window.", "", ("crop",)),
    ("CropAndPad", "Crops or pads each side by drawn amounts.", "", ("crop", "pad")),
    ("CropNonEmptyMaskIfExists", "Crops a window in which the mask is not empty, where there is one.", "",
     ("crop", "segmentation")),
    ("LongestMaxSize", "Resizes so that the longer side has a given length.", "", ("resize",)),
    ("Pad", "Pads the sides by given amounts.", "", ("pad",)),
    ("PadIfNeeded", "Pads up to a least height and width.", "", ("pad",)),
    ("RandomCrop", "Crops a window of a given size at a drawn place.", "", ("crop",)),
    ("RandomCropFromBorders", "Cuts a drawn part off each side.", "", ("crop",)),
    ("RandomCropNearBBox", "Crops around the first box of the sample, shifted by a drawn part.", "",
     ("crop", "detection")),
    ("RandomResizedCrop", "Crops a drawn area and aspect ratio and resizes it.", "arXiv:1409.4842", ("crop", "resize")),
    ("RandomScale", "Resizes by a drawn factor.", "", ("resize", "scale")),
    ("RandomSizedBBoxSafeCrop", "Crops a drawn window that keeps every box and resizes it.", "",
     ("crop", "resize", "detection")),
    ("RandomSizedCrop", "Crops a window of drawn size and resizes it.", "", ("crop", "resize")),
    ("Resize", "Resizes to a given height and width.", "", ("resize",)),
    ("SmallestMaxSize", "Resizes so that the shorter side has a given length.", "", ("resize",)),
)
"""Class name in albumentations, summary, what it follows (arXiv or DOI; empty for none), keywords."""
