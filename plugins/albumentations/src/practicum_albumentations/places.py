"""Masks, boxes and keypoints on their way through the wrapped library, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.errors import TargetError
from practicum.targets import Target
from practicum_albumentations.library import library

Array = npt.NDArray[Any]
_EXACT = 2**24  # whole numbers up to here are exact in float32, in which the library moves masks

BOX_ROWS, POINT_ROWS = "box_rows", "point_rows"


@dataclass(frozen=True)
class Places:
    """The positional targets of a batch that one transform moves.

    Args:
        targets: name -> target, of the kinds masks, boxes and keypoints.
        by: the technique's name, for messages.

    Rows keep their place: a box that the library drops, or that has no area, comes out as a row of zeros; a keypoint
    that it drops as (-1, -1). Keypoints may end outside the image.
    """

    targets: Mapping[str, Target]
    by: str

    def names(self, kind: str) -> list[str]:
        """Names of the targets of one kind."""
        return [name for name, target in self.targets.items() if target.kind == kind]

    def settings(self) -> dict[str, Any]:
        """What ``Compose`` has to be told."""
        lib, told = library(), {}
        if self.names("boxes"):
            told["bbox_params"] = lib.BboxParams(format="pascal_voc", label_fields=[BOX_ROWS])
        if self.names("keypoints"):
            told["keypoint_params"] = lib.KeypointParams(format="xy", label_fields=[POINT_ROWS], remove_invisible=False)
        extra = {_mask_key(i): "mask" for i in range(1, len(self.names("masks")))}
        return told | ({"additional_targets": extra} if extra else {})

    def inputs(self, row: int, sample: Any, height: int, width: int) -> dict[str, Any]:
        """The targets of one sample in the library's form.

        Raises:
            TargetError: a mask has not the size of its image, or values that float32 can't hold.
        """
        given: dict[str, Any] = {}
        for i, name in enumerate(self.names("masks")):
            given[_mask_key(i)] = self._mask(np.asarray(self.targets[name].data[row]), name, sample, (height, width))
        if self.names("boxes"):
            boxes = self._all("boxes", row, 4)
            inside = np.clip(boxes, 0.0, np.array([width, height, width, height], dtype=np.float64))
            kept = np.flatnonzero((inside[:, 2] > inside[:, 0]) & (inside[:, 3] > inside[:, 1]))
            given |= {"bboxes": inside[kept].astype(np.float32), BOX_ROWS: kept}
        if self.names("keypoints"):
            points = self._all("keypoints", row, 2)
            given |= {"keypoints": points.astype(np.float32), POINT_ROWS: np.arange(len(points))}
        return given

    def outputs(self, row: int, result: Mapping[str, Any]) -> dict[str, Array]:
        """The moved targets of one sample by name, in their own dtypes."""
        moved: dict[str, Array] = {}
        for i, name in enumerate(self.names("masks")):
            moved[name] = _as(np.asarray(result[_mask_key(i)]), np.asarray(self.targets[name].data[row]).dtype)
        height, width = result["image"].shape[:2]
        if self.names("boxes"):
            found = np.asarray(result["bboxes"], dtype=np.float64).reshape(-1, 4)
            found = np.clip(found, 0.0, np.array([width, height, width, height], dtype=np.float64))
            moved |= self._split("boxes", row, found, result[BOX_ROWS], np.zeros(4))
        if self.names("keypoints"):
            found = np.asarray(result["keypoints"], dtype=np.float64).reshape(-1, 2)
            moved |= self._split("keypoints", row, found, result[POINT_ROWS], np.full(2, -1.0))
        return moved

    def replaced(self, rows: list[dict[str, Array]]) -> dict[str, Target]:
        """The targets of the batch, from those of its samples."""
        return {name: replace(target, data=[found[name] for found in rows]) for name, target in self.targets.items()}

    def _mask(self, mask: Array, name: str, sample: Any, size: tuple[int, int]) -> Array:
        if mask.shape[:2] != size:
            raise TargetError(f"{self.by}: target {name!r} of sample {sample!r} is {mask.shape}, its image "
                              f"{size[0]}x{size[1]}: masks are [H, W] of the image's size")
        if mask.dtype in (np.uint8, np.bool_):
            return mask.astype(np.uint8)
        if mask.size and not bool(np.abs(mask).max() <= _EXACT):
            raise TargetError(f"{self.by}: target {name!r} of sample {sample!r} holds values beyond {_EXACT} or NaN; "
                              "masks are moved as float32: number the classes or instances from 0")
        return mask.astype(np.float32)

    def _all(self, kind: str, row: int, width: int) -> Array:
        parts = [np.asarray(self.targets[n].data[row], dtype=np.float64).reshape(-1, width) for n in self.names(kind)]
        return np.concatenate(parts)

    def _split(self, kind: str, row: int, found: Array, rows: Any, missing: Array) -> dict[str, Array]:
        names = self.names(kind)
        counts = [len(self.targets[n].data[row]) for n in names]
        whole = np.tile(missing, (sum(counts), 1))
        whole[np.asarray(rows, dtype=np.int64)] = found
        parts = np.split(whole, np.cumsum(counts)[:-1])
        return {n: _as(part, np.asarray(self.targets[n].data[row]).dtype) for n, part in zip(names, parts, strict=True)}


def _mask_key(i: int) -> str:
    return "mask" if i == 0 else f"mask_{i}"


def _as(values: Array, dtype: Any) -> Array:
    whole = np.dtype(dtype).kind in "iub"
    return np.ascontiguousarray((np.rint(values) if whole and values.dtype.kind == "f" else values).astype(dtype))


def moved_targets(batch: Batch, column: str, kinds: frozenset[str]) -> dict[str, Target]:
    """The targets of ``column`` of the given kinds."""
    return {n: t for n, t in batch.positional(column).items() if t.kind in kinds}
