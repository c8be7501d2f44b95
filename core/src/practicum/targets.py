"""Named targets of a batch: what should be predicted, or must move along with the input."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from practicum.columns.base import Index
from practicum.errors import DataError

TargetKind = Literal["label", "value", "soft-label", "spans", "tags", "answer", "boxes", "masks", "keypoints", "links",
                     "reference"]
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

    def take(self, index: Index) -> SoftLabel:
        """Rows ``index``."""
        return SoftLabel(self.a[index], self.b[index], self.lam[index])

    def mixed(self) -> MixedLabel:
        """The same as a mixture of a list of classes."""
        return MixedLabel(np.stack([self.a, self.b], axis=1), np.stack([self.lam, 1.0 - self.lam], axis=1))


@dataclass(frozen=True, slots=True)
class MixedLabel:
    """Mixtures of any number of classes: sample ``i`` is ``weights[i, k]`` of class ``classes[i, k]``.

    What the weights of a sample leave of 1 is spread evenly over all classes (label smoothing), so that neither mixing
    nor smoothing has to know their number.

    Args:
        classes: class indices, int64 [N, K]; a class may occur several times.
        weights: float64 [N, K] in 0..1, the sum of a row at most 1.

    Example:
        >>> MixedLabel(np.array([[0, 2]]), np.array([[0.5, 0.2]])).dense(3)
        array([[0.6, 0.1, 0.3]], dtype=float32)
    """

    classes: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def spread(self) -> npt.NDArray[np.float64]:
        """The share of each sample that all classes divide evenly, float64 [N]."""
        left = 1.0 - self.weights.sum(axis=1)
        return np.where(left > 1e-12, left, 0.0)

    def dense(self, classes: int) -> npt.NDArray[np.float32]:
        """Probabilities, float32 [N, classes].

        Raises:
            DataError: a class index is not below ``classes``.
        """
        if self.classes.size and int(self.classes.max()) >= classes:
            raise DataError(f"mixed label refers to class {int(self.classes.max())} but only {classes} classes were "
                            "asked for")
        out = np.repeat(self.spread[:, None] / classes, classes, axis=1)
        np.add.at(out, (np.arange(len(self))[:, None], self.classes), self.weights)
        return out.astype(np.float32)

    def take(self, index: Index) -> MixedLabel:
        """Rows ``index``."""
        return MixedLabel(self.classes[index], self.weights[index])

    def mixed(self) -> MixedLabel:
        """Itself, as :meth:`SoftLabel.mixed`."""
        return self

    def widened(self, parts: int) -> MixedLabel:
        """The same with ``parts`` classes a sample; those added weigh nothing."""
        more = parts - self.classes.shape[1]
        return self if more <= 0 else MixedLabel(np.pad(self.classes, ((0, 0), (0, more)), mode="edge"),
                                                 np.pad(self.weights, ((0, 0), (0, more))))


@dataclass(frozen=True, slots=True)
class Target:
    """One named target.

    Args:
        kind: what the target is. ``label``: class indices; ``value``: floats; ``soft-label``: :class:`SoftLabel`
            or :class:`MixedLabel`;
            ``spans``: per sample a list of ``(start, stop, label)`` in characters; ``tags``: per sample one tag for
            each whitespace-separated token; ``answer``: per sample ``(start, stop)`` or ``None``; ``boxes``: per sample
            an array [k, 4] of x0, y0, x1, y1 in pixels; ``masks``: per sample an array [H, W]; ``keypoints``: [k, 2];
            ``links``: per sample a tuple of the ids of the records it belongs to, empty where it has none;
            ``reference``: per sample a tuple of texts, each of them a right answer.
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
        if isinstance(self.data, (SoftLabel, MixedLabel)):
            return replace(self, data=self.data.take(index))
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
    elif isinstance(value, (SoftLabel, MixedLabel)):
        target = Target("soft-label", value)
    elif name in ("links", "reference"):
        target = Target(name, value)  # type: ignore[arg-type]  # membership was just tested
    elif name in POSITIONAL:
        target = Target(name, list(value))  # type: ignore[arg-type]  # membership was just tested
    else:
        target = _plain(name, value)
    if target.kind in ("links", "reference"):
        form = _links if target.kind == "links" else _references
        target = replace(target, data=[form(name, row, v) for row, v in enumerate(target.data)])
    if len(target) != count:
        raise DataError(f"target {name!r} has {len(target)} values but there are {count} samples")
    if target.kind == "label" and count and int(np.min(target.data)) < 0:
        row = int(np.argmin(target.data))
        raise DataError(f"target {name!r}, row {row}: class {int(target.data[row])} is negative; classes count from 0")
    return target


def id_text(value: Any) -> str:
    """The text of a sample's id: ``7``, ``"7"`` and ``7.0`` (from an array of numbers) are one id.

    Example:
        >>> id_text(7), id_text(np.float64(7)), id_text("b-7")
        ('7', '7', 'b-7')
    """
    return str(int(value)) if isinstance(value, (float, np.floating)) and float(value).is_integer() else str(value)


def _links(name: str, row: int, value: Any) -> tuple[int | str, ...]:
    if isinstance(value, (str, bytes)) or not isinstance(value, (Sequence, Set, np.ndarray)):
        raise DataError(f"target {name!r}, row {row}: {value!r} is no list of ids; give the ids of the records that "
                        "the sample belongs to, an empty list where it has none")
    ids = sorted(value, key=id_text) if isinstance(value, Set) else value
    return tuple(v if isinstance(v, str) else int(v) for v in ids)


def _references(name: str, row: int, value: Any) -> tuple[str, ...]:
    texts = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, (list, tuple)) else (value,)
    if not all(isinstance(t, str) for t in texts):
        raise DataError(f"target {name!r}, row {row}: {value!r} is neither a text nor a list of texts")
    return texts


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
    if any(isinstance(p.data, MixedLabel) for p in parts):
        all_mixed = [p.data.mixed() for p in parts]
        widest = max(m.classes.shape[1] for m in all_mixed)
        wide = [m.widened(widest) for m in all_mixed]
        return replace(first, data=MixedLabel(np.concatenate([m.classes for m in wide]),
                                              np.concatenate([m.weights for m in wide])))
    if first.kind == "soft-label":
        fields = [np.concatenate([getattr(p.data, f) for p in parts]) for f in ("a", "b", "lam")]
        return replace(first, data=SoftLabel(*fields))
    if isinstance(first.data, np.ndarray):
        return replace(first, data=np.concatenate([p.data for p in parts]))
    return replace(first, data=[v for p in parts for v in p.data])
