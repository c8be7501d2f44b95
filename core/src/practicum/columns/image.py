"""Image columns: a torch tensor [N, C, H, W], uint8 or float, or a list of [H, W, C] arrays where sizes differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from practicum.columns.base import ColumnKind, Index, where
from practicum.errors import DataError


class ImageKind(ColumnKind):
    """Images; equal sizes are stacked to NCHW, differing sizes stay a list of HWC arrays."""

    modality: ClassVar[str] = "image"

    def coerce(self, value: Any, *, name: str, ids: Any = None) -> Any:
        import torch

        if isinstance(value, torch.Tensor):
            return self._checked(value, name)
        if isinstance(value, np.ndarray):
            return self._checked(torch.from_numpy(np.ascontiguousarray(value)), name)
        images = [self._hwc(v, name, ids, row) for row, v in enumerate(value)]
        if not images:
            return torch.zeros((0, 1, 1, 1), dtype=torch.float32)
        if len({(i.shape, i.dtype) for i in images}) == 1:
            return torch.from_numpy(np.ascontiguousarray(np.stack(images).transpose(0, 3, 1, 2)))
        if len({(i.shape[2], i.dtype) for i in images}) != 1:
            raise DataError(f"column {name!r}: images differ in channels or dtype; convert them to one form")
        return images

    @staticmethod
    def _checked(tensor: Any, name: str) -> Any:
        import torch

        if tensor.ndim != 4:
            raise DataError(f"column {name!r} has shape {tuple(tensor.shape)}; images are [N, C, H, W]: add the "
                            "missing axis, for example with x[:, None]")
        if tensor.dtype != torch.uint8 and not tensor.dtype.is_floating_point:
            raise DataError(f"column {name!r} has dtype {tensor.dtype}; images are uint8 (0..255) or floating point")
        return tensor

    @staticmethod
    def _hwc(value: Any, name: str, ids: Any, row: int) -> npt.NDArray[Any]:
        image = value.numpy().transpose(1, 2, 0) if hasattr(value, "numpy") and value.ndim == 3 else np.asarray(value)
        if image.ndim == 2:
            image = image[:, :, None]
        if image.ndim != 3:
            raise DataError(f"{where(name, ids, row)}: image of shape {image.shape}; an image is [H, W] or [H, W, C]")
        if image.dtype != np.uint8 and image.dtype.kind != "f":
            raise DataError(f"{where(name, ids, row)}: image of dtype {image.dtype}; use uint8 (0..255) or a float "
                            "type")
        return image

    def length(self, data: Any) -> int:
        return len(data)

    def take(self, data: Any, index: Index) -> Any:
        if isinstance(data, list):
            return [data[int(i)] for i in index]
        import torch

        return data[torch.from_numpy(index).to(data.device)]

    def concat(self, parts: Sequence[Any]) -> Any:
        import torch

        if all(isinstance(p, torch.Tensor) for p in parts) and len({tuple(p.shape[1:]) for p in parts}) == 1:
            return torch.cat(list(parts))
        images: list[Any] = []
        for part in parts:
            images += part if isinstance(part, list) else self.to_list(part)
        return self.coerce(images, name="image")

    def to_list(self, data: Any) -> list[Any]:
        if isinstance(data, list):
            return list(data)
        return list(data.detach().cpu().numpy().transpose(0, 2, 3, 1))

    def to_arrow(self, data: Any) -> Any:
        import pyarrow as pa

        return pa.array([np.ascontiguousarray(i).tobytes() for i in self.to_list(data)], type=pa.large_binary())

    def arrow_meta(self, data: Any) -> dict[str, Any]:
        images = self.to_list(data)
        ragged = isinstance(data, list)
        shapes = [list(i.shape) for i in images] if ragged else [list(images[0].shape)] if images else []
        dtype = str(images[0].dtype) if images else "float32"
        return {"ragged": ragged, "shapes": shapes, "dtype": dtype}

    def from_arrow(self, array: Any, meta: dict[str, Any]) -> Any:
        raw = array.to_pylist()
        shapes = meta["shapes"] if meta["ragged"] else meta["shapes"] * len(raw)
        images = [np.frombuffer(b, dtype=meta["dtype"]).reshape(s).copy() for b, s in zip(raw, shapes, strict=True)]
        return images if meta["ragged"] else self.coerce(images, name="image")

    def changed(self, a: Any, b: Any) -> npt.NDArray[np.bool_]:
        if isinstance(a, list) or isinstance(b, list) or a.shape != b.shape:
            return super().changed(a, b)
        differ = (a != b) & ~((a != a) & (b != b))
        return np.asarray(differ.flatten(1).any(dim=1).cpu().numpy(), dtype=bool)

    def like(self, original: Any, data: Any) -> Any:
        if isinstance(original, np.ndarray) and not isinstance(data, list):
            return data.detach().cpu().numpy()
        if isinstance(original, (list, tuple)):
            images = self.to_list(data)
            return [i[:, :, 0] if np.ndim(o) == 2 else i for o, i in zip(original, images, strict=False)]
        return data
