"""Reading WordNet: a tiny one written here, and the one on this machine beside NLTK's reader."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from practicum_text_noise import lexicons, surfaces, wordnet

import practicum as pm
from practicum.errors import MissingRequirement

DATA_NOUN = """  1 a licence, which is skipped
00000100 05 n 02 dog 0 domestic_dog 0 002 @ 00000200 n 0000 ~ 00000300 n 0000 | a pet
00000200 05 n 01 animal 0 001 ~ 00000100 n 0000 | lives
00000300 05 n 02 puppy 0 pup 0 001 @ 00000100 n 0000 | young
"""
INDEX_NOUN = """  1 a licence
animal n 1 1 ~ 1 1 00000200
dog n 1 2 @ ~ 1 1 00000100
domestic_dog n 1 2 @ ~ 1 0 00000100
pup n 1 1 @ 1 0 00000300
puppy n 1 1 @ 1 0 00000300
"""
DATA_ADJ = """00000400 00 a 01 hot(p) 0 001 ! 00000500 a 0101 | warm
00000500 00 a 02 cold 0 frigid 0 001 ! 00000400 a 0101 | chilly
"""
INDEX_ADJ = """hot a 1 1 ! 1 0 00000400
cold a 1 1 ! 1 0 00000500
frigid a 1 1 ! 1 0 00000500
"""


def tiny(folder: Path) -> Path:
    folder.mkdir(parents=True)
    files = {"index.noun": INDEX_NOUN, "data.noun": DATA_NOUN, "index.adj": INDEX_ADJ, "data.adj": DATA_ADJ,
             "noun.exc": "doggen dog\n", "cntlist.rev": "dog%1:05:00:: 1 42\ndog%1:18:00:: 2 3\n"}
    for name in ("verb", "adv"):
        files |= {f"index.{name}": "", f"data.{name}": ""}
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def related(lexicon: str, relation: str) -> dict[str, tuple[str, ...]]:
    return {lemma: others for _, lemma, _, others in lexicons.get(lexicon).entries(relation, 9)}


def test_a_tiny_wordnet(tmp_path: Path) -> None:
    name = str(tiny(tmp_path / "wn"))
    read = wordnet.read(name)
    assert read.counts == {("noun", "dog"): 45}
    assert read.exceptions["noun"] == [("doggen", "dog")]
    assert related(name, "synonym")["dog"] == ("domestic dog",)
    assert related(name, "hypernym")["puppy"] == ("dog", "domestic dog")
    assert related(name, "hyponym")["dog"] == ("puppy", "pup")
    assert related(name, "antonym") == {"animal": (), "dog": (), "domestic dog": (), "pup": (), "puppy": (),
                                        "cold": (), "hot": ("cold",), "frigid": ()}
    out = pm.get("text-noise/hyponym", lexicon=name, rate=1.0)(["Animals and doggen, hot dog"], seed=1)
    assert out in (["Dogs and pups, hot pup"], ["Dogs and puppies, hot pup"], ["Dogs and pups, hot puppy"],
                   ["Dogs and puppies, hot puppy"])


def test_data_directories_of_nltk_zipped_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny(tmp_path / "plain" / "corpora" / "wordnet")
    assert wordnet.locate(str(tmp_path / "plain")) == folder
    archive = tmp_path / "zipped" / "corpora" / "wordnet.zip"
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w") as out:
        for path in folder.iterdir():
            out.write(path, f"wordnet/{path.name}")
    for name in (str(tmp_path / "zipped"), str(archive)):
        assert related(name, "synonym") == related(str(folder), "synonym")
        assert pm.get("text-noise/synonym", lexicon=name).state_digest() == \
            pm.get("text-noise/synonym", lexicon=str(folder)).state_digest() != ""
    monkeypatch.delenv("WNSEARCHDIR", raising=False)
    monkeypatch.delenv("WNHOME", raising=False)
    monkeypatch.setenv("NLTK_DATA", str(tmp_path / "zipped"))
    assert "wordnet.zip" in str(wordnet.locate("wordnet"))
    monkeypatch.setenv("WNHOME", str(tmp_path))
    tiny(tmp_path / "dict")
    assert wordnet.locate("wordnet") == tmp_path / "dict"


def installed() -> Any:
    try:
        return wordnet.locate("wordnet")
    except MissingRequirement as error:
        pytest.skip(str(error))


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """NLTK's reader over the same files; it wants two files more, which are of no use here."""
    place = installed()
    corpus = pytest.importorskip("nltk.corpus.reader.wordnet", reason="nltk is not installed: pip install nltk")
    folder = tmp_path / "corpora" / "wordnet"
    folder.mkdir(parents=True)
    for path in place.iterdir():
        if path.is_file():
            (folder / path.name).write_text(path.read_text("utf-8"), "utf-8")
    names = [f"{n:02d}\tname{n}\t1" for n in range(45)]
    import nltk

    monkeypatch.setattr(nltk.data, "path", [str(tmp_path)])  # it refuses files elsewhere
    (folder / "lexnames").write_text("\n".join(names) + "\n", "utf-8")
    (folder / "index.sense").write_text("", "utf-8")
    return corpus.WordNetCorpusReader(str(folder), None)


