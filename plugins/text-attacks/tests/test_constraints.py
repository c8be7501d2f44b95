"""Each constraint on cases made by hand, in an attack that would break it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from practicum_text_attacks.constraints import Passes, SamePartOfSpeech, Similarity, WordsChanged
from practicum_text_attacks.constraints.base import Change, words_moved
from practicum_text_attacks.greedy import Greedy
from practicum_text_attacks.sentence import Sentence
from practicum_text_attacks.textfooler import TextFooler

from practicum import Batch, Keys
from practicum.errors import ConfigError
from practicum.model import Model, Predictions
from practicum.testing.toys_models import KeywordModel
from practicum.transformation import Filter


class Letters(Model):
    """Encodes a text by how often each letter occurs."""

    name: ClassVar[str] = "toy/letters"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    def encode(self, batch: Batch, column: str | None = None) -> Any:
        return np.array([[t.count(c) for c in "abcdefghijklmnopqrstuvwxyz"] for t in batch.to_list()], dtype=np.float32)

    def predict(self, batch: Batch) -> Predictions:
        return Predictions("regression", batch.ids, self.encode(batch))


class Lower(Filter):
    """Keeps texts without capitals."""

    name: ClassVar[str] = "toy/lower"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    def keep(self, batch: Batch, keys: Keys) -> Any:
        return [t == t.lower() for t in batch.to_list()]


def attacked(text: str, entries: dict[str, Any], words: Any = ("good",), **fields: Any) -> str:
    """What greedy search makes of a text that a keyword model reads."""
    attack = Greedy(**{"eps": 100, "sources": [{"source": "listed", "entries": entries}], **fields})
    found: str = attack(KeywordModel(words=words), Batch.of([text], targets={"label": [1]})).adversarial.to_pylist()[0]
    return found


def change(before: str, position: int, word: str) -> Change:
    made = Sentence.of(before)
    words = (*made.words[:position], word, *made.words[position + 1:])
    return Change(made, before, words, position, made.text(words))


def test_stop_words_stay() -> None:
    assert attacked("with", {"with": ("by",)}, ("with",), constraints=[{"constraint": "stop-words"}]) == "with"
    assert attacked("With,", {"with": ("by",)}, ("With",), constraints=[]) == "By,"
    mine = [{"constraint": "stop-words", "words": ["good"]}]
    assert attacked("good", {"good": ("fine",)}, constraints=mine) == "good"


def test_a_word_is_replaced_at_most_so_often() -> None:
    chain = {"good": ("good1",), "good1": ("good2",), "good2": ("fine",)}

    class Steps(KeywordModel):
        """Less sure with each step."""

        name: ClassVar[str] = "toy/steps"

        def predict(self, batch: Batch) -> Predictions:
            sure = {"good": 3.0, "good1": 2.0, "good2": 1.0, "fine": -1.0}
            values = np.array([[0.0, sure[t]] for t in batch.to_list()])
            return Predictions(self.task, batch.ids, values)

    for times, expected in ((1, "good1"), (2, "good2"), (3, "fine")):
        attack = Greedy(eps=1, sources=[{"source": "listed", "entries": chain}],
                        constraints=[{"constraint": "repeat", "times": times}])
        result = attack(Steps(), Batch.of(["good"], targets={"label": [1]}))
        assert result.adversarial.to_pylist() == [expected]
        assert result.norm.tolist() == [1.0]


def test_short_words_and_other_parts_of_speech_stay() -> None:
    entries = {"good": ("fine",)}
    for rule, expected in (({"constraint": "min-length", "characters": 5}, "good film"),
                           ({"constraint": "min-length", "characters": 4}, "fine film"),
                           ({"constraint": "of-part-of-speech", "parts": ["verb"]}, "good film"),
                           ({"constraint": "of-part-of-speech", "parts": ["adjective"]}, "fine film")):
        assert attacked("good film", entries, constraints=[rule]) == expected


def test_words_changed_counts_words_that_come_in() -> None:
    assert words_moved(Sentence.of("a b c"), ("a", "x y", "")) == 3
    assert attacked("good film", {"good": ("quite fine",)}, constraints=[], eps=1) == "good film"
    assert attacked("good film", {"good": ("quite fine",)}, constraints=[], eps=2) == "quite fine film"
    rule = WordsChanged(most=2)
    assert rule.allows([change("a b c", 1, "x y"), change("a b c", 1, "x y z")]).tolist() == [True, False]


def test_edit_distance_is_of_the_whole_text() -> None:
    two = [{"constraint": "edit-distance", "most": 2}]
    assert attacked("good", {"good": ("gods",)}, constraints=two) == "gods"
    assert attacked("good good", {"good": ("gods",)}, constraints=two) == "good good"


def test_ends_of_words_stay() -> None:
    rule = [{"constraint": "keeps-ends"}]
    assert attacked('"good",', {"good": ("goods", "ood", "god")}, constraints=rule) == '"god",'


def test_same_part_of_speech() -> None:
    rule = SamePartOfSpeech()
    pairs = [("runs", "walks"), ("runs", "slowly"), ("slowly", "quickly"), ("xyzzy", "xyzzz"), ("xyzzy", "walks")]
    assert [bool(rule.allows([change(old, 0, new)])[0]) for old, new in pairs] == [True, False, True, True, False]


def test_similarity_by_an_encoder() -> None:
    rule = Similarity(encoder=Letters(), least=0.9)
    near, far = change("abcdefgh x", 1, "y"), change("abcd x", 0, "zzzz")
    cosines = rule.cosines([near, far, change("abc", 0, "abc")])
    np.testing.assert_allclose(cosines, [8 / 9, 1 / np.sqrt(5 * 17), 1.0])
    assert rule.allows([near, far]).tolist() == [False, False]
    assert Similarity(encoder=Letters(), least=0.88).allows([near, far]).tolist() == [True, False]
    window = Similarity(encoder=Letters(), least=0.5, window=0)
    np.testing.assert_allclose(window.cosines([change("aa bb cc", 1, "bd")]), [1 / np.sqrt(2)])
    np.testing.assert_allclose(window.cosines([change("aa bb cc", 1, "")]), [0.0])
    kept = [{"constraint": "similarity", "encoder": Letters(), "least": 0.9}]
    assert attacked("good", {"good": ("zzz", "goo")}, constraints=kept) == "goo"
    assert attacked("good", {"good": ("zzz",)}, constraints=kept) == "good"


def test_textfooler_keeps_the_most_similar_of_the_winning_texts() -> None:
    fields: dict[str, Any] = {"sources": [{"source": "listed", "entries": {"good": ("zzz", "gody", "ggg")}}]}
    batch = Batch.of(["good"], targets={"label": [1]})
    plain = TextFooler(constraints=[], **fields)(KeywordModel(), batch)
    assert plain.adversarial.to_pylist() == ["zzz"]  # all win alike: the first
    similar = TextFooler(constraints=[{"constraint": "similarity", "encoder": Letters(), "least": 0.1}], **fields)
    assert similar(KeywordModel(), batch).adversarial.to_pylist() == ["gody"]


def test_filters_are_constraints() -> None:
    text, entries = "good Good", {"good": ("Fine", "fine"), "Good": ("Fine",)}
    texts = [{"constraint": "passes", "technique": Lower()}]
    assert attacked("good", entries, constraints=texts) == "fine"
    words = [{"constraint": "passes", "technique": Lower(), "each": "word"}]
    both = Greedy(eps=9, sources=[{"source": "listed", "entries": entries}], constraints=words)
    rules = [rule for rule in both.rules() if isinstance(rule, Passes)]
    assert rules[0].free([Sentence.of(text)])[0].tolist() == [True, False]
    assert attacked("Good", entries, ("Good",), constraints=words) == "Good"
    assert Passes(technique=Lower()).allows([]).tolist() == []


@pytest.mark.parametrize(("rule", "why"), [
    ({"constraint": "similarity", "encoder": KeywordModel()}, "no encode"),
    ({"constraint": "passes", "technique": {"use": "core/pipeline", "steps": []}}, "drops no texts"),
    ({"constraint": "nonsense"}, "nonsense")])
def test_what_is_no_constraint_is_refused(rule: Any, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        Greedy(constraints=[rule])


def test_constraints_are_configuration() -> None:
    import practicum as pm

    attack = Greedy(sources=[{"source": "delete"}], constraints=[
        {"constraint": "stop-words"}, {"constraint": "repeat", "times": 2}, {"constraint": "min-length"},
        {"constraint": "of-part-of-speech"}, {"constraint": "words-changed", "most": 3},
        {"constraint": "edit-distance"},
        {"constraint": "keeps-ends"}, {"constraint": "same-part-of-speech"}])
    config = attack.config()
    assert pm.get(config.pop("use"), **config) == attack
    assert len(attack.rules()) == 9
