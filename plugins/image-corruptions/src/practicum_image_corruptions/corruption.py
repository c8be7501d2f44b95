"""What the corruptions share: severities, the two published tables, draws, dtypes, stacked and ragged images."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from practicum.batch import Batch
from practicum.keys import Keys
from practicum.transformation import Transformation

F64 = npt.NDArray[np.float64]
Table = Literal["imagenet", "cifar"]
SMALL = 64
"""Images whose shorter side is at most this many pixels take the table of 32x32 images under ``scale="auto"``."""


@dataclass(frozen=True)
class Draws:
    """The draws of one sample, by position; severity is not in them, so that severities share them."""

    keys: Keys

    def uniform(self, *shape: int, lane: int = 0) -> F64:
        """Uniform in [0, 1) with 53 bits."""
        return self.keys.uniform53(int(np.prod(shape)), lane=lane).reshape(shape)

    def normal(self, *shape: int, lane: int = 0) -> F64:
        """Standard normal, by the Box-Muller form of ``Keys.normal``."""
        return self.keys.normal(int(np.prod(shape)), lane=lane).reshape(shape).astype(np.float64)

    def between(self, low: float, high: float, *, lane: int) -> float:
        """One uniform number."""
        return low + (high - low) * float(self.uniform(1, lane=lane)[0])


class Corruption(Transformation):
    """A common corruption of Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions
    and Perturbations", arXiv:1903.12261, at one of its five severities.

    Images are float in 0..1 or uint8; results are clipped to 0..1 and uint8 is rounded to the nearest level (the
    authors' released code cuts off). All is computed in float64, or in 8 bits by Pillow. The label
    and places stay as they are.

    Args:
        severity: 1 (mild) to 5 (strong); 0 leaves the image as it is.
        scale: which published constants hold: those for 224x224 images, those for 32x32 images, or by size.
    """

    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"severity": (1, 2, 3, 4, 5)}
    constants: ClassVar[Mapping[Table, tuple[Any, ...]]] = {}
    """The published constants of the five severities, for each scale."""

    severity: int = Field(default=3, ge=0, le=5, description="1 (mild) to 5 (strong); 0 leaves the image as it is")
    scale: Literal["auto", "imagenet", "cifar"] = Field(
        default="auto", description="published constants for 224x224 images (imagenet), for 32x32 images (cifar), or "
                                    "auto: cifar where the shorter side has at most 64 pixels")

    @abstractmethod
    def corrupt(self, image: F64, constant: Any, draws: Draws) -> F64:
        """The corrupted image, [H, W, C] in 0..1; what leaves the range is clipped by the caller."""

    def corrupt_levels(self, image: npt.NDArray[np.uint8], constant: Any) -> npt.NDArray[np.uint8] | None:
        """The same on uint8, for what is defined on 8 bits and draws nothing; ``None`` goes by :meth:`corrupt`."""
        return None

    def drawn(self, draws: Draws) -> Mapping[str, float]:
        """Drawn parameters that are written to the log."""
        return {}

    def table(self, height: int, width: int) -> Table:
        """The table that an image of this size takes."""
        if self.scale == "auto":
            return "cifar" if min(height, width) <= SMALL else "imagenet"
        return self.scale

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        """Corrupt every image by its own draws."""
        column = batch.column_name(self.on, self.modalities)
        before = batch.columns[column].data
        images = _views(before)
        each = [Draws(keys.bind(batch.ids.take(np.array([row])))) for row in range(len(images))]
        made = [self._one(image, draws, batch.ids[row]) for row, (image, draws) in
                enumerate(zip(images, each, strict=True))]
        out = made if isinstance(before, list) else torch.from_numpy(
            np.ascontiguousarray(np.stack(made).transpose(0, 3, 1, 2))).to(device=before.device, dtype=before.dtype)
        params = None
        if batch.edits is not None:
            drawn = [self.drawn(draws) for draws in each]
            params = {"severity": np.full(len(made), self.severity),
                      "table": np.array([self.table(*i.shape[:2]) for i in images]),
                      **{name: np.array([row[name] for row in drawn]) for name in drawn[0]}}
        return batch.with_column(column, out, op=" > ".join(keys.path), params=params)

    def _one(self, image: npt.NDArray[Any], draws: Draws, sample: Any) -> npt.NDArray[Any]:
        self.require(image, sample)
        if self.severity == 0:
            return image.copy()
        constant = self.constants[self.table(*image.shape[:2])][self.severity - 1]
        levels = self.corrupt_levels(image, constant) if image.dtype == np.uint8 else None
        if levels is not None:
            return levels
        values = image.astype(np.float64)
        values = np.clip(self.corrupt(values / 255.0 if image.dtype == np.uint8 else values, constant, draws), 0.0, 1.0)
        return np.rint(values * 255.0).astype(np.uint8) if image.dtype == np.uint8 else values.astype(image.dtype)

    def require(self, image: npt.NDArray[Any], sample: Any) -> None:
        """Raise a DataError where the corruption can't take an image."""


def _views(data: Any) -> list[npt.NDArray[Any]]:
    if isinstance(data, list):
        return data
    stacked = data.detach().cpu()
    if stacked.dtype == torch.bfloat16:
        stacked = stacked.float()
    return list(stacked.numpy().transpose(0, 2, 3, 1))
