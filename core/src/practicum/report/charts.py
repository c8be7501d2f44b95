"""The report's charts, drawn with matplotlib.

Before and after differ in marker, line and hatching too, never in colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from practicum.evaluate.result import Estimate
from practicum.report.svg import AFTER, BEFORE, FAINT, GRID, INK, PAPER, RC, to_svg
from practicum.report.view import Curve, Metric, Row, known

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = npt.NDArray[np.float64]

STYLE: dict[str, dict[str, Any]] = {
    "before": {"color": BEFORE, "marker": "o", "linestyle": "-"},
    "after": {"color": AFTER, "marker": "s", "linestyle": (0, (5, 2))},
}


def curve_chart(curve: Curve, metric: Metric, key: str, limits: tuple[float, float]) -> Markup:
    """The metric over strength, with confidence bands, before and after hardening.

    Args:
        curve: one technique's rows, weakest first.
        metric: of the vertical axis.
        key: unique in the page.
        limits: of the vertical axis, the same for all curves so that they can be compared.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(RC):
        figure = Figure(figsize=(4.5, 3.1), dpi=72)
        axes = figure.add_axes((0.135, 0.18, 0.83, 0.78))
        positions = _positions(curve)
        axes.axhline(_scaled(metric, curve.clean_before), color=FAINT, linewidth=1, linestyle=(0, (1, 2)))
        _line(axes, positions, [r.before for r in curve.rows], metric, "before")
        if curve.hardened:
            pairs = [(x, r.after) for x, r in zip(positions, curve.rows, strict=True) if r.after is not None]
            _line(axes, [x for x, _ in pairs], [e for _, e in pairs], metric, "after")
        numeric = all(isinstance(r.strength, (int, float)) for r in curve.rows)
        _frame(axes, metric, limits)
        span = (max(positions) - min(positions)) or 1.0
        axes.set_xlim(min(positions) - 0.06 * span, max(positions) + 0.06 * span)
        labels = [f"{r.strength:g}" if numeric else str(r.setting.removeprefix(f"{curve.axis} ") or "default")
                  for r in curve.rows]
        axes.set_xticks(positions, labels)
        axes.set_xlabel(curve.axis or "strength")
        _thin_labels(axes, positions)
        return to_svg(figure, key, f"{metric.name} under {curve.title} by strength", describe_curve(curve, metric))


def describe_curve(curve: Curve, metric: Metric) -> str:
    """The curve in one sentence, for those who don't see it."""
    first, last = curve.rows[0], curve.rows[-1]
    both = first.after is not None and last.after is not None
    text = (f"On unchanged data {metric.show(curve.clean_before)}. {'Before hardening ' if both else ''}"
            f"{metric.show(first.before.value)} at the weakest strength and {metric.show(last.before.value)} at the "
            "strongest")
    if first.after is not None and last.after is not None:
        text += f"; after hardening {metric.show(first.after.value)} and {metric.show(last.after.value)}"
    return text + "."


def bars_chart(rows: Sequence[Row], clean: tuple[Estimate, Estimate | None], metric: Metric, key: str,
               limits: tuple[float, float]) -> Markup:
    """Horizontal bars with interval whiskers: unchanged data first, then each technique at its worst, before and after.

    Args:
        rows: one for each technique.
        clean: the metric on unchanged data before and after hardening.
        metric: of the horizontal axis.
        key: unique in the page.
        limits: of the horizontal axis.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    groups = [("unchanged data", *clean), *((r.where, r.before, r.after) for r in rows)]
    paired = any(after is not None for _, _, after in groups)
    pitch = 0.68 if paired else 0.5
    height = pitch * len(groups) + 0.45
    with mpl.rc_context(RC):
        figure = Figure(figsize=(5.4, height), dpi=72)
        axes = figure.add_axes((0.035, 0.38 / height, 0.85, 1 - 0.42 / height))
        for place, (name, before, after) in enumerate(groups):
            axes.text(limits[0], place - (0.36 if paired else 0.3), _short(name, 60), va="center", ha="left",
                      fontsize=13)
            _bar(axes, place - 0.03 if after is not None else place + 0.1, before, metric, "before", limits)
            if after is not None:
                _bar(axes, place + 0.23, after, metric, "after", limits)
        axes.set_ylim(len(groups) - 0.5, -0.6)
        axes.set_xlim(*limits)
        axes.set_yticks([])
        axes.xaxis.grid(True, color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)
        _percent(axes.xaxis, metric)
        for side in ("top", "right", "bottom"):
            axes.spines[side].set_visible(False)
        axes.tick_params(length=0, labelsize=12.5)
        hardened = " before and after hardening" if paired else ""
        return to_svg(figure, key, f"{metric.name} under each technique at its most harmful strength{hardened}",
                      "; ".join(_describe_group(*group, metric) for group in groups) + ".")


def series_chart(clean: Floats, changed: Floats, key: str, name: str) -> Markup:
    """One series before and after a change, a panel for each of its first three channels.

    Args:
        clean, changed: float [T, C], of any lengths.
        key: unique in the page.
        name: of the series, for its accessible name.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    channels = min(3, clean.shape[1])
    height = 1.5 * channels + 0.3
    with mpl.rc_context(RC):
        figure = Figure(figsize=(5.4, height), dpi=72)
        for channel in range(channels):
            bottom = (0.3 + 1.5 * (channels - 1 - channel)) / height
            axes = figure.add_axes((0.12, bottom, 0.86, 1.35 / height))
            axes.plot(clean[:, channel], color=FAINT, linewidth=1.6, linestyle=(0, (4, 2)))
            axes.plot(changed[:, channel], color=BEFORE, linewidth=1.8)
            axes.yaxis.grid(True, color=GRID, linewidth=0.8)
            axes.spines[["top", "right"]].set_visible(False)
            axes.tick_params(labelbottom=channel == channels - 1)
        same = min(len(clean), len(changed))
        with np.errstate(invalid="ignore"):
            moved = np.nan_to_num(np.abs(changed[:same] - clean[:same])).max(axis=1) if clean.size else np.zeros(0)
        most = f"{int((moved > 0).sum())} of {same} steps"
        most += f", most at step {int(moved.argmax())}" if same else ""
        text = f"The dashed line is the series as it was, the solid line as it was changed; they differ at {most}."
        return to_svg(figure, key, f"{name} before and after the change", text)


