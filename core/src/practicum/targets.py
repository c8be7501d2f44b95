"""Named targets of a batch: what should be predicted, or must move along with the input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from practicum.columns.base import Index
from practicum.errors import DataError

TargetKind = Literal["label", "value", "soft-label", "spans", "tags", "answer", "boxes", "masks", "keypoints"]
TARGET_KINDS: tuple[str, ...] = get_args(TargetKind)

POSITIONAL = frozenset({"spans", "tags", "answer", "boxes", "masks", "keypoints"})
"""Kinds that refer to places of the input, so that an operation must carry them or refuse."""

BY_EDITS = frozenset({"spans", "tags", "answer"})
"""Kinds that the core remaps from the edit log."""


@dataclass(frozen=True, slots=True)
class SoftLabel:
    """Two-class mixtures: each sample is ``lam`` of class ``a`` and ``1 - lam`` of class ``b``.

    Args:
        a, b: class indices, int64 [N].
        lam: float64 [N] in 0..1.

    Example:
        >>> SoftLabel(np.array([0]), np.array([2]), np.array([0.75])).dense(3)
        array([[0.75, 0.  , 0.25]], dtype=float32)
    """

    a: npt.NDArray[np.int64]
    b: npt.NDArray[np.int64]
    lam: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.a)

    def dense(self, classes: int) -> npt.NDArray[np.float32]:
        """Probabilities, float32 [N, classes].

        Raises:
            DataError: a class index is not below ``classes``.
        """
        if len(self.a) and max(int(self.a.max()), int(self.b.max())) >= classes:
            highest = max(int(self.a.max()), int(self.b.max()))
            raise DataError(f"soft label refers to class {highest} but only {classes} classes were asked for")
        out = np.zeros((len(self.a), classes), dtype=np.float32)
        rows = np.arange(len(self.a))
        out[rows, self.a] += self.lam
        out[rows, self.b] += 1.0 - self.lam
        return out


@dataclass(frozen=True, slots=True)
class Target:
    """One named target.

    Args:
        kind: what the target is. ``label``: class indices; ``value``: floats; ``soft-label``: :class:`SoftLabel`;
            ``spans``: per sample a list of ``(start, stop, label)`` in characters; ``tags``: per sample one tag for
            each whitespace-separated token; ``answer``: per sample ``(start, stop)`` or ``None``; ``boxes``: per sample
            an array [k, 4] of x0, y0, x1, y1 in pixels; ``masks``: per sample an array [H, W]; ``keypoints``: [k, 2].
        data: the values, one per sample.
        column: the column that a positional target refers to; the first one when ``None``.
        classes: names of the classes of a label.
    """

    kind: TargetKind
    data: Any
    column: str | None = None
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.data)

    def take(self, index: Index) -> Target:
        """Rows ``index``."""
        if isinstance(self.data, SoftLabel):
            return replace(self, data=SoftLabel(self.data.a[index], self.data.b[index], self.data.lam[index]))
        if isinstance(self.data, np.ndarray):
            return replace(self, data=self.data[index])
        return replace(self, data=[self.data[int(i)] for i in index])

    def softened(self) -> Target:
        """A label as the soft label that is all on its class."""
        if self.kind == "soft-label":
            return self
        return replace(self, kind="soft-label", data=SoftLabel(self.data, self.data, np.ones(len(self.data))))


def make_target(name: str, value: Any, *, count: int) -> Target:
    """Bring a user's target to its form; the kind is read from the name, else from the dtype.

    Raises:
        DataError: wrong length, negative class, or values of no known kind.
    """
    if isinstance(value, Target):
        target = value
    elif isinstance(value, SoftLabel):
        target = Target("soft-label", value)
    elif name in POSITIONAL:
        target = Target(name, list(value))  # type: ignore[arg-type]  # membership was just tested
    else:
        target = _plain(name, value)
    if len(target) != count:
        raise DataError(f"target {name!r} has {len(target)} values but there are {count} samples")
    if target.kind == "label" and count and int(np.min(target.data)) < 0:
        row = int(np.argmin(target.data))
        raise DataError(f"target {name!r}, row {row}: class {int(target.data[row])} is negative; classes count from 0")
    return target


def _plain(name: str, value: Any) -> Target:
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    array = np.asarray(value.to_pylist() if hasattr(value, "to_pylist") else value)
    if array.size == 0:
        return Target("label", np.zeros(0, np.int64))
    if array.ndim != 1:
        raise DataError(f"target {name!r} has shape {array.shape}; give one value per sample, a SoftLabel, or a Target "
                        "with its kind")
    if array.dtype.kind in "iub":
        return Target("label", array.astype(np.int64))
    if array.dtype.kind == "f":
        return Target("value", array.astype(np.float64))
    if array.dtype.kind in "US" or all(isinstance(v, str) for v in array):
        classes, codes = np.unique(array.astype(str), return_inverse=True)
        return Target("label", codes.astype(np.int64), classes=tuple(str(c) for c in classes))
    raise DataError(f"target {name!r} mixes types; give integers (classes), floats (values) or texts (class names)")


def concat_targets(name: str, parts: Sequence[Target]) -> Target:
    """Join one target of several batches; labels and soft labels mix to soft labels.

    Raises:
        DataError: the parts are of different kinds or classes.
    """
    kinds = {p.kind for p in parts}
    if kinds == {"label", "soft-label"}:
        parts, kinds = [p.softened() for p in parts], {"soft-label"}
    if len(kinds) > 1 or len({p.classes for p in parts}) > 1:
        raise DataError(f"target {name!r} differs between the joined batches (kinds {sorted(kinds)})")
    first = parts[0]
    if first.kind == "soft-label":
        fields = [np.concatenate([getattr(p.data, f) for p in parts]) for f in ("a", "b", "lam")]
        return replace(first, data=SoftLabel(*fields))
    if isinstance(first.data, np.ndarray):
        return replace(first, data=np.concatenate([p.data for p in parts]))
    return replace(first, data=[v for p in parts for v in p.data])
