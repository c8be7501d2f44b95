"""Images, series and states as boards: players are sets of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.columns.arrays import Series
from practicum.errors import DataError
from practicum.masking.absent import Absent, Background, Filled
from practicum.masking.board import InputBoard, Present, Rows
from practicum.masking.op import mask_rows
from practicum.masking.players import Owners, Parts
from practicum.masking.score import Floats


class FloatBoard(InputBoard):
    """A column that is one tensor. Values that were not observed (series) belong to nobody and stay as they are."""

    def __init__(self, batch: Batch, name: str, absent: Absent, players: Parts, by: str) -> None:
        super().__init__(batch, name)
        column = batch.columns[name]
        self._series = isinstance(column.data, Series)
        self._numpy = not hasattr(_values(column.data, name, by), "detach")
        self.x = _tensor(column.data, name, by)
        free = _observed(column.data, self.x) if self._series else None
        self.owners, self.counts = _numbered(players.owners(self.x), len(self.x),
                                             None if free is None else free.cpu().numpy())
        self.shared = isinstance(absent, Background)
        if isinstance(absent, Background):
            self.base = self._background(absent, by)
            self.copies = len(self.base)
        else:
            assert isinstance(absent, Filled)
            self.base = absent.fill(self.x, free, column.modality)
        self.cost = self.copies * self.x.element_size() * int(np.prod(self.x.shape[1:]))
        self._flat = self._flattened()

    def _background(self, absent: Background, by: str) -> Any:
        import torch

        held = absent.batch
        modality = self.batch.columns[self.name].modality
        column = self.name if self.name in held.columns else held.column_name(None, [modality])
        base = _tensor(held.columns[column].data, column, by).to(self.x)
        if base.shape[1:] != self.x.shape[1:]:
            raise DataError(f"{by}: the background's samples have shape {tuple(base.shape[1:])}, those explained "
                            f"{tuple(self.x.shape[1:])}: give background samples of the same shape")
        if self.x.is_floating_point() and bool(torch.isnan(base).any()):
            raise DataError(f"{by}: the background has missing values (NaN), which can't stand for absent ones: leave "
                            "such rows out, or fill them")
        return base

    def _flattened(self) -> tuple[Any, Any, Any]:
        import torch

        owners = torch.from_numpy(self.owners.reshape(len(self.owners), -1)).to(self.x.device)
        return self.x.flatten(1), self.base.flatten(1).contiguous(), owners

    def masked(self, rows: Rows, present: Present) -> Any:
        import torch

        bits = torch.from_numpy(np.packbits(present, axis=1, bitorder="little")).to(self.x.device)
        index = torch.from_numpy(np.ascontiguousarray(rows)).to(self.x.device)
        made = mask_rows(*self._flat, bits, index, shared=self.shared).reshape(-1, *self.x.shape[1:])
        values: Any = made.numpy() if self._numpy and self.batch.columns[self.name].modality != "image" else made
        if not self._series:
            return values
        return Series(values, np.asarray(self.batch.columns[self.name].data.mask)[np.repeat(rows, self.copies)])

    def spread(self, values: Floats) -> npt.NDArray[Any]:
        """Each value gets an equal part of its player's, so that sums stay; in float32 or float64 as the input."""
        owners = np.broadcast_to(self.owners.reshape(len(self.owners), -1), (len(values), self.owners[0].size)) \
            if len(self.owners) else self.owners.reshape(0, 0)
        out = np.zeros((len(values), int(np.prod(self.x.shape[1:]))))
        for row, (owner, share) in enumerate(zip(owners, values, strict=False)):
            size = np.bincount(owner[owner >= 0], minlength=len(share))
            parts = np.append(share / np.maximum(size[:len(share)], 1), 0.0)
            out[row] = parts[owner]
        single = self.x.element_size() < 8 and self.x.is_floating_point()
        return out.reshape(self.x.shape).astype(np.float32 if single else np.float64)


    def gather(self, values: Any) -> Floats:
        """Sums over the numbers that each player owns."""
        found = np.asarray(values.detach().cpu() if hasattr(values, "detach") else values, dtype=np.float64)
        if found.shape != tuple(self.x.shape):
            raise DataError(f"attributions of shape {found.shape} don't fit column {self.name!r} of shape "
                            f"{tuple(self.x.shape)}")
        width = int(self.counts.max(initial=0))
        owners = np.broadcast_to(self.owners.reshape(len(self.owners), -1), (len(found), self.x[:1].numel()))
        out = np.zeros((len(found), width + 1))
        rows = np.repeat(np.arange(len(found)), owners.shape[1]).reshape(owners.shape)
        np.add.at(out, (rows, np.where(owners < 0, width, owners)), found.reshape(len(found), -1))
        return out[:, :width]


def _values(data: Any, name: str, by: str) -> Any:
    if isinstance(data, list):
        raise DataError(f"{by}: column {name!r} holds images of differing sizes; resize or pad them to one size, so "
                        "that they are one tensor [N, C, H, W]")
    return data.values if isinstance(data, Series) else data


def _tensor(data: Any, name: str, by: str) -> Any:
    import torch

    return torch.as_tensor(_values(data, name, by)).detach().contiguous()


def _observed(data: Series, x: Any) -> Any:
    import torch

    mask = torch.as_tensor(np.asarray(data.mask, dtype=bool)).to(x.device)
    free = mask[..., None].expand(x.shape)
    free = free & ~torch.isnan(x) if x.is_floating_point() else free
    return None if bool(free.all()) else free


def _numbered(owners: Owners, count: int, free: npt.NDArray[np.bool_] | None) -> tuple[Owners, npt.NDArray[np.int64]]:
    """Owners and the number of players of each sample; without players that own nothing observed."""
    if free is None:
        if not owners.size:
            return owners, np.zeros(count, dtype=np.int64)
        most = owners.reshape(len(owners), -1).max(axis=1).astype(np.int64) + 1
        return owners, np.broadcast_to(most, (count,)).copy()
    out = np.full(free.shape, -1, dtype=np.int32)
    counts = np.zeros(count, dtype=np.int64)
    for row, seen in enumerate(free):
        found, place = np.unique(owners[row if len(owners) > 1 else 0][seen], return_inverse=True)
        out[row][seen] = place
        counts[row] = len(found)
    return out, counts
