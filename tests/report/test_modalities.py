"""Failures of every modality are shown: records, tables, states, series, several columns."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from practicum.batch import Batch, Column
from practicum.evaluate.report import Report
from practicum.evaluate.result import Estimate
from practicum.report import render
from practicum.report.from_report import build_view
from practicum.report.html import render_view


def shown(report: Report, before: Batch, after: Batch, **changes: Any) -> tuple[Any, str]:
    """The view's failures and the page, for a report whose examples are these inputs."""
    changed = replace(report.examples[0], before=before, after=after, explanations={}, **changes)
    made = replace(report, examples=(changed,))
    html = render(made)
    return build_view(made).failures, html[html.index('<section id="failures"'):html.index('<section id="classes"')]


def test_records_differ_field_by_field(texts: Report) -> None:
    rows = [{"name": f"Ada {n}", "price": 1.5} for n in range(4)]
    failures, html = shown(texts, Batch.of(rows, modality="record"), Batch.of(
        [r | {"name": r["name"].replace("d", "") + "<"} for r in rows], modality="record"))
    assert failures[0].clean == "name: Ada 0\nprice: 1.5"
    assert failures[0].changed == "name: Aa 0<\nprice: 1.5"
    assert re.search(r"<del>.*?d.*?</del>.*<ins>.*?&lt;.*?</ins>", html)


def test_tables_and_states_as_lines(texts: Report) -> None:
    tables = [pa.table({"city": ["Oslo", "Bern"], "size": [n, 2]}) for n in range(4)]
    failures, _ = shown(texts, Batch.of(tables, modality="table"), Batch.of(tables[::-1], modality="table"))
    assert failures[0].clean == "city | size\nOslo | 0\nBern | 2"
    states = np.arange(8.0).reshape(4, 2) / 3
    failures, _ = shown(texts, Batch.of(states, modality="state"), Batch.of(states + 1, modality="state"))
    assert failures[1].clean.splitlines() == ["0: 0.666667", "1: 1"]
    assert failures[1].changed.splitlines() == ["0: 1.66667", "1: 2"]


def test_series_are_drawn_with_words_for_the_change(texts: Report) -> None:
    before = np.sin(np.arange(4 * 30 * 2).reshape(4, 30, 2))
    after = before.copy()
    after[:, 10:14, 1] += 2.0
    after[:, 12, 1] += 1.0
    failures, html = shown(texts, Batch.of(before, modality="series"), Batch.of(after, modality="series"))
    assert failures[0].form == "series"
    assert html.count('role="img" class="chart"') == 4
    assert "they differ at 4 of 30 steps, most at step 12." in html
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_images_of_different_sizes(texts: Report) -> None:
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (4 + n, 9, 3), dtype=np.uint8) for n in range(4)]
    failures, html = shown(texts, Batch.of(images, modality="image"),
                           Batch.of([255 - i for i in images], modality="image"))
    assert [f.clean.shape for f in failures] == [(4, 9, 3), (5, 9, 3), (6, 9, 3), (7, 9, 3)]
    assert np.array_equal(failures[2].changed, 255 - images[2])
    assert "--ratio:9/4" in html


def test_the_changed_column_is_shown_with_its_context(texts: Report) -> None:
    questions = [f"what is {n}?" for n in range(4)]
    images = np.zeros((4, 1, 3, 3), np.float32)

    def batch(words: list[str]) -> Batch:
        return Batch.of(columns={"image": Column("image", images), "question": Column("text", words)})

    before = batch(questions)
    after = before.with_column("question", [q.upper() for q in questions])
    failures, html = shown(texts, before, after)
    assert (failures[0].form, failures[0].column, failures[0].changed) == ("text", "question", "WHAT IS 0?")
    other = before.with_column("image", images + 1)
    failures, html = shown(texts, before, other)
    assert (failures[0].form, failures[0].note) == ("image", "question: what is 0?")
    assert "question: what is 0?" in html


def test_only_answers_that_the_change_turned_wrong_are_failures(texts: Report) -> None:
    batch = Batch.of(["a", "b", "c", "d"])
    failures, _ = shown(texts, batch, Batch.of(["w", "x", "y", "z"]), labels=(0, 0, 0, 0),
                        clean_predictions=(0, 1, 1, 0), predictions=(1, 1, 0, None))
    assert [(f.sample, f.predicted_changed) for f in failures] == [("0", "mathematics"), ("3", "no answer")]


def test_numbers_fail_by_their_loss(texts: Report) -> None:
    report = replace(texts, meta=replace(texts.meta, task="regression"))
    changed = replace(report.examples[0], labels=(1.0,) * 4, clean_predictions=(1.1,) * 4,
                      predictions=(9.87654, 1.2, 1.0, 2.0), clean_losses=(0.1,) * 4, losses=(8.9, 0.2, 0.0, 1.0))
    failures = build_view(replace(report, examples=(changed,))).failures
    assert [f.sample for f in failures] == ["row-0", "row-1", "row-3"]
    assert failures[0].predicted_changed == "9.877"


def test_hundreds_of_techniques_stay_readable_and_small(texts: Report) -> None:
    view = build_view(texts)
    rows = tuple(replace(row, technique=f"technique-{n}", harm=replace(row.harm, value=row.harm.value * (n % 97) / 97))
                 for n in range(300) for row in view.rows)
    html = render_view(replace(view, rows=rows))
    assert len(html.encode()) < 2_000_000
    assert html.count('role="img" class="chart"') == 1 + 36
    drawn = set(re.findall(r"accuracy under (technique-\d+) by strength", html))
    assert {"technique-96", "technique-193", "technique-290"} <= drawn
    assert "technique-97" not in drawn
    assert html.count('<th scope="row" class="wrap">technique-') == len(rows)
    assert "the <a href=\"#table\">table</a> holds all" in html
    assert "holds all" not in render_view(view)


def test_a_report_on_nothing_but_clean_inputs(texts: Report) -> None:
    html = render(replace(texts, rows=(), cells=(), examples=(), gains=()))
    assert '<section id="curves"' not in html
    assert "0 of 0" in html


def test_attacks_outside_their_budget_and_unmeasured_figures_are_named(texts: Report) -> None:
    nan = float("nan")
    first, second = (replace(r, perturbation=replace(r.perturbation, kind="attack", group=f"attack-{n}")) for n, r in
                     enumerate(texts.select(split="test")))
    rows = (replace(first, outside_budget=0.25, success_rate=nan, max_norm=nan, queries=nan),
            replace(second, perturbed=Estimate(nan, nan, nan, 0), drop=Estimate(nan, nan, nan, 0)))
    html = render(replace(texts, rows=rows))
    assert "attack-0 left the declared budget on some samples" in html
    assert "outside budget 25.0%" in html
    assert "n/a<small>no interval</small>" in html
    assert "nan" not in re.sub("<svg.*?</svg>", "", html).lower().replace("nanos", "")


@pytest.mark.parametrize("explained", ["values", "padded"])
def test_text_attributions_pair_units_with_values(texts: Report, explained: str) -> None:
    example = texts.examples[0]
    both = example.explanations["ig"][1]
    if explained == "padded":
        longest = max(map(len, both.values))
        both = replace(both, values=np.array([list(v) + [0.0] * (longest - len(v)) for v in both.values]))
    report = replace(texts, examples=(replace(example, explanations={"ig": (both, both)}),))
    for row, failure in enumerate(build_view(report).failures):
        found = failure.attribution["ig"]
        assert found.units == tuple(both.units[row])
        np.testing.assert_allclose(found.values, np.sin(np.arange(len(found.units)) * 1.7))
