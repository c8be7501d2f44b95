"""The last mile of a training batch on the CPU: ours in one pass, against timm's whole path.

    python plugins/image-mix/benchmarks/bench_fused.py [--threads N] [--rounds N] [--bytes] [--json FILE]

timm's path, with its own functions: uint8 to float32, less the mean, by the standard deviation, RandomErasing on each
image, Mixup with CutMix and dense labels of 1,000 classes. Ours: ``image-mix/train-mix`` from Batch to Batch with its
draws, and the same dense labels. Results are checked against timm's for given draws before anything is timed. Rounds
are interleaved, medians with quartiles are printed, and ratios of medians and of the fastest rounds. ``--bytes`` also
prints what the Triton kernel moves, counted by the interpreter.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from practicum_image_mix.ops.fuse import cpu, fuse
from practicum_image_mix.trainmix import TrainMix

from practicum import Batch
from practicum.kernels.memory import fresh

SHAPE = (64, 3, 224, 224)
CLASSES = 1000
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
FLIP = np.arange(SHAPE[0])[::-1].copy()
CENTRE, SPREAD = (torch.tensor(v).view(1, 3, 1, 1) * 255 for v in (MEAN, STD))
SETTINGS = {"batch-const": ("batch", "const"), "elem-pixel": ("elem", "pixel")}


def timm_part(name: str) -> Any:
    """One module of timm/data by itself: the package around it needs torchvision."""
    found = importlib.util.find_spec("timm")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("this benchmark needs timm: pip install timm")
    path = Path(found.submodule_search_locations[0], "data", f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"timm_{name}_alone", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"timm has no {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class TimmPath:
    """timm's loader, RandomErasing and Mixup, one after another, as its training script runs them."""

    def __init__(self, mode: str, erase: str) -> None:
        self.erase = timm_part("random_erasing").RandomErasing(probability=0.25, mode=erase, device="cpu")
        self.mix = timm_part("mixup").Mixup(mixup_alpha=0.8, cutmix_alpha=1.0, mode=mode, label_smoothing=0.1,
                                            num_classes=CLASSES)

    def __call__(self, x: torch.Tensor, label: torch.Tensor) -> Any:
        return self.mix(self.erase(x.to(torch.float32).sub_(CENTRE).div_(SPREAD)), label)

    def on_our_memory(self, x: torch.Tensor, label: torch.Tensor) -> Any:
        """The same with every large tensor on the memory that our output gets."""
        work = fresh(x.shape, torch.float32)
        work.copy_(x).sub_(CENTRE).div_(SPREAD)
        with Lent():
            return self.mix(self.erase(work), label)


class Lent:
    """Makes ``clone`` and ``flip`` of large tensors, the two that timm's Mixup allocates with, take our memory."""

    def __enter__(self) -> None:
        self._clone, self._flip = torch.Tensor.clone, torch.Tensor.flip

        def clone(tensor: torch.Tensor) -> torch.Tensor:
            return fresh(tensor.shape, tensor.dtype).copy_(tensor)

        def flip(tensor: torch.Tensor, *dims: int) -> torch.Tensor:
            if tensor.ndim < 4:
                return self._flip(tensor, *dims)
            out = fresh(tensor.shape, tensor.dtype)
            np.copyto(out.numpy(), tensor.numpy()[::-1])
            return out

        torch.Tensor.clone, torch.Tensor.flip = clone, flip  # type: ignore[method-assign, assignment]  # put back below

    def __exit__(self, *_: object) -> None:
        torch.Tensor.clone, torch.Tensor.flip = self._clone, self._flip  # type: ignore[method-assign]  # as before


def check(x: torch.Tensor) -> float:
    """The largest difference to timm for given draws: a blend, a box, and a constant patch; raises above 1e-6."""
    module, lam, box = timm_part("mixup"), 0.3125, (40, 150, 30, 160)
    worst = 0.0
    for cut in (False, True):
        mixer = module.Mixup(mixup_alpha=1.0, num_classes=4)
        mixer._params_per_batch = lambda cut=cut: (lam, cut)
        module.cutmix_bbox_and_lam = lambda *_, **__: (box, 0.5)
        theirs, _ = mixer(x.to(torch.float32).sub_(CENTRE).div_(SPREAD), torch.zeros(len(x), dtype=torch.int64))
        theirs[:, :, 10:60, 100:180] = 0.0
        boxes = np.array([box] * len(x)) if cut else None
        ours = fuse(x, MEAN, STD, FLIP, np.ones(len(x)) if cut else np.full(len(x), lam), boxes,
                    np.array([[[10, 60, 100, 180]]] * len(x)))
        worst = max(worst, float((ours - theirs).abs().max()))
    if worst > 1e-6:
        raise SystemExit(f"results differ by {worst}: nothing is timed")
    return worst


def whole(technique: TrainMix, batch: Batch) -> Any:
    """Batch to images and dense labels."""
    out = technique(batch, seed=1)
    return out.data, torch.from_numpy(out.targets["label"].data.dense(CLASSES))


