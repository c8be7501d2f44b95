"""The operations that policies choose from, and how strong each is at each step of its scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from practicum_image_basic.operation import Size

Floats = npt.NDArray[np.float64]
Space = Literal["standard", "wide", "augmix"]

SIGNED = frozenset({"ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color", "Contrast",
                    "Sharpness"})
"""Operations whose magnitude is made negative for half of the samples."""

STANDARD = ("Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color", "Contrast",
            "Sharpness", "Posterize", "Solarize", "AutoContrast", "Equalize")
"""The fourteen operations of RandAugment and TrivialAugment."""

AUGMIX = ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Posterize", "Solarize", "AutoContrast", "Equalize")
"""The operations of AugMix, which leaves out those that make common corruptions."""

AUGMIX_ALL = (*AUGMIX, "Brightness", "Color", "Contrast", "Sharpness")
"""The same with those that do."""

_TOP: Mapping[str, Mapping[str, float]] = {
    "standard": {"Shear": 0.3, "Rotate": 30.0, "Enhance": 0.9},
    "wide": {"Shear": 0.99, "Rotate": 135.0, "Enhance": 0.99},
    "augmix": {"Shear": 0.3, "Rotate": 30.0, "Enhance": 0.9},
}
_BITS: Mapping[str, tuple[int, int]] = {"standard": (8, 4), "wide": (8, 6), "augmix": (4, 4)}


def strength(space: Space, op: str, step: npt.ArrayLike, bins: int, sizes: list[Size]) -> Floats:
    """Magnitudes of an operation at steps 0..bins-1 of its scale, unsigned; float64 [N].

    Shears in pixels a pixel, translations in pixels, rotations in degrees, ``Brightness``, ``Color``, ``Contrast`` and
    ``Sharpness`` as factor less 1, ``Posterize`` in bits kept, ``Solarize`` as threshold in levels 0..255; 0 for
    operations without a strength.

    ==============  ==========================  ==================  ==========================
    operation       standard                    wide                augmix
    ==============  ==========================  ==================  ==========================
    Shear           0 .. 0.3                    0 .. 0.99           0 .. 0.3
    Translate       0 .. 150 / 331 of the size  0 .. 32 pixels      0 .. 1 / 3 of the size
    Rotate          0 .. 30                     0 .. 135            0 .. 30
    the four        0 .. 0.9                    0 .. 0.99           0 .. 0.9
    Posterize       8 .. 4                      8 .. 2              4 .. 0
    Solarize        255 .. 0                    255 .. 0            255 .. 0
    ==============  ==========================  ==================  ==========================

    Args:
        space: ``standard`` (RandAugment, AutoAugment), ``wide`` (TrivialAugment) or ``augmix``.
        op: name of the operation.
        step: [N], or one for all.
        bins: length of the scale.
        sizes: height and width of each image.
    """
    share = np.broadcast_to(np.asarray(step, np.float64) / (bins - 1), (len(sizes),))
    if op.startswith("Translate"):
        axis = 1 if op.endswith("X") else 0
        most = np.array([s[axis] for s in sizes], np.float64)
        return share * {"standard": 150.0 / 331.0 * most, "wide": np.full_like(most, 32.0), "augmix": most / 3.0}[space]
    if op == "Posterize":
        first, spread = _BITS[space]
        return np.asarray(first - np.rint(share * spread))
    if op == "Solarize":
        return np.asarray(255.0 * (1.0 - share))
    scale = "Shear" if op.startswith("Shear") else "Rotate" if op == "Rotate" else "Enhance" if op in SIGNED else ""
    return np.asarray(share * _TOP[space][scale] if scale else np.zeros(len(sizes)))


def magnitudes(space: Space, ops: npt.NDArray[Any], steps: npt.ArrayLike, negative: npt.NDArray[np.bool_], bins: int,
               sizes: list[Size]) -> Floats:
    """Signed magnitudes of the operation drawn for each sample, float64 [N]; those of ``Translate`` are whole pixels.

    Args:
        space, bins, sizes: as in :func:`strength`.
        ops: names [N].
        steps: [N], or one for all.
        negative: which of the signed operations turn the other way, [N].
    """
    out = np.zeros(len(ops))
    each = np.broadcast_to(np.asarray(steps), (len(ops),))
    for op in np.unique(ops).tolist():
        rows = np.flatnonzero(ops == op)
        values = strength(space, op, each[rows], bins, [sizes[r] for r in rows.tolist()])
        values = np.trunc(values) if op.startswith("Translate") else values
        out[rows] = np.where(negative[rows], -values, values) if op in SIGNED else values
    return out + 0.0
