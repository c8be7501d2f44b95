"""Random erasing: rectangles replaced by a constant, a random colour, or noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from practicum import Batch, Keys, Transformation
from practicum.errors import ConfigError
from practicum_image_mix.outputs import copied
from practicum_image_mix.rectangles import check_range, erase_rectangles

EraseMode = Literal["const", "rand", "pixel"]
NOISE_LANE = 3
Floats = npt.NDArray[np.float32]


class RandomErasing(Transformation):
    """Erases random rectangles, each sample its own.

    Follows Zhong et al., "Random Erasing Data Augmentation", arXiv:1708.04896, in the form of timm: up to ``max_count``
    rectangles, and values from a normal distribution where the paper has uniform ones. The label is kept, as in the
    paper. For training, :class:`practicum_image_mix.trainmix.TrainMix` does the same in one pass with normalisation and
    mixing.

    Images are a tensor [N, C, H, W], float or uint8, or a list of [H, W, C] arrays of different sizes.

    Args:
        probability: that an image is erased at all.
        min_area, max_area: share of the image that is erased, divided by the number of rectangles.
        min_aspect, max_aspect: height over width, log-uniform; ``1 / min_aspect`` when the upper one is left out.
        mode: ``"const"``: ``value``; ``"rand"``: one normal colour a rectangle; ``"pixel"``: normal noise in every
            pixel and channel. timm's names.
        min_count, max_count: rectangles an image; ``min_count`` when the upper one is left out.
        value: for ``"const"``, in the units of the images.
        mean, std: of the normal distribution; when left out 0 and 1 for floats, as for normalised images, and 128 and
            64 for uint8.

    Raises:
        TargetError: boxes, masks or keypoints are attached: what is erased may have been the object.

    Example:
        >>> import torch
        >>> out = RandomErasing(probability=1.0, value=-1.0)(torch.zeros(100, 1, 20, 20), seed=3)
        >>> share = (out == -1).float().mean(dim=(1, 2, 3))
        >>> bool(share.min() > 0.01), bool(share.max() < 0.4)
        (True, True)
    """

    name: ClassVar[str] = "image-mix/random-erasing"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"probability": (0.25, 0.5, 1.0)}

    probability: float = Field(default=0.5, ge=0.0, le=1.0, description="that an image is erased at all")
    min_area: float = Field(default=0.02, gt=0.0, le=1.0, description="smallest share erased")
    max_area: float = Field(default=1 / 3, gt=0.0, le=1.0, description="largest share erased")
    min_aspect: float = Field(default=0.3, gt=0.0, le=1000.0, description="smallest height over width")
    max_aspect: float | None = Field(default=None, gt=0.0, le=1000.0, description="largest; 1 / min_aspect if left out")
    mode: EraseMode = Field(default="const", description="a constant, a random colour, or noise in every pixel")
    min_count: int = Field(default=1, ge=1, le=64, description="fewest rectangles")
    max_count: int | None = Field(default=None, ge=1, le=64, description="most rectangles; min_count if left out")
    value: float = Field(default=0.0, description="for const, in the units of the images")
    mean: float | None = Field(default=None, description="of the random values")
    std: float | None = Field(default=None, ge=0.0, description="of the random values")

    @model_validator(mode="after")
    def _ordered(self) -> RandomErasing:
        check_range((self.min_area, self.max_area), "(min_area, max_area)", 1.0)
        check_range(self.aspect, "(min_aspect, max_aspect)")
        if self.counts[1] < self.min_count:
            raise ConfigError(f"max_count {self.max_count} is below min_count {self.min_count}")
        return self

    @property
    def aspect(self) -> tuple[float, float]:
        """Bounds of height over width."""
        return self.min_aspect, self.max_aspect or 1.0 / self.min_aspect

    @property
    def counts(self) -> tuple[int, int]:
        """Fewest and most rectangles."""
        return self.min_count, self.max_count or self.min_count

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        column = batch.column_name(self.on, self.modalities)
        images = batch.column(column)
        listed = isinstance(images, list)
        sizes = (np.array([image.shape[:2] for image in images], dtype=np.int64).T if listed
                 else np.array(images.shape[2:], dtype=np.int64))
        spots = erase_rectangles(keys, *sizes, probability=self.probability, area=(self.min_area, self.max_area),
                                 aspect=self.aspect, counts=self.counts)
        out: Any = [image.copy() for image in images] if listed else copied(images)
        for row, k in np.argwhere(spots[..., 1] > spots[..., 0]):
            y0, y1, x0, x1 = spots[row, k]
            shape = (images[row].shape[2], *images[row].shape[:2]) if listed else images.shape[1:]
            values = self._values(keys, int(row), int(k), spots[row, k], shape, _is_bytes(images[row]))
            if listed:
                out[row][y0:y1, x0:x1] = values.transpose(1, 2, 0).astype(images[row].dtype)
            else:
                import torch

                out[row, :, y0:y1, x0:x1] = torch.from_numpy(values).to(out)
        params = None if batch.edits is None else {
            f"{side}{k}": spots[:, k, place] for k in range(spots.shape[1])
            for place, side in enumerate(("y0_", "y1_", "x0_", "x1_"))}
        return batch.with_column(column, out, op=" > ".join(keys.path), params=params)

    def _values(self, keys: Keys, row: int, k: int, spot: Any, shape: Any, whole: bool) -> Floats:
        """Float32 [C, 1, 1] or [C, h, w]; whole numbers in 0..255 for uint8 images."""
        centre = (128.0 if whole else 0.0) if self.mean is None else self.mean
        spread = (64.0 if whole else 1.0) if self.std is None else self.std
        if self.mode == "const":
            values = np.full((shape[0], 1, 1), self.value, dtype=np.float32)
        else:
            drawn = colours(keys, row, k, shape[0]) if self.mode == "rand" else _noise(keys, row, spot, shape)
            values = np.float32(centre) + np.float32(spread) * drawn
        return np.clip(np.floor(values + np.float32(0.5)), 0, 255) if whole else values


def colours(keys: Keys, row: int, k: int, channels: int) -> Floats:
    """The normal colour of rectangle ``k`` of one sample, float32 [C, 1, 1]."""
    one = keys.bind(keys.ids.take(np.array([row]))) if keys.ids is not None else keys
    return one.normal((k + 1) * channels, lane=2)[0, k * channels:].reshape(-1, 1, 1)


def _noise(keys: Keys, row: int, spot: Any, shape: Any) -> Floats:
    from practicum_image_mix.ops.fuse.cpu import noise_box

    values = np.empty((shape[0], spot[1] - spot[0], spot[3] - spot[2]), np.float32)
    noise_box(values, keys.stream, NOISE_LANE, keys.hashes[row], shape[1], shape[2], spot[0], spot[2])
    return values


def _is_bytes(image: Any) -> bool:
    return str(image.dtype).rsplit(".", 1)[-1] == "uint8"
