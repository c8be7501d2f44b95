"""The worst failures as pictures, texts and attributions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from practicum.report.images import saliency_map, to_pixels
from practicum.report.plain import lines_of
from practicum.report.view import Failure, TextAttribution

if TYPE_CHECKING:
    from practicum.batch import Batch
    from practicum.evaluate.report import Report
    from practicum.evaluate.result import Examples, Perturbation

Layout = Literal["chw", "hwc"]

EACH, MOST = 6, 18
"""Failures shown for each technique, and in all."""


def failures_of(report: Report, techniques: Sequence[str], each: int = EACH, most: int = MOST) -> tuple[Failure, ...]:
    """The worst failures of the named techniques, which are listed worst first.

    Only inputs the model had right, or at least otherwise, before the change: a mistake that was there already shows
    no weakness under change.
    """
    out: list[Failure] = []
    for technique in techniques:
        for examples in report.examples:
            if technique_of(examples.perturbation) == technique and examples.split == report.main_split:
                out += _failures(examples, report, each)
                break
    return tuple(out[:most])


def _failures(examples: Examples, report: Report, each: int) -> list[Failure]:
    rows = [row for row in range(len(examples)) if _turned(examples, row)][:each]
    if not rows:
        return []
    column = _changed_column(examples.before, examples.after)
    modality = examples.before.columns[column].modality
    clean, changed = (_values(batch, column, modality, rows) for batch in (examples.before, examples.after))
    bounds = _bounds(examples.before, column) if modality == "image" else None
    layout: Layout = "hwc" if isinstance(examples.before.columns[column].data, list) else "chw"
    out = []
    for place, row in enumerate(rows):
        shown: dict[str, Any] = {"form": "text", "clean": clean[place], "changed": changed[place]}
        if modality == "series":
            shown |= {"form": "series"}
        elif modality not in ("text", "image"):
            shown |= {"clean": lines_of(clean[place]), "changed": lines_of(changed[place])}
        elif modality == "image":
            shown = {"form": "image", "clean": to_pixels(clean[place], layout, bounds),
                     "changed": to_pixels(changed[place], layout, bounds)}
        hardened = examples.hardened_predictions
        out.append(Failure(
            sample=str(examples.before.ids[row]), where=where_of(examples.perturbation), **shown,
            true=_class(report, examples.labels[row]), predicted_clean=_class(report, examples.clean_predictions[row]),
            predicted_changed=_class(report, examples.predictions[row]),
            predicted_hardened=_class(report, hardened[row]) if hardened is not None else "",
            column=column if len(examples.before.columns) > 1 else "",
            note=_context(examples.before, column, row), **_attribution(examples, modality, layout, row)))
    return out


def _turned(examples: Examples, row: int) -> bool:
    """Whether the change did harm: another class than before and the wrong one, else a larger loss, or no answer."""
    before, after = examples.clean_predictions[row], examples.predictions[row]
    if isinstance(examples.labels[row], int):
        return bool(before != after and after != examples.labels[row])
    return after is None or examples.losses[row] > examples.clean_losses[row]


def setting_of(made: Perturbation) -> str:
    """The strength in words, as ``"std 0.2"``; empty without a sweep."""
    value = f"{made.strength:.4g}" if isinstance(made.strength, float) else str(made.strength)
    return f"{made.parameter} {value}" if made.parameter else ""


def technique_of(made: Perturbation) -> str:
    """The technique without its strength in words: ``"pgd steps=10"`` becomes ``"pgd (steps 10)"``."""
    name, *fields = made.group.split(" ")
    if not fields or not all("=" in field for field in fields):
        return made.group
    return f"{name} ({', '.join(field.replace('=', ' ', 1) for field in fields)})"


def where_of(made: Perturbation) -> str:
    """Technique and strength in words, as ``"gaussian-noise at std 0.2"``."""
    return f"{technique_of(made)} at {setting_of(made)}" if made.parameter else technique_of(made)


def _changed_column(before: Batch, after: Batch) -> str:
    """The first column whose data differ; the first of all when none does."""
    for name in before.columns:
        if name in after.columns and before.columns[name].data is not after.columns[name].data:
            return name
    return next(iter(before.columns))


def _values(batch: Batch, column: str, modality: str, rows: list[int]) -> list[Any]:
    if modality == "image":
        return [batch.columns[column].data[row] for row in rows]
    values = batch.to_list(column)
    return [values[row] for row in rows]


def _bounds(batch: Batch, column: str) -> tuple[float, float] | None:
    """One range for all pictures of a column; ``None`` (0..1 or 0..255) unless clean values are below zero."""
    data = batch.columns[column].data
    arrays = [np.asarray(v.detach().cpu() if hasattr(v, "detach") else v, dtype=np.float64) for v in data]
    low, high = min(float(a.min()) for a in arrays), max(float(a.max()) for a in arrays)
    return (low, high) if low < 0 else None


def _class(report: Report, value: Any) -> str:
    if value is None:
        return "no answer"
    names = report.meta.classes
    if isinstance(value, (int, np.integer)) and report.meta.task == "classification" and 0 <= value < len(names):
        return names[int(value)]
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _context(batch: Batch, column: str, row: int) -> str:
    """The other text columns of a sample, such as the question next to an image."""
    others = [name for name, c in batch.columns.items() if name != column and c.modality == "text"]
    return "; ".join(f"{name}: {batch.take([row]).to_list(name)[0]}" for name in others)


def _attribution(examples: Examples, modality: str, layout: Layout, row: int) -> dict[str, Any]:
    """Attributions of the changed input and of the input as it was, by explainer."""
    found: dict[str, Any] = {}
    for place, suffix in ((1, ""), (0, "_before")):
        explained = {name: pair[place] for name, pair in examples.explanations.items()}
        if modality == "image":
            found[f"saliency{suffix}"] = {n: saliency_map(e.values[row], layout) for n, e in explained.items()}
        elif modality == "text":
            found[f"attribution{suffix}"] = {n: _text(e.units[row], e.values[row]) for n, e in explained.items()
                                             if e.units is not None}
    return found


def _text(units: Sequence[str], values: Any) -> TextAttribution:
    pairs = [(unit, float(value)) for unit, value in zip(units, values, strict=False)]  # values may be padded
    return TextAttribution(tuple(u for u, _ in pairs), tuple(v for _, v in pairs))
