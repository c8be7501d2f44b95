"""Metrics: one score per sample, with a direction, so that stress and report serve every task alike.

Every figure reported is a mean over samples, which is what pairs it with its bootstrap interval. Figures that pool
samples first are therefore not among them; the F1 over all pairs of a linkage is in
:func:`practicum.evaluate.pooled_link_table`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.errors import CapabilityError, DataError, ModelOutputError, TargetError, UsageError
from practicum.evaluate.answers import chrf, exact_match, token_f1
from practicum.evaluate.links import link_f1, link_precision, link_recall
from practicum.evaluate.result import Direction
from practicum.model import Predictions
from practicum.targets import Target, TargetKind, id_text

Floats = npt.NDArray[np.float64]

_TARGET_KIND: Mapping[str, TargetKind] = MappingProxyType(
    {"classification": "label", "regression": "value", "forecast": "value", "tagging": "tags", "links": "links",
     "generation": "reference"})

NUMERIC = frozenset({"regression", "forecast"})
"""Tasks whose answers are numbers: closer or further, not right or wrong."""


@dataclass(frozen=True)
class Metric:
    """A number per sample; its mean is the figure reported.

    Args:
        name: as recipes write it.
        tasks: the tasks of models it serves.
        direction: which way is better.
        score: (predictions, batch) -> float64 [N], one score per sample.
        worst: the score of a sample on which the model itself failed; ``None`` where scores have no bound, and then the
            worst of the other samples stands in.
        summary: one line.

    Example:
        >>> metric("accuracy").direction
        'higher'
    """

    name: str
    tasks: frozenset[str]
    direction: Direction
    score: Callable[[Predictions, Batch], Floats]
    worst: float | None = None
    summary: str = ""

    def worsening(self, before: Floats, after: Floats) -> Floats:
        """How much worse each sample got; positive is worse whatever the direction."""
        return before - after if self.direction == "higher" else after - before


@dataclass(frozen=True)
class Outcome:
    """What a model said about samples, next to the truth.

    Args:
        label: true class, number, or text (JSON for lists), one per sample.
        prediction: what the model said, in the same form.
        correct: bool [N], or ``None`` where the task has no right and wrong. Tags and links: all of them; generation:
            an exact match.
        score: the metric, float64 [N].
        loss: the task's per-sample loss (cross entropy, squared error, absolute error of a forecast, share of wrong
            tags, 1 - F1 of links, 1 - chrF of a generated text), float64 [N].
        finite: whether all of the model's numbers for the sample are finite, bool [N].
    """

    label: list[Any]
    prediction: list[Any]
    correct: npt.NDArray[np.bool_] | None
    score: Floats
    loss: Floats
    finite: npt.NDArray[np.bool_]


def target_of(task: str, batch: Batch) -> Target:
    """The target that a task is measured against: the only one of its kind, or the one named as its kind.

    Raises:
        TargetError: there is none, or several.
        DataError: a sample has no reference to compare a generated text with.
        CapabilityError: the task is unknown.
    """
    if task not in _TARGET_KIND:
        raise CapabilityError(f"no metric measures task {task!r}; tasks served: {', '.join(_TARGET_KIND)}")
    kind = _TARGET_KIND[task]
    fitting = {n: t for n, t in batch.targets.items() if t.kind == kind}
    if kind in fitting or len(fitting) == 1:
        found = fitting.get(kind) or next(iter(fitting.values()))
        if kind == "reference":
            _check_references(found, batch)
        return found
    have = ", ".join(f"{n!r} ({t.kind})" for n, t in batch.targets.items()) or "none"
    raise TargetError(f"a {task} model is measured against a target of kind {kind}; the data has {have}: give "
                      f"targets={{{kind!r}: ...}}")


def _check_references(target: Target, batch: Batch) -> None:
    without = [row for row, texts in enumerate(target.data) if not texts]
    if without:
        raise DataError(f"sample {batch.ids[without[0]]!r} has no reference to compare a generated text with "
                        f"({len(without)} of {len(batch)} samples): give each at least one, which may be an empty text")


def outcome(metric: Metric, predictions: Predictions, batch: Batch) -> Outcome:
    """Compare predictions with the truth, sample by sample.

    Raises:
        DataError: a label is out of range; names the sample.
        ModelOutputError: the predictions have the wrong shape.
    """
    task, target = predictions.task, target_of(predictions.task, batch)
    values = predictions.values
    finite: npt.NDArray[np.bool_] = np.ones(len(batch), dtype=bool)
    if task == "tagging":
        loss = 1.0 - _tag_accuracy(predictions, batch)
        label = [json.dumps(list(t), ensure_ascii=False) for t in target.data]
        said: list[Any] = [json.dumps(list(t), ensure_ascii=False) for t in values]
        return Outcome(label, said, loss == 0, metric.score(predictions, batch), loss, finite)
    if task == "links":
        return _links_outcome(metric, predictions, batch)
    if task == "generation":
        answers = _texts(predictions, batch)
        shown = [t[0] if len(t) == 1 else json.dumps(t, ensure_ascii=False) for t in target.data]
        right = _answers(exact_match)(predictions, batch) == 1.0
        return Outcome(shown, list(answers), right, metric.score(predictions, batch),
                       1.0 - _answers(chrf)(predictions, batch), finite)
    array = np.asarray(values, dtype=np.float64)
    if array.size:
        finite = np.asarray(np.isfinite(array.reshape(len(array), -1)).all(axis=1), dtype=bool)
    if task == "classification":
        labels = predictions.labels
        return Outcome([int(v) for v in _labels(predictions, batch)], [int(v) for v in labels],
                       (labels == target.data) & finite, metric.score(predictions, batch),
                       _cross_entropy(predictions, batch), finite)
    loss = _squared_error(predictions, batch) if task == "regression" else _forecast_mae(predictions, batch)
    return Outcome(_plain(np.asarray(target.data, dtype=np.float64)), _plain(array), None,
                   metric.score(predictions, batch), loss, finite)


def _links_outcome(metric: Metric, predictions: Predictions, batch: Batch) -> Outcome:
    said, true = predictions.links, _true_links(batch)
    finite = np.array([all(np.isfinite(v) for v in found.values()) for found in said], dtype=bool)
    loss = 1.0 - _linked(link_f1)(predictions, batch)
    return Outcome([_listed(ids) for ids in true], [_listed(set(found)) for found in said], (loss == 0) & finite,
                   metric.score(predictions, batch), loss, finite)


def _listed(ids: set[str]) -> str:
    return json.dumps(sorted(ids), ensure_ascii=False)


def _plain(values: Floats) -> list[Any]:
    if values.ndim == 1:
        return [float(v) for v in values]
    return [json.dumps(v.tolist()) for v in values]


def _labels(predictions: Predictions, batch: Batch) -> npt.NDArray[np.int64]:
    target = target_of("classification", batch)
    label = np.asarray(target.data, dtype=np.int64)
    classes = int(np.shape(predictions.values)[1])
    if len(label) and int(label.max()) >= classes:
        row = int(np.argmax(label))
        raise DataError(f"sample {batch.ids[row]!r} has label {int(label[row])}, but the model knows {classes} classes "
                        f"(0 to {classes - 1}): fix the label, or give the model as many classes as the data has")
    if predictions.classes and target.classes and tuple(predictions.classes) != tuple(target.classes):
        raise DataError(f"the model's classes {', '.join(predictions.classes[:5])} are not the data's "
                        f"{', '.join(target.classes[:5])} in this order: give the data the model's class names")
    return label


def _accuracy(predictions: Predictions, batch: Batch) -> Floats:
    finite = np.isfinite(np.asarray(predictions.values, dtype=np.float64)).all(axis=1)
    return np.asarray((predictions.labels == _labels(predictions, batch)) & finite, dtype=np.float64)


def _cross_entropy(predictions: Predictions, batch: Batch) -> Floats:
    from practicum.attack import cross_entropy

    label = _labels(predictions, batch)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        return cross_entropy(predictions.values, label) if len(label) else np.zeros(0)


def _errors(predictions: Predictions, batch: Batch) -> Floats:
    target = np.asarray(target_of(predictions.task, batch).data, dtype=np.float64)
    said = np.asarray(predictions.values, dtype=np.float64)
    if said.shape != target.shape and said.size == target.size:
        said = said.reshape(target.shape)
    if said.shape != target.shape:
        raise ModelOutputError(f"the model returned values of shape {said.shape}, but the target has {target.shape}; "
                               "they must agree")
    return (said - target).reshape(len(target), -1)


def _absolute_error(predictions: Predictions, batch: Batch) -> Floats:
    errors = np.abs(_errors(predictions, batch))
    return np.asarray(errors.mean(axis=1)) if errors.size else np.zeros(len(errors))


def _squared_error(predictions: Predictions, batch: Batch) -> Floats:
    errors = _errors(predictions, batch) ** 2
    return np.asarray(errors.mean(axis=1)) if errors.size else np.zeros(len(errors))


def _forecast_mae(predictions: Predictions, batch: Batch) -> Floats:
    errors = np.abs(_errors(predictions, batch))
    known = ~np.isnan(np.asarray(target_of(predictions.task, batch).data, dtype=np.float64).reshape(errors.shape))
    return np.asarray(np.where(known, errors, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))


def _tag_accuracy(predictions: Predictions, batch: Batch) -> Floats:
    def share(said: Any, true: Any) -> float:
        longest = max(len(said), len(true))
        return sum(a == b for a, b in zip(said, true, strict=False)) / longest if longest else 1.0

    return np.array([share(list(s), list(t)) for s, t in
                     zip(predictions.values, target_of("tagging", batch).data, strict=True)], dtype=np.float64)


def _true_links(batch: Batch) -> list[set[str]]:
    return [{id_text(v) for v in ids} for ids in target_of("links", batch).data]


def _linked(score: Callable[[set[str], set[str]], float]) -> Callable[[Predictions, Batch], Floats]:
    """A score of one sample's links, lifted over a batch."""
    def lifted(predictions: Predictions, batch: Batch) -> Floats:
        return np.array([score(set(said), true) for said, true in
                         zip(predictions.links, _true_links(batch), strict=True)], dtype=np.float64)

    return lifted


