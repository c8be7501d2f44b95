"""Shapley values and LIME beside captum and shap: equal results first, then the time.

Run: python plugins/explain/benchmarks/bench_shapley.py
Peers: pip install captum shap   (what isn't installed is left out, and said so)
"""

from __future__ import annotations

import importlib.util
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from practicum_explain.kernel_shap import KernelShap
from practicum_explain.lime import Lime
from practicum_explain.shapley import Shapley

from practicum.testing.torch_toys import TorchToy

Floats = npt.NDArray[np.float64]
SAMPLES = 16


def network(width: int) -> torch.nn.Module:
    torch.manual_seed(width)
    net = torch.nn.Sequential(torch.nn.Linear(width, 64), torch.nn.Tanh(), torch.nn.Linear(64, 64), torch.nn.Tanh(),
                              torch.nn.Linear(64, 3)).double().eval()
    with torch.no_grad():
        for layer in net[::2]:
            layer.weight *= 3.0  # so that parts interact
    return net


def samples(width: int, count: int = SAMPLES) -> Floats:
    return 1.5 * np.random.default_rng(width).normal(size=(count, width))


def timed(function: Callable[[], Any], rounds: int = 3) -> tuple[Any, float]:
    out, times = None, []
    for _ in range(rounds):
        start = time.perf_counter()
        out = function()
        times.append(time.perf_counter() - start)
    return out, min(times)


def exact(have: frozenset[str]) -> None:
    print("Exact Shapley values, one sample")
    for width in (8, 12, 14, 16):
        model, x = TorchToy.of(network(width)), samples(width, 1)
        out, seconds = timed(lambda m=model, v=x: Shapley()(m, v, target=0))
        print(f"  d={width:2d}  {int(out.queries[0]):6d} queries  {1e3 * seconds:9.1f} ms")
        if width == 8 and "captum" in have:
            beside_captum(x, out.values, seconds)


def beside_captum(x: Floats, ours: Floats, seconds: float) -> None:
    from captum.attr import ShapleyValues

    net = network(x.shape[1]).float()  # captum's ShapleyValues gives float32 whatever it is given
    tensor = torch.from_numpy(x).float()
    with torch.no_grad():
        theirs, slow = timed(lambda: ShapleyValues(net).attribute(tensor, target=0, perturbations_per_eval=8), rounds=1)
    print(f"        captum ShapleyValues {1e3 * slow:9.1f} ms, {slow / seconds:.0f} times as long, "
          f"off by {np.abs(theirs.numpy() - ours).max():.1e}")


def curve(ours: Callable[[int], Floats], sizes: tuple[int, ...], truth: Floats) -> list[tuple[float, float, int]]:
    """(error, seconds, size) for each size."""
    rows = []
    for size in sizes:
        found, seconds = timed(lambda s=size: ours(s))
        rows.append((float(np.sqrt(((found - truth) ** 2).mean())), seconds, size))
    return rows


def against(name: str, peer: tuple[float, float, int], mine: list[tuple[float, float, int]]) -> None:
    enough = [row for row in mine if row[0] <= peer[0]]
    found = f"{peer[0]:.1e} with {peer[2]:5d} coalitions in {1e3 * peer[1]:8.1f} ms"
    if not enough:
        print(f"  {name:22s} {found}; none of our sizes is that good")
        return
    best = min(enough, key=lambda row: row[1])
    print(f"  {name:22s} {found}; ours {best[0]:.1e} with {best[2]:5d} in {1e3 * best[1]:6.1f} ms: "
          f"{peer[1] / best[1]:.1f} times as long")


