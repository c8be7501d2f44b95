"""A gain table for people: on a terminal, and as one HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from practicum.report.view import Metric, known

if TYPE_CHECKING:
    from rich.console import Console

    from practicum.evaluate.gain_table import Effect, GainRow, GainTable
    from practicum.evaluate.result import Estimate

_PERCENT = {"accuracy", "tag-accuracy", "link-f1", "link-precision", "link-recall", "token-f1", "exact-match", "chrf"}


def _metric(table: GainTable) -> Metric:
    return Metric(table.metric, table.direction == "higher", table.metric in _PERCENT)


def headings(table: GainTable) -> list[str]:
    """Of the columns of :func:`cells`."""
    mean = ["robustness gain"] if len(table.stress) > 1 else []
    return ["augmentation", "labels", table.metric, "with it", "gain", "reading", *mean,
            *(f"gain under {label}" for label in table.stress), "failed"]


def cells(table: GainTable) -> list[list[str]]:
    """Each row as texts: scores without and with the augmentation, the gain with its interval and how to read it, and
    the gain under each stress."""
    metric, mean = _metric(table), len(table.stress) > 1
    return [[row.augmentation, str(row.labels), *_effect(metric, row.clean),
             *([_change(metric, row.robust.gain)] if mean and row.robust is not None else []),
             *(_change(metric, row.stressed[label].gain) for label in table.stress), _failures(row)]
            for row in table.rows]


def _effect(metric: Metric, effect: Effect) -> list[str]:
    return [metric.show(effect.without.value), metric.show(effect.with_.value), _change(metric, effect.gain),
            effect.reading]


def _change(metric: Metric, estimate: Estimate) -> str:
    text, *ends = (metric.show_change(v, sign=True).removesuffix(" points")
                   for v in (estimate.value, estimate.low, estimate.high))
    return f"{text} [{ends[0]}, {ends[1]}]" if known(estimate) else text


def _failures(row: GainRow) -> str:
    parts = [f"{row.failed} of {row.trainings} trainings"] if row.failed else []
    return ", ".join([*parts, *([f"{row.failed_samples} samples"] if row.failed_samples else [])])


def notes(table: GainTable) -> list[str]:
    """How to read the table."""
    unit = " Gains are in percentage points." if _metric(table).percent else ""
    seeds = f"{len(table.seeds)} seeds" if len(table.seeds) > 1 else "1 seed"
    over = "seeds and test samples" if len(table.seeds) > 1 else "test samples only, since there is one seed"
    out = [f"Trained on subsets of {table.sizes['train']} samples, measured on {table.sizes['test']} test samples, "
           f"{seeds}; with and without share samples, initial weights and batch order.{unit}",
           f"[a, b]: {table.level:.0%} interval, paired bootstrap over {over}; \"no gain seen\" where it holds 0. "
           "Intervals are not widened for the number of rows."]
    if len(table.stress) > 1:
        out.append("Robustness gain: the mean of the gains under each stress, which may hide opposite ones.")
    out += [f"Failed training {key}: {text}" for key, text in list(table.errors.items())[:5]]
    if len(table.errors) > 5:
        out.append(f"{len(table.errors) - 5} further trainings failed; gain.json has their errors.")
    return out


def gain_sentence(table: GainTable) -> str:
    """The largest gain at the fewest labels, and how many rows saw none.

    Example: ``"With 100 labels, shift gains most: +4.2 [+2.1, +6.3] points; 6 rows: 4 with a gain, 2 with a loss."``
    """
    metric, fewest = _metric(table), min(r.labels for r in table.rows)
    sure = [r for r in table.rows if r.labels == fewest and r.clean.reading == "gain"]
    said = {"gain": "with a gain", "no gain seen": "with no gain seen", "loss": "with a loss", "unknown": "unknown"}
    counts = [(sum(r.clean.reading == reading for r in table.rows), words) for reading, words in said.items()]
    rest = f"{len(table.rows)} rows: {', '.join(f'{count} {words}' for count, words in counts if count)}"
    if not sure:
        return f"With {fewest} labels, no augmentation gains beyond chance; {rest}."
    best = max(sure, key=lambda r: r.clean.gain.value)
    unit = " points" if metric.percent else ""
    return f"With {fewest} labels, {best.augmentation} gains most: {_change(metric, best.clean.gain)}{unit}; {rest}."


def print_gain(table: GainTable, console: Console) -> None:
    """Print the table and how to read it."""
    from rich.table import Table
    from rich.text import Text

    made = Table(title=None, box=None, pad_edge=False, header_style="bold")
    for place, heading in enumerate(headings(table)):
        made.add_column(heading, justify="left" if place == 0 or heading in ("reading", "failed") else "right",
                        overflow="fold")
    for line, row in zip(cells(table), table.rows, strict=True):
        made.add_row(*(Text(c) for c in line), style={"gain": "green", "loss": "red"}.get(row.clean.reading, ""))
    console.print(made)
    for note in notes(table):
        console.print(Text(note, style="dim"))


def render_gain(table: GainTable) -> str:
    """One self-contained HTML page; every text escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(loader=PackageLoader("practicum.report", "templates"), autoescape=True,
                              undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page = environment.get_template("gain.html.j2")
    model = ", ".join(f"{k}: {v}" for k, v in table.model.items())
    lines = [(row.clean.reading.replace(" ", "-"), line) for row, line in zip(table.rows, cells(table), strict=True)]
    return page.render(sentence=gain_sentence(table), headings=headings(table), rows=lines, notes=notes(table),
                       model=model) + "\n"
