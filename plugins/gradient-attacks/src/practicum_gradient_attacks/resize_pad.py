"""Images resized and padded at random, differentiably, each by its own draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from practicum.keys import Keys

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class ResizePad:
    """A map of images to images of the same size: each is shrunk bilinearly and put somewhere on black.

    Args:
        rows: float64 [N, H, H], which rows of the image each row of the result is made of.
        columns: float64 [N, W, W], likewise.
    """

    rows: npt.NDArray[np.float64]
    columns: npt.NDArray[np.float64]

    @classmethod
    def drawn(cls, keys: Keys, size: Any, *, chance: float, shrink: float) -> Self:
        """For each sample: whether, how small, and where, uniformly.

        Args:
            keys: bound to the N samples.
            size: height and width of the images.
            chance: probability that an image is resized at all.
            shrink: least height, as a share of the whole; the width keeps the aspect.
        """
        height, width = (int(s) for s in size)
        use, small, top, left = keys.uniform53(4).T
        least = min(max(int(np.ceil(shrink * height)), 1), height)
        h = np.where(use < chance, least + np.floor(small * (height - least + 1)), height).astype(np.int64)
        w = np.clip(np.rint(width * h / height), 1, width).astype(np.int64)
        return cls(interpolation(height, h, np.floor(top * (height - h + 1)).astype(np.int64)),
                   interpolation(width, w, np.floor(left * (width - w + 1)).astype(np.int64)))

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """The map of [N, C, H, W]."""
        import torch

        rows, columns = (torch.from_numpy(m).to(images) for m in (self.rows, self.columns))
        return rows[:, None] @ images @ columns[:, None].transpose(-1, -2)


def interpolation(whole: int, small: npt.NDArray[np.int64], first: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Matrices that shrink ``whole`` values to ``small`` by linear interpolation (pixels are areas, not points) and put
    them at ``first``, zeros around.

    Args:
        whole: L.
        small, first: int64 [N].

    Returns:
        float64 [N, L, L].

    Example:
        >>> interpolation(4, np.array([2]), np.array([1]))[0]
        array([[0. , 0. , 0. , 0. ],
               [0.5, 0.5, 0. , 0. ],
               [0. , 0. , 0.5, 0.5],
               [0. , 0. , 0. , 0. ]])
    """
    place = np.arange(whole)[None, :] - first[:, None]
    covered = (place >= 0) & (place < small[:, None])
    at = np.clip((place + 0.5) * (whole / small[:, None]) - 0.5, 0.0, whole - 1.0)
    low = np.floor(at).astype(np.int64)
    share = at - low
    made = np.zeros((len(small), whole, whole))
    n, r = np.indices(place.shape)
    np.add.at(made, (n, r, low), np.where(covered, 1.0 - share, 0.0))
    np.add.at(made, (n, r, np.minimum(low + 1, whole - 1)), np.where(covered, share, 0.0))
    return made
