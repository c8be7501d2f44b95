"""Numbers in words: every one of a million, hand-made texts, and beside num2words where it is installed."""

from __future__ import annotations

import pytest
from practicum_text_noise.numerals import LARGEST, from_words, to_words

import practicum as pm

ONES = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spelt(number: int) -> str:
    """Digit by digit, written apart from the module."""
    out = []
    text = f"{number:06d}"
    for group, name in ((text[:3], "thousand"), (text[3:], "")):
        a, b, c = map(int, group)
        if a:
            out += [ONES[a], "hundred"]
        if b == 1:
            out.append(TEENS[c])
        elif b and c:
            out.append(f"{TENS[b]}-{ONES[c]}")
        elif b or c:
            out.append(TENS[b] or ONES[c])
        if name and group != "000":
            out.append(name)
    return " ".join(out) or "zero"


def test_numbers_there_and_back() -> None:
    sample = [*range(2000), *range(2000, LARGEST, 37), 100_000, 100_001, 999_000, LARGEST]
    for number in sample:
        assert to_words(number) == spelt(number)
        assert from_words(to_words(number)) == number
        assert from_words(to_words(number).replace("-", " ").upper()) == number
    assert len({to_words(n) for n in sample}) == len(set(sample))
    for wrong in (-1, LARGEST + 1):
        with pytest.raises(ValueError, match="outside"):
            to_words(wrong)


def test_beside_num2words() -> None:
    num2words = pytest.importorskip("num2words", reason="num2words is not installed: pip install num2words")
    for number in [*range(300), *range(300, LARGEST, 1771)]:
        theirs = num2words.num2words(number)
        assert to_words(number) == theirs.replace(",", "").replace(" and ", " ")
        assert from_words(theirs.replace(",", "")) == number


@pytest.mark.parametrize("text", ["", "hundred", "ten twenty", "one two", "zero hundred", "twenty-ten", "ten hundred",
                                  "thousand", "one thousand thousand", "two zero", "one hundred zero", "five and six"])
def test_words_that_say_no_number(text: str) -> None:
    assert from_words(text) is None


@pytest.mark.parametrize(("text", "expected"), [
    ("I saw 3 cats and 12,500 dogs.", "I saw three cats and twelve thousand five hundred dogs."),
    ("3 cats", "Three cats"), ("(7)", "(Seven)"),
    ("at 10:30 on 2020-01-02, 3.5 or 1,23", "at 10:30 on 2020-01-02, 3.5 or 1,23"),
    ("$5 50% #3 007 1234567 3rd A4 1/2 -5 1-2", "$5 50% #3 007 1234567 3rd A4 1/2 -5 1-2"),
    ("two hundred and six, a hundred", "206, 100"), ("TWENTY-ONE Guns", "21 Guns"), ("one of us", "one of us"),
    ("one hundred of us", "100 of us"), ("anyone, often, tents", "anyone, often, tents"),
    ("forty-two-ish", "forty-two-ish"), ("ten twenty", "ten twenty"), ("It was 9.", "It was nine."),
    ("In 1999 it was 5'10\" tall.", "In 1999 it was 5'10\" tall."), ("1,999 or 999", "One thousand nine hundred "
     "ninety-nine or nine hundred ninety-nine"), ("March 5, 12 May and 7", "March 5, 12 May and seven"),
    ("Wait. 3 cats! 4 \"dogs.\" 5", "Wait. Three cats! Four \"dogs.\" Five"),
    ("See approx. 3, J. 4", "See approx. three, J. four"),
    ("one million two hundred, two hundred million", "one million two hundred, two hundred million"),
    ("two hundreds, twenty-one hundred", "two hundreds, twenty-one hundred"),
    ("a thousand and one, a thousand, 5 million", "1001, 1000, five million"),
    ("٣ cats", "٣ cats"), ("twenty one days, 1 day", "21 days, one day")])
def test_both_ways(text: str, expected: str) -> None:
    assert pm.get("text-noise/number-words", rate=1.0)([text]) == [expected]


def test_directions_rates_and_the_log() -> None:
    text = "Two and 3, é 漢 seven of 8"
    for direction, expected in (("words", "Two and three, é 漢 seven of eight"), ("digits", "2 and 3, é 漢 7 of 8")):
        assert pm.get("text-noise/number-words", rate=1.0, direction=direction)([text]) == [expected]
    batch = pm.Batch.of([text] * 2000)
    before: set[tuple[int, int]] = set()
    for rate in (0.0, 0.1, 0.4, 1.0):
        out = pm.get("text-noise/number-words", rate=rate)(batch, seed=3, log=True)
        e = out.edits.steps[0].edits
        now = set(zip(e.row.tolist(), e.start.tolist(), strict=True))
        assert before <= now
        assert abs(len(now) - 8000 * rate) < 5 * (8000 * rate * (1 - rate)) ** 0.5 + 1
        assert pm.replay(batch, out.edits).to_list() == out.to_list()
        before = now
