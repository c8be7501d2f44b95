"""The report's sentences: what is weak and what hardening bought, with no more certainty than the figures have."""

from __future__ import annotations

from collections.abc import Sequence

from practicum.evaluate.result import Estimate
from practicum.report.view import Metric, Row, ShiftRow, known, sure


def interval(metric: Metric, estimate: Estimate, level: float, *, change: bool = False) -> str:
    """``"95% interval 33.1% to 40.2%"``, of a change ``"95% interval 3.1 to 4.2"``; empty without an interval.

    Example:
        >>> interval(Metric(), Estimate(0.6, 0.55, 0.65, 100), 0.95)
        '95% interval 55.0% to 65.0%'
    """
    if not known(estimate):
        return ""
    if not change:
        return f"{level:.0%} interval {metric.show(estimate.low)} to {metric.show(estimate.high)}"
    low, high = metric.show_change(estimate.low), metric.show_change(estimate.high)
    return f"{level:.0%} interval {low.removesuffix(' points')} to {high.removesuffix(' points')}"


def weakness(metric: Metric, row: Row, clean: Estimate, level: float) -> str:
    """One weakness in one or two sentences.

    Example:
        >>> row = Row("pgd", "attack", "eps 0.1", 0.1, "eps", "preserves", before=Estimate(0.6, 0.5, 0.7, 9),
        ...           harm=Estimate(0.3, 0.25, 0.35, 9))
        >>> weakness(Metric(), row, Estimate(0.9, 0.88, 0.92, 9), 0.95)
        'Accuracy falls from 90.0% to 60.0% under pgd at eps 0.1, a drop of 30.0 points (95% interval 25.0 to 35.0).'
    """
    verb, noun = ("falls", "drop") if metric.higher_is_better else ("rises", "rise")
    certainty = interval(metric, row.harm, level, change=True)
    text = (f"{_capital(metric.name)} {verb} from {metric.show(clean.value)} to {metric.show(row.before.value)} under "
            f"{row.where}, a {noun} of {metric.show_change(abs(row.harm.value))}"
            f"{f' ({certainty})' if certainty else ''}.")
    if row.upper_bound:
        text += " This attack is too weak to prove robustness: a stronger one may do more harm."
    if row.failed:
        text += f" {row.failed} of {max(row.tries, row.failed)} tries failed."
    return text


def worst_weaknesses(metric: Metric, rows: Sequence[Row], clean: Estimate, level: float, count: int = 3) -> list[str]:
    """Sentences on the worst ``count`` techniques, each at its most harmful strength, worst first."""
    return [weakness(metric, row, clean, level) for row in worst_rows(rows)[:count]]


def worst_rows(rows: Sequence[Row]) -> list[Row]:
    """Rows that show a weakness, the most harmful strength of each technique, worst first."""
    best: dict[str, Row] = {}
    for row in sorted((r for r in rows if r.weakness), key=lambda r: -r.harm.value):
        best.setdefault(row.technique, row)
    return list(best.values())


def hardening_findings(metric: Metric, rows: Sequence[Row], clean_before: Estimate, clean_after: Estimate | None,
                       clean_gain: Estimate | None, level: float) -> list[str]:
    """What hardening bought on the worst weaknesses, and what it cost on unchanged data."""
    out = []
    for row in worst_rows(rows)[:3]:
        if row.after is None or row.gain is None:
            continue
        change = f"from {metric.show(row.before.value)} to {metric.show(row.after.value)}"
        if not sure(row.gain):
            out.append(f"Hardening took {metric.name} under {row.where} {change}, {_chance(metric, row.gain, level)}.")
        elif row.gain.value > 0:
            verb = "raised" if metric.higher_is_better else "lowered"
            out.append(f"Hardening {verb} {metric.name} under {row.where} {change}, a gain of "
                       f"{metric.show_change(row.gain.value)} ({interval(metric, row.gain, level, change=True)}).")
        else:
            out.append(f"Hardening made {metric.name} under {row.where} worse, {change}, a loss of "
                       f"{_loss(metric, row.gain, level)}.")
    if clean_after is not None and clean_gain is not None:
        out.append(_clean_sentence(metric, clean_before, clean_after, clean_gain, level))
    return out