def _texts(predictions: Predictions, batch: Batch) -> list[str]:
    """The generated texts.

    Raises:
        ModelOutputError: one of them is no text.
    """
    for row, said in enumerate(predictions.values):
        if not isinstance(said, str):
            raise ModelOutputError(f"the model returned {said!r} for sample {batch.ids[row]!r}; a generation model "
                                   "must return a text per sample, an empty one for no answer")
    return list(predictions.values)


def _answers(score: Callable[[str, Sequence[str]], float]) -> Callable[[Predictions, Batch], Floats]:
    """A score of one generated text against its references, lifted over a batch."""
    def lifted(predictions: Predictions, batch: Batch) -> Floats:
        return np.array([score(said, references) for said, references in
                         zip(_texts(predictions, batch), target_of("generation", batch).data, strict=True)],
                        dtype=np.float64)

    return lifted


_CLASSES, _NUMBERS = frozenset({"classification"}), frozenset({"regression"})
_LINKS, _ANSWERS = frozenset({"links"}), frozenset({"generation"})

METRICS: Mapping[str, Metric] = MappingProxyType({m.name: m for m in (
    Metric("accuracy", _CLASSES, "higher", _accuracy, 0.0, "Share of samples whose highest-scoring class is right."),
    Metric("cross-entropy", _CLASSES, "lower", _cross_entropy, None, "-log of the true class's probability, in nats."),
    Metric("absolute-error", _NUMBERS, "lower", _absolute_error, None, "Mean absolute difference from the true value."),
    Metric("squared-error", _NUMBERS, "lower", _squared_error, None, "Mean squared difference from the true value."),
    Metric("tag-accuracy", frozenset({"tagging"}), "higher", _tag_accuracy, 0.0,
           "Share of a sample's tags that are right; missing and surplus tags are wrong."),
    Metric("forecast-mae", frozenset({"forecast"}), "lower", _forecast_mae, None,
           "Mean absolute error over the horizon's known steps and channels."),
    Metric("link-f1", _LINKS, "higher", _linked(link_f1), 0.0,
           "F1 of a sample's set of links; 1 where it has none and none is claimed."),
    Metric("link-precision", _LINKS, "higher", _linked(link_precision), 0.0,
           "Share of a sample's claimed links that are true; 1 where none is claimed."),
    Metric("link-recall", _LINKS, "higher", _linked(link_recall), 0.0,
           "Share of a sample's true links that are claimed; 1 where there is none."),
    Metric("token-f1", _ANSWERS, "higher", _answers(token_f1), 0.0,
           "F1 of the tokens a generated text shares with its best reference, normalised as SQuAD does."),
    Metric("exact-match", _ANSWERS, "higher", _answers(exact_match), 0.0,
           "Share of generated texts that are one of their references, normalised as SQuAD does."),
    Metric("chrf", _ANSWERS, "higher", _answers(chrf), 0.0,
           "F-score of character 1- to 6-grams shared with the best reference, 0 to 1."),
)})
"""The metrics that recipes name."""

_DEFAULT = MappingProxyType({"classification": "accuracy", "regression": "absolute-error", "tagging": "tag-accuracy",
                             "forecast": "forecast-mae", "links": "link-f1", "generation": "token-f1"})


def metric(name: str | Metric | None, task: str = "classification") -> Metric:
    """A metric by name, checked against the model's task; the task's usual one for ``None``.

    Raises:
        UsageError: unknown, or not for this task; lists what fits.
    """
    import difflib

    fitting = [m.name for m in METRICS.values() if task in m.tasks]
    if name is None:
        if task not in _DEFAULT:
            raise CapabilityError(f"no metric measures task {task!r}; tasks served: {', '.join(_DEFAULT)}")
        name = _DEFAULT[task]
    found = name if isinstance(name, Metric) else METRICS.get(name)
    if found is None:
        close = difflib.get_close_matches(str(name), METRICS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(METRICS)}"
        raise UsageError(f"no metric {name!r}; {hint}")
    if task not in found.tasks:
        raise UsageError(f"metric {found.name!r} measures {' or '.join(sorted(found.tasks))}, but the model does "
                         f"{task}; choose {' or '.join(fitting) or 'another model'}")
    return found
