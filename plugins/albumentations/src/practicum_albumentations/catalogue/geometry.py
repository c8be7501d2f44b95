"""Moving pixels: flips, rotations, warps."""

from __future__ import annotations

TRANSFORMS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("Affine", "Scales, translates, rotates and shears by drawn amounts.", "", ("geometry", "rotation", "scale")),
    ("D4", "Applies one of the eight symmetries of the square.", "", ("geometry", "flip", "rotation")),
    ("ElasticTransform", "Displaces pixels by a smooth random field.", "doi:10.1109/ICDAR.2003.1227801",
     ("geometry", "elastic", "warp")),
    ("GridDistortion", "Stretches and shrinks the cells of a grid.", "", ("geometry", "warp", "grid")),
    ("GridElasticDeform", "Displaces the nodes of a grid and warps between them.", "", ("geometry", "warp", "grid")),
    ("HorizontalFlip", "Swaps left and right.", "", ("geometry", "flip")),
    ("Morphological", "Dilates or erodes by a drawn kernel.", "", ("geometry", "morphology")),
    ("OpticalDistortion", "Bends the image as a camera or fisheye lens does.", "", ("geometry", "warp", "camera")),
    ("Perspective", "Moves the corners and warps the plane.", "", ("geometry", "warp")),
    ("PiecewiseAffine", "Moves the nodes of a grid, affine in between.", "", ("geometry", "warp", "grid")),
    ("RandomGridShuffle", "Shuffles the cells of a grid.", "", ("geometry", "grid")),
    ("RandomRotate90", "Rotates by a drawn multiple of 90 degrees.", "", ("geometry", "rotation")),
    ("Rotate", "Rotates by a drawn angle.", "", ("geometry", "rotation")),
    ("SafeRotate", "Rotates by a drawn angle and shrinks so that nothing is cut off.", "", ("geometry", "rotation")),
    ("ShiftScaleRotate", "Shifts, scales and rotates by drawn amounts; Affine's older form.", "",
     ("geometry", "rotation", "translation")),
    ("SquareSymmetry", "Applies one of the eight symmetries of the square; D4 by its other name.", "",
     ("geometry", "flip", "rotation")),
    ("ThinPlateSpline", "Warps by a thin-plate spline over drawn control points.", "", ("geometry", "warp")),
    ("Transpose", "Swaps rows and columns.", "", ("geometry", "flip")),
    ("VerticalFlip", "Swaps top and bottom.", "", ("geometry", "flip")),
)
"""Class name in albumentations, summary, what it follows (arXiv or DOI; empty for none), keywords."""
