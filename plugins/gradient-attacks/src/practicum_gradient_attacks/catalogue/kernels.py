"""Operations with a Triton kernel."""

from __future__ import annotations

KERNELS: tuple[tuple[str, str, str], ...] = (
    ("step-linf", "step.contract:LINF", "Sign step and projection, one pass."),
    ("step-l2", "step.contract:L2", "L2 step and exact projection with a box, one pass."),
    ("step-l1", "step.contract:L1", "L1 step and exact projection with a box, one pass."),
    ("apgd-linf", "apgd.contract:LINF", "APGD's step, momentum, projection and best points, one pass."),
    ("step-linf-rows", "step.contract:LINF_ROWS", "The sign step with a radius for each row."),
    ("step-l2-rows", "step.contract:L2_ROWS", "The L2 step with a radius for each row."),
    ("step-l1-rows", "step.contract:L1_ROWS", "The L1 step with a radius for each row."),
    ("step-l2-long", "step.contract:L2_LONG", "The L2 step on rows of any length."),
    ("step-l1-long", "step.contract:L1_LONG", "The L1 step on rows of any length."),
)
"""Short name, target under ``ops``, summary."""
