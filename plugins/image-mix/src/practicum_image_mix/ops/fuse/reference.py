"""The specification of the operation, in eager torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from practicum_image_mix.ops.fuse.normal import Noise, noise_field
from practicum_image_mix.ops.fuse.plan import Plan, make_plan


def fuse(x: torch.Tensor, mean: Any, std: Any, partner: Any = None, lam: Any = None, box: Any = None, erase: Any = None,
         fill: Any = None, noise: Noise | None = None, dtype: torch.dtype | None = None) -> torch.Tensor:
    """See :func:`practicum_image_mix.ops.fuse.fuse`; computes in float32."""
    plan = make_plan(x, mean, std, partner, lam, box, erase, fill, noise, dtype)
    if not x.numel():
        return torch.empty(x.shape, dtype=plan.dtype, device=x.device)
    own = x.float()
    other = own[torch.from_numpy(plan.partner).to(x.device)]
    weight = torch.from_numpy(plan.lam).to(x.device).reshape(-1, 1, 1, 1)
    weight = torch.where(_inside(x, plan.box), 0.0, weight)
    blend = weight * own + (1 - weight) * other
    # A weight of 0 or 1 takes one image as it is: 0 * inf and 0 * NaN of the other must not enter.
    blend = torch.where(weight == 1, own, torch.where(weight == 0, other, blend))
    scale, shift = (torch.from_numpy(v).to(x.device).reshape(1, -1, 1, 1) for v in (plan.scale, plan.shift))
    return _erased(blend * scale + shift, plan).to(plan.dtype)


def _inside(x: torch.Tensor, box: Any) -> torch.Tensor:
    y0, y1, x0, x1 = (torch.from_numpy(np.ascontiguousarray(side)).to(x.device).reshape(-1, 1, 1, 1) for side in box.T)
    rows = torch.arange(x.shape[2], device=x.device).reshape(1, 1, -1, 1)
    columns = torch.arange(x.shape[3], device=x.device).reshape(1, 1, 1, -1)
    return (rows >= y0) & (rows < y1) & (columns >= x0) & (columns < x1)


def _erased(out: torch.Tensor, plan: Plan) -> torch.Tensor:
    for k in range(plan.erase.shape[1]):
        colour = torch.from_numpy(plan.fill[:, k]).to(out.device)[:, :, None, None]
        out = torch.where(_inside(out, plan.erase[:, k]), colour, out)
    if plan.noise is None or not plan.erase.shape[1]:
        return out
    hit = (plan.erase[:, :, 1] > plan.erase[:, :, 0]) & (plan.erase[:, :, 3] > plan.erase[:, :, 2])
    rows = np.flatnonzero(hit.any(axis=1))
    if not len(rows):
        return out
    at = torch.from_numpy(rows).to(out.device)
    field = torch.from_numpy(noise_field(plan.noise, rows, out[0].numel())).to(out.device).reshape(-1, *out.shape[1:])
    for k in range(plan.erase.shape[1]):
        out[at] = torch.where(_inside(out[at], plan.erase[rows, k]), field, out[at])
    return out
