"""A batch's column as the float tensor that a network takes."""

from __future__ import annotations

from typing import Any

import torch

from practicum.batch import Batch
from practicum.errors import DataError


def like_parameters(module: torch.nn.Module) -> tuple[torch.dtype | None, torch.device | None]:
    """dtype and device of the first floating parameter or buffer; ``None`` when there is none."""
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_floating_point():
            return tensor.dtype, tensor.device
    return None, None


def column_tensors(batch: Batch, column: str, bounds: tuple[float, float] | None, dtype: torch.dtype | None,
                   device: torch.device | None) -> list[torch.Tensor]:
    """The column as float tensors to be predicted one after another; one tensor unless image sizes differ.

    uint8 images are scaled from 0..255 to ``bounds`` ([0, 1] when ``None``). Casting keeps gradients.

    Returns:
        tensors [n, ...] whose lengths add up to N, in the batch's order.

    Raises:
        DataError: the column holds no numbers.
    """
    data = batch.columns[column].data
    if isinstance(data, list):
        parts = [torch.from_numpy(image.copy()).permute(2, 0, 1)[None] for image in data]
    else:
        values = data.values if batch.columns[column].modality == "series" else data
        parts = [values if isinstance(values, torch.Tensor) else torch.as_tensor(values)]
    return [_float(p, column, bounds, dtype, device) for p in parts]


def _float(x: torch.Tensor, column: str, bounds: tuple[float, float] | None, dtype: torch.dtype | None,
           device: torch.device | None) -> torch.Tensor:
    if x.is_complex():
        raise DataError(f"column {column!r} is complex; models take real numbers")
    if x.dtype == torch.uint8 and x.ndim == 4:
        low, high = bounds or (0.0, 1.0)
        x = x.to(dtype or torch.float32) * ((high - low) / 255.0) + low
    return x.to(device=device, dtype=dtype or (x.dtype if x.is_floating_point() else torch.float32))


def scores_of(output: Any, count: int, technique: str) -> torch.Tensor:
    """The scores in what a module returned: a tensor, or an object with ``logits``.

    Raises:
        ModelOutputError: not one row of numbers for each sample.
    """
    from practicum.errors import ModelOutputError

    scores = getattr(output, "logits", output)
    if not isinstance(scores, torch.Tensor):
        raise ModelOutputError(f"{technique}: the module returned a {type(output).__name__}; it must return a tensor "
                               f"of scores [{count}, classes] (or an object with .logits)")
    if scores.ndim == 0 or len(scores) != count:
        raise ModelOutputError(f"{technique}: the module returned shape {tuple(scores.shape)} for {count} samples; it "
                               f"must return one row per sample, [{count}, classes]")
    return scores
