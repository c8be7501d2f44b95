"""What the operations share: stacked and ragged images, dtypes, the log of applied parameters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch

from practicum.batch import Batch
from practicum.kernels.memory import fresh
from practicum.keys import Keys
from practicum.targets import Target
from practicum.transformation import Transformation

Params = Mapping[str, npt.NDArray[Any]]
Size = tuple[int, int]


class ImageOperation(Transformation):
    """An operation on images that draws its parameters per sample.

    Stacked images are a tensor [N, C, H, W]; images of differing sizes are worked on one by one, with the same draws.
    """

    modalities: ClassVar[frozenset[str]] = frozenset({"image"})

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        """The applied parameters of each sample, arrays [N], as written to the log.

        Args:
            keys: bound to the samples.
            sizes: height and width of each image.
        """
        return {}

    def draw_for(self, keys: Keys, sizes: list[Size], channels: int) -> Params:
        """The same, for operations whose parameters depend on the number of channels."""
        return self.draw(keys, sizes)

    @abstractmethod
    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        """New images of the dtype and shape of ``images`` [N, C, H, W], which are never written to."""

    def moved(self, target: Target, params: Params, sizes: list[Size]) -> Target:
        """A positional target, moved as the images are; only called for kinds in ``carries``."""
        return target

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        column = batch.column_name(self.on, self.modalities)
        data = batch.columns[column].data
        ragged = isinstance(data, list)
        sizes: list[Size] = ([(i.shape[0], i.shape[1]) for i in data] if ragged
                             else [(data.shape[2], data.shape[3])] * len(data))
        params = self.draw_for(keys, sizes, data[0].shape[2] if ragged else data.shape[1])
        if ragged:
            out: Any = [self._alone(image, row, params, batch, keys) for row, image in enumerate(data)]
        else:
            out = self.transform(data.detach(), params, keys)
        made = batch.with_column(column, out, op=" > ".join(keys.path),
                                 params=params if batch.edits is not None and params else None)
        positional = batch.positional(column).items()
        moving = {n: self.moved(t, params, sizes) for n, t in positional if t.kind in self.carries}
        return made.with_targets(**moving) if moving else made

    def _alone(self, image: npt.NDArray[Any], row: int, params: Params, batch: Batch, keys: Keys) -> npt.NDArray[Any]:
        at = np.array([row])
        stacked = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))[None])
        done = self.transform(stacked, {k: v[at] for k, v in params.items()}, keys.bind(batch.ids.take(at)))
        return np.ascontiguousarray(done[0].numpy().transpose(1, 2, 0))


def new_like(images: torch.Tensor) -> torch.Tensor:
    """An uninitialised contiguous tensor of the images' shape, dtype and device."""
    if images.device.type == "cpu":
        return fresh(images.shape, images.dtype)
    return torch.empty_like(images, memory_format=torch.contiguous_format)


def per_sample(values: npt.NDArray[Any], like: torch.Tensor) -> torch.Tensor:
    """Values [N] as a tensor [N, 1, 1, 1] that multiplies images."""
    return torch.from_numpy(np.ascontiguousarray(values)).to(like).reshape(-1, 1, 1, 1)


def as_float(images: torch.Tensor) -> torch.Tensor:
    """Images in the dtype they are computed in: uint8 as 0..1 in float32, half types as float32, others as they are."""
    if images.dtype == torch.uint8:
        return images.to(torch.float32) / 255.0
    return images if images.dtype in (torch.float32, torch.float64) else images.to(torch.float32)


def back_to(computed: torch.Tensor, dtype: torch.dtype, clip: bool) -> torch.Tensor:
    """Computed values in the images' own dtype; uint8 is rounded and always clipped."""
    if dtype == torch.uint8:
        return (computed * 255.0).round_().clamp_(0.0, 255.0).to(torch.uint8)
    return (computed.clamp(0.0, 1.0) if clip else computed).to(dtype)
