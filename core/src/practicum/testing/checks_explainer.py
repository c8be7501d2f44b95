"""What an explainer promises: attributions that fit the input, follow the model and keep its axioms."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.columns.arrays import Series
from practicum.explainer import Explanation
from practicum.testing.checks_untouched import call
from practicum.testing.models import FLOATS, as_float64, features, lively_model, own_labels
from practicum.testing.result import NotApplicable, contract_check
from practicum.testing.subject import Subject, broken, global_rng_stirred


def given(subject: Subject, model: Any = None) -> Batch:
    """The samples explained, labelled with what the model says."""
    batch = subject.batch if subject.contract.samples is not None else as_float64(subject.batch)
    return own_labels(subject.model if model is None else model, batch)


def _rows(out: Explanation) -> list[npt.NDArray[np.float64]]:
    return [np.asarray(v.detach().cpu().numpy() if hasattr(v, "detach") else v, dtype=np.float64) for v in out.values]


def _close(a: list[Any], b: list[Any], tolerance: float) -> bool:
    return len(a) == len(b) and all(x.shape == y.shape and np.allclose(x, y, rtol=tolerance, atol=tolerance)
                                    for x, y in zip(a, b, strict=True))


@contract_check("same key same output", "explainer")
def same_key(subject: Subject) -> None:
    """Deterministic for a seed, whatever the global generators do."""
    first = _rows(call(subject, seed=3))
    for turn in (1, 2):
        with global_rng_stirred(turn):
            if not _close(first, _rows(call(subject, seed=3)), 0.0):
                raise broken("the same seed gave other attributions: all randomness must come from keys")


@contract_check("attributions fit the units", "explainer")
def fits_units(subject: Subject) -> None:
    """One finite number for each pixel, value or word, for the samples and classes asked for."""
    batch = given(subject)
    out = call(subject, batch=batch)
    rows = _rows(out)
    if len(rows) != len(batch) or list(out.ids) != list(batch.ids):
        raise broken(f"{len(batch)} samples got {len(rows)} attributions, or other ids")
    if not np.array_equal(np.asarray(out.target), batch.label):
        raise broken("the explanation names other classes than those asked for")
    if subject.modality in FLOATS:
        data = batch.column(subject.technique.on)
        values = data.values if isinstance(data, Series) else data
        shapes: list[tuple[int, ...]] = [tuple(values.shape[1:])] * len(batch)
    else:
        if out.units is None:
            raise broken(f"attributions of {subject.modality} must say their units")
        shapes = [(len(u),) for u in out.units]
    for sample, row, shape in zip(batch.ids, rows, shapes, strict=True):
        if row.shape != shape:
            raise broken(f"sample {sample!r}: attributions of shape {row.shape} for units of shape {shape}")
        if not np.isfinite(row).all():
            raise broken(f"sample {sample!r}: an attribution is not finite")


@contract_check("batch equals singles", "explainer")
def batch_equals_singles(subject: Subject) -> None:
    """In any order and any batch a sample gets the same attributions, to 1e-6 in float64."""
    batch = given(subject)
    limit = max(1e-6, subject.tolerance)
    whole = _rows(call(subject, batch=batch, seed=5))
    back = _rows(call(subject, batch=batch.take(np.arange(len(batch))[::-1]), seed=5))[::-1]
    if not _close(whole, back, limit):
        raise broken("with rows in another order a sample's attributions differ")
    for row in range(min(4, len(batch))):
        if not _close(whole[row:row + 1], _rows(call(subject, batch=batch.take([row]), seed=5)), limit):
            raise broken(f"alone sample {batch.ids[row]!r} gets other attributions than in a batch")


@contract_check("ignored features get nothing", "explainer")
def ignored_features(subject: Subject) -> None:
    """A feature that the model doesn't use has attribution 0."""
    if subject.modality not in FLOATS:
        raise NotApplicable("features are ignored in the kit's models of float inputs only")
    batch = as_float64(subject.batch)
    ignored = np.arange(0, features(batch), 3)
    model = lively_model(batch, ignored=ignored.tolist())
    batch = own_labels(model, batch)
    for sample, row in zip(batch.ids, _rows(call(subject, model, batch)), strict=True):
        flat = np.abs(row.reshape(-1))
        if flat[ignored].max() > max(1e-6, subject.tolerance) * max(1.0, flat.max()):
            raise broken(f"sample {sample!r}: a feature without influence on the model got attribution "
                         f"{flat[ignored].max():.3g} (the largest is {flat.max():.3g})")


