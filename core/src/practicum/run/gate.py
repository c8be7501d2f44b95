"""A run as a gate in somebody's CI: thresholds, verdicts, and JUnit XML."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from practicum.atomic import write_atomic
from practicum.errors import UsageError
from practicum.evaluate.report import Report
from practicum.evaluate.result import Phase, Row


@dataclass(frozen=True, slots=True)
class Verdict:
    """One threshold against one figure.

    Args:
        name: what was judged: ``clean`` or a perturbation's label.
        criterion: the threshold as given, as ``"robust_accuracy=0.5"``.
        value: the figure.
        limit: the threshold.
        passed: whether the figure is on the right side of it, or on it.
        seconds: wall time of what was judged.
    """

    name: str
    criterion: str
    value: float
    limit: float
    passed: bool
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{'passed' if self.passed else 'FAILED'}: {self.criterion}: {self.name}: {self.value:.4f}"


def criteria(report: Report) -> dict[str, str]:
    """Names that ``--fail-under`` takes for a report, and what each means."""
    metric, better = report.meta.metric, "least" if report.meta.direction == "higher" else "most"
    return {metric: f"{metric} on clean inputs, at {better}",
            f"robust_{metric}": f"{metric} under every perturbation that keeps labels, at {better}",
            "worst_drop": f"drop of {metric} under any perturbation that keeps labels, at most",
            "failed": "samples on which a technique or the model raised, at most"}


def judge(report: Report, thresholds: Sequence[str]) -> list[Verdict]:
    """Hold thresholds against the main split, after hardening where there was any.

    Args:
        report: of a run.
        thresholds: ``"name=value"``; the names are those of :func:`criteria`, with ``_`` or ``-``.

    Raises:
        UsageError: a threshold is malformed or names nothing; lists the names.
    """
    phase: Phase = "after" if any(r.phase == "after" for r in report.rows) else "before"
    rows = [r for r in report.select(split=report.main_split, phase=phase) if r.label_policy == "preserves"]
    out = []
    for text in thresholds:
        name, limit = _parse(text, report)
        out += _judge(report, rows, phase, name, limit, text)
    return out


def parse_thresholds(thresholds: Sequence[str]) -> None:
    """Refuse malformed thresholds before a run is spent on them.

    Raises:
        UsageError: one is not ``NAME=NUMBER``.
    """
    for text in thresholds:
        name, _, number = text.partition("=")
        if not name.strip() or not _finite(number):
            raise UsageError(f"--fail-under {text!r} must be NAME=NUMBER, as accuracy=0.9")


def _finite(number: str) -> bool:
    try:
        return math.isfinite(float(number))
    except ValueError:
        return False


def _parse(text: str, report: Report) -> tuple[str, float]:
    parse_thresholds([text])
    name, _, number = text.partition("=")
    known = {k.replace("_", "-"): k for k in criteria(report)}
    wanted = name.strip().replace("_", "-")
    if wanted not in known:
        close = difflib.get_close_matches(wanted, known, n=1)
        hint = f"did you mean {known[close[0]]}?" if close else f"it takes {', '.join(criteria(report))}"
        raise UsageError(f"--fail-under {text!r}: no figure {name!r}; {hint}")
    return known[wanted], float(number)


def _judge(report: Report, rows: Sequence[Row], phase: Phase, name: str, limit: float, text: str) -> list[Verdict]:
    higher = report.meta.direction == "higher"

    def enough(value: float) -> bool:
        return value >= limit if higher else value <= limit

    if name == report.meta.metric:
        clean = report.clean_row(phase=phase).clean.value
        return [Verdict("clean", text, clean, limit, enough(clean))]
    if name == "worst_drop":
        return [Verdict(r.perturbation.label, text, r.drop.value, limit, r.drop.value <= limit, r.seconds)
                for r in rows]
    if name == "failed":
        return [Verdict(r.perturbation.label, text, float(r.failed), limit, r.failed <= limit, r.seconds) for r in rows]
    return [Verdict(r.perturbation.label, text, r.perturbed.value, limit, enough(r.perturbed.value), r.seconds)
            for r in rows]


def write_junit(report: Report, verdicts: Sequence[Verdict], path: str | Path) -> Path:
    """Write JUnit XML: one test case for clean inputs and each perturbation, failed where any threshold is.

    Args:
        report: of a run.
        verdicts: of :func:`judge`; without any, the cases say what was measured and all pass.
        path: the file.
    """
    phase: Phase = "after" if any(r.phase == "after" for r in report.rows) else "before"
    rows = report.select(split=report.main_split, phase=phase)
    clean = report.clean_row(phase=phase).clean
    cases = [("clean", 0.0, f"{report.meta.metric} {clean}")]
    cases += [(r.perturbation.label, r.seconds, f"{report.meta.metric} {r.perturbed}, drop {r.drop}, {r.failed} "
                                                f"failed, label {r.label_policy}") for r in rows]
    broken = {v.name for v in verdicts if not v.passed}
    title = _clean(f"practicum {report.meta.run_id}".strip())
    suite = ElementTree.Element("testsuite", name=title, tests=str(len(cases)),
                                failures=str(sum(n in broken for n, _, _ in cases)), errors="0", skipped="0",
                                time=f"{sum(s for _, s, _ in cases):.3f}")
    for name, seconds, text in cases:
        case = ElementTree.SubElement(suite, "testcase", classname=_clean(f"practicum.{report.main_split}.{phase}"),
                                      name=_clean(name), time=f"{seconds:.3f}")
        for verdict in (v for v in verdicts if v.name == name and not v.passed):
            message = _clean(f"{verdict.criterion}: {verdict.value:.4f}")
            ElementTree.SubElement(case, "failure", message=message, type="threshold").text = message
        ElementTree.SubElement(case, "system-out").text = _clean(text)
    whole = ElementTree.Element("testsuites")
    whole.append(suite)
    ElementTree.indent(whole)
    target = Path(path)
    write_atomic(target, ElementTree.tostring(whole, encoding="utf-8", xml_declaration=True))
    return target


def _clean(text: str) -> str:
    """Without the control characters that XML 1.0 can't hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", text)
