"""One sample of an explanation made ready for HTML, in a form that suits its modality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from markupsafe import Markup

from practicum.explained.aggregate import bare, marker, words
from practicum.explained.bands import bands
from practicum.explained.charts import number, signed_bars, waterfall
from practicum.explained.drawing import Drawing, short
from practicum.explained.inputs import Inputs
from practicum.explained.nodes import MOST as MOST_NODES
from practicum.explained.nodes import nodes
from practicum.explained.pictures import data_uri, flat_map, strength, tinted
from practicum.explained.table import flat, strongest
from practicum.explanation import Explanation
from practicum.report.images import to_pixels

SIDES = (224, 160, 112, 80, 56, 40, 24)
UNITS = (500, 300, 180, 110, 60, 35, 20)
BANDS = (120, 90, 60, 40, 30, 20, 12)
LEVELS = len(SIDES)
"""Pixels of a picture's side, units of a text and bands of a series, from the most detailed card to the least."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a text: a space before it or not, its shade, and its value in words."""

    text: str
    gap: bool
    weight: float = 0.0
    toward: bool = True
    said: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A sample ready for the template."""

    heading: str
    facts: str
    pictures: tuple[tuple[str, str, str], ...] = ()
    units: tuple[Unit, ...] = ()
    strongest: tuple[Unit, ...] = ()
    cut: int = 0
    drawing: Markup = field(default_factory=Markup)


def build_card(explanation: Explanation, row: int, inputs: Inputs | None, names: Sequence[str] | None,
               level: int) -> Card:
    """One sample.

    Args:
        explanation: of this sample alone.
        row: the sample's row among the inputs.
        inputs: what it is of, where known.
        names: of features or channels.
        level: 0 for the most detail, ``LEVELS - 1`` for the least.
    """
    sample = short(str(explanation.ids[0]), 80)
    heading = f"{sample}: {class_name(explanation, row, inputs)}"
    facts = _facts(explanation, row, inputs)
    form = explanation.form
    if form == "image":
        return Card(heading, facts, pictures=_pictures(explanation, row, inputs, SIDES[level], sample))
    if form == "text" and explanation.units is not None:
        return _text(explanation, heading, facts, UNITS[level])
    return Card(heading, facts, drawing=_drawing(explanation, row, inputs, names, level).svg)


def class_name(explanation: Explanation, row: int, inputs: Inputs | None) -> str:
    """The explained class in words."""
    target = int(explanation.target[0])
    if target < 0:
        return "several classes"
    if inputs is not None and target < len(inputs.classes):
        return f"class {short(inputs.classes[target], 60)}"
    return f"class {target}"


def _facts(explanation: Explanation, row: int, inputs: Inputs | None) -> str:
    parts = []
    if inputs is not None and inputs.labels is not None:
        true = int(inputs.labels[row])
        parts.append(f"true class {short(inputs.classes[true], 60) if true < len(inputs.classes) else true}")
    for name, value in (("base value", explanation.base_value), ("score", explanation.score)):
        if value is not None:
            parts.append(f"{name} {float(value[0]):.4g}".replace("-", "−"))
    return ", ".join(parts)


def _pictures(explanation: Explanation, row: int, inputs: Inputs | None, side: int,
              sample: str) -> tuple[tuple[str, str, str], ...]:
    layout: Literal["chw", "hwc"] = "chw" if hasattr(explanation.values, "shape") else "hwc"
    found = flat_map(explanation.rows()[0], layout)
    top = strength(found)
    least, most = (float(found.min()), float(found.max())) if found.size else (0.0, 0.0)
    alt = (f"Attributions of sample {sample}: from {number(least)} to {number(most)}, strongest at row "
           f"{int(np.abs(found).argmax() // found.shape[1])}, column {int(np.abs(found).argmax() % found.shape[1])}"
           if found.size else f"Sample {sample} has no pixels")
    caption = f"full colour at ±{top:.3g}"
    if inputs is None:
        return ((data_uri(tinted(found), side), alt, caption),)
    image = inputs.data[row]
    pixels = to_pixels(image, "hwc" if isinstance(inputs.data, list) else "chw", _bounds(inputs.array(row)))
    return ((data_uri(pixels, side), f"Sample {sample} as it is", "the input"),
            (data_uri(tinted(found, pixels), side), alt, caption))


def _bounds(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float, float] | None:
    """The range of a picture that is no usual one (0..1 or 0..255)."""
    low, high = (float(np.nanmin(values)), float(np.nanmax(values))) if values.size else (0.0, 1.0)
    return (low, high) if low < 0 else None


def _text(explanation: Explanation, heading: str, facts: str, most: int) -> Card:
    units = (explanation.units or [])[0]
    values = flat(explanation)[0]
    top = float(np.abs(values).max(initial=0.0))
    mark = marker([units])
    seen = units[: min(most, len(values))]
    first = {group[0] for group in words(seen, mark)}
    made = tuple(_unit(short(bare(unit, mark), 48), value, top, gap=place > 0 and place in first)
                 for place, (unit, value) in enumerate(zip(seen, values.tolist(), strict=False)))
    best = tuple(_unit(short(units[p], 30), float(values[p]), top, gap=False)
                 for p in strongest(values, 5) if values[p])
    return Card(heading, facts, units=made, cut=max(0, len(values) - most), strongest=best)


def _unit(text: str, value: float, top: float, *, gap: bool) -> Unit:
    weight = round(abs(value) / top, 2) if top else 0.0
    return Unit(text, gap, weight if weight >= 0.02 else 0.0, value >= 0, number(value))


def _drawing(explanation: Explanation, row: int, inputs: Inputs | None, names: Sequence[str] | None,
             level: int) -> Drawing:
    form, k = explanation.form, 12 if level < 4 else 6
    if form == "series":
        return bands(explanation, 0, None if inputs is None else inputs.array(row), names, BANDS[level])
    if form == "graph" and inputs is not None and level < 3 and len(explanation.values[0]) <= MOST_NODES:
        return nodes(explanation, 0, inputs.values[row])
    if explanation.base_value is not None and explanation.score is not None and form in ("state", "record"):
        return waterfall(explanation, 0, k, names)
    return signed_bars(explanation, 0, k, names, None if inputs is None else inputs.said(row))