def _chance(metric: Metric, gain: Estimate, level: float) -> str:
    if not known(gain):
        return "which may be chance: there is no interval"
    return f"which may be chance: the {interval(metric, gain, level, change=True)} of the gain includes zero"


def _loss(metric: Metric, gain: Estimate, level: float) -> str:
    turned = Estimate(-gain.value, -gain.high, -gain.low, gain.n)
    return f"{metric.show_change(turned.value)} ({interval(metric, turned, level, change=True)})"


def _clean_sentence(metric: Metric, before: Estimate, after: Estimate, gain: Estimate, level: float) -> str:
    change = f"from {metric.show(before.value)} to {metric.show(after.value)}"
    if not sure(gain):
        return f"On unchanged data {metric.name} went {change}, {_chance(metric, gain, level)}."
    if gain.value < 0:
        return f"The price: on unchanged data {metric.name} went {change}, a loss of {_loss(metric, gain, level)}."
    return (f"On unchanged data {metric.name} got better too, {change}, a gain of {metric.show_change(gain.value)} "
            f"({interval(metric, gain, level, change=True)}).")


def distances(rows: Sequence[Row]) -> list[str]:
    """How far attacks without a largest distance have to go.

    Example:
        >>> lost, harm = Estimate(0.0, 0.0, 0.0, 9), Estimate(0.9, 0.8, 1.0, 9)
        >>> row = Row("ddn", "attack", "", None, "", "preserves", lost, harm, unlimited=True,
        ...           reach="0.53 (l2)", reach_after="0.71 (l2)")
        >>> print(distances([row])[0][-76:])
        within a distance of 0.53 (l2) under ddn; after hardening, within 0.71 (l2).
    """
    out = []
    for row in rows:
        if row.unlimited and row.label_effect == "preserves":
            many, within = ("Half", f" within a distance of {row.reach}") if row.reach else ("Fewer than half", "")
            text = f"{many} of the samples that the model gets right turn wrong{within} under {row.where}"
            out.append(f"{text}; after hardening, within {row.reach_after}." if row.reach_after else f"{text}.")
    return out


def moving_reasons(shifts: Sequence[ShiftRow]) -> list[str]:
    """Where reasons move more than a random change of the same size explains: for each explainer, at its worst."""
    out = []
    worst: dict[str, ShiftRow] = {}
    for row in sorted((r for r in shifts if r.beyond.n), key=lambda r: r.beyond.value):
        worst.setdefault(row.explainer, row)
    for row in worst.values():
        if not sure(row.beyond) or row.beyond.value > 0:
            continue
        out.append(f"Reasons move, too: under {row.where} the attributions of {row.explainer} for the same class keep "
                   f"a cosine similarity of {row.similarity.value:.2f}, after a random change of the same size "
                   f"{row.chance.value:.2f}.")
    return out


def remarks(metric: Metric, rows: Sequence[Row]) -> list[str]:
    """What a reader must know so as not to misread the figures."""
    out = []
    if rows and not worst_rows(rows):
        out.append(f"No technique that keeps the label makes {metric.name} worse beyond what chance explains.")
    changing = sorted({r.technique for r in rows if r.label_effect != "preserves"})
    if changing:
        out.append(f"{_listed(changing)} may change the label itself, so a drop there is no weakness.")
    weak = sorted({r.technique for r in rows if r.upper_bound})
    if weak:
        verb, plural, them = ("is a", "", "it") if len(weak) == 1 else ("are", "s", "them")
        out.append(f"{_listed(weak)} {verb} weak attack{plural}: what is left of {metric.name} under {them} is an "
                   "upper bound, not a guarantee.")
    for row in rows:
        if row.doubts:
            out.append(f"The figures of {row.where} are in doubt: {'; '.join(row.doubts)}.")
    outside = sorted({r.technique for r in rows if "outside budget" in r.extra})
    if outside:
        out.append(f"{_listed(outside)} left the declared budget on some samples: those figures overstate the threat.")
    failed = sum(r.failed for r in rows)
    if failed:
        names = sorted({r.technique for r in rows if r.failed})
        tries = "tries" if failed != 1 else "try"
        out.append(f"{failed} {tries} (samples times seeds) failed under {_listed(names)}; they stay in the figures, "
                   "as unchanged where the technique failed and as wrong where the model did.")
    return out


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
