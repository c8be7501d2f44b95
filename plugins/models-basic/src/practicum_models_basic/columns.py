"""A batch's column in the form that a scikit-learn estimator or a plain function takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.errors import DataError


def array_of(batch: Batch, column: str, bounds: tuple[float, float] | None) -> npt.NDArray[Any]:
    """An image, state or series column as a NumPy array [N, ...]; uint8 images are scaled to ``bounds`` ([0, 1]).

    Raises:
        DataError: images of differing sizes, which one array can't hold.
    """
    data, modality = batch.columns[column].data, batch.columns[column].modality
    if isinstance(data, list):
        raise DataError(f"column {column!r} holds images of differing sizes; resize them to one size first")
    values = data.values if modality == "series" else data
    array = values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)
    if modality == "image" and array.dtype == np.uint8:
        low, high = bounds or (0.0, 1.0)
        return array.astype(np.float32) * np.float32((high - low) / 255.0) + np.float32(low)
    return array


def frame_of(batch: Batch, column: str) -> Any:
    """A record column as a pandas frame with a fresh index."""
    import pyarrow as pa

    data = batch.columns[column].data
    return pa.Table.from_arrays(data.flatten(), names=[field.name for field in data.type]).to_pandas()
