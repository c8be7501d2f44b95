"""What a report shows, as plain data: no model, no batch, no HTML. Rendering needs nothing else.

All texts here are untrusted; the templates escape them. Only :attr:`Section.html` is taken as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from practicum.evaluate.result import Estimate, Faithfulness


@dataclass(frozen=True, slots=True)
class Metric:
    """How a figure is named and read.

    Args:
        name: as it is written in a sentence, ``"accuracy"``.
        higher_is_better: its direction.
        percent: values are shares 0..1, shown in percent; their differences in percentage points.
    """

    name: str = "accuracy"
    higher_is_better: bool = True
    percent: bool = True

    def show(self, value: float) -> str:
        """A value for people.

        Example:
            >>> Metric().show(0.6125), Metric("mae", False, False).show(0.6125)
            ('61.3%', '0.6125')
        """
        if not math.isfinite(value):
            return "n/a"
        return f"{_half_up(value * 100)}%" if self.percent else f"{value:.4g}"

    def show_change(self, value: float, *, sign: bool = False) -> str:
        """A difference of two values for people.

        Example:
            >>> Metric().show_change(0.3661), Metric().show_change(-0.02, sign=True)
            ('36.6 points', '−2.0 points')
        """
        if not math.isfinite(value):
            return "n/a"
        text = _half_up(abs(value) * 100) if self.percent else f"{abs(value):.4g}"
        zero = float(text) == 0
        prefix = "" if zero else "−" if value < 0 else "+" if sign else ""
        return f"{prefix}{text}{' points' if self.percent else ''}"


def _half_up(value: float) -> str:
    """One decimal, halves away from zero, no negative zero: the rounding a reader expects."""
    rounded = math.floor(abs(value) * 10 + 0.5 + 1e-9) / 10
    return f"{-rounded if value < 0 and rounded else rounded:.1f}"


def known(estimate: Estimate) -> bool:
    """Whether an estimate has an interval."""
    return math.isfinite(estimate.low) and math.isfinite(estimate.high)


def sure(estimate: Estimate) -> bool:
    """Whether the whole interval of a difference lies on one side of zero; false without an interval."""
    return known(estimate) and (estimate.low > 0 or estimate.high < 0)


@dataclass(frozen=True, slots=True)
class Row:
    """One technique at one strength, on the split that is reported.

    Args:
        technique: short name, shared by all strengths of a sweep.
        kind: ``transformation`` or ``attack``.
        setting: strength in words, as ``"std 0.2"``; empty when the technique has none.
        strength: the same as a number, for the axis; ``None`` when it has none.
        axis: name of the field that is swept.
        label_effect: ``preserves``, ``changes`` or ``mixes``.
        before: the metric under the technique.
        harm: how much worse than on unchanged data, positive is worse.
        flips: share of samples whose prediction changed, NaN when the task has no labels.
        after: the metric under the technique once hardened.
        gain: how much better than before hardening, positive is better, paired by sample.
        samples: how many were measured.
        tries, failed: samples times seeds, and how many of those could not be processed.
        upper_bound: the attack is too weak to prove robustness, so the true figure may be worse.
        unlimited: the attack has no largest distance, so that its winning is no weakness.
        reach, reach_after: the distance within which half of the samples turn wrong, in words, where it is known.
        error: the first error, when samples failed.
        name: registered name of the technique.
        extra: further figures of an attack, name -> text (norm, queries, success).
        notes: what the attack found out on the way.
        doubts: those of them that cast doubt on its figures.
    """

    technique: str
    kind: str
    setting: str
    strength: float | None
    axis: str
    label_effect: str
    before: Estimate
    harm: Estimate
    flips: float = math.nan
    after: Estimate | None = None
    gain: Estimate | None = None
    samples: int = 0
    tries: int = 0
    failed: int = 0
    upper_bound: bool = False
    unlimited: bool = False
    reach: str = ""
    reach_after: str = ""
    error: str = ""
    name: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def weakness(self) -> bool:
        """Whether it lowers the metric beyond chance and keeps the label, so that the drop is the model's fault."""
        return self.label_effect == "preserves" and not self.unlimited and self.harm.value > 0 and (
            self.harm.low > 0 or not known(self.harm))

    @property
    def where(self) -> str:
        """Technique and strength in words, as ``"gaussian-noise at std 0.2"``."""
        return f"{self.technique} at {self.setting}" if self.setting else self.technique


@dataclass(frozen=True, slots=True)
class Curve:
    """The metric over the strengths of one technique, weakest first."""

    title: str
    axis: str
    rows: tuple[Row, ...]
    clean_before: float = math.nan
    clean_after: float = math.nan

    @property
    def hardened(self) -> bool:
        """Whether any point was measured again after hardening."""
        return any(row.after is not None for row in self.rows)


