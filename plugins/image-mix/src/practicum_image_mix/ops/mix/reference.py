"""The specification of the operation, in eager torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from practicum_image_mix.ops.mix.plan import make_plan


def mix(x: torch.Tensor, partner: Any = None, lam: Any = None, box: Any = None,
        fill: float | None = None) -> torch.Tensor:
    """See :func:`practicum_image_mix.ops.mix.mix`; computes in float32 (float64 for float64 images)."""
    plan = make_plan(x, partner, lam, box, fill)
    if not x.numel():
        return x.clone()
    device = x.device
    own = x.double() if x.dtype == torch.float64 else x.float()
    other = own[torch.from_numpy(plan.partner).to(device)]
    weight = torch.from_numpy(plan.lam).to(device, own.dtype).reshape(-1, 1, 1, 1)
    blend = weight * own + (1 - weight) * other
    # A weight of 0 or 1 takes one image as it is: 0 * inf and 0 * NaN of the other must not enter.
    blend = torch.where(weight == 1, own, torch.where(weight == 0, other, blend))
    y0, y1, x0, x1 = (torch.from_numpy(np.ascontiguousarray(side)).to(device).reshape(-1, 1, 1, 1)
                      for side in plan.box.T)
    rows = torch.arange(x.shape[2], device=device).reshape(1, 1, -1, 1)
    columns = torch.arange(x.shape[3], device=device).reshape(1, 1, 1, -1)
    inside = (rows >= y0) & (rows < y1) & (columns >= x0) & (columns < x1)
    out = torch.where(inside, other if fill is None else torch.full_like(other, fill), blend)
    return out.to(x.dtype) if x.dtype.is_floating_point else torch.floor(out + 0.5).to(x.dtype)
