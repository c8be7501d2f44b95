"""What a call through the other form costs: the same method called directly and through it, equal results first."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from captum.attr import IntegratedGradients
from practicum_interop import from_captum

from practicum.testing.torch_toys import TorchToy


def seconds(call: Callable[[], object], times: int = 7) -> float:
    """The shortest of several runs."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        found.append(time.perf_counter() - began)
    return min(found)


def main() -> None:
    """Integrated gradients of 32 samples by a small network, at once and one by one."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(64, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10)).double()
    x = torch.rand(32, 64, dtype=torch.float64)
    theirs, ours, model = IntegratedGradients(net), from_captum("IntegratedGradients"), TorchToy.of(net)
    direct = theirs.attribute(x, target=0).detach().numpy()
    assert abs(ours(model, x, target=0).values - direct).max() < 1e-9
    whole = seconds(lambda: theirs.attribute(x, target=0))
    alone = seconds(lambda: [theirs.attribute(x[k:k + 1], target=0) for k in range(len(x))])
    mine = seconds(lambda: ours(model, x, target=0))
    print(f"captum, one batch {whole * 1e3:.1f} ms; captum, sample by sample {alone * 1e3:.1f} ms; through "
          f"interop/captum (sample by sample, guarded) {mine * 1e3:.1f} ms: {mine / alone:.2f} times the latter")


if __name__ == "__main__":
    main()
