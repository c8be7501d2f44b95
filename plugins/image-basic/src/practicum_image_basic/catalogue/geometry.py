"""Operations that move pixels, or take them away."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("shift", "geometry:Shift", "Moves the image by whole pixels, drawn per sample.", "", ("translation", "geometry")),
    ("flip", "geometry:Flip", "Mirrors the image, drawn per sample.", "", ("mirror", "geometry")),
    ("rotate", "affine:Rotate", "Turns the image about its centre by an angle drawn per sample.", "",
     ("rotation", "geometry")),
    ("shear", "affine:Shear", "Slants the image by angles drawn per sample.", "", ("shear", "geometry")),
    ("zoom", "affine:Zoom", "Enlarges or shrinks the image about its centre, drawn per sample.", "",
     ("scale", "geometry")),
    ("translate", "affine:Translate", "Moves the image by fractions of pixels, drawn per sample.", "",
     ("translation", "geometry")),
    ("affine", "affine:Affine", "Rotation, zoom, shear and translation in one warp, drawn per sample.", "",
     ("rotation", "scale", "shear", "translation", "geometry")),
    ("perspective", "perspective:Perspective", "Moves the corners of the image, and the plane with them.", "",
     ("homography", "geometry")),
    ("rotate90", "symmetries:Rotate90", "Quarter turns, exact, drawn per sample.", "", ("rotation", "geometry")),
    ("d4", "symmetries:D4", "One of the eight symmetries of the square, exact, drawn per sample.", "",
     ("rotation", "mirror", "geometry")),
    ("transpose", "symmetries:Transpose", "Rows become columns, exact, drawn per sample.", "", ("mirror", "geometry")),
    ("random-crop", "crops:RandomCrop", "A part of the image at a place drawn per sample.", "", ("crop", "geometry")),
    ("center-crop", "crops:CenterCrop", "The middle of the image.", "", ("crop", "geometry")),
    ("pad-crop", "crops:PadCrop", "Pads the image and crops its old size from it at a drawn place.", "arXiv:1512.03385",
     ("crop", "pad", "translation", "geometry")),
    ("resize", "resizing:Resize", "Brings images to one size.", "", ("scale", "geometry")),
    ("random-resized-crop", "resizing:RandomResizedCrop", "A part of random area and aspect, resized to one size.",
     "arXiv:1409.4842", ("crop", "scale", "geometry")),
    ("erasing", "erasing:Erasing", "Replaces a random rectangle by a value or noise.", "arXiv:1708.04896",
     ("cutout", "occlusion")),
    ("elastic", "elastic:Elastic", "Smooth random displacements.", "doi:10.1109/ICDAR.2003.1227801",
     ("deformation", "geometry")),
    ("grid-shuffle", "shuffling:GridShuffle", "The tiles of the image change places.", "", ("patches", "geometry")),
    ("grid-dropout", "erasing:GridDropout", "Replaces the squares of a random grid.", "arXiv:2001.04086",
     ("gridmask", "occlusion")),
)
"""Short name, target, summary, what it follows (arXiv or DOI; empty for none), keywords."""
