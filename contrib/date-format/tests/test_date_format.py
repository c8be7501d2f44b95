"""The contract of date-format/date-format, and its rules on texts made by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from practicum_date_format.date_format import FORMATS, DateFormat, written

from practicum import Batch
from practicum.testing import TransformationContract

DATED = ["Due on 2024-03-05.", "Signed 5 March 2024, in force March 6, 2024.", "Old: 12/31/1999!", "Früh 2023-01-02",
         "From 2020-02-29 to 1 May 2021.", "Born July 4, 1976", "(2001-09-09)", "x 10/11/2012 y", "2024-12-24"]


class TestDateFormat(TransformationContract):
    technique = "date-format/date-format"
    configs = [{"rate": 0.5}, {"slashes": "day-first"}]

    def samples(self) -> Batch:
        return Batch.of(DATED, ids=[f"s{k}" for k in range(len(DATED))], targets={"label": [k % 3 for k in range(9)]})


@pytest.mark.parametrize("text", [
    "2023-02-29 and 31 April 2024 and April 31, 2024 and 13/13/2024", "version 1.2024-03-05x", "a/03/05/2024/b",
    "2024-03-05T10:00", "2024-03-05-01", "5 march 2024", "٢٠٢٤-٠٣-٠٥", "May 2024", "3/5/24", "0000-01-01", ""])
def test_what_is_no_date_stays(text: str) -> None:
    assert {DateFormat()([text], seed=seed)[0] for seed in range(8)} == {text}


@pytest.mark.parametrize(("text", "allowed"), [
    ("2024-03-05", {"5 March 2024", "March 5, 2024"}), ("5 March 2024", {"2024-03-05", "March 5, 2024"}),
    ("March 5, 2024", {"2024-03-05", "5 March 2024"}), ("03/05/2024", {"2024-03-05", "5 March 2024", "March 5, 2024"})])
def test_every_other_format_is_drawn_and_means_the_same_day(text: str, allowed: set[str]) -> None:
    assert {DateFormat()([text], seed=seed)[0] for seed in range(40)} == allowed


def test_slashes_are_read_as_told() -> None:
    pairs = {("2024-03-05", "2024-05-03"), ("5 March 2024", "3 May 2024"), ("March 5, 2024", "May 3, 2024")}
    seen = {tuple(DateFormat(slashes=how)(["03/05/2024"], seed=seed)[0] for how in ("month-first", "day-first"))
            for seed in range(40)}
    assert seen == pairs
    assert DateFormat()(["25/12/2023"]) == ["25/12/2023"]
    assert DateFormat(slashes="day-first")(["25/12/2023"])[0] in {written(date(2023, 12, 25), f) for f in FORMATS}


def test_all_days_of_four_years_come_back() -> None:
    """What is written is read again as the same day, in every format."""
    days = [date(2023, 1, 1) + timedelta(days=k) for k in range(4 * 365)]
    for form in FORMATS:
        texts = [written(d, form) for d in days]
        out = DateFormat()(texts, seed=5)
        for day, before, after in zip(days, texts, out, strict=True):
            assert after != before
            assert after in {written(day, f) for f in FORMATS if f != form}


def test_spans_and_answers_move_along() -> None:
    text = "Ada met Bob on 2024-03-05 in Rome."
    batch = Batch.of([text], targets={"spans": [[(8, 11, "PER"), (15, 25, "DATE"), (29, 33, "LOC")]],
                                      "answer": [(15, 25)]})
    out = DateFormat()(batch, seed=1)
    (said,) = out.to_list()
    assert [said[a:b] for a, b, _ in out.targets["spans"].data[0]] == ["Bob", said[15:-9], "Rome"]
    assert out.targets["answer"].data[0] == out.targets["spans"].data[0][1][:2]
    assert said[15:-9] in {"5 March 2024", "March 5, 2024"}


def test_at_rate_zero_nothing_and_at_one_half_about_half() -> None:
    assert DateFormat(rate=0.0)(DATED) == DATED
    changed = sum(a != "2024-03-05" for a in DateFormat(rate=0.5)(["2024-03-05"] * 2000, seed=1))
    assert abs(changed / 2000 - 0.5) < 0.067  # six standard errors
