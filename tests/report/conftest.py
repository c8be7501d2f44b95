"""Reports to render: real figures of linear models on scikit-learn's digits, and a hostile one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from practicum.batch import Batch
from practicum.evaluate.metrics import metric
from practicum.evaluate.report import Report
from practicum.evaluate.result import Cell, Examples, Hardening, Meta, Perturbation
from practicum.evaluate.summary import clean_row, gains_of, rows_of
from practicum.explainer import Explanation

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SEEDS = (0, 1, 2)
SCHEMA = {"label": pa.int64(), "clean_prediction": pa.int64(), "prediction": pa.int64(), "clean_correct": pa.bool_(),
          "correct": pa.bool_(), "clean_score": pa.float64(), "score": pa.float64(), "clean_loss": pa.float64(),
          "loss": pa.float64(), "failed": pa.bool_(), "error": pa.large_string(), "norm": pa.float64(),
          "within": pa.bool_(), "queries": pa.int64(), "gradients": pa.int64(),
          "same_alone": pa.bool_()}


def samples(label: Any, clean_scores: Any, scores: Any, *, failed: dict[int, str] | None = None,
            norm: Any = None) -> pa.Table:
    """A cell's table from class scores before and after."""
    label = np.asarray(label)
    rows, failed = np.arange(len(label)), failed or {}
    before, after = np.argmax(clean_scores, 1), np.argmax(scores, 1)
    losses = [np.log(np.exp(z - z.max(1, keepdims=True)).sum(1)) - (z - z.max(1, keepdims=True))[rows, label]
              for z in (clean_scores, scores)]
    attack = norm is not None
    columns = {
        "label": label, "clean_prediction": before, "prediction": after, "clean_correct": before == label,
        "correct": after == label, "clean_score": (before == label).astype(float),
        "score": (after == label).astype(float), "clean_loss": losses[0], "loss": losses[1],
        "failed": [int(r) in failed for r in rows], "error": [failed.get(int(r), "") for r in rows],
        "norm": norm if attack else [None] * len(rows), "within": [True if attack else None] * len(rows),
        "queries": [4 if attack else None] * len(rows), "gradients": [2 if attack else None] * len(rows),
        "same_alone": [True if attack else None] * len(rows)}
    return pa.table({"id": pa.array(rows)} | {n: pa.array(v, type=SCHEMA[n]) for n, v in columns.items()})


def assemble(cells: list[Cell], meta: Meta, examples: tuple[Examples, ...] = (),
             hardening: Hardening | None = None) -> Report:
    """A report with the figures that the evaluation itself computes from these cells."""
    chosen = metric(meta.metric, meta.task)
    clean = []
    for phase in dict.fromkeys(c.phase for c in cells):
        first = next(c for c in cells if c.phase == phase).samples
        table = pa.table({"score": first["clean_score"]})
        clean.append(clean_row(table, chosen, split=cells[0].split, phase=phase, level=meta.level))
    gains = tuple(gains_of(cells, chosen, level=meta.level)) if hardening else ()
    return Report(meta, tuple(rows_of(cells, chosen, level=meta.level)), tuple(clean), tuple(cells), examples, gains,
                  hardening)


def perturbation(name: str, parameter: str = "", strength: Any = None, **facts: Any) -> Perturbation:
    """A perturbation as the evaluation labels it."""
    short = name.split("/")[-1]
    label = f"{short} {parameter}={strength}" if parameter else short
    fields = {parameter: strength} if parameter else {}
    kind = facts.pop("kind", "transformation")
    group = facts.pop("group", short)
    return Perturbation(label.replace(" ", "-"), {"use": name, **fields}, label, group, kind, parameter, strength,
                        **facts)


