"""What this plugin offers."""

from __future__ import annotations

from collections.abc import Iterator

from practicum.hooks import hookimpl
from practicum.spec import TechniqueSpec

_ALL = (
    ("gaussian-noise", "noise:GaussianNoise", "Adds independent Gaussian noise to every value.",
     ("noise", "corruption")),
    ("gaussian-blur", "blur:GaussianBlur", "Blurs by an exact separable Gaussian.",
     ("blur", "smoothing", "corruption")),
    ("shift", "geometry:Shift", "Moves the image by whole pixels, drawn per sample.", ("translation", "geometry")),
    ("flip", "geometry:Flip", "Mirrors the image, drawn per sample.", ("mirror", "geometry")),
    ("brightness", "light:Brightness", "Scales all values by a factor drawn per sample.", ("light", "color")),
    ("contrast", "light:Contrast", "Scales the distance from the mean grey by a factor drawn per sample.",
     ("light", "color")),
)


@hookimpl
def register_techniques() -> Iterator[TechniqueSpec]:
    """Six transformations of images."""
    for short, target, summary, keywords in _ALL:
        yield TechniqueSpec(name=f"image-basic/{short}", kind="transformation", modalities=("image",), summary=summary,
                            target=f"practicum_image_basic.{target}", requires=("torch", "numba"), keywords=keywords)
