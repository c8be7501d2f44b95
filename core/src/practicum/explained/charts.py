"""Bars and waterfalls of attributions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from practicum.errors import CapabilityError
from practicum.explained.drawing import Canvas, Drawing, short, ticks
from practicum.explained.table import flat, importance, places, strongest
from practicum.explanation import Explanation

WIDTH, LEFT, RIGHT, TOP, PITCH = 620.0, 190.0, 70.0, 16.0, 26.0
"""Pixels: of a chart, left of its axis for names, right of it for figures, above it, and from row to row."""


def number(value: float) -> str:
    """A value with its sign, to three figures.

    Example:
        >>> number(0.12345), number(-2.0), number(0.0)
        ('+0.123', '−2', '0')
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    return f"{value:+.3g}".replace("-", "−")


class Scale:
    """A linear scale from values to pixels, a little wider than the values."""

    def __init__(self, low: float, high: float, left: float = LEFT, right: float = WIDTH - RIGHT) -> None:
        if not high > low:
            low, high = low - 0.5, high + 0.5
        self.low, self.high, self.left, self.right = low, high, left, right

    def __call__(self, value: float) -> float:
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)


def axis(canvas: Canvas, scale: Scale, bottom: float, label: str) -> None:
    """Grid lines with their figures under them, and what the axis means."""
    for tick in ticks(scale.low, scale.high):
        canvas.line(scale(tick), TOP - 6, scale(tick), bottom, "faint" if tick == 0 else "grid")
        canvas.text(scale(tick), bottom + 16, f"{tick:.6g}".replace("-", "−"), colour="faint", size=12,
                    anchor="middle")
    canvas.text((scale.left + scale.right) / 2, bottom + 36, label, colour="faint", size=12.5, anchor="middle")


def bar(explanation: Explanation, k: int = 12, names: Sequence[str] | None = None) -> Drawing:
    """See :meth:`Explanation.bar`."""
    found = [(short(name, 60), value, having) for name, value, having in importance(explanation, k, names)]
    count = len(explanation)
    samples = f"{count} sample{'s' if count != 1 else ''}"
    title = f"Most important units by {explanation.method or 'their attributions'}, {samples}"
    height = TOP + PITCH * len(found) + 44
    words = "; ".join(f"{name}: {value:.4g}" for name, value, _ in found)
    canvas = Canvas(WIDTH, height, title, f"Mean size of the attributions. {words}.")
    scale = Scale(0.0, max((v for _, v, _ in found), default=0.0) or 1.0)
    axis(canvas, scale, TOP + PITCH * len(found), f"mean size of the attribution over {samples}")
    for place, (name, value, having) in enumerate(found):
        y = TOP + PITCH * place
        part = "" if having == count else f", in {having} of them"
        canvas.text(LEFT - 8, y + 16, name, anchor="end", most=26)
        canvas.rect(LEFT, y + 3, scale(value) - LEFT, PITCH - 8, "size", tip=f"{name}: {value:.6g}{part}")
        canvas.text(scale(value) + 5, y + 16, f"{value:.3g}", colour="soft", size=12)
    return canvas.done()


def signed_bars(explanation: Explanation, row: int, k: int = 12, names: Sequence[str] | None = None,
                said: Sequence[str] | None = None) -> Drawing:
    """One sample's ``k`` largest values as bars to the right (toward the class) and to the left (against it).

    Args:
        explanation: of the sample.
        row: its row.
        k: bars at most; what is left out is one bar more.
        names: see :meth:`Explanation.html`.
        said: the input's own value at each place, shown beside the name.
    """
    values, called = flat(explanation)[row], places(explanation, row, names)
    order = strongest(values, k)
    items = [(f"{short(called[p], 26)} = {short(said[p], 14)}" if said else short(called[p], 60), float(values[p]))
             for p in order]
    if len(values) > len(order):
        left = len(values) - len(order)
        items.append((f"{left} other{'s' if left > 1 else ''}", float(np.delete(values, order).sum())))
    height = TOP + PITCH * len(items) + 44
    words = "; ".join(f"{name}: {number(value)}" for name, value in items)
    canvas = Canvas(WIDTH, height, f"Attributions of sample {explanation.ids[row]}", f"{words}.")
    least, most = min([0.0, *(v for _, v in items)]), max([0.0, *(v for _, v in items)])
    room = 0.12 * ((most - least) or 1.0)
    scale = Scale(least - (room if least < 0 else 0), most + (room if most > 0 else 0))
    axis(canvas, scale, TOP + PITCH * len(items), "attribution")
    for place, (name, value) in enumerate(items):
        y = TOP + PITCH * place
        canvas.text(LEFT - 8, y + 16, name, anchor="end", most=28)
        _signed(canvas, scale, y, 0.0, value, name)
    return canvas.done()


