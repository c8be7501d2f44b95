"""Examples of the worst failures, and reports on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from brittle import Negate, Occupied, Shift, Sign, line

from practicum import Batch
from practicum.errors import RunError
from practicum.evaluate import Report, stress
from practicum.testing.toys import MaskChars, Reverse
from practicum.testing.toys_models import KeywordModel


def test_the_worst_failures_are_shown_worst_first() -> None:
    """Under a shift by 1.5 the samples just below zero end furthest on the wrong side."""
    data = line()
    report = stress(Sign(), data, [Shift(by=1.5), Negate()], seeds=2, examples=4, batch_size=9)
    (found,) = report.examples
    x = data.data[:, 0]
    worst = np.argsort(-np.where(x <= 0, np.log1p(np.exp(2 * (x + 1.5))) - np.log1p(np.exp(2 * x)), -np.inf))[:4]
    assert list(found.before.ids) == [f"p{k}" for k in worst]
    assert found.after.ids == found.before.ids
    np.testing.assert_allclose(found.after.data, found.before.data + 1.5)
    assert (found.labels, found.clean_predictions, found.predictions) == ((0,) * 4, (0,) * 4, (1,) * 4)
    assert all(a > b for a, b in zip(found.losses, found.clean_losses, strict=True))


def test_examples_are_explained_before_and_after_for_the_class_predicted_there() -> None:
    report = stress(Sign(), line(), [Shift(by=1.5)], seeds=1, examples=3, explain=[Occupied()])
    found = report.examples[0]
    before, after = found.explanations["itself"]
    np.testing.assert_array_equal(before.values, found.before.data)
    np.testing.assert_array_equal(after.values, found.after.data)
    assert before.target.tolist() == [0, 0, 0]
    assert after.target.tolist() == [1, 1, 1]


def test_failed_samples_are_no_examples() -> None:
    report = stress(Sign(), line(), [Shift(by=1.5, limit=-0.3)], seeds=1, examples=50)
    assert len(report.examples) == 1
    assert float(report.examples[0].before.data[:, 0].max()) <= -0.3


def same(a: Report, b: Report) -> None:
    assert json.dumps(a.to_json(), default=str, sort_keys=True) == json.dumps(b.to_json(), default=str, sort_keys=True)
    assert len(a.cells) == len(b.cells)
    for x, y in zip(a.cells, b.cells, strict=True):
        assert x.samples.equals(y.samples)
        assert (x.key, x.seed, x.perturbation) == (y.key, y.seed, y.perturbation)
    for p, q in zip(a.examples, b.examples, strict=True):
        assert p.before.equals(q.before)
        assert p.after.equals(q.after)
        assert (p.labels, p.predictions, p.losses) == (q.labels, q.predictions, q.losses)
        assert p.perturbation == q.perturbation
        for name, pair in p.explanations.items():
            for e, f in zip(pair, q.explanations[name], strict=True):
                for u, v in zip(e.values, f.values, strict=True):
                    np.testing.assert_array_equal(u, v)
                assert e.target.tolist() == f.target.tolist()
                assert (e.units, e.method) == (f.units, f.method)


@pytest.mark.parametrize("kind", ["state", "text"])
def test_a_report_survives_saving(tmp_path: Path, kind: str) -> None:
    if kind == "state":
        report = stress(Sign(), line(), [Shift(by=1.5, limit=1.9), Shift(by=0.1)], seeds=2, explain=[Occupied()])
    else:
        data = Batch.of(["good films — ünï", "bad", "good"], ids=["a", "b", "ç"], targets={"label": ["y", "n", "y"]})
        report = stress(KeywordModel(), data, [MaskChars(rate=1.0), Reverse()], seeds=1)
        assert report.meta.classes == ("n", "y")
    again = Report.load(report.save(tmp_path / "r"))
    same(report, again)
    assert again.rows == report.rows
    assert again.clean == report.clean
    assert again.meta == report.meta
    assert again.table().equals(report.table())
    assert again.findings() == report.findings()
    same(again, Report.load(again.save(tmp_path / "r")))


def test_numbers_that_json_lacks_become_null_not_a_broken_file(tmp_path: Path) -> None:
    report = stress(Sign(), line(1, label=[0]), [Shift(by=1.0)], seeds=1).with_meta(seconds={"stress": float("nan")})
    report.save(tmp_path)

    def refuse(token: str) -> Any:
        raise AssertionError(token)

    json.loads((tmp_path / "report.json").read_text("utf-8"), parse_constant=refuse)


def test_damage_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no report"):
        Report.load(tmp_path)
    report = stress(Sign(), line(), [Shift(by=1.5)], seeds=1)
    report.save(tmp_path)
    (tmp_path / "samples.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(RunError, match="can't be read"):
        Report.load(tmp_path)
    report.save(tmp_path)
    (tmp_path / "report.json").write_text('{"format": 99}')
    with pytest.raises(RunError, match="format 99"):
        Report.load(tmp_path)
    (tmp_path / "report.json").write_text("{")
    with pytest.raises(RunError, match="damaged"):
        Report.load(tmp_path)


def test_html_is_written(tmp_path: Path) -> None:
    report = stress(Sign(), line(), [Shift(by=1.5)], seeds=1)
    path = report.to_html(tmp_path / "r.html")
    assert "shift" in path.read_text("utf-8")
