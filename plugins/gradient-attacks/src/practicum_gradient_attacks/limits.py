"""How much may change, and where: budgets for each sample or channel, and masks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.columns.arrays import Series
from practicum.errors import ConfigError, DataError, TargetError

Eps = float | tuple[float, ...] | str
"""One number; one for each channel; or the name of a ``value`` target that has one for each sample."""


def checked_eps(eps: Eps, norm: str) -> Eps:
    """The field as it is, or an error.

    Raises:
        ConfigError: it isn't positive, or it differs between channels in a norm other than linf.
    """
    if isinstance(eps, str):
        return eps
    if isinstance(eps, float):
        if not eps > 0:
            raise ConfigError(f"eps {eps:g} is no budget: it must be greater than 0")
        return eps
    if not eps or not all(e >= 0 for e in eps) or not max(eps) > 0 or not math.isfinite(max(eps)):
        raise ConfigError(f"eps {eps} is no budget: give each channel a number from 0 up, one of them above 0")
    if norm != "linf":
        raise ConfigError(f"eps {eps} differs between channels, which has a meaning for norm 'linf' only, not {norm!r}")
    return eps


def eps_of(eps: Eps, batch: Batch, on: str, *, by: str) -> float | npt.NDArray[np.float64]:
    """What the field ``eps`` allows in a batch.

    Args:
        eps: the field.
        batch: with column ``on``.
        by: name of the attack.

    Returns:
        the number; float64 [N]; or float64 that broadcasts to the column's shape, one value a channel (images:
        axis 1, states and series: the last).

    Raises:
        TargetError: the batch has no such target.
        DataError: a value is negative or not finite, or there isn't one for each channel.
    """
    if isinstance(eps, float):
        return eps
    if isinstance(eps, str):
        target = batch.targets.get(eps)
        if target is None or target.kind not in ("value", "label"):
            raise TargetError(f"{by}: the batch has no target {eps!r} of numbers that says how much each sample may "
                              f"change; it has {', '.join(map(repr, batch.targets)) or 'none'}: add it with "
                              f"batch.with_targets({eps}=[...])")
        values = np.asarray(target.data, dtype=np.float64)
        bad = ~(np.isfinite(values) & (values >= 0))
        if bad.any():
            row = int(np.argmax(bad))
            raise DataError(f"{by}: sample {batch.ids[row]!r} has eps {values[row]:g} in target {eps!r}; give a finite "
                            "number from 0 up")
        return values
    shape, axis = _shape(batch, on), 1 if batch.columns[on].modality == "image" else -1
    if shape[axis] != len(eps):
        raise DataError(f"{by}: eps has {len(eps)} values, but column {on!r} has {shape[axis]} channels: give one for "
                        "each, or a single number")
    sizes = [1] * len(shape)
    sizes[axis] = len(eps)
    return np.array(eps, dtype=np.float64).reshape(sizes)


def free_of(only: str, batch: Batch, on: str, *, by: str) -> npt.NDArray[np.bool_]:
    """Which values the target ``only`` lets change: bool, of the column's shape.

    Args:
        only: name of a ``masks`` target: for each sample an array that broadcasts to its shape (images: [H, W]);
            what isn't zero may change.
        batch: with column ``on``.
        by: name of the attack.

    Raises:
        TargetError: the batch has no such target.
        DataError: a sample's mask doesn't fit it.
    """
    target = batch.targets.get(only)
    if target is None or target.kind != "masks":
        raise TargetError(f"{by}: the batch has no masks target {only!r} that says where each sample may change; it "
                          f"has {', '.join(map(repr, batch.targets)) or 'none'}: add it with "
                          f"batch.with_targets({only}=Target('masks', [...]))")
    shape = _shape(batch, on)
    free = np.zeros(shape, dtype=bool)
    for row, mask in enumerate(target.data):
        array = np.asarray(mask) != 0
        try:
            free[row] = array
        except ValueError as error:
            raise DataError(f"{by}: the mask of sample {batch.ids[row]!r} in target {only!r} has shape {array.shape}, "
                            f"which doesn't broadcast to the sample's shape {shape[1:]}") from error
    return free


def _shape(batch: Batch, on: str) -> tuple[int, ...]:
    data: Any = batch.columns[on].data
    if isinstance(data, list):
        raise DataError(f"column {on!r} holds images of differing sizes; resize or pad them to one size, so that they "
                        "are one tensor [N, C, H, W]")
    return tuple((data.values if isinstance(data, Series) else data).shape)
