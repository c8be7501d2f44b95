"""The contract of yoda-order/yoda-order, and its rule on sentences made by hand."""

from __future__ import annotations

import pytest
from practicum_yoda_order.yoda_order import YodaOrder

from practicum import Batch
from practicum.testing import TransformationContract

SAID = ["You are strong in the Force.", "We must go now! It was late.", "Größe is not everything", "The cat has slept",
        "He will see you", "They were naïve 🙂 once", "This can work", "Bob did it", "All of it is true"]


class TestYodaOrder(TransformationContract):
    technique = "yoda-order/yoda-order"
    configs = [{"rate": 0.5}]

    def samples(self) -> Batch:
        return Batch.of(SAID, ids=[f"s{k}" for k in range(len(SAID))], targets={"label": [k % 3 for k in range(9)]})


@pytest.mark.parametrize(("before", "after"), [
    ("You are strong in the Force.", "Strong in the Force, you are."),
    ("Ada is here?! I have it. No.", "Here, Ada is?! It, I have. No."),
    ("The cat  has\tslept long…", "Slept long, the cat  has…"),
    ("one\nIt is two\n three", "one\nTwo, it is\n three"),
    ("It costs 3.5 or it will soon", "Soon, it costs 3.5 or it will"),
    ("Öl is ßchwer", "ßchwer, Öl is"),
    ("WE ARE BIG", "BIG, wE ARE"),
    ("He is Ada's friend", "Ada's friend, he is")])
def test_the_rule_by_hand(before: str, after: str) -> None:
    assert YodaOrder()([before]) == [after]
    assert YodaOrder()([before], seed=99) == [after]


@pytest.mark.parametrize("text", [
    "Go home.", "Is it late?", "So it is.", "If it is late, go.", 'He is "late".', "", "...", "She sings well.",
    "\n \n", "Ada (who is old) sings"])
def test_other_sentences_stay(text: str) -> None:
    assert YodaOrder()([text]) == [text]


def test_spans_tags_and_answers_move_along() -> None:
    text = "Ada is in Rome. Bob was here."
    batch = Batch.of([text], targets={
        "spans": [[(0, 3, "PER"), (10, 14, "LOC"), (16, 19, "PER"), (0, 14, "SENTENCE")]], "answer": [(7, 14)],
        "tags": [["PER", "V", "P", "LOC", "PER", "V", "ADV"]]})
    out = YodaOrder()(batch)
    (said,) = out.to_list()
    assert said == "In Rome, Ada is. Here, Bob was."
    assert [said[a:b] for a, b, _ in out.targets["spans"].data[0]] == ["Ada", "Rome", "Bob", "In Rome, Ada is"]
    assert said[slice(*out.targets["answer"].data[0])] == "In Rome"
    assert out.targets["tags"].data == [["P", "LOC", "PER", "V", "ADV", "PER", "V"]]


def test_the_share_of_turned_sentences_is_the_rate() -> None:
    assert YodaOrder(rate=0.0)(SAID) == SAID
    turned = sum(t == "Here, it is." for t in YodaOrder(rate=0.3)(["It is here."] * 2000, seed=1))
    assert abs(turned / 2000 - 0.3) < 0.062  # six standard errors
