"""The Triton kernels that work on whole rows, against an exact oracle in float64. Interpreted, in a child process."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from practicum.kernels import triton_installed

NORMS = ("l2", "l1")
WIDTHS = {"short": 129, "long": 2309}
EDGE = (0.0, 1.0)


def cases(norm: str) -> dict[str, tuple[tuple[np.ndarray, ...], dict[str, Any], bool]]:
    """Name -> ((x, gradient, centre), arguments, whether the form for long rows is asked for)."""
    made: dict[str, tuple[tuple[np.ndarray, ...], dict[str, Any], bool]] = {}
    for form, width in WIDTHS.items():
        for bounds in (None, EDGE):
            # A small ball, one that meets the box (short and long step), one that holds the whole box.
            for share, step in ((0.02, 3.0), (0.5, 0.05), (0.5, 3.0), (30.0, 1.0)):
                if form == "long" and bounds is None and share != 0.5:
                    continue  # interpreting is slow
                eps = share * (width ** 0.5 if norm == "l2" else 0.1 * width)
                kwargs = {"norm": norm, "size": step * eps, "eps": eps, "bounds": bounds}
                name = f"{form}-{'boxed' if bounds else 'open'}-{share}-{step}"
                rows = _rows(width, bounds is not None)
                made[name] = (tuple(r[:3] for r in rows) if form == "long" else rows, kwargs, form == "long")
    return made


def _rows(width: int, boxed: bool) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(width)
    centre = np.round(rng.uniform(size=(4, width)) * 20) / 20  # many on the box
    x = centre + 0.02 * rng.normal(size=(4, width))
    x = np.clip(x, 0, 1) if boxed else x
    gradient = rng.normal(size=(4, width))
    gradient[0] = np.round(gradient[0] * 2) / 2  # ties and zeros
    gradient[1] = 1e-30 * np.sign(gradient[1])  # nothing but ties
    gradient[2] *= 1e30
    gradient[3] = 0.0
    centre[2, :3] = 1.5, np.nan, -np.inf
    x[2, :3] = centre[2, :3]
    return tuple(a.astype(np.float32) for a in (x, gradient, centre))


def oracle(x: np.ndarray, gradient: np.ndarray, centre: np.ndarray, norm: str, size: float, eps: float,
           bounds: tuple[float, float] | None) -> np.ndarray:
    """The next point of one row in float64, entry by entry and by halving an interval 200 times."""
    x, gradient, centre = (a.astype(np.float64) for a in (x, gradient, centre))
    low, high = bounds or (-np.inf, np.inf)
    free = np.isfinite(centre) & (centre >= low) & (centre <= high)
    move = np.zeros_like(x)
    if norm == "l2":
        largest = np.abs(gradient).max()
        unit = gradient / (largest or 1.0)
        move = size * unit / (np.linalg.norm(unit) or 1.0)
    else:
        left = size
        for i in sorted(np.flatnonzero(free & (gradient != 0)), key=lambda i: (-abs(gradient[i]), i)):
            room = min(max(high - x[i], 0.0) if gradient[i] > 0 else max(x[i] - low, 0.0), left)
            move[i] = np.copysign(room, gradient[i])
            left -= room
    u = np.where(free, x - np.where(free, centre, 0.0) + move, 0.0)
    inside = np.where(free, centre, 0.0)
    room = np.where(free, np.where(u > 0, high - inside, inside - low), 0.0)

    def change(amount: float) -> np.ndarray:
        size = np.abs(u) / (1 + amount) if norm == "l2" else np.maximum(np.abs(u) - amount, 0.0)
        return np.minimum(size, room)

    if np.linalg.norm(change(0.0), 2 if norm == "l2" else 1) <= eps:
        return np.where(free, centre + np.copysign(change(0.0), u), centre)
    below, above = 0.0, 1e9
    for _ in range(200):
        middle = 0.5 * (below + above)
        if np.linalg.norm(change(middle), 2 if norm == "l2" else 1) > eps:
            below = middle
        else:
            above = middle
    return np.where(free, centre + np.copysign(change(above), u), centre)


@pytest.fixture(scope="module")
def interpreted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    if not triton_installed():
        pytest.skip("Triton is not installed: pip install 'practicum-gradient-attacks[triton]'")
    path = tmp_path_factory.mktemp("rows") / "rows.npz"
    subprocess.run([sys.executable, __file__, str(path)], check=True, timeout=300,
                   env={**os.environ, "TRITON_INTERPRET": "1"})
    with np.load(path) as found:
        return dict(found)


@pytest.mark.parametrize("name", list(cases("l1")))
@pytest.mark.parametrize("norm", NORMS)
def test_rows_equal_the_exact_oracle(norm: str, name: str, interpreted: dict[str, np.ndarray]) -> None:
    (x, gradient, centre), kwargs, _ = cases(norm)[name]
    free = np.isfinite(centre) & ((centre >= 0) & (centre <= 1) | (kwargs["bounds"] is None))
    got = np.where(free, interpreted[f"{norm} {name}"], 0.0).astype(np.float64)
    middle = np.where(free, centre, 0.0)
    # What rounding may add is taken off the radius first, and each value grows with the radius.
    most, least = (np.stack([np.where(f, oracle(*row, **{**kwargs, "eps": share * kwargs["eps"]}), 0.0)
                             for f, *row in zip(free, x, gradient, centre, strict=True)]) for share in (1.0, 1 - 2e-6))
    slack = 2e-7 * np.maximum(1, np.abs(most)) + 3e-7 * np.abs(most - middle)
    assert (np.abs(got - middle) <= np.abs(most - middle) + slack).all()
    assert (np.abs(got - middle) >= np.abs(least - middle) - slack).all()
    assert ((got - middle) * (most - middle) >= 0).all()


@pytest.mark.parametrize("norm", NORMS)
def test_rows_stay_in_ball_and_box(norm: str, interpreted: dict[str, np.ndarray]) -> None:
    for name, ((_, _, centre), kwargs, _) in cases(norm).items():
        got = interpreted[f"{norm} {name}"]
        free = np.isfinite(centre) & ((centre >= 0) & (centre <= 1) | (kwargs["bounds"] is None))
        change = np.where(free, got.astype(np.float64) - np.where(free, centre, 0.0), 0.0)
        # Exact but for half a unit in the last place of each change.
        length = np.linalg.norm(change, 2 if norm == "l2" else 1, axis=1)
        assert (length <= kwargs["eps"] * (1 + 6e-8)).all(), name
        if kwargs["bounds"]:
            assert ((got >= 0) & (got <= 1))[free].all(), name
        np.testing.assert_array_equal(got[~free], centre[~free])


@pytest.mark.parametrize("norm", NORMS)
def test_a_photograph_is_one_row(norm: str, interpreted: dict[str, np.ndarray]) -> None:
    (x, gradient, centre), kwargs = photograph(norm)
    got = interpreted[f"{norm} photograph"][0]
    want = oracle(x[0], gradient[0], centre[0], **kwargs)
    assert np.abs(got - want).max() <= 5e-7
    length = np.linalg.norm(got.astype(np.float64) - centre[0], 2 if norm == "l2" else 1)
    assert 0.99999 * kwargs["eps"] < length <= kwargs["eps"]


@pytest.mark.parametrize("form", list(WIDTHS))
@pytest.mark.parametrize("norm", NORMS)
def test_rows_with_radii_of_their_own(norm: str, form: str, interpreted: dict[str, np.ndarray]) -> None:
    arrays, kwargs = by_row(norm, form)
    got = interpreted[f"{norm} {form} by row"]
    for row, (x, gradient, centre) in enumerate(zip(*arrays, strict=True)):
        size, eps = kwargs["size"][row], kwargs["eps"][row]
        want = oracle(x, gradient, centre, norm, size, eps, EDGE)
        p = 2 if norm == "l2" else 1
        # Rounding's share is taken off the radius, and each value has its own last place.
        assert np.linalg.norm(got[row] - want, p) <= 3e-6 * eps + 6e-8 * np.count_nonzero(want != centre)
        assert np.linalg.norm(got[row].astype(np.float64) - centre, p) <= eps * (1 + 6e-8)


def by_row(norm: str, form: str) -> tuple[tuple[np.ndarray, ...], dict[str, np.ndarray]]:
    """Three rows with a radius each, one of them 0."""
    width = WIDTHS[form]
    x, gradient, centre = (a[[0, 2, 3]] for a in _rows(width, True))
    x[1, :3], centre[1, :3] = 0.5, 0.5
    eps = np.array([0.3, 0.0, 0.02]) * (width ** 0.5 if norm == "l2" else 0.1 * width)
    return (x, gradient, centre), {"size": 1.5 * eps, "eps": eps}


def photograph(norm: str) -> tuple[tuple[np.ndarray, ...], dict[str, Any]]:
    """One row of 3 x 224 x 224 values (in l1, where interpreting takes long, 3 x 96 x 96), at a point where the
    projection has to act."""
    rng, width = np.random.default_rng(0), 3 * {"l2": 224, "l1": 96}[norm] ** 2
    centre = np.round(rng.uniform(size=(1, width)) * 255).astype(np.float32) / np.float32(255)
    x = np.clip(centre + 0.01 * rng.normal(size=(1, width)), 0, 1).astype(np.float32)
    gradient = rng.normal(size=(1, width)).astype(np.float32)
    eps = {"l2": 2.0, "l1": 110.0}[norm]
    return (x, gradient, centre), {"norm": norm, "size": 0.5 * eps, "eps": eps, "bounds": EDGE}


def main(path: str) -> None:
    """In the child: run the kernels on every case."""
    import torch
    from practicum_gradient_attacks.ops.step import step
    from practicum_gradient_attacks.ops.step.launch import long_step

    found = {}
    for norm in NORMS:
        for name, (arrays, kwargs, long) in cases(norm).items():
            tensors = [torch.from_numpy(a) for a in arrays]
            got = long_step(*tensors, **kwargs) if long else step(*tensors, **kwargs, impl="triton")
            found[f"{norm} {name}"] = got.numpy()
        for form in WIDTHS:
            arrays, radii = by_row(norm, form)
            run = long_step if form == "long" else partial(step, impl="triton")
            got = run(*(torch.from_numpy(a) for a in arrays), norm=norm, bounds=EDGE,
                      **{k: torch.from_numpy(r) for k, r in radii.items()})
            found[f"{norm} {form} by row"] = got.numpy()
        arrays, kwargs = photograph(norm)
        found[f"{norm} photograph"] = step(*(torch.from_numpy(a) for a in arrays), **kwargs, impl="triton").numpy()
    np.savez(Path(path), **found)


if __name__ == "__main__":
    main(sys.argv[1])