@contract_check("follows the weights", "explainer")
def follows_weights(subject: Subject) -> None:
    """A model with other weights has another map: the method looks at the model, not only at the input."""
    batch = as_float64(subject.batch)
    maps = []
    for seed in (0, 7):
        model = lively_model(batch, seed=seed)
        target = np.zeros(len(batch), dtype=np.int64)
        maps.append(_rows(call(subject, model, batch.with_targets(label=target))))
    alike = [bool(np.allclose(_unit(a), _unit(b), atol=1e-6)) for a, b in zip(*maps, strict=True)]
    if all(alike):
        raise broken("two models with different random weights got the same maps (up to scale)")


def _unit(row: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    size = float(np.sqrt((row**2).sum()))
    return row / size if size > 0 else row


@contract_check("adds up to the score", "explainer")
def adds_up(subject: Subject) -> None:
    """With a base value, base and attributions sum to the score, within the method's own error or 1 %."""
    batch, model = given(subject), subject.model
    out = call(subject, batch=batch)
    if out.base_value is None:
        if subject.cls.adds_up:  # type: ignore[attr-defined]  # explainers only
            raise broken("it declares adds_up but gives no base value to add up from")
        raise NotApplicable("the method gives no base value")
    base = np.asarray(out.base_value, dtype=np.float64)
    score = np.asarray(model.predict(batch).values, dtype=np.float64)[np.arange(len(batch)), batch.label]
    total = base + np.array([row.sum() for row in _rows(out)])
    own = np.abs(np.asarray(out.error, dtype=np.float64)) if out.error is not None else np.zeros(len(batch))
    limit = np.maximum(1.01 * own, 0.01 * np.abs(score - base)) + 1e-6
    off = np.abs(total - score) - limit
    if bool((off > 0).any()):
        row = int(np.argmax(off))
        raise broken(f"sample {batch.ids[row]!r}: base {base[row]:.6g} and attributions sum to {total[row]:.6g}, the "
                     f"score is {score[row]:.6g}; say the gap in error=")


@contract_check("precision of the input kept", "explainer")
def precision_kept(subject: Subject) -> None:
    """float64 in, float64 out: attributions rounded to float32 hide what doesn't add up."""
    if subject.modality not in FLOATS:
        raise NotApplicable("texts and records have no precision")
    out = call(subject, batch=given(subject))
    kinds = {str(getattr(row, "dtype", type(row).__name__)).removeprefix("torch.") for row in out.values}
    if kinds != {"float64"}:
        raise broken(f"inputs in float64 got attributions in {', '.join(sorted(kinds))}: keep the input's dtype")


@contract_check("units reach the model unchanged", "explainer")
def units_unchanged(subject: Subject) -> None:
    """Texts aren't taken apart and put together again: the model sees the ids of the text's own units only."""
    model: Any = subject.model
    if not hasattr(model, "embed"):
        raise NotApplicable("the model has no units")
    batch = given(subject)
    own = model.units(batch)[1]
    allowed = set(own.reshape(-1).tolist()) | {0}
    seen: set[int] = set()
    handle = _first_embedding(model).register_forward_pre_hook(lambda _, given: seen.update(
        given[0].reshape(-1).tolist()))
    try:
        call(subject, batch=batch)
    finally:
        handle.remove()
    if seen - allowed:
        raise broken(f"the model was shown unit {min(seen - allowed)}, which no sample has: hide units with the mask "
                     "of logits_from instead of writing a changed text that is split again")


def _first_embedding(model: Any) -> Any:
    import torch

    for root in model.modules():
        for module in root.modules():
            if isinstance(module, torch.nn.Embedding):
                return module
    raise NotApplicable("the model has no embedding table to watch")


@contract_check("empty batch", "explainer")
def empty_batch(subject: Subject) -> None:
    """No samples in, no attributions out."""
    out = call(subject, batch=given(subject).take(np.zeros(0, dtype=np.int64)))
    if len(out.values):
        raise broken("an empty batch got attributions")