def test_beside_nltk(theirs: Any) -> None:
    letters = {"noun": "n", "verb": "v", "adjective": "a", "adverb": "r"}
    sample = list(lexicons.get("wordnet").entries("synonym", 2))[::997]
    assert len(sample) > 100
    for relation in ("synonym", "hypernym", "antonym"):
        found = {(pos, lemma): set(others) for pos, lemma, _, others in
                 lexicons.get("wordnet").entries(relation, 2)}
        for pos, lemma, count, _ in sample:
            synsets = theirs.synsets(lemma.replace(" ", "_"), letters[pos])[:2]
            lemmas = [x for s in synsets for x in s.lemmas() if x.name().lower() == lemma.replace(" ", "_")]
            if relation == "synonym":
                expected = {x for s in synsets for x in s.lemma_names()}
            elif relation == "hypernym":
                expected = {x for s in synsets for h in s.hypernyms() + s.instance_hypernyms() for x in h.lemma_names()}
            else:
                expected = {a.name() for x in lemmas for a in x.antonyms()}
            expected = {x.replace("_", " ") for x in expected if x.lower() != lemma.replace(" ", "_")}
            marked = {x for x in expected if x not in found[pos, lemma]}
            assert found[pos, lemma] <= expected
            assert all(_is_marked(theirs, synsets, x) for x in marked), (relation, lemma, marked)
            if relation == "synonym" and pos in ("noun", "verb"):
                every = theirs.lemmas(lemma.replace(" ", "_"), letters[pos])
                assert count == sum(x.count() for x in every)


def _is_marked(theirs: Any, synsets: Any, word: str) -> bool:
    """Whether an adjective carries a mark such as (p), for which it is left out."""
    names = [x for s in synsets for x in [*s.lemmas(), *(a for y in s.lemmas() for a in y.antonyms())]]
    return any(x.name().replace("_", " ") == word and x._syntactic_marker for x in names)


def test_forms_lead_back_to_their_lemmas_by_wordnets_own_rules(theirs: Any) -> None:
    """Every form that is replaced is reduced by NLTK's morphy to the lemma whose synonyms were inflected."""
    found = surfaces.entries(lexicons.get("wordnet"), "synonym", ("verb", "noun"), 1, False)
    sample = [(form, new) for form, new in found.items() if new and " " not in form][::401]
    assert len(sample) > 150
    for form, new in sample:
        own = {x for pos in "nv" for x in theirs._morphy(form, pos)}
        assert any({y.lower() for pos in "nv" for lemma in own for s in theirs.synsets(lemma, pos)
                    for y in s.lemma_names()} & {x for pos in "nv" for x in theirs._morphy(n.lower(), pos)}
                   for n in new), (form, new)


def test_a_real_wordnet_keeps_spans() -> None:
    installed()
    text = "The children purchased an enormous automobile in New York City."
    batch = pm.Batch.of([text] * 50, targets={"spans": [[(text.index("New"), len(text) - 1, "LOC")]] * 50})
    out = pm.get("text-noise/synonym", lexicon="wordnet", rate=1.0)(batch, seed=1)
    for new, spans in zip(out.to_list(), out.targets["spans"].data, strict=True):
        assert new[spans[0][0]:spans[0][1]] == "New York City"
        assert "children" not in new
        assert "purchased" not in new
