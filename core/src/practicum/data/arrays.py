"""Arrays: NumPy archives, and the small data sets that scikit-learn ships."""

from __future__ import annotations

import difflib
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch, Column
from practicum.data.load import need
from practicum.data.paths import existing
from practicum.errors import DataError, UsageError
from practicum.targets import Target

if TYPE_CHECKING:
    from numpy.lib.npyio import NpzFile

MODALITIES = ("image", "state", "series", "text")


def read_npz(path: str, *, data: str | None = None, label: str | None = None, id: str | None = None,
             modality: str | None = None, dtype: str | None = None, nan: str = "error") -> Batch:
    """Arrays of an ``.npz`` archive; pickled objects in it are refused, since they run code.

    Args:
        path: the file.
        data: name of the array of inputs. [N, C, H, W] (or [N, H, W, C] with C of 1, 3 or 4) is an image column, uint8
            [N, H, W] too; [N, D] is a state column; [N] texts are a text column; other shapes need ``modality``.
        label: name of the array of labels, one per sample.
        id: name of the array of ids.
        modality: image, state, series or text.
        dtype: ``float32`` scales uint8 images to 0..1, as attacks by gradients need; left out, values stay as they are.
        nan: ``error``, or ``keep`` to let NaN and infinity in ``data`` pass.

    Raises:
        DataError: no such array, pickles, NaN, or lengths that differ.
    """
    if nan not in ("error", "keep"):
        raise UsageError(f"nan={nan!r} is neither 'error' nor 'keep'")
    if dtype not in (None, "float32"):
        raise UsageError(f"dtype={dtype!r}: give 'float32', or leave it out to keep the values as they are")
    if modality not in (None, *MODALITIES):
        raise UsageError(f"modality={modality!r}: an .npz file holds {', '.join(MODALITIES)}")
    file = existing(path)
    if file.stat().st_size == 0:
        raise DataError(f"{path}: the file is empty: check how it was written")
    try:
        opened: Any = np.load(file, allow_pickle=False)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: not a readable .npz file ({error}): write it with numpy.savez") from error
    if isinstance(opened, np.ndarray):
        raise DataError(f"{path}: this is a single array (.npy), not an .npz file: write it with numpy.savez(file, "
                        "x=...)")
    with opened as arrays:
        inputs = _array(arrays, data or "x", path)
        labels = _array(arrays, label or "y", path) if label or "y" in arrays.files else None
        ids = _array(arrays, id or "ids", path) if id or "ids" in arrays.files else None
    for name, extra in (("label", labels), ("id", ids)):
        if extra is not None and extra.shape != (len(inputs),):
            raise DataError(f"{path}: the {name} array has shape {extra.shape}, but there are {len(inputs)} samples; "
                            "give "
                            "one value each")
    if inputs.dtype.kind == "f" and nan == "error" and not np.isfinite(inputs).all():
        row = int(np.argmin(np.isfinite(inputs.reshape(len(inputs), -1)).all(axis=1)))
        raise DataError(f"{path}, row {row + 1}, field {data or 'x'!r}: a value is not finite: fill it, or keep it "
                        "with "
                        "nan='keep'")
    if labels is not None and labels.dtype.kind == "f" and not np.isfinite(labels).all():
        row = int(np.argmin(np.isfinite(labels)))
        raise DataError(f"{path}, row {row + 1}, field {label or 'y'!r}: the label is missing: label it")
    kind = modality or _modality(inputs, path)
    values = _images(inputs, path) if kind == "image" else inputs
    if dtype is not None and kind == "image" and values.dtype == np.uint8:
        values = values.astype(np.float32) / np.float32(255)
    column = Column(kind, values)
    return Batch.of(ids=ids, columns={kind: column}, targets={} if labels is None else {"label": labels})


def _array(arrays: NpzFile, name: str, path: str) -> npt.NDArray[Any]:
    if name not in arrays.files:
        close = difflib.get_close_matches(name, arrays.files, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(map(repr, arrays.files)) or 'none'}"
        raise DataError(f"{path}: there is no array {name!r}; {hint}")
    try:
        array: npt.NDArray[Any] = arrays[name]
    except ValueError as error:
        raise DataError(f"{path}: array {name!r} holds pickled Python objects, which are refused since they run code: "
                        "save numbers or texts (dtype str), not objects") from error
    if array.ndim == 0:
        raise DataError(f"{path}: array {name!r} is a single value; give one row per sample")
    return array


def _modality(array: npt.NDArray[Any], path: str) -> str:
    if array.dtype.kind == "U" and array.ndim == 1:
        return "text"
    if array.ndim == 4 or (array.ndim == 3 and array.dtype == np.uint8):
        return "image"
    if array.ndim == 2:
        return "state"
    raise UsageError(f"{path}: the shape {array.shape} of the inputs doesn't tell what they are: pass "
                     "modality='image', "
                     "'state' or 'series'")


def _images(array: npt.NDArray[Any], path: str) -> npt.NDArray[Any]:
    if array.ndim == 3:
        return np.ascontiguousarray(array[:, None])
    if array.ndim != 4:
        raise DataError(f"{path}: images have shape [N, C, H, W], [N, H, W, C] or [N, H, W], not {array.shape}")
    if array.shape[3] in (1, 3, 4) and array.shape[1] not in (1, 3, 4):
        return np.ascontiguousarray(array.transpose(0, 3, 1, 2))
    return array


def sklearn_digits() -> Batch:
    """1,797 handwritten digits (Alpaydin & Kaynak 1998; UCI): float32 images [N, 1, 8, 8] in 0..1, classes 0 to 9.

    Example:
        >>> batch = sklearn_digits()
        >>> tuple(batch.data.shape), float(batch.data.max()), len(batch.targets["label"].classes)
        ((1797, 1, 8, 8), 1.0, 10)
    """
    found = _bunch("digits")
    images = (found.images / 16.0).astype(np.float32)[:, None]
    return _labelled("image", images, found.target, [str(c) for c in found.target_names])


def sklearn_iris() -> Batch:
    """150 irises (Fisher 1936): four measures in cm, float32 states [N, 4]."""
    return _states("iris")


def sklearn_wine() -> Batch:
    """178 wines (UCI): 13 measures in their own units, float32 states [N, 13]."""
    return _states("wine")


def sklearn_breast_cancer() -> Batch:
    """569 biopsies (Wolberg et al., UCI): 30 measures in their own units, float32 states [N, 30]."""
    return _states("breast_cancer")


def _states(name: str) -> Batch:
    found = _bunch(name)
    return _labelled("state", found.data.astype(np.float32), found.target, [str(c) for c in found.target_names])


def _bunch(name: str) -> Any:
    need("sklearn", "sklearn", f"data source sklearn/{name.replace('_', '-')}")
    import sklearn.datasets

    return getattr(sklearn.datasets, f"load_{name}")()


def _labelled(modality: str, data: npt.NDArray[Any], target: Any, classes: list[str]) -> Batch:
    label = Target("label", np.asarray(target, dtype=np.int64), classes=tuple(classes))
    return Batch.of(columns={modality: Column(modality, data)}, targets={"label": label})