def meta(**changes: Any) -> Meta:
    """What a run records."""
    recipe = {"data": {"use": "sklearn/digits"}, "model": {"use": "models-basic/linear", "epochs": 8},
              "stress": [{"use": "image-basic/gaussian-noise", "sweep": {"std": [0.1, 0.2, 0.4]}}], "seeds": 3}
    return replace(Meta(
        metric="accuracy", direction="higher", task="classification", model=recipe["model"],
        data={"use": "sklearn/digits", "split": {"train": 0.6, "test": 0.4}}, splits={"test": 400},
        classes=DIGITS, modality="image", seeds=SEEDS,
        recipe=recipe, versions={"python": "3.11.9", "practicum": "0.1.0", "numpy": "2.3.1", "platform": "Linux"},
        command="practicum run examples/harden-digits.yaml --out runs/digits", run_id="20261122-digits",
        seconds={"fit": 1.25, "stress": 4.5, "harden": 2.0}), **changes)


def _digits() -> Report:
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression

    data = load_digits()
    x, y = data.data / 16, data.target
    rng = np.random.default_rng(0)
    train, test = np.split(rng.permutation(len(x)), [1397])
    xt, yt = x[test], y[test]
    given = LogisticRegression(max_iter=300, C=10).fit(x[train], y[train])
    noisy = np.concatenate([x[train], *(x[train] + rng.normal(0, 0.3, x[train].shape) for _ in range(2))])
    hardened = LogisticRegression(max_iter=200, C=0.05).fit(noisy, np.tile(y[train], 3))

    def logits(model: Any, inputs: Any) -> Any:
        return inputs @ model.coef_.T + model.intercept_

    def noise(model: Any, seed: int, std: float) -> Any:
        return xt + np.random.default_rng(seed).normal(0, std, xt.shape)

    def shift(model: Any, seed: int, pixels: int) -> Any:
        return np.roll(xt.reshape(-1, 8, 8), pixels, axis=2).reshape(len(xt), -1)

    def fgsm(model: Any, seed: int, eps: float) -> Any:
        scores = logits(model, xt)
        scores[np.arange(len(yt)), yt] = -np.inf
        return np.clip(xt + eps * np.sign(model.coef_[scores.argmax(1)] - model.coef_[yt]), 0, 1)

    def flip(model: Any, seed: int, _: Any) -> Any:
        return xt.reshape(-1, 8, 8)[:, :, ::-1].reshape(len(xt), -1)

    plan = [(perturbation("image-basic/gaussian-noise", "std", s), noise, s) for s in (0.1, 0.2, 0.4)]
    plan += [(perturbation("image-basic/shift", "pixels", s), shift, s) for s in (1, 2)]
    attack = {"kind": "attack", "upper_bound": True, "norm": "linf"}
    plan += [(perturbation("gradient-attacks/fgsm", "eps", s, eps=s, **attack), fgsm, s) for s in (0.02, 0.05, 0.1)]
    plan += [(perturbation("image-basic/flip", label_effect="changes"), flip, None)]
    cells, examples = [], []
    for made, function, strength in plan:
        for phase, model in (("before", given), ("after", hardened)):
            for seed in SEEDS:
                changed = function(model, seed, strength)
                norm = np.abs(changed - xt).max(1) if made.kind == "attack" else None
                broken = {3: "TechniqueFailed: no edges in the picture"} if made.group == "shift" else {}
                table = samples(yt, logits(model, xt), logits(model, changed), failed=broken, norm=norm)
                cells.append(Cell(made, "test", seed, phase, table, 0.1))
        table = cells[-2 * len(SEEDS)].samples.to_pandas()
        worst = table[table.clean_correct & ~table.correct].sort_values("loss", ascending=False).index[:6].to_numpy()
        if len(worst) and strength in (0.4, 2, 0.1):
            examples.append(_examples(made, xt, function(given, 0, strength), table, worst, given, hardened, logits))
    hardening = Hardening((plan[2][0].key, plan[7][0].key), {"use": "image-basic/gaussian-noise"},
                          {"use": "gradient-attacks/fgsm", "eps": 0.1}, "valid", {"epochs": 8}, 2.0)
    order = {"fgsm": 0, "shift": 1, "gaussian-noise": 2}
    examples.sort(key=lambda e: order[e.perturbation.group])
    return assemble(cells, meta(splits={"test": len(test)}), tuple(examples), hardening)


