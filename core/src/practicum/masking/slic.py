"""Superpixels: pixels gathered around centres by colour and place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_ROUNDS = 10
_AROUND = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]


def superpixels(image: npt.NDArray[np.float64], count: int, compactness: float) -> npt.NDArray[np.int32]:
    """The patch of each pixel, int32 [H, W], numbered from 0 without gaps; see
    :class:`practicum.masking.players.Superpixels`.

    Args:
        image: float64 [C, H, W].
        count: patches, at most.
        compactness: weight of place against colour.
    """
    channels, height, width = image.shape
    side = max(1.0, np.sqrt(height * width / count))
    rows, columns = (max(1, int(n / side)) for n in (height, width))
    y, x = np.indices((height, width))
    cell_y, cell_x = y * rows // height, x * columns // width
    spread = max(float(image.std(axis=(1, 2)).max()), 1e-12)
    # Distances are squared differences of colour in units of the image's spread, and of place in units of a patch.
    place = np.stack([y, x]) * (np.sqrt(compactness) / side)
    features = np.concatenate([image / spread, place]).reshape(channels + 2, -1)
    label = (cell_y * columns + cell_x).reshape(-1)
    near = np.stack([np.clip(cell_y + dy, 0, rows - 1) * columns + np.clip(cell_x + dx, 0, columns - 1)
                     for dy, dx in _AROUND]).reshape(len(_AROUND), -1)
    centres = np.zeros((channels + 2, rows * columns))
    for _ in range(_ROUNDS):
        size = np.bincount(label, minlength=rows * columns)
        for k, values in enumerate(features):
            total = np.bincount(label, weights=values, minlength=rows * columns)
            centres[k] = np.where(size > 0, total / np.maximum(size, 1), centres[k])
        best = np.full(label.shape, np.inf)
        moved = label
        for candidates in near:
            distance = ((features - centres[:, candidates]) ** 2).sum(axis=0)
            moved = np.where(distance < best, candidates, moved)
            best = np.minimum(distance, best)
        if np.array_equal(moved, label):
            break
        label = moved
    return np.unique(label, return_inverse=True)[1].reshape(height, width).astype(np.int32)
