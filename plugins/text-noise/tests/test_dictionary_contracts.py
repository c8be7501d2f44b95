"""The core's contract for every technique that replaces words by a dictionary."""

from __future__ import annotations

from typing import Any

import practicum as pm
from practicum.testing import TransformationContract


def texts(*given: str) -> pm.Batch:
    return pm.Batch.of(list(given), ids=[f"s{i}" for i in range(len(given))],
                       targets={"label": [0, 1, 2] * (len(given) // 3)})


SAID = ("I don't think it's late.", "They are here, aren't they?", "We cannot go; you shouldn't.", "It is what it is.",
        "She'd stay if he'd come.", "Nothing to see.")


class TestContractions(TransformationContract):
    technique = "text-noise/contractions"
    configs = ({"rate": 0.7, "direction": "expand", "ambiguous": False}, {"rate": 0.7, "direction": "contract"})
    samples = texts(*SAID)


class TestMisspelling(TransformationContract):
    technique = "text-noise/misspelling"
    random = True


class TestCorrection(TransformationContract):
    technique = "text-noise/misspelling"
    config = {"direction": "correct"}
    samples = texts("I recieved it.", "A wierd buisness, definately.", "Untill tommorow, freind!")


class TestBritishAmerican(TransformationContract):
    technique = "text-noise/british-american"
    configs = ({"rate": 0.7, "to": "british"}, {"rate": 0.7, "to": "american"})
    samples = texts("The colour of the gray theater.", "We organized a centre, realised it.",
                    "Honor your neighbour's program.")


class TestAbbreviation(TransformationContract):
    technique = "text-noise/abbreviation"
    configs = ({"rate": 0.7, "direction": "expand"}, {"rate": 0.7, "direction": "abbreviate"})
    samples = texts("On Monday, approx. 9 lbs. of tea, etc.", "The dept. of the united nations",
                    "Prof. Ada, in Jan. or March")


class TestSlang(TransformationContract):
    technique = "text-noise/slang"
    configs = ({"rate": 1.0, "direction": "both"},)
    samples = texts("Are you going to be late tonight?", "Thanks, idk, gonna ask you.",
                    "People want to see your pictures.")


class TestGenderedWordSwap(TransformationContract):
    technique = "text-noise/gendered-word-swap"
    random = False  # at its default rate of 1 every word is swapped


class TestSomeGenderedWordsSwap(TransformationContract):
    technique = "text-noise/gendered-word-swap"
    config = {"rate": 0.5, "names": True}
    samples = texts("He met Mary and her son.", "The king's wife and a boy", "She saw him.")


class TestSynonym(TransformationContract):
    technique = "text-noise/synonym"
    configs = ({"rate": 1.0, "senses": 3, "phrases": True},)
    random = True


class TestAntonym(TransformationContract):
    technique = "text-noise/antonym"
    configs = ({"rate": 0.6, "pos": ["adjective", "verb"]},)
    random = True


class TestHypernym(TransformationContract):
    technique = "text-noise/hypernym"
    random = True


class TestHyponym(TransformationContract):
    technique = "text-noise/hyponym"
    configs = ({"rate": 1.0, "pos": ["noun"]},)
    samples = texts("The animal sat in a vehicle.", "A person in a building", "An institution for a group")
    random = True


class TestNumberWords(TransformationContract):
    technique = "text-noise/number-words"
    configs = ({"rate": 0.6, "direction": "words"}, {"rate": 0.6, "direction": "digits"})
    samples = texts("Two of 3 and four of 55.", "In 1,250 cases seventy-one.", "Nothing but 6 or seven, 8 or nine")
    random = True


class TestWordReplace(TransformationContract):
    technique = "text-noise/word-replace"
    config = {"mapping": {"the": ["that", "this"], "do not": "don't", "She": "he"}}
    configs = ({"mapping": {"The": "A"}, "ignore_case": False},)
    random = True


class TestCodeSwitch(TransformationContract):
    technique = "text-noise/code-switch"
    configs = ({"language": "fr"}, {"mapping": {"the": ["der", "die", "das"]}},)
    random = True


class TestRandomInsertion(TransformationContract):
    technique = "text-noise/random-insertion"
    configs = ({"rate": 1.0, "phrases": True},)
    random = True


class TestEda(TransformationContract):
    technique = "text-noise/eda"
    configs = ({"rate": 0.5, "operations": ["replacement", "insertion"]},)
    random = True


class TestTfidfReplace(TransformationContract):
    technique = "text-noise/tfidf-replace"
    configs = ({"rate": 0.9, "min_count": 2},)
    random = True

    def ready(self, technique: Any, batch: pm.Batch) -> Any:
        return technique.fit(batch, pm.Keys(0))