def axis_limits(metric: Metric, rows: Sequence[Row], clean: Sequence[Estimate | None]) -> tuple[float, float]:
    """Limits that hold every figure: 0 to 100 for percentages, else from zero to a little over the largest."""
    if metric.percent:
        return 0.0, 100.0
    values = [v for e in [*clean, *(r.before for r in rows), *(r.after for r in rows)] if e is not None
              for v in (e.value, e.low, e.high) if math.isfinite(v)]
    low, high = min([0.0, *values]), max([0.0, *values])
    margin = 0.05 * ((high - low) or 1.0)
    return low - (margin if low < 0 else 0.0), high + margin


def _line(axes: Axes, xs: list[float], estimates: list[Estimate], metric: Metric, which: str) -> None:
    style = STYLE[which]
    ys = [_scaled(metric, e.value) for e in estimates]
    banded = [(x, e) for x, e in zip(xs, estimates, strict=True) if known(e)]
    lows, highs = [_scaled(metric, e.low) for _, e in banded], [_scaled(metric, e.high) for _, e in banded]
    if len(banded) > 1:
        axes.fill_between([x for x, _ in banded], lows, highs, color=style["color"], alpha=0.2, linewidth=0)
    axes.vlines([x for x, _ in banded], lows, highs, color=style["color"], linewidth=1.2)
    axes.plot(xs, ys, linewidth=1.8, markersize=7, markeredgecolor=PAPER, markeredgewidth=1, clip_on=False, **style)


def _bar(axes: Axes, place: float, estimate: Estimate, metric: Metric, which: str, limits: tuple[float, float]) -> None:
    if not math.isfinite(estimate.value):
        return
    value = _scaled(metric, estimate.value)
    hatched = {"hatch": "////", "edgecolor": PAPER, "linewidth": 0.0} if which == "after" else {"linewidth": 0.0}
    axes.barh(place, value, height=0.24, color=STYLE[which]["color"], **hatched)
    if known(estimate):
        ends = _scaled(metric, estimate.low), _scaled(metric, estimate.high)
        axes.hlines(place, *ends, color=PAPER, linewidth=3.2)  # a rim, so that the whisker shows on the bar too
        axes.hlines(place, *ends, color=INK, linewidth=1.4)
    edge = max(value, _scaled(metric, estimate.high) if known(estimate) else value)
    gap = 0.012 * (limits[1] - limits[0])
    axes.text(edge + gap, place, metric.show(estimate.value), va="center", ha="left", fontsize=12.5, color=INK)


def _frame(axes: Axes, metric: Metric, limits: tuple[float, float]) -> None:
    axes.set_ylim(*limits)
    axes.yaxis.grid(True, color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    _percent(axes.yaxis, metric)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _percent(axis: Any, metric: Metric) -> None:
    if metric.percent:
        axis.set_ticks([0, 25, 50, 75, 100], ["0%", "25%", "50%", "75%", "100%"])


def _positions(curve: Curve) -> list[float]:
    values = [r.strength for r in curve.rows]
    if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        return [float(v) for v in values if v is not None]
    return [float(i) for i in range(len(values))]


def _thin_labels(axes: Axes, positions: list[float]) -> None:
    """Hide tick labels that would overlap, keeping the last (the strongest) one."""
    span = (max(positions) - min(positions)) or 1.0
    free = math.inf
    for tick, x in sorted(zip(axes.xaxis.get_major_ticks(), positions, strict=True), key=lambda pair: -pair[1]):
        show = free - x > 0.09 * span
        tick.label1.set_visible(show)
        if show:
            free = x


def _scaled(metric: Metric, value: float) -> float:
    return value * 100 if metric.percent else value


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _describe_group(name: str, before: Estimate, after: Estimate | None, metric: Metric) -> str:
    if after is None:
        return f"{name}: {metric.show(before.value)}"
    return f"{name}: {metric.show(before.value)} before, {metric.show(after.value)} after"
