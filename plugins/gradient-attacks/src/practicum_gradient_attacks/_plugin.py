"""What this plugin declares."""

from __future__ import annotations

from collections.abc import Iterable

from practicum.hooks import hookimpl
from practicum.spec import KernelSpec, TechniqueSpec


@hookimpl
def register_techniques() -> Iterable[TechniqueSpec]:
    yield TechniqueSpec(
        name="gradient-attacks/fgsm", kind="attack", target="practicum_gradient_attacks.fgsm:FGSM",
        modalities=("image", "state", "series"), summary="One step along the steepest direction of the loss.",
        cite="arXiv:1412.6572", keywords=("adversarial", "white-box", "gradient", "linf", "l2", "l1"),
        access="gradient", requires=("torch",))
    yield TechniqueSpec(
        name="gradient-attacks/pgd", kind="attack", target="practicum_gradient_attacks.pgd:PGD",
        modalities=("image", "state", "series"), summary="Projected gradient steps in an Lp ball and the input's box.",
        cite="arXiv:1706.06083", keywords=("adversarial", "white-box", "gradient", "linf", "l2", "l1"),
        access="gradient", requires=("torch",))


@hookimpl
def register_kernels() -> Iterable[KernelSpec]:
    here = "practicum_gradient_attacks.ops.step.contract"
    yield KernelSpec("gradient-attacks/step-linf", f"{here}:LINF", "Sign step and projection, one pass.")
    yield KernelSpec("gradient-attacks/step-l2", f"{here}:L2", "L2 step and exact projection with a box, one pass.")
    yield KernelSpec("gradient-attacks/step-l1", f"{here}:L1", "L1 step and exact projection with a box, one pass.")
    yield KernelSpec("gradient-attacks/step-l2-long", f"{here}:L2_LONG", "The L2 step on rows of any length.")
    yield KernelSpec("gradient-attacks/step-l1-long", f"{here}:L1_LONG", "The L1 step on rows of any length.")
