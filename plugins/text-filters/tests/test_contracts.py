"""The core's contract on every filter, over samples of which each one's defaults drop some."""

from __future__ import annotations

from typing import Any, ClassVar

from practicum import Batch
from practicum.testing import TransformationContract

TEXTS = ["The old bridge carries two roads.", "STOP SHOUTING NOW", "доброе утро", "", "Is it 12 o'clock?",
         "go on go on go on go on go on", "it is what it is", "The old bridge carries two roads.", "A red house.",
         "Twelve boats left the harbour at noon"]


class Filtered(TransformationContract):
    """The contract over hand-made texts."""

    def samples(self) -> Batch:
        return Batch.of(columns={"text": TEXTS}, ids=list(range(len(TEXTS))),
                        targets={"label": [0, 1] * (len(TEXTS) // 2)})


class TestLength(Filtered):
    technique = "text-filters/length"
    configs: ClassVar[list[dict[str, Any]]] = [{"unit": "characters", "min": 5, "max": 20},
                                               {"unit": "sentences", "max": 0, "min": 0}]


class TestCapitals(Filtered):
    technique = "text-filters/capitals"


class TestScript(Filtered):
    technique = "text-filters/script"
    configs: ClassVar[list[dict[str, Any]]] = [{"script": "cyrillic"}]


class TestNumeric(Filtered):
    technique = "text-filters/numeric"
    configs: ClassVar[list[dict[str, Any]]] = [{"words": True, "present": False}]


class TestQuestion(Filtered):
    technique = "text-filters/question"
    configs: ClassVar[list[dict[str, Any]]] = [{"present": False}]


class TestKeyword(Filtered):
    technique = "text-filters/keyword"
    config: ClassVar[dict[str, Any]] = {"keywords": ["bridge", "house"]}
    configs: ClassVar[list[dict[str, Any]]] = [{"keywords": ["old", "road"], "match": "all", "whole_words": False}]


class TestStopWords(Filtered):
    technique = "text-filters/stop-words"
    configs: ClassVar[list[dict[str, Any]]] = [{"words": ["утро"], "max": 0.1}]


class TestRepetition(Filtered):
    technique = "text-filters/repetition"
    configs: ClassVar[list[dict[str, Any]]] = [{"n": 1, "max": 0.5}]


class TestDuplicate(Filtered):
    technique = "text-filters/duplicate"
    configs: ClassVar[list[dict[str, Any]]] = [{"ignore_case": False, "ignore_space": False}]


class TestPartOfSpeech(Filtered):
    technique = "text-filters/part-of-speech"
    configs: ClassVar[list[dict[str, Any]]] = [{"tag": "JJ", "min": 1, "max": 1}]


class TestEditRate(TransformationContract):
    technique = "text-filters/edit-rate"
    config: ClassVar[dict[str, Any]] = {"reference": "before", "on": "text"}
    configs: ClassVar[list[dict[str, Any]]] = [{"reference": "before", "on": "text", "unit": "words", "max": 0.1}]

    def samples(self) -> Batch:
        before = [text.lower() for text in TEXTS]
        return Batch.of(columns={"text": TEXTS, "before": before}, ids=list(range(len(TEXTS))),
                        targets={"label": [0, 1] * (len(TEXTS) // 2)})
