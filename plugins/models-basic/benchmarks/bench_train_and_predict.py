"""How long the two small networks take to train and predict, on data every machine has.

Run ``OMP_NUM_THREADS=1 python plugins/models-basic/benchmarks/bench_train_and_predict.py``.
"""

from __future__ import annotations

import inspect
import pkgutil
import time
from importlib import import_module

import numpy as np
import torch
from practicum_models_basic.small_cnn import SmallCNN
from practicum_models_basic.text_classifier import TextClassifier
from sklearn.datasets import load_digits

from practicum import Batch, Keys


def digits() -> tuple[Batch, Batch]:
    found = load_digits()
    data = Batch.of(torch.tensor(found.images[:, None] / 16, dtype=torch.float32), targets={"label": found.target})
    order = np.random.default_rng(0).permutation(len(data))
    return data.take(order[:1078]), data.take(order[1437:])


def docstrings(count: int = 5000) -> tuple[Batch, Batch]:
    """Lines of docstrings of scikit-learn, scipy, numpy and pandas, by package; every fifth is held out."""
    lines: dict[str, str] = {}
    for package in ("sklearn", "scipy", "numpy", "pandas"):
        root, mine = import_module(package), []
        for info in pkgutil.iter_modules(root.__path__):
            if info.name.startswith("_") or info.name in ("conftest", "setup", "testing"):
                continue
            for _, member in inspect.getmembers(import_module(f"{package}.{info.name}"), callable):
                mine += [line.strip() for line in (inspect.getdoc(member) or "").splitlines() if len(line.split()) > 6]
        lines |= {line: package for line in dict.fromkeys(mine) if line not in lines}
    order = np.random.default_rng(0).permutation(len(lines))[:count]
    items = list(lines.items())
    data = Batch.of([items[i][0] for i in order], targets={"label": [items[i][1] for i in order]})
    held = np.arange(len(data)) % 5 == 0
    return data.take(~held), data.take(held)


def clocked(name: str, model: SmallCNN | TextClassifier, train: Batch, test: Batch) -> None:
    start = time.perf_counter()
    fitted = model.fit([train], Keys(0))
    fit = time.perf_counter() - start
    fitted.predict(test)
    start = time.perf_counter()
    said = fitted.predict(test)
    predict = time.perf_counter() - start
    print(f"{name}: {len(train)} samples, {model.epochs} epochs in {fit:.1f} s; test accuracy "
          f"{(said.labels == test.label).mean():.3f} (largest class {np.bincount(test.label).max() / len(test):.3f}); "
          f"{len(test) / predict:,.0f} predictions/s")


if __name__ == "__main__":
    print(f"torch {torch.__version__}, {torch.get_num_threads()} thread(s)")
    clocked("small-cnn, digits", SmallCNN(), *digits())
    clocked("text-classifier, docstrings", TextClassifier(), *docstrings())
