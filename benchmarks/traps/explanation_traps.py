"""Traps T12, T14, T18 to T21 and T24 of explanations, each on a case whose truth is known.

A trap is given a library's methods and gives ``(passed, what was measured)``, or ``None`` where it has none.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

import practicum as pm
from practicum import Batch

Floats = npt.NDArray[np.float64]
Verdict = tuple[bool, str] | None
D = 8
TAGGED = "a<script>alert(1)</script>b"


class Kink(torch.nn.Module):
    """ReLU(sum x - 1) and 0, as two scores."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        value = torch.relu(x.sum(1) - 1)
        return torch.stack([value, 0 * value], 1)


class Threes(torch.nn.Module):
    """A sum of products of up to three values: no method that looks at pairs only gets its Shapley values right."""

    def __init__(self) -> None:
        super().__init__()
        self.terms = [t for k in (1, 2, 3) for t in itertools.combinations(range(D), k)]
        weights = torch.randn(len(self.terms), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        self.weights = torch.nn.Parameter(weights)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        value = torch.stack([x[:, list(t)].prod(1) for t in self.terms], 1) @ self.weights.to(x.dtype)
        return torch.stack([value, 0 * value], 1)

    def shapley(self) -> Floats:
        """At x = 1 against 0: each term divided equally among its values."""
        out = np.zeros(D)
        for term, weight in zip(self.terms, self.weights.tolist(), strict=True):
            out[list(term)] += weight / len(term)
        return out


SLOPES = np.array([2.0, -1.0, 0.5, 3.0])


class Straight(torch.nn.Module):
    """A linear score and 0."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        value = x @ torch.as_tensor(SLOPES).to(x.dtype)
        return torch.stack([value, 0 * value], 1)


def _ones(width: int) -> torch.Tensor:
    return torch.ones(1, width, dtype=torch.float64)


def _practicum() -> dict[str, Any]:
    def using(name: str, **fields: Any) -> Callable[[torch.nn.Module, torch.Tensor], Any]:
        def run(module: torch.nn.Module, x: torch.Tensor) -> Any:
            batch = Batch.of(x, modality="state")
            out = pm.get(f"explain/{name}", **fields)(pm.wrap(module, modality="state"), batch, [0] * len(x))
            return torch.as_tensor(np.asarray(out.values))
        return run

    def html() -> str:
        from practicum.testing.torch_toys import BagOfWords

        model = BagOfWords.of([TAGGED, "good"], np.eye(3), np.eye(3))
        made = pm.get("explain/ablation")(model, Batch.of([f"{TAGGED} good"]), [0])
        return str(made.html())

    return {"ig": using("integrated-gradients"), "kernel-shap": using("kernel-shap", budget=254),
            "lime": using("lime"), "shapley": using("shapley"), "html": html}


def _captum() -> dict[str, Any]:
    from captum import attr

    def using(cls: Any, **fields: Any) -> Callable[[torch.nn.Module, torch.Tensor], Any]:
        return lambda module, x: cls(module).attribute(x, target=0, **fields)

    def html() -> str:
        from captum.attr import visualization

        record = visualization.VisualizationDataRecord([1.0, 0.0], 0.5, 1, 1, 1, 0.5, [TAGGED, "good"], 0.0)
        with contextlib.redirect_stdout(io.StringIO()):  # it displays the page, too
            return str(visualization.visualize_text([record]).data)

    return {"ig": using(attr.IntegratedGradients), "kernel-shap": using(attr.KernelShap, n_samples=254),
            "lime": using(attr.Lime, n_samples=200), "shapley": using(attr.ShapleyValues), "html": html}


def _shap() -> dict[str, Any]:
    import shap

    def kernel(module: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
        def score(rows: Floats) -> Floats:
            with torch.no_grad():
                return np.asarray(module(torch.from_numpy(rows))[:, 0].numpy())

        made = shap.KernelExplainer(score, np.zeros((1, x.shape[1])))
        return torch.as_tensor(made.shap_values(x.numpy(), nsamples=254, silent=True))

    def html() -> str:
        found = shap.Explanation(np.array([1.0, 0.5]), base_values=0.0, data=np.array([TAGGED, "good"]))
        return str(shap.plots.text(found, display=False))

    return {"kernel-shap": kernel, "shapley": kernel, "html": html}


def _lime() -> dict[str, Any]:
    def tabular(module: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
        from lime.lime_tabular import LimeTabularExplainer

        background = np.random.default_rng(0).normal(size=(200, x.shape[1]))

        def score(rows: Floats) -> Floats:
            with torch.no_grad():
                return np.asarray(module(torch.from_numpy(rows))[:, 0].numpy())

        made = LimeTabularExplainer(background, mode="regression", discretize_continuous=False, random_state=0)
        found = made.explain_instance(x[0].numpy(), score, num_features=x.shape[1], num_samples=200)
        slopes = np.zeros(x.shape[1])
        for place, value in found.as_map()[1]:  # under 0 it keeps the same with the sign turned
            slopes[place] = value / background[:, place].std()
        return torch.as_tensor(slopes[None])

    def html() -> str:
        from lime.lime_text import LimeTextExplainer

        def score(texts: list[str]) -> Floats:
            good = np.array([float("good" in t) for t in texts])
            return np.stack([1 - good, good], 1)

        made = LimeTextExplainer(random_state=0)
        return str(made.explain_instance(f"{TAGGED} good", score, num_samples=50).as_html())

    return {"lime": tabular, "html": html}


def libraries() -> dict[str, dict[str, Any]]:
    """Library -> its methods; libraries that aren't installed are named on standard output."""
    makers = {"practicum": _practicum, "captum": _captum, "shap": _shap, "lime": _lime}
    found = {}
    for name, make in makers.items():
        if importlib.util.find_spec(name) is None:
            print(f"{name} is not installed: its column is left out")
            continue
        found[name] = make()
    return found


def t12(methods: dict[str, Any]) -> Verdict:
    """Batch statistics of a model in training mode, after integrated gradients."""
    if "ig" not in methods:
        return None
    net = torch.nn.Sequential(torch.nn.Linear(4, 4, dtype=torch.float64), torch.nn.BatchNorm1d(4, dtype=torch.float64),
                              torch.nn.Linear(4, 2, dtype=torch.float64)).train()
    before = net[1].running_mean.clone()
    methods["ig"](net, torch.randn(3, 4, dtype=torch.float64))
    kept = torch.equal(before, net[1].running_mean) and net.training
    return kept, "untouched" if kept else "changed"


def t18(methods: dict[str, Any]) -> Verdict:
    """Completeness gap of integrated gradients on ReLU(sum x - 1), relative, as set up by default."""
    if "ig" not in methods:
        return None
    x = torch.tensor([[0.7, 0.4, 0.3, 0.2]], dtype=torch.float64)
    score = float(Kink()(x)[0, 0])
    gap = abs(float(methods["ig"](Kink(), x).sum()) - score) / score
    return gap <= 1e-3, f"{gap:.1e}"


def t19(methods: dict[str, Any]) -> Verdict:
    """Largest error of KernelSHAP with 254 evaluations of a function of eight values: all coalitions there are."""
    if "kernel-shap" not in methods:
        return None
    module = Threes()
    error = float(np.abs(np.asarray(methods["kernel-shap"](module, _ones(D)).detach())[0] - module.shapley()).max())
    return error <= 1e-9, f"{error:.0e}"


def t20(methods: dict[str, Any]) -> Verdict:
    """Largest error of LIME's slopes on a linear function, relative."""
    if "lime" not in methods:
        return None
    found = np.asarray(methods["lime"](Straight(), _ones(4)).detach(), dtype=np.float64)[0]
    error = float(np.abs(found / SLOPES - 1).max())
    return error <= 1e-5, f"{error:.0e}"


def t21(methods: dict[str, Any]) -> Verdict:
    """Precision of Shapley values of a float64 input."""
    if "shapley" not in methods:
        return None
    kind = str(methods["shapley"](Straight(), _ones(4)).dtype).removeprefix("torch.")
    return kind == "float64", kind


def t24(methods: dict[str, Any]) -> Verdict:
    """HTML of a text with a script tag: whether the tag comes out as text, and the size of the page."""
    page = methods["html"]()
    raw = TAGGED in page
    size = math.ceil(len(page.encode()) / 1000)
    return not raw and size < 50, f"{'raw tag' if raw else 'escaped'}, {size} kB"


TRAPS: dict[str, Callable[[dict[str, Any]], Any]] = {"T12": t12, "T18": t18, "T19": t19, "T20": t20, "T21": t21,
                                                     "T24": t24}
