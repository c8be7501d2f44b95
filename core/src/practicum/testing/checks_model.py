"""What a model promises: predictions that fit, don't depend on the batch, and survive saving and fitting."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.errors import CapabilityError, PracticumError
from practicum.keys import Keys
from practicum.model import Model, Predictions, Trainable
from practicum.testing.compare import same_value, shown
from practicum.testing.result import NotApplicable, contract_check
from practicum.testing.subject import Subject, broken, global_rng_kept, global_rng_stirred

ROUNDING = 1e-5
"""How far float32 models may differ between batch sizes, absolute and relative."""


def rows(out: Predictions) -> list[Any]:
    """One value per sample."""
    if out.task == "links":
        return list(out.links)
    return list(np.asarray(out.values, dtype=np.float64)) if out.task in ("classification", "regression", "forecast") \
        else list(out.values)


def _same(a: list[Any], b: list[Any], tolerance: float) -> int | None:
    """The first row in which two lists of predictions differ."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=True)) if not same_value(x, y, tolerance)), None)


def _deterministic(subject: Subject) -> None:
    if not subject.technique.deterministic:
        raise NotApplicable("the model declares deterministic = False")


def _tolerance(subject: Subject) -> float:
    return max(ROUNDING, subject.tolerance)


@contract_check("predictions fit the batch", "model")
def predictions_fit(subject: Subject) -> None:
    """One finite prediction for each sample, in order, of the declared task."""
    out = subject.technique.predict(subject.batch)
    if not isinstance(out, Predictions):
        raise broken(f"predict returned a {type(out).__name__}, not Predictions")
    if out.task != subject.technique.task:
        raise broken(f"predictions of task {out.task!r} from a model that declares {subject.technique.task!r}")
    if list(out.ids) != list(subject.batch.ids):
        raise broken("the predictions' ids are not the batch's, in its order")
    if out.task == "classification":
        values = np.asarray(out.values)
        if values.dtype.kind != "f" or not np.isfinite(values).all():
            raise broken(f"scores must be finite floats, got {shown(values)}")
        if out.classes and len(out.classes) != values.shape[1]:
            raise broken(f"{values.shape[1]} scores but {len(out.classes)} class names")
    elif out.task in ("regression", "forecast") and not np.isfinite(np.asarray(out.values, dtype=np.float64)).all():
        raise broken("a prediction is not finite")


@contract_check("same input same output", "model")
def same_input(subject: Subject) -> None:
    """Predicting twice gives the same, whatever the global generators do."""
    _deterministic(subject)
    first = rows(subject.technique.predict(subject.batch))
    for turn in (1, 2):
        with global_rng_stirred(turn):
            again = rows(subject.technique.predict(subject.batch))
        at = _same(first, again, 0.0)
        if at is not None:
            raise broken(f"sample {subject.batch.ids[at]!r} got {shown(first[at], 60)}, then {shown(again[at], 60)}: "
                         "is a module in training mode? Declare deterministic = False if the service is like that")


@contract_check("order doesn't matter", "model")
def order(subject: Subject) -> None:
    """Shuffled rows get their own predictions."""
    _deterministic(subject)
    batch = subject.batch
    turned = np.arange(len(batch))[::-1]
    first = rows(subject.technique.predict(batch))
    second = rows(subject.technique.predict(batch.take(turned)))[::-1]
    at = _same(first, second, _tolerance(subject))
    if at is not None:
        raise broken(f"with rows in another order sample {batch.ids[at]!r} got {shown(second[at], 60)} instead of "
                     f"{shown(first[at], 60)}")


