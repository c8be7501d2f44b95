"""What each defence buys a small network on handwritten digits: accuracy left by attacks, certificates, training time.

    python plugins/defences/benchmarks/bench_defences.py

Needs practicum-models-basic, practicum-gradient-attacks and practicum-image-basic, and scikit-learn for the digits.
Offline; one thread is enough (OMP_NUM_THREADS=1). The digits are 8x8, 1,078 to train on and 200 to attack. A model is
attacked with gradients, straight through its smoothing where it has one (PGD), and by queries alone (Square).
"""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

import practicum as pm
from practicum import Keys
from practicum.data.splits import split

CNN = {"use": "models-basic/small-cnn", "epochs": 15}
EPS = (0.1, 0.2)
TRAINED = {"eps": 0.15, "epochs": 15, "base": CNN}
MODELS = {
    "undefended": CNN,
    "PGD as adversary": CNN,
    "defences/trades": {"use": "defences/trades", **TRAINED},
    "defences/free-training": {"use": "defences/free-training", **TRAINED},
    "defences/fast-training": {"use": "defences/fast-training", **TRAINED},
    "input-smoothing, blur": {"use": "defences/input-smoothing", "base": CNN,
                              "smooth": {"use": "image-basic/gaussian-blur", "sigma": 0.5}},
    "input-smoothing, 1 bit": {"use": "defences/input-smoothing", "base": CNN,
                               "smooth": {"use": "image-basic/posterize", "bits": 1}},
    "randomised-smoothing": {"use": "defences/randomised-smoothing", "base": CNN, "sigma": 0.25, "draws": 4},
}
RADII = (0.0, 0.25, 0.5)


def attacked(model: Any, batch: pm.Batch, eps: float) -> tuple[float, float]:
    """Robust accuracy under PGD with 40 steps, and under PGD and Square together."""
    attacks = [{"use": "gradient-attacks/pgd", "norm": "linf", "eps": eps, "steps": 40},
               {"use": "gradient-attacks/square", "norm": "linf", "eps": eps, "queries": 500}]
    found = [pm.build(a).run(model, batch, Keys(1)) for a in attacks]
    stands = np.stack([f.clean_correct & ~f.success for f in found])
    return float(stands[0].mean()), float(stands.all(axis=0).mean())


def main() -> None:
    parts = split(pm.load_data("sklearn/digits"), {"train": 0.6, "valid": 0.2, "test": 0.2}, stratify="label")
    test = parts.test.take(np.arange(200))
    adversary = pm.build({"use": "gradient-attacks/pgd", "norm": "linf", "eps": 0.15, "steps": 7})
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'model':24}{'seconds':>8}{'clean':>8}" + "".join(f"{f'PGD {e}':>10}{'+Square':>9}" for e in EPS))
    certified = {}
    for name, config in MODELS.items():
        began = time.perf_counter()
        extra = {"adversary": adversary} if name == "PGD as adversary" else {}
        asked: Any = pm.build(config)
        model = asked.fit([parts.train], Keys(0), **extra)
        seconds = time.perf_counter() - began
        clean = float(np.mean(model.predict(test).labels == test.label))
        pairs = [attacked(model, test, eps) for eps in EPS]
        print(f"{name:24}{seconds:8.1f}{clean:8.3f}" + "".join(f"{p:10.3f}{s:9.3f}" for p, s in pairs), flush=True)
        base = model.base if name == "randomised-smoothing" else model if name == "undefended" else None
        if base is not None:
            smoothed = pm.build({"use": "defences/randomised-smoothing", "base": base, "sigma": 0.25})
            certified[name] = smoothed.certify(test, n0=100, n=1000).certified_accuracy(test.label, RADII)
    print("\ncertified accuracy, sigma 0.25, 1,000 draws, at L2 radius " + ", ".join(map(str, RADII)))
    for name, found in certified.items():
        print(f"{'smoothed over ' + name if name == 'undefended' else name:28}"
              + "".join(f"{v:8.3f}" for v in found))


if __name__ == "__main__":
    main()
