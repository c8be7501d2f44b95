"""The report on a terminal: one table and the findings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from practicum.report.from_report import build_view
from practicum.report.shown import shown
from practicum.report.view import Metric, Row, View, known

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from practicum.evaluate.report import Report
    from practicum.evaluate.result import Estimate


def print_report(report: Report, console: Console) -> None:
    """Print the table of all techniques and strengths, then what was found, worst first.

    Args:
        report: of :func:`practicum.stress` or ``practicum run``.
        console: where to.
    """
    from rich.text import Text

    view = shown(build_view(report, pictures=False))
    console.print(_table(view))
    for sentence in (*view.weaknesses, *view.findings):
        console.print(Text(f"• {sentence}"))


def summary_sentence(report: Report) -> str:
    """The findings in one sentence: the worst weakness and what hardening made of it.

    Example: ``"Accuracy falls from 97.8% to 44.3% under fgsm at eps 0.1; hardening brings it to 65.3%."``
    """
    from practicum.report.findings import worst_rows

    view = shown(build_view(report, pictures=False))
    metric, worst = view.metric, worst_rows(view.rows)
    if not worst:
        return f"No technique that keeps the label makes {metric.name} worse beyond what chance explains."
    row = worst[0]
    verb = "falls" if metric.higher_is_better else "rises"
    text = (f"{metric.name.capitalize()} {verb} from {metric.show(view.clean_before.value)} to "
            f"{metric.show(row.before.value)} under {row.where}")
    return f"{text}; hardening brings it to {metric.show(row.after.value)}." if row.after is not None else f"{text}."


def _table(view: View) -> Table:
    from rich.table import Table
    from rich.text import Text

    metric = view.metric
    table = Table(title=None, box=None, pad_edge=False, header_style="bold")
    table.add_column("technique", overflow="fold")
    table.add_column("label")
    for heading in (metric.name, "drop", "changed", *(("hardened", "gain") if view.hardened else ()), "failed"):
        table.add_column(heading, justify="right")
    after = _figure(metric, view.clean_after)
    clean = ["unchanged data", "", _figure(metric, view.clean_before), "", ""]
    hardened = [after, _change(metric, view.clean_gain)] if view.hardened else []
    table.add_row(*(Text(c) for c in [*clean, *hardened, ""]))
    for row in view.rows:
        table.add_row(*(Text(c) for c in _cells(row, view)), style="red" if row.weakness else "")
    return table


def _cells(row: Row, view: View) -> list[str]:
    metric = view.metric
    flips = f"{row.flips:.1%}" if math.isfinite(row.flips) else ""
    cells = [row.where, row.label_effect, ("≤ " if row.upper_bound else "") + _figure(metric, row.before),
             _change(metric, row.harm), flips]
    if view.hardened:
        cells += [_figure(metric, row.after), _change(metric, row.gain)]
    return [*cells, str(row.failed or "")]


def _figure(metric: Metric, estimate: Estimate | None) -> str:
    return "" if estimate is None else metric.show(estimate.value)


def _change(metric: Metric, estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    text = metric.show_change(estimate.value, sign=True).removesuffix(" points")
    if not known(estimate):
        return text
    low, high = (metric.show_change(v, sign=True).removesuffix(" points") for v in (estimate.low, estimate.high))
    return f"{text} [{low}, {high}]"