def on_torch_memory(technique: TrainMix, batch: Batch) -> Any:
    """The same writing to ``torch.empty``, whose pages are touched for the first time, as timm's are."""
    kept, smallest = cpu.fresh, cpu.SMALLEST
    cpu.fresh, cpu.SMALLEST = lambda shape, dtype: torch.empty(tuple(shape), dtype=dtype), 1 << 62
    try:
        return whole(technique, batch)
    finally:
        cpu.fresh, cpu.SMALLEST = kept, smallest


def contestants(x: torch.Tensor) -> list[dict[str, Callable[[], Any]]]:
    """What is timed, in groups that are interleaved: outputs of one size each, as in a training loop, since recycled
    memory of one size is of no use to another."""
    label = torch.arange(len(x)) % CLASSES
    batch = Batch.of(x, targets={"label": label.numpy()})
    groups: list[dict[str, Callable[[], Any]]] = []
    half: dict[str, Callable[[], Any]] = {}
    for name, (mode, erase) in SETTINGS.items():
        technique = TrainMix(mean=MEAN, std=STD, mode=mode, re_mode=erase, label_smoothing=0.1)
        theirs = TimmPath(mode, erase)
        groups += [{f"ours {name}": partial(whole, technique, batch), f"timm {name}": partial(theirs, x, label)},
                   {f"ours {name}, torch.empty": partial(on_torch_memory, technique, batch),
                    f"timm {name}, torch.empty": partial(theirs, x, label)},
                   {f"ours {name}, our memory": partial(whole, technique, batch),
                    f"timm {name}, our memory": partial(theirs.on_our_memory, x, label)}]
        half[f"ours {name}, bfloat16"] = partial(whole, technique.evolve(dtype="bfloat16"), batch)
    rng = np.random.default_rng(0)
    lam, partner = rng.random(len(x)), np.roll(np.arange(len(x)), 1)
    alone: dict[str, Callable[[], Any]] = {
        "operation alone, blend": lambda: fuse(x, MEAN, STD, partner, lam),
        "operation alone, normalise": lambda: fuse(x, MEAN, STD),
        "torch: to float, sub_, div_": lambda: x.to(torch.float32).sub_(CENTRE).div_(SPREAD)}
    return [*groups, alone, half]


def measure(pending: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each contestant, ``rounds`` times, interleaved; the first round is left out."""
    taken: dict[str, list[float]] = {name: [] for name in pending}
    for turn in range(rounds + 1):
        for name, work in pending.items():
            start = time.perf_counter()
            result = work()
            seconds = time.perf_counter() - start
            del result
            if turn:
                taken[name].append(seconds)
    return taken


def counted() -> str:
    """What the Triton kernel moves, from the kernel contract's byte case."""
    from practicum.kernels import load_op
    from practicum.kernels.cases import interpret_ops
    from practicum.kernels.report import byte_case

    op = load_op("image-mix/fuse")
    case = byte_case(op, interpret_ops([op.name])[op.name])
    moved, elements = case.loaded + case.stored, int(np.prod(case.shape))
    return (f"Triton kernel on {'x'.join(map(str, case.shape))}: {moved} bytes moved = {moved / elements:.2f} for each "
            f"byte of input, {moved / case.fewest:.3f} of the fewest possible, launches {case.launches}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--bytes", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    x = torch.randint(0, 256, SHAPE, generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    worst, before = check(x), x.clone()
    taken: dict[str, list[float]] = {}
    for group in contestants(x):
        taken |= measure(group, options.rounds)
    if not torch.equal(x, before):
        raise SystemExit("the input was changed")
    middle = {name: statistics.median(values) for name, values in taken.items()}
    best = {name: min(values) for name, values in taken.items()}
    print(f"{'x'.join(map(str, SHAPE))} uint8, {options.threads} threads, torch {torch.__version__}, "
          f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; difference {worst:.1e}")
    for name, values in taken.items():
        low, _, high = statistics.quantiles(values, n=4)
        print(f"{name:42s} {1e3 * middle[name]:8.2f} ms  ({1e3 * low:.2f} .. {1e3 * high:.2f}), "
              f"fastest {1e3 * best[name]:.2f}")
    shown = {}
    for name in SETTINGS:
        for what, (theirs, ours) in {
            "timm / ours": (f"timm {name}", f"ours {name}"),
            "both on torch.empty": (f"timm {name}, torch.empty", f"ours {name}, torch.empty"),
            "both on our memory": (f"timm {name}, our memory", f"ours {name}, our memory"),
        }.items():
            shown[f"{name}: {what}"] = {"median": middle[theirs] / middle[ours], "fastest": best[theirs] / best[ours]}
    for name, value in shown.items():
        print(f"{name:42s} {value['median']:6.2f} x of medians, {value['fastest']:6.2f} x of the fastest rounds")
    if options.bytes:
        print(counted())
    if options.json:
        draft = options.json.with_suffix(".part")
        draft.write_text(json.dumps({"shape": SHAPE, "threads": options.threads, "torch": torch.__version__,
                                     "seconds": middle, "ratios": shown, "difference": worst}, indent=1))
        os.replace(draft, options.json)


if __name__ == "__main__":
    main()