@contract_check("batch size doesn't matter", "model")
def batch_size(subject: Subject) -> None:
    """In batches of 1 and 7 a sample gets what it gets among all."""
    _deterministic(subject)
    batch = subject.batch
    whole = rows(subject.technique.predict(batch))
    for size in (1, min(7, len(batch))):
        parts: list[Any] = []
        for at in range(0, len(batch), size):
            parts += rows(subject.technique.predict(batch.take(np.arange(at, min(at + size, len(batch))))))
        odd = _same(whole, parts, _tolerance(subject))
        if odd is not None:
            raise broken(f"in batches of {size} sample {batch.ids[odd]!r} got {shown(parts[odd], 60)} instead of "
                         f"{shown(whole[odd], 60)}: statistics of the batch take part, or padding does")


@contract_check("empty batch", "model")
def empty_batch(subject: Subject) -> None:
    """No samples in, no predictions out."""
    out = subject.technique.predict(subject.batch.take(np.zeros(0, dtype=np.int64)))
    if len(out.values):
        raise broken(f"an empty batch got {len(out.values)} predictions")


@contract_check("save and load", "model")
def save_and_load(subject: Subject) -> None:
    """A loaded model is equal and predicts the same."""
    model: Model = subject.technique
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "model"
        try:
            model.save(place)
        except CapabilityError as error:
            raise NotApplicable(f"the model can't be saved: {error}") from error
        back = type(model).load(place)
    if back != model or back.fingerprint() != model.fingerprint():
        raise broken("the loaded model is not equal to the saved one: configuration or state_digest() differ")
    at = _same(rows(model.predict(subject.batch)), rows(back.predict(subject.batch)), _tolerance(subject))
    if at is not None:
        raise broken(f"the loaded model predicts sample {subject.batch.ids[at]!r} differently")


def _trainable(subject: Subject) -> Any:
    made = subject.make()
    if not isinstance(made, Trainable):
        raise NotApplicable("the model can't be trained")
    return made


@contract_check("fit returns a fitted copy", "model")
def fit_returns_copy(subject: Subject) -> None:
    """Training leaves the original as it was; the state counts for equality and fingerprint."""
    raw = _trainable(subject)
    before = raw.state_digest()
    fitted = raw.fit([subject.batch], Keys(0))
    if fitted is raw or raw.state_digest() != before:
        raise broken("fit changed the model itself: return a new one and leave self as it was")
    if fitted.state_digest() == before:
        raise broken("training left state_digest() as it was: override it, so that caches and resume see the weights")


@contract_check("fit is deterministic", "model")
def fit_deterministic(subject: Subject) -> None:
    """The same data and keys give the same model, and no global generator moves."""
    fitted = []
    for turn in (1, 2):
        raw = _trainable(subject)
        with global_rng_stirred(turn), global_rng_kept() as moved:
            fitted.append(rows(raw.fit([subject.batch], Keys(3)).predict(subject.batch)))
            names = moved()
        if names:
            raise broken(f"fit moved the global generator of {names}: draw from keys (keys.torch_generator(row) seeds "
                         "a generator of its own)")
    at = _same(fitted[0], fitted[1], 0.0)
    if at is not None:
        raise broken("two fits with the same data and keys gave different models")


@contract_check("bad labels refused", "model")
def bad_labels(subject: Subject) -> None:
    """Training without labels, or with a class that the model doesn't have, is a clear error."""
    raw = _trainable(subject)
    if raw.task != "classification":
        raise NotApplicable("the model is no classifier")
    bare = Batch(subject.batch.ids, subject.batch.columns, {})
    wrong: list[tuple[str, Batch]] = [("without labels", bare)]
    classes = getattr(raw, "classes", None)
    if isinstance(classes, int):
        label: npt.NDArray[np.int64] = subject.batch.label.copy()
        label[-1] = classes
        wrong.append((f"with label {classes} of {classes} classes", subject.batch.with_targets(label=label)))
    for what, batch in wrong:
        try:
            raw.fit([batch], Keys(0))
        except PracticumError:
            continue
        except Exception as error:
            raise broken(f"training {what} raised {type(error).__name__} ({error}) instead of one of Practicum's own "
                         "errors") from error
        raise broken(f"training {what} went on without an error")
