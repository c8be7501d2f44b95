"""Linking and generation from stress to hardening and the HTML report, with figures worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from toy_tasks import FirstWord, Linker, Upper, WordByWord

from practicum import Batch, Predictions
from practicum.data import Splits
from practicum.errors import DataError, TargetError, UsageError
from practicum.evaluate import harden, stress
from practicum.evaluate.hardening import choose
from practicum.evaluate.report import Report
from practicum.testing import check

LINKED = [("red lamp", ["r1", "r2"]), ("été", ["r3"]), ("blue", []), ("red RED", ["r1"])]
TRANSLATED: list[tuple[str, Any]] = [("der Hund", "the dog"), ("über", ["over", "above"]), ("nichts", ""),
                                     ("rot", "red wine")]


def samples(pairs: list[tuple[str, Any]], target: str, prefix: str = "s", times: int = 1) -> Batch:
    pairs = pairs * times
    return Batch.of([t for t, _ in pairs], ids=[f"{prefix}{k}" for k in range(len(pairs))],
                    targets={target: [v for _, v in pairs]})


def test_links_under_stress() -> None:
    report = stress(Linker(), samples(LINKED, "links"), [Upper(), FirstWord()], seeds=2, batch_size=3)
    upper, first = report.rows
    assert upper.metric == "link-f1"
    assert upper.clean.value == pytest.approx(3 / 4)  # "été" finds nothing
    assert upper.perturbed.value == pytest.approx(2 / 4)  # "ÉTÉ" finds r3; RED and LAMP find nothing
    assert upper.drop.value == pytest.approx(1 / 4)
    assert upper.flip_rate.value == pytest.approx(3 / 4)
    assert first.perturbed.value == pytest.approx((2 / 3 + 0 + 1 + 1) / 4)  # "red" has r1 of r1 and r2
    cell = report.cells[0].samples
    assert cell["label"].to_pylist() == ['["r1", "r2"]', '["r3"]', "[]", '["r1"]']
    assert cell["clean_prediction"].to_pylist() == ['["r1", "r2"]', "[]", "[]", '["r1"]']
    assert cell["prediction"].to_pylist() == ["[]", '["r3"]', "[]", "[]"]
    assert cell["correct"].to_pylist() == [False, True, True, False]
    assert cell["loss"].to_pylist() == pytest.approx([1, 0, 0, 1])
    table = report.table()
    assert table["drop"].tolist() == pytest.approx([1 / 4, 3 / 4 - (8 / 3) / 4])


def test_other_metrics_of_links() -> None:
    data = samples(LINKED, "links")
    recall, precision = (stress(Linker(), data, [Upper()], seeds=1, metric=m).rows[0]
                         for m in ("link-recall", "link-precision"))
    assert (recall.clean.value, recall.perturbed.value) == (3 / 4, 2 / 4)
    assert (precision.clean.value, precision.perturbed.value) == (1.0, 1.0)  # what is claimed is always true


def test_generation_under_stress() -> None:
    data = samples(TRANSLATED, "reference")
    row = stress(WordByWord(), data, [Upper()], seeds=1).rows[0]
    assert row.metric == "token-f1"
    assert row.clean.value == pytest.approx((1 + 1 + 1 + 2 / 3) / 4)
    assert row.perturbed.value == pytest.approx(1 / 4)  # nothing is known, and nothing is what s2 asks for
    assert row.drop.value == pytest.approx(2 / 3)
    assert row.flip_rate.value == pytest.approx(3 / 4)
    exact = stress(WordByWord(), data, [Upper()], seeds=1, metric="exact-match").rows[0]
    assert (exact.clean.value, exact.perturbed.value) == (3 / 4, 1 / 4)


def test_a_model_that_gives_no_answer_is_wrong_there() -> None:
    data = samples(TRANSLATED, "reference")
    report = stress(WordByWord(breaks_on="HUND"), data, [Upper()], seeds=1)
    cell = report.cells[0].samples
    assert cell["failed"].to_pylist() == [True, False, False, False]
    assert cell["correct"].to_pylist() == [False, False, True, False]
    assert cell["prediction"].to_pylist()[0] is None
    assert cell["score"].to_pylist() == [0.0, 0.0, 1.0, 0.0]
    linked = stress(Linker(breaks_on="RED LAMP"), samples(LINKED, "links"), [Upper()], seeds=1).cells[0].samples
    assert linked["failed"].to_pylist() == [True, False, False, False]
    assert linked["score"].to_pylist() == [0.0, 1.0, 1.0, 0.0]


@pytest.mark.parametrize(("model", "target", "pairs", "metric", "clean"), [
    (Linker(spellings={"red": "r1"}), "links", [("red", ["r1"]), ("<b>é", [])], "link f1", "100.0%"),
    (WordByWord(words={"rot": "red&wine"}), "reference", [("rot", ["red&wine"]), ("<b>é", "")], "token f1",
     "100.0%")])
def test_hardening_and_the_report(model: Any, target: str, pairs: Any, metric: str, clean: str,
                                  tmp_path: Path) -> None:
    """Upper case hurts half of the samples; retrained with it, the model knows both spellings."""
    parts = Splits(train=samples(pairs, target, "t", 20), valid=samples(pairs, target, "v", 20),
                   test=samples(pairs, target, "w", 20))
    before = stress(model, parts, [Upper(), FirstWord()], seeds=1)
    chosen, attack = choose(before, 3)
    assert [r.perturbation.label for r in chosen] == ["upper"]
    assert attack is None
    hardened = harden(model, parts, before)
    after = stress(hardened, parts, [Upper()], seeds=1)
    assert before.select(split="test")[0].perturbed.value == pytest.approx(1 / 2)
    assert after.select(split="test")[0].perturbed.value == 1.0

    assert before.examples[0].predictions[0] != before.examples[0].clean_predictions[0]
    loaded = Report.load(before.save(tmp_path / "report"))
    assert loaded.examples[0].before.equals(before.examples[0].before)
    html = loaded.to_html(tmp_path / "report.html").read_text("utf-8")
    assert metric in html
    assert clean in html
    assert "<b>é" not in html
    assert "red&wine" not in html  # escaped
    if target == "reference":
        assert "red&amp;wine" in html
    assert before.findings()[0].startswith(f"{metric.capitalize()} falls from 100.0% to 50.0% under upper")


def test_what_does_not_fit_is_refused_before_anything_runs() -> None:
    with pytest.raises(DataError, match="sample 's1' has no reference"):
        stress(WordByWord(breaks_on="a"), samples([("a", "b"), ("c", [])], "reference"), [Upper()])
    with pytest.raises(TargetError, match="a links model is measured against a target of kind links"):
        stress(Linker(), samples(TRANSLATED, "reference"), [Upper()])
    with pytest.raises(UsageError, match="measures generation, but the model does"):
        stress(Linker(), samples(LINKED, "links"), [Upper()], metric="chrf")
    with pytest.raises(UsageError, match="no classes to tell apart"):
        stress(Linker(), samples(LINKED, "links"), [Upper()], seeds=1).per_class("upper")


def test_the_contract_holds_for_models_of_both_tasks() -> None:
    assert not broken(Linker, samples(LINKED, "links"))
    assert not broken(WordByWord, samples(TRANSLATED, "reference"))


def broken(model: Any, data: Batch) -> list[str]:
    known = {"docstring has a summary and a running example": "a toy of this folder",
                    "fit returns a fitted copy": "what it learns is a field here"}
    return [f"{r.name}: {r.reason}" for r in check(model, samples=data, skip=known) if r.status == "failed"]


def test_a_linker_that_looks_at_its_neighbours_fails_the_contract() -> None:
    class Jealous(Linker):
        def predict(self, batch: Batch) -> Predictions:
            return Predictions("links", batch.ids, [(i, f"r{len(batch)}", 1.0) for i in batch.ids])

    assert any(b.startswith("batch size doesn't matter") for b in broken(Jealous, samples(LINKED, "links")))