def kernel_shap(have: frozenset[str], width: int = 12) -> None:
    print(f"KernelSHAP, {SAMPLES} samples, d={width}: root mean square error against the exact values, at equal error")
    net, x = network(width), samples(width)
    model = TorchToy.of(net)
    truth = Shapley()(model, x, target=0).values
    mine = curve(lambda n: KernelShap(budget=n)(model, x, target=0).values,
                 (48, 100, 200, 400, 800, 1600, 3200, 4094), truth)
    for error, seconds, size in mine:
        print(f"  {'ours':22s} {error:.1e} with {size:5d} coalitions in {1e3 * seconds:8.1f} ms")
    if "shap" in have:
        import shap

        def score(values: Floats) -> Floats:
            with torch.no_grad():
                return np.asarray(net(torch.from_numpy(values))[:, 0].numpy())

        explainer = shap.KernelExplainer(score, np.zeros((1, width)))
        for size in (100, 400, 1600):
            def theirs(n: int) -> Floats:
                return np.asarray(explainer.shap_values(x, nsamples=n, l1_reg=False, silent=True))

            against("shap KernelExplainer", curve(theirs, (size,), truth)[0], mine)
    if "captum" in have:
        from captum.attr import KernelShap as CaptumKernelShap

        for size in (100, 400, 1600):
            def captums(n: int) -> Floats:
                method = CaptumKernelShap(net)
                with torch.no_grad():
                    return np.concatenate([method.attribute(torch.from_numpy(row[None]), target=0, n_samples=n,
                                                            perturbations_per_eval=n).numpy() for row in x])

            against("captum KernelShap", curve(captums, (size,), truth)[0], mine)


def lime(have: frozenset[str], width: int = 12) -> None:
    print(f"LIME, {SAMPLES} samples, d={width}: error against the regression on all coalitions, at equal error")
    net, x = network(width), samples(width)
    model = TorchToy.of(net)
    truth = Lime(samples=1 << width)(model, x, target=0).values
    mine = curve(lambda n: Lime(samples=n)(model, x, target=0).values, (100, 200, 400, 800, 1600, 3200, 4096), truth)
    for error, seconds, size in mine:
        print(f"  {'ours':22s} {error:.1e} with {size:5d} coalitions in {1e3 * seconds:8.1f} ms")
    if "captum" in have:
        from captum._utils.models.linear_model import SkLearnLinearRegression
        from captum.attr import Lime as CaptumLime

        def kernel(original: Any, perturbed: Any, coalition: Any, **_: Any) -> float:
            distance = 1 - float(coalition.double().mean()) ** 0.5
            return float(np.exp(-(distance / 0.25) ** 2))

        for size in (200, 800):
            def captums(n: int) -> Floats:
                method = CaptumLime(net, interpretable_model=SkLearnLinearRegression(), similarity_func=kernel)
                with torch.no_grad():
                    return np.concatenate([method.attribute(torch.from_numpy(row[None]), target=0, n_samples=n,
                                                            perturbations_per_eval=n).numpy() for row in x])

            against("captum Lime, same kernel", curve(captums, (size,), truth)[0], mine)


def builder() -> None:
    from practicum.masking.op import mask_rows

    print("Masked batches: 512 coalitions of 64 patches of an image 3x224x224, float32, one thread")
    x, base = torch.rand(1, 3 * 224 * 224), torch.zeros(1, 3 * 224 * 224)
    owners = (torch.arange(224) // 28)[:, None] * 8 + (torch.arange(224) // 28)[None]
    players = owners.to(torch.int32).expand(3, -1, -1).reshape(1, -1).contiguous()
    present = np.random.default_rng(0).random((512, 64)) < 0.5
    bits = torch.from_numpy(np.packbits(present, axis=1, bitorder="little"))
    rows = torch.zeros(512, dtype=torch.int64)
    shown = torch.from_numpy(present)

    def plain() -> torch.Tensor:
        return torch.where(shown[:, players[0].long()], x, base)

    fused, quick = timed(lambda: mask_rows(x, base, players, bits, rows))
    eager, slow = timed(plain)
    assert torch.equal(fused, eager)
    print(f"  fused {1e3 * quick:6.1f} ms ({fused.numel() * 4 / quick / 1e9:.1f} GB/s written), "
          f"torch.where on gathered masks {1e3 * slow:6.1f} ms: {slow / quick:.1f} times as long")


def main() -> None:
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    have = frozenset(name for name in ("captum", "shap") if importlib.util.find_spec(name) is not None)
    for name in ("captum", "shap"):
        if name not in have:
            print(f"{name} is not installed, so its rows are left out: pip install {name}")
    exact(have)
    kernel_shap(have)
    lime(have)
    builder()


if __name__ == "__main__":
    main()