@dataclass(frozen=True, slots=True)
class TextAttribution:
    """Units of a text with one attribution each."""

    units: tuple[str, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """One input the model got wrong after a change that keeps its label.

    Args:
        sample: its id.
        where: the technique and strength.
        form: how to show the inputs: ``image`` (uint8 [H, W, 3]), ``series`` (float [T, C]), or ``text`` (a text, or
            anything else as lines of text).
        clean, changed: the input before and after.
        true, predicted_clean, predicted_changed: class names.
        predicted_hardened: what the hardened model says about the same changed input; empty without hardening.
        saliency: image: explainer -> attributions of the changed input for the answer given there, [H, W].
        saliency_before: the same of the input as it was.
        attribution: text: explainer -> units of the changed input with their attributions.
        attribution_before: the same of the text as it was.
        column: the changed column, when the batch has several.
        note: other columns that give context, or why no attribution is shown.
    """

    sample: str
    where: str
    form: Literal["image", "series", "text"]
    clean: Any
    changed: Any
    true: str
    predicted_clean: str
    predicted_changed: str
    predicted_hardened: str = ""
    saliency: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    saliency_before: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    attribution: dict[str, TextAttribution] = field(default_factory=dict)
    attribution_before: dict[str, TextAttribution] = field(default_factory=dict)
    column: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class of the per-class table: recall on unchanged data, and under the worst technique for that class."""

    name: str
    samples: int
    clean: float
    worst: float
    worst_where: str
    clean_after: float = math.nan
    worst_after: float = math.nan


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """How far one explainer's reasons move under one technique, before and after hardening.

    Args:
        explainer: its short name.
        where: the technique and strength.
        similarity, rank, top, chance, beyond: see :class:`practicum.evaluate.result.Shift`.
        flipped: share of the samples compared whose answer changed.
        similarity_after: the same of the hardened model; ``None`` without one.
    """

    explainer: str
    where: str
    similarity: Estimate
    rank: Estimate
    top: Estimate
    chance: Estimate
    beyond: Estimate
    flipped: Estimate
    similarity_after: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Reproducibility:
    """What is needed to get the same figures again.

    Args:
        command: the command line, or empty for a script.
        recipe: the recipe as YAML text.
        seeds: seeds used.
        versions: package -> version.
        facts: further lines, name -> text (platform, data, model, split sizes, interval method).
    """

    command: str = ""
    recipe: str = ""
    seeds: tuple[int, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Section:
    """A plugin's section: safe HTML, or the note that says why it is missing."""

    name: str
    title: str
    after: str
    html: Markup = field(default_factory=Markup)
    note: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """Everything the report shows.

    Args:
        title: the heading.
        metric: of all figures.
        rows: every technique at every strength.
        clean_before, clean_after: the metric on unchanged data.
        clean_gain: ``clean_after`` minus ``clean_before`` in the better direction, paired by sample.
        hardening: what hardening did, in one line; empty without hardening.
        weaknesses: the worst weaknesses in plain words, worst first.
        findings: what hardening bought and other remarks, in plain words.
        failures: the worst failures, grouped by the caller's order.
        classes: the per-class table.
        shifts: how far explanations move under the worst techniques.
        faithfulness: one line for each explainer: its name, name of figure -> estimate, and why there are none.
        repro: the reproducibility block.
        sections: of plugins.
        confidence: of all intervals, 0..1.
    """

    title: str
    metric: Metric
    rows: tuple[Row, ...]
    clean_before: Estimate
    clean_after: Estimate | None = None
    clean_gain: Estimate | None = None
    hardening: str = ""
    weaknesses: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    classes: tuple[ClassRow, ...] = ()
    shifts: tuple[ShiftRow, ...] = ()
    faithfulness: tuple[Faithfulness, ...] = ()
    repro: Reproducibility = field(default_factory=Reproducibility)
    sections: tuple[Section, ...] = ()
    confidence: float = 0.95

    @property
    def failed(self) -> int:
        """Samples that could not be processed, over all techniques, strengths and seeds."""
        return sum(row.failed for row in self.rows)

    @property
    def hardened(self) -> bool:
        """Whether the model was measured again after hardening."""
        return self.clean_after is not None or any(row.after is not None for row in self.rows)

    def curves(self) -> list[Curve]:
        """One curve for each technique, in the order of the rows; strengths ascending."""
        grouped: dict[tuple[str, str], list[Row]] = {}
        for row in self.rows:
            grouped.setdefault((row.technique, row.axis), []).append(row)
        after = self.clean_after.value if self.clean_after else math.nan
        return [Curve(name, axis, tuple(sorted(rows, key=lambda r: -math.inf if r.strength is None else r.strength)),
                      self.clean_before.value, after)
                for (name, axis), rows in grouped.items()]

    def worst(self) -> list[Row]:
        """The most harmful strength of each technique, most harmful first."""
        best: dict[tuple[str, str], Row] = {}
        for row in self.rows:
            key = (row.technique, row.axis)
            if math.isfinite(row.harm.value) and (key not in best or row.harm.value > best[key].harm.value):
                best[key] = row
        return sorted(best.values(), key=lambda r: -r.harm.value)
