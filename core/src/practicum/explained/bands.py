"""Attributions of a series as bands behind it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from practicum.explained.drawing import Canvas, Drawing, short
from practicum.explanation import Explanation

Floats = npt.NDArray[np.float64]

WIDTH, LEFT, HIGH, STRIP = 620.0, 90.0, 92.0, 34.0
"""Pixels: of the drawing, left of it, of a channel's curve and of the bars under it."""
MOST_CHANNELS = 4


def bands(explanation: Explanation, row: int, series: Floats | None = None,
          names: Sequence[str] | None = None, most: int = 120) -> Drawing:
    """One sample: for each channel the curve before bands as strong as its attributions, and under it bars up (toward
    the class) and down (against it). At most four channels, those with the largest attributions.

    Args:
        explanation: of series, values [T, C] each.
        row: the sample's row.
        series: its values [T, C], which may hold NaN; bands and bars alone when left out.
        names: of the channels.
        most: bands of a channel, at most; longer series show the mean of several steps in each, and of their values
            the least and the largest.
    """
    values = np.nan_to_num(explanation.rows()[row].astype(np.float64), posinf=0.0, neginf=0.0)
    steps, channels = values.shape
    shown = sorted(np.argsort(-np.abs(values).sum(axis=0), kind="stable")[:MOST_CHANNELS].tolist())
    curve = HIGH if series is not None else 24.0
    pitch = curve + STRIP + 26
    top = float(np.abs(values).max(initial=0.0)) or 1.0
    described = []
    canvas = Canvas(WIDTH, pitch * len(shown) + 28, f"Series {explanation.ids[row]} and the attributions of its steps",
                    "")
    for panel, channel in enumerate(shown):
        y, column = pitch * panel + 18, values[:, channel]
        name = short(names[channel], 60) if names is not None else f"channel {channel}"
        canvas.text(LEFT - 8, y + 16, name, anchor="end", most=12)
        edges = np.unique(np.linspace(0, steps, min(steps, most) + 1).astype(int))
        wide = (WIDTH - LEFT - 10) / max(steps, 1)
        zero = y + curve + 4 + STRIP / 2
        for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            value = float(column[a:b].mean())
            colour, size = "toward" if value > 0 else "against", min(1.0, abs(value) / top)
            if size < 0.01:
                continue
            x = LEFT + a * wide
            canvas.rect(x, y, (b - a) * wide, curve, colour, opacity=0.03 + 0.55 * size)
            high = size * STRIP / 2
            canvas.rect(x, zero - high if value > 0 else zero, (b - a) * wide, high, colour)
        canvas.line(LEFT, zero, WIDTH - 10, zero, "faint")
        if series is not None:
            _curve(canvas, series[:steps, channel], y, curve, wide, 2 * most)
        strongest = int(np.abs(column).argmax()) if steps else 0
        described.append(f"{name}: strongest at step {strongest}, {column[strongest]:.4g}" if steps else name)
    end = pitch * len(shown) + 12
    for step in np.unique(np.linspace(0, max(steps - 1, 0), 5).astype(int)).tolist():
        canvas.text(LEFT + (step + 0.5) * (WIDTH - LEFT - 10) / max(steps, 1), end, str(step), colour="faint", size=12,
                    anchor="middle")
    canvas.text(LEFT - 8, end, "step", colour="faint", size=12, anchor="end")
    if channels > len(shown):
        described.append(f"{channels - len(shown)} other channels")
    canvas.describe("; ".join(described) + ".")
    return canvas.done()


def _curve(canvas: Canvas, series: Floats, y: float, high: float, wide: float, most: int) -> None:
    """The curve in pieces, broken where values are missing."""
    known = series[np.isfinite(series)]
    low, span = (float(known.min()), float(np.ptp(known)) or 1.0) if known.size else (0.0, 1.0)
    piece: list[tuple[float, float]] = []
    for step, value in [*_thinned(series, most), (len(series), float("nan"))]:
        if np.isfinite(value):
            piece.append((LEFT + (step + 0.5) * wide, y + high - 6 - (value - low) / span * (high - 12)))
        elif piece:
            canvas.path(piece if len(piece) > 1 else [piece[0], (piece[0][0] + 1, piece[0][1])])
            piece = []
    if known.size:
        canvas.text(LEFT - 8, y + high - 2, f"{low:.3g} to {low + span:.3g}".replace("-", "−"), colour="faint", size=11,
                    anchor="end", most=18)


def _thinned(series: Floats, most: int) -> list[tuple[int, float]]:
    """Steps and values, at most ``2 * most`` of them: of each stretch its least and its largest, and a gap where one is
    missing."""
    if len(series) <= most:
        return list(enumerate(series.tolist()))
    out: set[int] = set()
    for stretch in np.array_split(np.arange(len(series)), most):
        part = series[stretch]
        if np.isnan(part).any():
            out.add(int(stretch[int(np.isnan(part).argmax())]))
        if np.isfinite(part).any():
            out |= {int(stretch[int(np.nanargmin(part))]), int(stretch[int(np.nanargmax(part))])}
    return [(step, float(series[step])) for step in sorted(out)]
