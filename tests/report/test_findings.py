"""Sentences say what the figures say, and no more."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from practicum.evaluate.result import Estimate
from practicum.report.findings import hardening_findings, remarks, worst_rows, worst_weaknesses
from practicum.report.view import Metric, Row

CLEAN = Estimate(0.98, 0.96, 0.99, 400)


def row(technique: str, harm: float, low: float, high: float, **facts: object) -> Row:
    base = Row(technique, "transformation", "std 0.2", 0.2, "std", "preserves", Estimate(0.98 - harm, 0.5, 0.7, 400),
               Estimate(harm, low, high, 400))
    return replace(base, **facts)  # type: ignore[arg-type]  # fields by name


def test_weakness_names_figures_strength_and_interval() -> None:
    found = worst_weaknesses(Metric(), [row("gaussian-noise", 0.37, 0.331, 0.402)], CLEAN, 0.95)
    assert found == ["Accuracy falls from 98.0% to 61.0% under gaussian-noise at std 0.2, a drop of 37.0 points "
                     "(95% interval 33.1 to 40.2)."]


def test_only_drops_beyond_chance_that_keep_the_label_are_weaknesses_worst_first() -> None:
    rows = [row("small", 0.05, 0.01, 0.09), row("chance", 0.30, -0.01, 0.6), row("flip", 0.9, 0.8, 1.0,
            label_effect="changes"), row("mix", 0.9, 0.8, 1.0, label_effect="mixes"), row("large", 0.2, 0.1, 0.3),
            row("better", -0.1, -0.2, -0.05), row("unmeasured", math.nan, math.nan, math.nan)]
    assert [r.technique for r in worst_rows(rows)] == ["large", "small"]
    text = " ".join(remarks(Metric(), rows))
    assert "flip and mix may change the label itself" in text


def test_each_technique_counts_once_at_its_most_harmful_strength() -> None:
    rows = [row("noise", 0.1, 0.05, 0.15), row("noise", 0.3, 0.2, 0.4, setting="std 0.5"), row("blur", 0.2, 0.1, 0.3),
            row("shift", 0.15, 0.1, 0.3), row("cutout", 0.12, 0.1, 0.3)]
    assert [r.where for r in worst_rows(rows)] == ["noise at std 0.5", "blur at std 0.2", "shift at std 0.2",
                                                  "cutout at std 0.2"]
    assert len(worst_weaknesses(Metric(), rows, CLEAN, 0.95)) == 3


def test_an_upper_bound_and_failed_tries_are_said() -> None:
    weak = row("fgsm", 0.3, 0.2, 0.4, kind="attack", upper_bound=True, failed=3, tries=1200)
    sentence = worst_weaknesses(Metric(), [weak], CLEAN, 0.95)[0]
    assert "too weak to prove robustness" in sentence
    assert "3 of 1200 tries failed" in sentence
    assert "upper bound, not a guarantee" in " ".join(remarks(Metric(), [weak]))


def test_nothing_harmful_is_said_plainly() -> None:
    assert remarks(Metric(), [row("noise", 0.01, -0.01, 0.03)]) == [
        "No technique that keeps the label makes accuracy worse beyond what chance explains."]


@pytest.mark.parametrize(("gain", "said", "not_said"), [
    (Estimate(0.2, 0.15, 0.25, 9), "Hardening raised accuracy under noise at std 0.2 from 68.0% to 88.0%, a gain of "
     "20.0 points (95% interval 15.0 to 25.0).", "chance"),
    (Estimate(0.2, -0.01, 0.41, 9), "may be chance: the 95% interval −1.0 to 41.0 of the gain includes zero", "raised"),
    (Estimate(-0.2, -0.25, -0.15, 9), "worse, from 68.0% to 88.0%, a loss of 20.0 points (95% interval 15.0 to 25.0).",
     "raised"),
    (Estimate(0.2, math.nan, math.nan, 9), "there is no interval", "raised")])
def test_what_hardening_bought_is_no_surer_than_its_interval(gain: Estimate, said: str, not_said: str) -> None:
    rows = [row("noise", 0.3, 0.2, 0.4, after=Estimate(0.88, 0.85, 0.91, 9), gain=gain)]
    found = hardening_findings(Metric(), rows, CLEAN, None, None, 0.95)
    assert len(found) == 1
    assert said in found[0]
    assert not_said not in found[0]


@pytest.mark.parametrize(("gain", "said"), [
    (Estimate(-0.02, -0.03, -0.01, 9), "The price: on unchanged data accuracy went from 98.0% to 96.0%, a loss of 2.0 "
     "points (95% interval 1.0 to 3.0)."),
    (Estimate(-0.02, -0.03, 0.01, 9), "which may be chance"),
    (Estimate(0.02, 0.01, 0.03, 9), "got better too")])
def test_the_price_on_unchanged_data(gain: Estimate, said: str) -> None:
    assert said in hardening_findings(Metric(), [], CLEAN, Estimate(0.96, 0.9, 1.0, 9), gain, 0.95)[0]


def test_a_metric_where_lower_is_better_rises() -> None:
    metric = Metric("absolute error", higher_is_better=False, percent=False)
    worse = row("noise", 0.25, 0.2, 0.3, before=Estimate(0.75, 0.7, 0.8, 9), after=Estimate(0.6, 0.5, 0.7, 9),
                gain=Estimate(0.15, 0.1, 0.2, 9))
    clean = Estimate(0.5, 0.4, 0.6, 9)
    assert worst_weaknesses(metric, [worse], clean, 0.9) == [
        "Absolute error rises from 0.5 to 0.75 under noise at std 0.2, a rise of 0.25 (90% interval 0.2 to 0.3)."]
    assert "Hardening lowered absolute error" in hardening_findings(metric, [worse], clean, None, None, 0.9)[0]
