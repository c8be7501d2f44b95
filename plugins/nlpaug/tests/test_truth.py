"""The wrapped augmenters give what nlpaug gives, and the generated file is what the installed nlpaug says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import small_files
from practicum_nlpaug import found, generate, techniques

import practicum as pm
from practicum.errors import ConfigError, DataError, MissingRequirement, TechniqueFailed
from practicum.keys import Keys, contained
from practicum.targets import Target

TEXTS = ["The quick brown fox jumps over the lazy dog.", "She didn't like the film, but her brother loved it.",
         "Nothing in the small garden was green after the long summer."]


def test_the_shipped_file_is_what_the_installed_library_says() -> None:
    assert generate.PLACE.read_text("utf-8") == generate.text()


def test_every_text_augmenter_of_the_library_is_there_but_lambada() -> None:
    offered = set()
    for module in ("char", "word", "sentence"):
        package = import_module(f"nlpaug.augmenter.{module}")
        offered |= {n for n in vars(package) if n.endswith("Aug")}
    wrapped = {getattr(techniques, name).entry["library"] for name in techniques.__all__}
    assert offered - wrapped == {"LambadaAug"}


@pytest.mark.parametrize(("name", "fields"), [
    ("keyboard", {}), ("ocr", {}), ("random-char", {"action": "delete"}), ("random-word", {"action": "swap"}),
    ("spelling", {"aug_p": 0.5}), ("split", {}),
])
def test_equal_to_the_library_under_the_same_seed(name: str, fields: dict[str, Any]) -> None:
    technique: Any = pm.get(f"nlpaug/{name}", **fields)
    library = getattr(import_module(technique.entry["module"]), technique.entry["library"])(**fields)
    if name == "spelling":
        for spellings in library.model.dict.values():
            spellings.sort()
    batch = pm.Batch.of(TEXTS, ids=["a", "b", "c"])
    words = Keys(11).child(technique.name).bind(batch.ids).words(2).astype(np.uint64).tolist()
    expected = []
    with contained() as seed:
        for text, (low, high) in zip(TEXTS, words, strict=True):
            seed(low | high << 32)
            expected.append(library.augment(text)[0])
    assert technique(batch, seed=11).to_list() == expected
    assert expected != TEXTS


def test_strength_zero_changes_nothing_although_the_library_would() -> None:
    assert pm.get("nlpaug/split", aug_p=0)(TEXTS) == TEXTS
    assert pm.get("nlpaug/ocr", aug_char_p=0)(TEXTS) == TEXTS


def test_known_words_take_their_only_synonym_and_antonym() -> None:
    small_files.nltk_data()
    assert pm.get("nlpaug/synonym", aug_p=1.0)(["The quick fox"], seed=1) == ["The fast fox"]
    assert pm.get("nlpaug/antonym", aug_p=1.0)(["A good , small fox"], seed=1) == ["A bad, large fox"]
    ppdb = pm.get("nlpaug/synonym", aug_src="ppdb", model_path=small_files.ppdb(), aug_p=1.0)
    assert ppdb(["Water boils at noon"]) == ["Water simmers at noon"]


def test_sentences_change_places_without_a_downloaded_tokenizer() -> None:
    swapped = pm.get("nlpaug/random-sent")(["One is here. Two is there."], seed=0)
    assert swapped == ["Two is there. One is here."]


def test_a_text_too_short_to_draw_from_stays_as_it_is() -> None:
    texts = ["One sentence only.", "One is here. Two is there. Three is not.", "It"]
    out = pm.get("nlpaug/random-sent", mode="random", aug_p=1.0)(texts, seed=0)
    assert (out[0], out[2]) == (texts[0], texts[2])
    assert out[1] != texts[1]
    assert sorted(out[1].split()) == sorted(texts[1].split())


def test_spans_of_untouched_words_hold_the_same_text() -> None:
    text = "The quick brown fox jumps over the lazy dog"
    at = text.index("jumps")
    spans = Target("spans", [[(at, at + 5, "verb")]])
    batch = pm.Batch.of([text], ids=["x"], targets={"spans": spans})
    technique = pm.get("nlpaug/reserved", reserved_tokens=[["quick", "unhurried"], ["lazy", "idle"]], aug_p=1.0)
    out = technique(batch, seed=2)
    start, stop, _ = out.targets["spans"].data[0][0]
    assert out.to_list()[0] == "The unhurried brown fox jumps over the idle dog"
    assert out.to_list()[0][start:stop] == "jumps"


def test_missing_data_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import nltk

    monkeypatch.setattr(nltk.data, "path", [])
    with pytest.raises(MissingRequirement, match=r"nltk\.downloader averaged_perceptron_tagger_eng"):
        pm.get("nlpaug/synonym", aug_max=9)(TEXTS)
    with pytest.raises(DataError, match="'model_path': there is no file or folder 'nowhere'"):
        pm.get("nlpaug/tfidf", model_path="nowhere")(TEXTS)
    with pytest.raises(ConfigError, match="did you mean 'aug_p'"):
        pm.get("nlpaug/split", augp=0.5)


def test_ppdb_needs_no_wordnet(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(found, "_require_nltk", lambda _name, _resource, package: asked.append(package))
    for fields in ({"aug_src": "ppdb", "model_path": small_files.ppdb()}, {}):
        found.require("nlpaug/synonym", ("tagger", "wordnet"), ("nltk",), "wordnet", fields)
    assert asked == ["averaged_perceptron_tagger_eng", "averaged_perceptron_tagger_eng", "wordnet"]


def test_what_the_library_raises_names_the_sample() -> None:
    technique = pm.get("nlpaug/keyboard", stopwords_regex="(")
    with pytest.raises(DataError, match="KeyboardAug could not be made"):
        technique(TEXTS)
    broken = pm.get("nlpaug/contextual-word-embs", model_path=small_files.bert(), model_type="bert", top_k=100000)
    with pytest.raises(TechniqueFailed, match="on sample 'only'"):
        broken(pm.Batch.of(TEXTS[:1], ids=["only"]))


SAID = ("spelling", "keyboard", "ocr", "random-char", "random-word")


@pytest.fixture(scope="module")
def said_elsewhere() -> list[dict[str, list[str]]]:
    """What two other processes, which order their sets differently, make of the texts."""
    code = (f"import json, practicum as pm; print(json.dumps({{n: pm.get('nlpaug/' + n)({TEXTS!r}, seed=5) "
            f"for n in {SAID}}}))")
    return [json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                                      env={**os.environ, "PYTHONHASHSEED": seed}).stdout) for seed in ("1", "2")]


@pytest.mark.parametrize("name", SAID)
def test_other_processes_give_the_same_texts(name: str, said_elsewhere: list[dict[str, list[str]]]) -> None:
    first, second = said_elsewhere
    assert first[name] == second[name] == pm.get(f"nlpaug/{name}")(TEXTS, seed=5)
