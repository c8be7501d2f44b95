"""From the results of an evaluation to what the report shows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

from practicum.report.failures import failures_of, setting_of, technique_of, where_of
from practicum.report.findings import distances, hardening_findings, moving_reasons, remarks, worst_weaknesses
from practicum.report.per_class import classes_of
from practicum.report.sections import plugin_sections
from practicum.report.view import Metric, Reproducibility, Row, ShiftRow, View

if TYPE_CHECKING:
    from practicum.evaluate.report import Report
    from practicum.evaluate.result import Gain, Meta, Perturbation
    from practicum.evaluate.result import Row as ResultRow
    from practicum.registry import Registry


def build_view(report: Report, *, pictures: bool = True, registry: Registry | None = None) -> View:
    """The view of a report's main split.

    Args:
        report: of :func:`practicum.stress` or ``practicum run``.
        pictures: also the failures and the plugins' sections, which the terminal has no use for.
        registry: where plugins' sections come from; the installed ones when ``None``.
    """
    split, metric = report.main_split, metric_of(report.meta)
    rows = tuple(_row(r, _gain(report, r.perturbation), report) for r in report.select(split=split, phase="before"))
    clean_gain = _gain(report, None)
    before = report.clean_row(split, "before").clean
    after = clean_gain.after if clean_gain else None
    level = report.meta.level
    gain = clean_gain.gain if clean_gain else None
    return View(
        title=_title(report.meta), metric=metric, rows=rows, clean_before=before, clean_after=after, clean_gain=gain,
        hardening=_hardening(report),
        weaknesses=tuple(worst_weaknesses(metric, rows, before, level)),
        findings=(*hardening_findings(metric, rows, before, after, gain, level), *distances(rows),
                  *moving_reasons(shifts_of(report)), *remarks(metric, rows)),
        failures=failures_of(report, _by_harm(rows)) if pictures else (),
        classes=classes_of(report), shifts=shifts_of(report), faithfulness=report.faithfulness,
        repro=_reproducibility(report),
        sections=plugin_sections(report, registry) if pictures else (), confidence=level)


def _by_harm(rows: tuple[Row, ...]) -> list[str]:
    """Techniques that keep the label, the most harmful first."""
    keeping = sorted((r for r in rows if r.label_effect == "preserves"), key=lambda r: (r.unlimited, -r.harm.value))
    return list(dict.fromkeys(r.technique for r in keeping))


def metric_of(meta: Meta) -> Metric:
    """The metric's name and direction, and whether it is a share to be shown in percent."""
    from practicum.evaluate.metrics import METRICS

    found = METRICS.get(meta.metric)
    share = found is not None and found.direction == "higher" and found.worst == 0.0
    return Metric(meta.metric.replace("-", " "), meta.direction == "higher", share)


def _gain(report: Report, perturbation: Perturbation | None) -> Gain | None:
    key = perturbation.key if perturbation else None
    for gain in report.gains:
        if gain.split == report.main_split and (gain.perturbation.key if gain.perturbation else None) == key:
            return gain
    return None


def _row(row: ResultRow, gain: Gain | None, report: Report) -> Row:
    made = row.perturbation
    number = isinstance(made.strength, (int, float)) and not isinstance(made.strength, bool)
    return Row(
        technique=technique_of(made), kind=made.kind, setting=setting_of(made), axis=made.parameter,
        strength=made.strength if number else None, label_effect=made.label_effect, before=row.perturbed, harm=row.drop,
        flips=row.flip_rate.value, after=gain.after if gain else None, gain=gain.gain if gain else None, samples=row.n,
        tries=row.n * len(row.seeds), failed=row.failed,
        upper_bound=made.upper_bound, unlimited=made.unlimited, reach=_reach(row),
        reach_after=_reach(next((r for r in report.select(split=row.split, phase="after")
                                 if r.perturbation.key == made.key), None)),
        error=_first_error(report, made.key) if row.failed else "",
        name=str(made.config.get("use", "")), extra=_extra(row),
        notes=tuple(str(n) for n in row.notes if n.count and not n.doubt),
        doubts=tuple(str(n) for n in row.notes if n.count and n.doubt))


