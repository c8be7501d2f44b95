"""The beeswarm: a row for each unit, a dot for each sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from practicum.explained.charts import LEFT, PITCH, TOP, WIDTH, Scale, axis, number
from practicum.explained.drawing import Canvas, Drawing, short
from practicum.explained.inputs import Inputs
from practicum.explained.table import flat, importance, places
from practicum.explanation import Explanation

if TYPE_CHECKING:
    from practicum.batch import Batch

Floats = npt.NDArray[np.float64]

RADIUS, ROW = 2.6, PITCH + 8
"""Pixels: of a dot, and from row to row."""
MOST = 200
"""Samples drawn at most, evenly chosen."""


def beeswarm(explanation: Explanation, batch: Batch | None = None, k: int = 12,
             names: Sequence[str] | None = None) -> Drawing:
    """See :meth:`Explanation.beeswarm`."""
    found = importance(explanation, k, names)
    inputs = None if batch is None else Inputs(explanation, batch)
    rows = np.unique(np.linspace(0, max(len(explanation) - 1, 0), min(len(explanation), MOST)).astype(int)) \
        if len(explanation) else np.zeros(0, int)
    values = flat(explanation)
    called = [_index(places(explanation, int(row), names)) for row in rows] if explanation.units is not None else \
        [_index(places(explanation, 0, names))] * len(rows) if len(rows) else []
    dots: list[list[tuple[float, float | None, int]]] = []
    for name, _, _ in found:
        mine = []
        for row, units in zip(rows.tolist(), called, strict=True):
            at = units.get(name, [])
            if at:
                own = None if inputs is None else inputs.number(row, at[0])
                mine.append((float(values[row][at].sum()), own, row))
        dots.append(mine)
    every = [v for mine in dots for v, _, _ in mine]
    scale = _scale(every)
    height = TOP + ROW * len(found) + (62 if inputs is not None else 44)
    words = "; ".join(f"{short(name, 60)}: {number(min(v for v, _, _ in mine))} to {number(max(v for v, _, _ in mine))}"
                      for (name, _, _), mine in zip(found, dots, strict=True) if mine)
    title = f"Attributions by {explanation.method or 'unit'}, a dot for each of {len(rows)} samples"
    canvas = Canvas(WIDTH, height, title, f"{words}.")
    bottom = TOP + ROW * len(found)
    axis(canvas, scale, bottom, "attribution")
    for place, ((name, _, _), mine) in enumerate(zip(found, dots, strict=True)):
        middle = TOP + ROW * place + ROW / 2
        canvas.text(LEFT - 8, middle + 4, name, anchor="end", most=26)
        canvas.line(scale.left, middle, scale.right, middle, "grid", dash="1 3")
        shades = _ranks([own for _, own, _ in mine])
        offsets = spread([scale(v) for v, _, _ in mine], 2 * RADIUS)
        highest = max((abs(o) for o in offsets), default=0.0)
        squeeze = min(1.0, (ROW / 2 - RADIUS - 1) / highest) if highest else 1.0
        for (value, _, row), offset, shade in zip(mine, offsets, shades, strict=True):
            colour = "ink" if shade is None else "high" if shade >= 0.5 else "low"
            opacity = 0.55 if shade is None else 0.35 + abs(shade - 0.5) * 1.3
            canvas.dot(scale(value), middle + offset * squeeze, RADIUS, colour, opacity=opacity,
                       tip=f"{explanation.ids[row]}: {number(value)}")
    if inputs is not None:
        for x, colour, word in ((LEFT, "low", "low value of the input"), (LEFT + 190, "high", "high value")):
            canvas.dot(x, bottom + 52, 4, colour)
            canvas.text(x + 9, bottom + 56, word, colour="faint", size=12)
    return canvas.done()


def spread(positions: Sequence[float], size: float) -> list[float]:
    """Offsets that keep dots of diameter ``size`` apart: each takes the place nearest to the middle where it meets no
    dot before it; places are whole multiples of ``size``.

    Example:
        >>> spread([0.0, 1.0, 9.0, 1.5], 4.0)
        [0.0, 4.0, 0.0, -4.0]
    """
    lanes: dict[int, list[float]] = {}
    out = []
    for x in positions:
        lane = next(k for n in range(len(positions) + 1) for k in ((n, -n) if n else (0,))
                    if all(abs(x - other) >= size for other in lanes.get(k, ())))
        lanes.setdefault(lane, []).append(x)
        out.append(lane * size)
    return out


def _index(units: Sequence[str]) -> dict[str, list[int]]:
    """Where each unit stands."""
    found: dict[str, list[int]] = {}
    for place, unit in enumerate(units):
        found.setdefault(unit, []).append(place)
    return found


def _scale(values: Sequence[float]) -> Scale:
    low, high = min([0.0, *values]), max([0.0, *values])
    room = 0.05 * ((high - low) or 1.0)
    return Scale(low - room, high + room)


def _ranks(values: Sequence[float | None]) -> list[float | None]:
    """Each value's place between the smallest (0) and the largest (1); ``None`` where there is no number."""
    known = sorted({v for v in values if v is not None})
    place = {v: (k / (len(known) - 1) if len(known) > 1 else 0.5) for k, v in enumerate(known)}
    return [None if v is None else place[v] for v in values]