def waterfall(explanation: Explanation, row: int = 0, k: int = 10, names: Sequence[str] | None = None) -> Drawing:
    """See :meth:`Explanation.waterfall`. What the ``k`` steps leave is one step more, what is missing to the score
    (the method's error) another."""
    one = explanation[row]
    if one.base_value is None:
        raise CapabilityError(f"{explanation.method or 'the method'} gives no base value to start from, so there is no "
                              "waterfall: .bar() shows sizes, or take a method that adds up (explain/kernel-shap, "
                              "explain/integrated-gradients)")
    values, called = flat(one)[0], places(one, 0, names)
    order = strongest(values, k)
    steps = [(short(called[p], 60), float(values[p])) for p in order]
    rest = np.delete(values, order)
    if len(rest):
        steps.append((f"{len(rest)} other{'s' if len(rest) > 1 else ''}", float(rest.sum())))
    base = float(one.base_value[0])
    reached = base + sum(v for _, v in steps)
    score = reached if one.score is None else float(one.score[0])
    if abs(score - reached) > 1e-6 * max(1.0, abs(score), abs(base)):
        steps.append(("not accounted for", score - reached))
    ends, at = [base], base
    for _, value in steps:
        at += value
        ends.append(at)
    least, most = min(ends), max(ends)
    room = 0.1 * ((most - least) or 1.0)
    scale = Scale(least - room, most + room)
    height = TOP + PITCH * (len(steps) + 2) + 44
    title = f"From the base value to the score of sample {one.ids[0]}"
    words = "; ".join(f"{name} {number(value)}" for name, value in steps)
    canvas = Canvas(WIDTH, height, title, f"Base value {base:.6g}; {words}; score {score:.6g}.")
    bottom = TOP + PITCH * (len(steps) + 2)
    axis(canvas, scale, bottom, "score")
    canvas.text(LEFT - 8, TOP + 16, "base value", anchor="end", colour="soft")
    canvas.line(scale(base), TOP + 2, scale(base), TOP + PITCH, "ink", 2.5)
    canvas.text(scale(base) + 5, TOP + 16, f"{base:.4g}".replace("-", "−"), colour="soft", size=12)
    for place, (name, value) in enumerate(steps):
        y = TOP + PITCH * (place + 1)
        canvas.text(LEFT - 8, y + 16, name, anchor="end", most=26)
        canvas.line(scale(ends[place]), y - 2, scale(ends[place]), y + PITCH - 2, "faint", dash="2 2")
        _signed(canvas, scale, y, ends[place], value, name)
    y = TOP + PITCH * (len(steps) + 1)
    canvas.text(LEFT - 8, y + 16, "score", anchor="end", colour="soft")
    canvas.line(scale(score), y - 2, scale(score), y + PITCH - 6, "ink", 2.5)
    canvas.text(scale(score) + 5, y + 16, f"{score:.4g}".replace("-", "−"), colour="soft", size=12)
    return canvas.done()


def _signed(canvas: Canvas, scale: Scale, y: float, start: float, value: float, name: str) -> None:
    """A bar from ``start`` by ``value``: solid toward the class, rimmed with dashes against it, its figure beside."""
    left, right = sorted((scale(start), scale(start + value)))
    canvas.rect(left, y + 3, right - left, PITCH - 8, "toward" if value >= 0 else "against", dashed=value < 0,
                tip=f"{name}: {number(value)}")
    where, anchor = (right + 5, "start") if value >= 0 else (left - 5, "end")
    if where < LEFT + 40 and anchor == "end":
        where, anchor = right + 5, "start"
    canvas.text(where, y + 16, number(value), colour="soft", size=12, anchor=anchor)