def _examples(made: Any, clean: Any, changed: Any, table: Any, worst: Any, given: Any, hardened: Any,
              logits: Any) -> Examples:
    images = [Batch.of(v[worst].reshape(-1, 1, 8, 8).astype(np.float32), ids=worst, modality="image")
              for v in (clean, changed)]
    said = table.prediction[worst].to_numpy()
    grounds = Explanation((given.coef_[said] * changed[worst]).reshape(-1, 1, 8, 8), said, list(worst),
                          method="explain/saliency")
    columns = {n: tuple(table[n][worst].tolist()) for n in
               ("label", "clean_prediction", "prediction", "clean_loss", "loss")}
    again = tuple(int(v) for v in logits(hardened, changed[worst]).argmax(1))
    return Examples(made, "test", 0, *images, columns["label"], columns["clean_prediction"], columns["prediction"],
                    columns["clean_loss"], columns["loss"], {"saliency": (grounds, grounds)}, again)


TEXTS = (
    "Open a network connection and send the request, raising TimeoutError if the server does not answer in time.",
    "Return the greatest common divisor of the integers; the result is positive, and zero if both are zero.",
    "Acquire the lock, blocking until it is released by the thread that holds it, then set it to locked.",
    "Naïve café: decode bytes to a string using the codec 日本語 registered for the encoding.")


def _texts(hostile: str = "") -> Report:
    """A text report; every user string is ``hostile`` where given."""
    rng = np.random.default_rng(1)
    label = rng.integers(0, 3, 120)
    clean = np.eye(3)[label] * 3 + rng.normal(0, 0.8, (120, 3))
    word = hostile or "swap"
    made = [replace(perturbation("text-noise/char-swap", "rate", r), group=f"char-{word}", parameter=hostile or "rate")
            for r in (0.05, 0.2)]
    made = [replace(p, label=f"{word} {p.strength}", config={"use": hostile or "text-noise/char-swap"}) for p in made]
    cells = [Cell(p, "test", s, "before", samples(label, clean, clean + np.random.default_rng(s).normal(
        0, 8 * float(p.strength), clean.shape), failed={5: hostile or "TechniqueFailed: a broken row"}), 0.1)
        for p in made for s in SEEDS]
    before = [t + hostile for t in TEXTS]
    after = [t.replace("ti", "it").replace("re", "er") + hostile * 2 for t in TEXTS]
    units = [t.split() for t in after]
    said = np.array([1, 2, 0, 1])
    explained = Explanation([list(np.sin(np.arange(len(u)) * 1.7)) for u in units], said, list(range(4)), units,
                            method=hostile or "explain/integrated-gradients")
    ids = [f"{hostile}row-{n}" for n in range(4)]
    example = Examples(made[1], "test", 0, Batch.of(before, ids=ids), Batch.of(after, ids=ids), (0, 1, 2, 0),
                       (0, 1, 2, 0), (1, 2, 0, 1), (0.1,) * 4, (3.0,) * 4, {"ig": (explained, explained)})
    classes = tuple(f"{name}{hostile}" for name in ("network", "mathematics", "concurrency"))
    return assemble(cells, meta(
        classes=classes, modality="text", splits={"test": 120}, model={"use": hostile or "models-basic/ngrams"},
        data={"use": hostile or "jsonl"}, recipe={hostile or "seeds": hostile or 3},
        versions={hostile or "python": hostile or "3.11"}, command=hostile or "practicum run text.yaml",
        run_id=hostile or "run", seconds={hostile or "fit": 1.0}), (example,))


@pytest.fixture(scope="session")
def digits() -> Report:
    """Images, three techniques swept, one that changes labels, failed samples, hardened."""
    return _digits()


@pytest.fixture(scope="session")
def texts() -> Report:
    """Texts, not hardened."""
    return _texts()


@pytest.fixture(scope="session")
def hostile() -> Callable[[str], Report]:
    """A report in which every user string holds the given text."""
    return _texts