def shifts_of(report: Report) -> tuple[ShiftRow, ...]:
    """The table of explanation shifts, in the order measured; the hardened model's beside the first one's."""
    after = {(s.perturbation.key, s.explainer): s.similarity for s in report.shifts if s.phase == "after"}
    return tuple(ShiftRow(s.explainer, where_of(s.perturbation), s.similarity, s.rank, s.top, s.chance, s.beyond,
                          s.flipped, after.get((s.perturbation.key, s.explainer)))
                 for s in report.shifts if s.phase == "before" and s.split == report.main_split)


def _reach(row: ResultRow | None) -> str:
    return "" if row is None or row.median_norm is None else f"{row.median_norm:.4g} ({row.perturbation.norm})"


def _extra(row: ResultRow) -> dict[str, str]:
    out: dict[str, str] = {}
    if row.success_rate is not None and math.isfinite(row.success_rate):
        out["success"] = f"{row.success_rate:.1%}"
    if row.max_norm is not None and math.isfinite(row.max_norm):
        out["largest distance"] = f"{row.max_norm:.4g}{f' ({row.perturbation.norm})' if row.perturbation.norm else ''}"
    if row.median_norm is not None:
        out["half turn wrong within"] = _reach(row)
    if row.queries is not None and math.isfinite(row.queries):
        out["queries a sample"] = f"{row.queries:.1f}"
    if row.outside_budget:
        out["outside budget"] = f"{row.outside_budget:.1%}"
    if row.differ_alone:
        out["differ when attacked alone"] = f"{row.differ_alone} of {row.checked_alone} tried"
    return out


def _first_error(report: Report, key: str) -> str:
    for cell in report.cells:
        if cell.perturbation.key != key or cell.split != report.main_split or cell.phase != "before":
            continue
        columns = cell.samples.select(["id", "failed", "error"]).to_pydict()
        for sample, failed, error in zip(columns["id"], columns["failed"], columns["error"], strict=True):
            if failed:
                return f"sample {sample}: {error}"
    return ""


def _title(meta: Meta) -> str:
    model = str(meta.model.get("use", "the model")).rsplit("/", 1)[-1]
    data = str(meta.data.get("use", "")) if meta.data else ""
    return f"Where {model} breaks{f' on {data}' if data else ''}"


def _hardening(report: Report) -> str:
    done = report.hardening
    if done is None:
        return ""
    labels = {p.key: where_of(p) for p in report.perturbations}
    chosen = ", ".join(labels.get(key, key) for key in done.chosen) or "nothing"
    text = f"Retrained against {chosen}, chosen on the {done.split} split"
    if done.defence is not None:
        text += f", under {_inline(done.defence)}"
    if done.adversary is not None:
        text += f", with adversarial examples from {done.adversary.get('use', 'an attack')}"
    budget = ", ".join(f"{k} {v}" for k, v in done.budget.items())
    return " ".join([f"{text}{f' ({budget})' if budget else ''}; {done.seconds:.1f} s.", *done.notes])


def _reproducibility(report: Report) -> Reproducibility:
    meta = report.meta
    recipe = meta.recipe if meta.recipe is not None else {
        "model": dict(meta.model), "data": dict(meta.data),
        "stress": [dict(p.config) for p in report.perturbations]}
    facts = {
        "Model": _inline(meta.model), "Data": _inline(meta.data) if meta.data else "given as objects",
        "Samples": ", ".join(f"{name} {count}" for name, count in meta.splits.items()),
        "Reported split": report.main_split,
        "Intervals": f"{meta.level:.0%}, bootstrap over samples, differences paired by sample",
        "Batch size": str(meta.batch_size)}
    if meta.run_id:
        facts["Run"] = meta.run_id
    if meta.seconds:
        facts["Time"] = ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in meta.seconds.items())
    versions = {name: str(version) for name, version in meta.versions.items()}
    return Reproducibility(meta.command, _yaml(recipe), meta.seeds, versions, facts)


def _inline(config: Mapping[str, Any]) -> str:
    fields = ", ".join(f"{k} {_words(v)}" for k, v in config.items() if k != "use" and v is not None)
    name = str(config.get("use", "unnamed"))
    return f"{name} ({fields})" if fields else name


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"[{', '.join(f'{k} {_words(v)}' for k, v in value.items())}]"
    return f"[{', '.join(map(_words, value))}]" if isinstance(value, (list, tuple)) else str(value)


def _yaml(recipe: Mapping[str, Any]) -> str:
    return str(yaml.safe_dump(_plain(recipe), sort_keys=False, allow_unicode=True, width=100))


def _plain(value: Any) -> Any:
    """Mappings, sequences and scalars that safe YAML can hold; anything else by its text."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
