"""The step's implementations against each other, without a GPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from practicum_gradient_attacks.ops.step import step

from practicum.errors import KernelUnavailable
from practicum.testing.kernels import KernelContract


class TestLinfKernel(KernelContract):
    op = "gradient-attacks/step-linf"


class TestL2Kernel(KernelContract):
    op = "gradient-attacks/step-l2"


class TestL1Kernel(KernelContract):
    op = "gradient-attacks/step-l1"


class TestLinfRowsKernel(KernelContract):
    op = "gradient-attacks/step-linf-rows"


class TestL2RowsKernel(KernelContract):
    op = "gradient-attacks/step-l2-rows"


class TestL1RowsKernel(KernelContract):
    op = "gradient-attacks/step-l1-rows"


class TestL2LongKernel(KernelContract):
    op = "gradient-attacks/step-l2-long"


class TestL1LongKernel(KernelContract):
    op = "gradient-attacks/step-l1-long"


def _points(dtype: torch.dtype, boxed: bool, seed: int = 0) -> tuple[torch.Tensor, ...]:
    rng = np.random.default_rng(seed)
    centre = torch.from_numpy(np.round(rng.uniform(size=(6, 257)) * 20) / 20).to(dtype)
    centre[0, :3] = torch.tensor([1.5, float("nan"), -2.0])
    gradient = torch.from_numpy(rng.normal(size=(6, 257)) * 10.0 ** rng.integers(-30, 30, size=(6, 1))).to(dtype)
    gradient[4] = 0.0
    gradient[5, 10:] = 0.0
    x = centre + 0.01 * torch.from_numpy(rng.normal(size=(6, 257))).to(dtype)
    x = torch.where((centre >= 0) & (centre <= 1), x.clamp(0, 1) if boxed else x, centre)
    return x, gradient, centre


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("bounds", [None, (0.0, 1.0)])
@pytest.mark.parametrize(("norm", "eps"), [("linf", 0.1), ("l2", 0.5), ("l2", 5.0), ("l1", 2.0), ("l1", 60.0)])
def test_compiled_equals_eager(norm: str, eps: float, bounds: tuple[float, float] | None, dtype: torch.dtype) -> None:
    x, gradient, centre = _points(dtype, bounds is not None)
    for size in (0.1 * eps, eps, 4 * eps):
        slow, fast = (step(x, gradient, centre, norm=norm, size=size, eps=eps, bounds=bounds, impl=i)
                      for i in ("reference", "cpu"))
        rtol, atol = (1e-14, 1e-12) if dtype == torch.float64 else (2e-7, 3e-7)
        torch.testing.assert_close(fast, slow, rtol=rtol, atol=atol, equal_nan=True)


@pytest.mark.parametrize("impl", ["reference", "cpu"])
@pytest.mark.parametrize(("norm", "eps"), [("linf", 0.3), ("l2", 0.3), ("l1", 1.5)])
@pytest.mark.parametrize("scale", [0.1, 1.0, 1000.0])
def test_stays_in_the_ball_in_exact_arithmetic(norm: str, eps: float, impl: str, scale: float) -> None:
    # Around 1000 a float32 is 6e-5 wide: rounding to nearest would leave a ball of this size.
    rng = np.random.default_rng(1)
    centre = torch.from_numpy((scale * rng.normal(size=(32, 400))).astype(np.float32))
    x = centre
    for _ in range(6):
        gradient = torch.from_numpy(rng.normal(size=(32, 400)).astype(np.float32))
        x = step(x, gradient, centre, norm=norm, size=eps, eps=eps, impl=impl)
    change = (x.double() - centre.double()).abs()
    length = {"linf": change.amax(1), "l2": change.pow(2).sum(1).sqrt(), "l1": change.sum(1)}[norm]
    assert (length <= eps * (1 + 1e-12)).all()
    assert (length > 0.5 * eps).all()


@pytest.mark.parametrize("impl", ["reference", "cpu"])
@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_projection_is_the_nearest_point(norm: str, impl: str) -> None:
    # The nearest point p of a convex set to y satisfies <y - p, q - p> <= 0 for every q in the set.
    rng = np.random.default_rng(2)
    eps, size = {"linf": (0.1, 0.3), "l2": (0.6, 0.5), "l1": (2.0, 1.0)}[norm]
    centre = torch.from_numpy(rng.uniform(size=(8, 30)))
    x, gradient = centre, torch.zeros(8, 30, dtype=torch.float64)
    gradient[:, 0] = 1.0
    y = torch.from_numpy(rng.uniform(-1, 2, size=(8, 30)))
    kwargs = {"norm": norm, "size": 1e-12, "eps": eps, "bounds": (0.0, 1.0), "impl": impl}
    p = step(y, gradient, centre, **kwargs)
    for _ in range(200):
        q = torch.from_numpy(rng.uniform(-1, 2, size=(8, 30)))
        q = step(torch.lerp(centre, q, float(rng.uniform())), gradient, centre, **kwargs)
        assert (((y - p) * (q - p)).sum(dim=1) <= 1e-9).all()
    assert size > 0
    assert x is centre


def test_an_implementation_that_cannot_run_says_why() -> None:
    x = torch.zeros(1, 5)
    with pytest.raises(KernelUnavailable, match=r"step-l1.* (cpu|not installed)"):
        step(x, x, x, norm="l1", size=1.0, eps=1.0, impl="triton")
    half = x.half()
    with pytest.raises(KernelUnavailable, match="float16"):
        step(half, half, half, norm="linf", size=1.0, eps=1.0, impl="cpu")
