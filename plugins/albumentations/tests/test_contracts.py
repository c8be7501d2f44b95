"""The core's contract on every wrapped transform, by its literal name."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFont

import practicum as pm
from practicum.testing import TransformationContract
from practicum.testing.samples import images

FOLDER = Path(tempfile.mkdtemp(prefix="practicum-albumentations-"))
FONT, REFERENCE = FOLDER / "font.ttf", FOLDER / "reference.png"

CASES: dict[str, dict[str, Any]] = {
    "albumentations/additive-noise": {},
    "albumentations/advanced-blur": {},
    "albumentations/affine": {},
    "albumentations/at-least-one-bbox-random-crop": {"height": 6, "width": 5},
    "albumentations/auto-contrast": {},
    "albumentations/bbox-safe-random-crop": {},
    "albumentations/blur": {},
    "albumentations/clahe": {"tile_grid_size": (2, 2)},
    "albumentations/center-crop": {"height": 6, "width": 5},
    "albumentations/channel-dropout": {},
    "albumentations/channel-shuffle": {},
    "albumentations/chromatic-aberration": {},
    "albumentations/coarse-dropout": {},
    "albumentations/color-jitter": {},
    "albumentations/constrained-coarse-dropout": {"mask_indices": (1,), "hole_height_range": (0.3, 0.6),
                                                  "hole_width_range": (0.3, 0.6)},
    "albumentations/crop": {"x_min": 1, "y_min": 1, "x_max": 7, "y_max": 6},
    "albumentations/crop-and-pad": {"percent": (-0.2, 0.3)},
    "albumentations/crop-non-empty-mask-if-exists": {"height": 6, "width": 5},
    "albumentations/d4": {},
    "albumentations/defocus": {},
    "albumentations/downscale": {},
    "albumentations/elastic-transform": {"alpha": 60.0, "sigma": 4.0},
    "albumentations/emboss": {},
    "albumentations/equalize": {},
    "albumentations/erasing": {},
    "albumentations/fda": {"references": (str(REFERENCE),)},
    "albumentations/fancy-pca": {},
    "albumentations/frequency-masking": {"freq_mask_param": 6},
    "albumentations/from-float": {},
    "albumentations/gauss-noise": {},
    "albumentations/gaussian-blur": {},
    "albumentations/glass-blur": {},
    "albumentations/grid-distortion": {},
    "albumentations/grid-dropout": {},
    "albumentations/grid-elastic-deform": {"num_grid_xy": (2, 2), "magnitude": 3},
    "albumentations/he-stain": {},
    "albumentations/histogram-matching": {"references": (str(REFERENCE),)},
    "albumentations/horizontal-flip": {},
    "albumentations/hue-saturation-value": {},
    "albumentations/iso-noise": {},
    "albumentations/illumination": {},
    "albumentations/image-compression": {},
    "albumentations/invert-img": {},
    "albumentations/longest-max-size": {"max_size": 10},
    "albumentations/mask-dropout": {},
    "albumentations/median-blur": {},
    "albumentations/morphological": {},
    "albumentations/mosaic": {"references": (str(REFERENCE),), "target_size": (12, 12), "cell_shape": (12, 12)},
    "albumentations/motion-blur": {},
    "albumentations/multiplicative-noise": {},
    "albumentations/normalize": {},
    "albumentations/optical-distortion": {},
    "albumentations/overlay-elements": {"references": (str(REFERENCE),)},
    "albumentations/pad": {"padding": 2},
    "albumentations/pad-if-needed": {"min_height": 32, "min_width": 36},
    "albumentations/perspective": {},
    "albumentations/piecewise-affine": {},
    "albumentations/pixel-distribution-adaptation": {"references": (str(REFERENCE),)},
    "albumentations/pixel-dropout": {},
    "albumentations/planckian-jitter": {},
    "albumentations/plasma-brightness-contrast": {},
    "albumentations/plasma-shadow": {},
    "albumentations/posterize": {},
    "albumentations/rgb-shift": {},
    "albumentations/random-brightness-contrast": {},
    "albumentations/random-crop": {"height": 6, "width": 5},
    "albumentations/random-crop-from-borders": {},
    "albumentations/random-crop-near-bbox": {},
    "albumentations/random-fog": {},
    "albumentations/random-gamma": {},
    "albumentations/random-gravel": {"number_of_patches": 8},
    "albumentations/random-grid-shuffle": {},
    "albumentations/random-rain": {},
    "albumentations/random-resized-crop": {"size": (8, 6)},
    "albumentations/random-rotate90": {},
    "albumentations/random-scale": {"scale_limit": (0.3, 0.6)},
    "albumentations/random-shadow": {},
    "albumentations/random-sized-bbox-safe-crop": {"height": 8, "width": 6},
    "albumentations/random-sized-crop": {"min_max_height": (4, 7), "size": (8, 6)},
    "albumentations/random-snow": {},
    "albumentations/random-sun-flare": {},
    "albumentations/random-tone-curve": {},
    "albumentations/resize": {"height": 12, "width": 10},
    "albumentations/ringing-overshoot": {},
    "albumentations/rotate": {},
    "albumentations/safe-rotate": {},
    "albumentations/salt-and-pepper": {},
    "albumentations/sharpen": {},
    "albumentations/shift-scale-rotate": {},
    "albumentations/shot-noise": {},
    "albumentations/smallest-max-size": {"max_size": 10},
    "albumentations/solarize": {},
    "albumentations/spatter": {},
    "albumentations/square-symmetry": {},
    "albumentations/superpixels": {"p_replace": 0.5, "n_segments": 16},
    "albumentations/text-image": {"font_path": str(FONT)},
    "albumentations/thin-plate-spline": {},
    "albumentations/time-masking": {"time_mask_param": 6},
    "albumentations/time-reverse": {},
    "albumentations/to-float": {},
    "albumentations/to-gray": {},
    "albumentations/to-rgb": {},
    "albumentations/to-sepia": {},
    "albumentations/transpose": {},
    "albumentations/unsharp-mask": {},
    "albumentations/vertical-flip": {},
    "albumentations/xy-masking": {},
    "albumentations/zoom-blur": {},
}
"""Name -> the configuration checked: the shipped example, which acts on 12 by 12 pixels."""


def batch(kind: str = "", channels: int = 3, size: int = 12, count: int = 5) -> pm.Batch:
    """Labelled float images, with a target of the kind that the transform needs."""
    data = images(count, channels, size)
    if kind == "uint8":
        data = (data * 255).byte()
    targets: dict[str, Any] = {"label": np.arange(count) % 3}
    if kind == "masks":
        mask = np.zeros((size, size), np.uint8)
        mask[1:7, 2:8] = 1
        mask[8:, 3:] = 1
        targets["masks"] = pm.Target("masks", [mask] * count)
    if kind in ("boxes", "box"):
        targets["boxes"] = pm.Target("boxes", [np.array([[2.0, 3.0, 8.0, 9.0], [5.0, 5.0, 7.0, 8.0]])] * count)
    return pm.Batch.of(data, ids=[f"s{i}" for i in range(count)], targets=targets)


NEEDS = {"at-least-one-bbox-random-crop": "boxes", "bbox-safe-random-crop": "boxes",
         "random-sized-bbox-safe-crop": "boxes", "random-crop-near-bbox": "box", "constrained-coarse-dropout": "masks",
         "crop-non-empty-mask-if-exists": "masks", "mask-dropout": "masks", "to-float": "uint8"}
"""What the samples of a transform have to hold."""

FIXED = frozenset({"auto-contrast", "center-crop", "crop", "downscale", "equalize", "from-float", "to-float",
                   "horizontal-flip", "invert-img", "longest-max-size", "morphological", "normalize", "pad",
                   "pad-if-needed", "posterize", "resize", "smallest-max-size", "solarize", "time-reverse", "to-gray",
                   "to-rgb", "to-sepia", "transpose", "vertical-flip"})
"""Transforms that draw nothing at this configuration: every seed gives the same."""

_DTYPE = "uint8 and float images"
SKIPS = {"from-float": {_DTYPE: "to turn floats into uint8 is what it does"},
         "normalize": {_DTYPE: "its output is float32, since normalised values are negative too"},
         "to-float": {_DTYPE: "to turn uint8 into floats is what it does"}}
"""Checks that a transform can't pass, and why."""


def _write_inputs() -> None:
    """A font and a reference image, made on the spot."""
    FONT.write_bytes(ImageFont.load_default(12).font_bytes)
    ramp = np.linspace(0, 255, 6, dtype=np.uint8)
    Image.fromarray(np.stack([np.add.outer(ramp // 2, ramp // 2), np.tile(ramp, (6, 1)),
                              np.tile(ramp[::-1, None], (1, 6))], axis=-1)).save(REFERENCE)


def _contract(name: str, config: Mapping[str, Any]) -> type[TransformationContract]:
    short = name.split("/")[1]
    size = {"clahe": 32, "random-gravel": 128, "superpixels": 16, "text-image": 32}.get(short, 12)
    facts = {"technique": name, "config": dict(config), "skip": SKIPS.get(short, {}),
             "samples": batch(NEEDS.get(short, ""), 1 if short == "to-rgb" else 3, size)}
    if short in FIXED:
        facts["random"] = False
    return type("Test" + short.title().replace("-", ""), (TransformationContract,), facts)


_write_inputs()
for _name, _config in CASES.items():
    _made = _contract(_name, _config)
    globals()[_made.__name__] = _made
del _made
