"""The core's contract on every augmenter; those that read files read small ones in the real formats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import small_files

from practicum import Batch
from practicum.technique import Technique
from practicum.testing import TransformationContract


class WithModel(TransformationContract):
    """Three short texts: a model's generation takes milliseconds for each."""

    def samples(self) -> Batch:
        return Batch.of(["The old fox jumps.", "Simple words!", "Why do birds fly?"], targets={"label": [0, 1, 0]})


class TestKeyboard(TransformationContract):
    technique = "nlpaug/keyboard"
    configs: ClassVar[list[dict[str, Any]]] = [{"lang": "de", "include_special_char": False}]


class TestOcr(TransformationContract):
    technique = "nlpaug/ocr"


class TestRandomChar(TransformationContract):
    technique = "nlpaug/random-char"
    configs: ClassVar[list[dict[str, Any]]] = [{"action": "insert"}, {"action": "swap", "swap_mode": "random"},
                                               {"action": "delete"}]


class TestRandomWord(TransformationContract):
    technique = "nlpaug/random-word"
    configs: ClassVar[list[dict[str, Any]]] = [{"action": "swap"}, {"action": "crop"},
                                               {"action": "substitute", "target_words": ["thing", "stuff"]}]


class TestSpelling(TransformationContract):
    technique = "nlpaug/spelling"


class TestSplit(TransformationContract):
    technique = "nlpaug/split"


class TestReserved(TransformationContract):
    technique = "nlpaug/reserved"
    config: ClassVar[dict[str, Any]] = {"reserved_tokens": [["quick", "fast", "swift"], ["brother", "sister"],
                                                           ["good teacher", "fine tutor"]]}


class TestRandomSent(TransformationContract):
    technique = "nlpaug/random-sent"

    def samples(self) -> Batch:
        return Batch.of([" ".join(small_files.texts()[i:i + 3]) for i in range(6)], targets={"label": [0, 1] * 3})


class TestSynonym(TransformationContract):
    technique = "nlpaug/synonym"

    def make(self, cls: type[Technique], config: Mapping[str, Any]) -> Technique:
        small_files.nltk_data()
        return cls(**config)


class TestSynonymOfPpdb(TransformationContract):
    technique = "nlpaug/synonym"
    random = False

    def make(self, cls: type[Technique], config: Mapping[str, Any]) -> Technique:
        return cls(**{"aug_src": "ppdb", "model_path": small_files.ppdb(), "aug_p": 1.0, **config})


class TestAntonym(TransformationContract):
    technique = "nlpaug/antonym"
    random = False  # of the few words of the test's WordNet, each has one antonym, and all fit into aug_max

    def make(self, cls: type[Technique], config: Mapping[str, Any]) -> Technique:
        small_files.nltk_data()
        return cls(**config)


class TestTfIdf(TransformationContract):
    technique = "nlpaug/tfidf"
    configs: ClassVar[list[dict[str, Any]]] = [{"action": "insert"}]

    def make(self, cls: type[Technique], config: Mapping[str, Any]) -> Technique:
        return cls(**{"model_path": small_files.tfidf(), **config})


class TestWordEmbs(TransformationContract):
    technique = "nlpaug/word-embs"
    configs: ClassVar[list[dict[str, Any]]] = [{"action": "insert"}]

    def make(self, cls: type[Technique], config: Mapping[str, Any]) -> Technique:
        return cls(**{"model_type": "glove", "model_path": small_files.vectors(), **config})


class TestContextualWordEmbs(WithModel):
    technique = "nlpaug/contextual-word-embs"
    configs: ClassVar[list[dict[str, Any]]] = [{"action": "insert"}]

    def make(self, cls: type[Technique], config: Mapping[str, Any]) -> Technique:
        return cls(**{"model_path": small_files.bert(), "model_type": "bert", "top_k": 20, **config})


class TestContextualWordEmbsForSentence(WithModel):
    technique = "nlpaug/contextual-word-embs-for-sentence"

    def make(self, cls: type[Technique], config: Mapping[str, Any]) -> Technique:
        return cls(**{"model_path": small_files.gpt2(), "model_type": "gpt2", "min_length": 2, "max_length": 8,
                      **config})


class TestBackTranslation(WithModel):
    technique = "nlpaug/back-translation"
    random = False

    def make(self, cls: type[Technique], config: Mapping[str, Any]) -> Technique:
        return cls(**{"from_model_name": small_files.t5(), "to_model_name": small_files.t5(), "max_length": 6,
                      **config})


class TestAbstSumm(WithModel):
    technique = "nlpaug/abst-summ"
    random = False

    def make(self, cls: type[Technique], config: Mapping[str, Any]) -> Technique:
        place = small_files.summariser()
        return cls(**{"model_path": place, "tokenizer_path": place, "min_length": 2, "max_length": 8, **config})
