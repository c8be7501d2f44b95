"""The APGD step's implementations against each other, without a GPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from practicum_gradient_attacks.ops.apgd import advance
from practicum_gradient_attacks.ops.apgd.contract import LINF
from practicum_gradient_attacks.ops.step import step

from practicum.errors import KernelUnavailable
from practicum.testing.kernels import KernelContract, interpreted


class TestApgdLinfKernel(KernelContract):
    op = "gradient-attacks/apgd-linf"


def test_at_most_40_bytes_an_element() -> None:
    cases = [c for c in interpreted("gradient-attacks/apgd-linf") if c.dtype == "float32" and c.layout == "contiguous"]
    for case in cases:
        elements = int(np.prod(case.shape))
        if elements >= 1000:
            assert case.loaded + case.stored <= 40 * elements, case
    assert LINF.launches == 1


def _case(norm: str, dtype: torch.dtype, bounds: tuple[float, float] | None, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    n, d = 8, 131
    eps = {"linf": 0.1, "l2": 0.6, "l1": 3.0}[norm]
    centre = torch.from_numpy(np.round(rng.uniform(size=(n, d)) * 20) / 20).to(dtype)
    centre[0, :3] = torch.tensor([1.5, float("nan"), -2.0])
    gradient, best_gradient = (torch.from_numpy(rng.normal(size=(n, d)) * 10.0 ** rng.integers(-30, 30, size=(n, 1)))
                               .to(dtype) for _ in range(2))
    gradient[4] = 0.0
    inside = {"norm": norm, "size": 1e-9, "eps": eps, "bounds": bounds, "impl": "reference"}
    x, previous, best = (step(centre + 0.05 * torch.from_numpy(rng.normal(size=(n, d))).to(dtype),
                              torch.zeros_like(centre), centre, **inside) for _ in range(3))
    rows = torch.arange(n)
    return {"x": x, "gradient": gradient, "centre": centre, "previous": previous, "best": best,
            "best_gradient": best_gradient, "better": rows % 3 == 1, "back": rows % 4 >= 2, "norm": norm,
            "size": torch.linspace(0.2, 2.0, n, dtype=torch.float64) * eps, "eps": eps, "bounds": bounds,
            "count": torch.arange(n) * 9 + 1}


@pytest.mark.parametrize("momentum", [0.75, 1.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("bounds", [None, (0.0, 1.0)])
@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_compiled_equals_eager(norm: str, bounds: tuple[float, float] | None, dtype: torch.dtype,
                               momentum: float) -> None:
    case = _case(norm, dtype, bounds)
    rtol, atol = (1e-13, 1e-12) if dtype == torch.float64 else (2e-7, 3e-7)
    for radius in (case["eps"], torch.linspace(0.0, 1.0, 8, dtype=torch.float64) * case["eps"]):
        slow, fast = (advance(**{**case, "eps": radius}, momentum=momentum, impl=impl) for impl in ("reference", "cpu"))
        for a, b in zip(fast, slow, strict=True):
            torch.testing.assert_close(a, b, rtol=rtol, atol=atol, equal_nan=True)


@pytest.mark.parametrize("impl", ["reference", "cpu"])
@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_flags_say_what_is_best_and_where_to_go_on(norm: str, impl: str) -> None:
    case = _case(norm, torch.float64, (0.0, 1.0))
    following, best, best_gradient = advance(**case, impl=impl)
    for row in range(8):
        came = "x" if bool(case["better"][row]) else "best"
        assert torch.equal(best[row].nan_to_num(), case[came][row].nan_to_num())
        assert torch.equal(best_gradient[row], case["gradient" if came == "x" else "best_gradient"][row])
    # Going back to the best point is stepping from it: the same as a row that is there.
    there = torch.where(case["back"][:, None], best, case["x"])
    slope = torch.where(case["back"][:, None], best_gradient, case["gradient"])
    plain = {**case, "x": there, "gradient": slope, "better": torch.zeros(8, dtype=torch.bool),
             "back": torch.zeros(8, dtype=torch.bool)}
    torch.testing.assert_close(advance(**plain, impl=impl)[0], following, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("impl", ["reference", "cpu"])
@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_stays_in_the_ball_in_exact_arithmetic(norm: str, impl: str) -> None:
    # Around 1000 a float32 is 6e-5 wide: rounding to nearest would leave a ball of this size.
    rng = np.random.default_rng(1)
    centre = torch.from_numpy((1000.0 * rng.normal(size=(16, 300))).astype(np.float32))
    eps, no = {"linf": 0.3, "l2": 0.3, "l1": 1.5}[norm], torch.zeros(16, dtype=torch.bool)
    x = previous = best = centre
    best_gradient = torch.zeros_like(centre)
    for _ in range(5):
        gradient = torch.from_numpy(rng.normal(size=(16, 300)).astype(np.float32))
        after, best, best_gradient = advance(x, gradient, centre, previous, best, best_gradient, better=~no, back=no,
                                             norm=norm, size=torch.full((16,), 2 * eps, dtype=torch.float64), eps=eps,
                                             count=torch.full((16,), 5), impl=impl)
        x, previous = after, x
    change = (x.double() - centre.double()).abs()
    length = {"linf": change.amax(1), "l2": change.pow(2).sum(1).sqrt(), "l1": change.sum(1)}[norm]
    assert (length <= eps * (1 + 1e-12)).all()
    assert (length > 0.4 * eps).all()


def test_an_implementation_that_cannot_run_says_why() -> None:
    case = _case("linf", torch.float32, None)
    with pytest.raises(KernelUnavailable, match=r"apgd-linf.* (cpu|not installed)"):
        advance(**case, impl="triton")
    with pytest.raises(KernelUnavailable, match="radius for each row"):
        advance(**{**case, "eps": torch.full((8, 131), 0.1, dtype=torch.float64)}, impl="cpu")
