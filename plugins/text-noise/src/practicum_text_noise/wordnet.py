"""Reading Princeton WordNet's own files (wndb(5WN), senseidx(5WN)): no package needed, nothing downloaded."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from practicum.errors import MissingRequirement
from practicum_text_noise.inflection import ADJECTIVE, ADVERB, NOUN, VERB

FILES = {NOUN: "noun", VERB: "verb", ADJECTIVE: "adj", ADVERB: "adv"}
"""Each part of speech and the ending of its files."""

_NUMBERS = {"1": NOUN, "2": VERB, "3": ADJECTIVE, "4": ADVERB, "5": ADJECTIVE}
_LETTERS = {"n": NOUN, "v": VERB, "a": ADJECTIVE, "s": ADJECTIVE, "r": ADVERB}
_PLACES = ("/usr/share/wordnet", "/usr/local/share/wordnet", "/usr/local/WordNet-3.0/dict",
           "/usr/local/WordNet-3.1/dict", "/opt/homebrew/opt/wordnet/dict", "/usr/local/opt/wordnet/dict")
_NLTK_PLACES = ("~/nltk_data", "/usr/share/nltk_data", "/usr/local/share/nltk_data", "/usr/lib/nltk_data",
                "/usr/local/lib/nltk_data")
_NLTK_NAMES = ("wordnet", "wordnet31", "wordnet2022", "wordnet2021")
INSTALL = ("install one (Debian and Ubuntu: apt install wordnet-base; macOS: brew install wordnet; NLTK: "
           "python -m nltk.downloader wordnet) or name its directory, the one that holds index.noun and data.noun; "
           "lexicon='builtin' needs nothing")


@dataclass(frozen=True, slots=True)
class Synset:
    """Words of one meaning.

    Args:
        words: as written, underscores for spaces; a predicative or attributive adjective keeps its mark, as "(p)".
        pointers: (symbol, part of speech, offset, number of the word it starts from, of the word it leads to), where
            number 0 means all words.
    """

    words: tuple[str, ...]
    pointers: tuple[tuple[str, str, int, int, int], ...]


@dataclass(frozen=True)
class WordNet:
    """A WordNet in memory.

    Args:
        senses: (part of speech, lower-case lemma with underscores) -> offsets of its synsets, most frequent first.
        synsets: (part of speech, offset) -> synset.
        counts: (part of speech, lemma) -> how often it was tagged in the corpora behind WordNet.
        exceptions: part of speech -> pairs of irregular form and lemma.
    """

    senses: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    synsets: dict[tuple[str, int], Synset] = field(default_factory=dict)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    exceptions: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


def locate(lexicon: str) -> Any:
    """The directory of a WordNet, as something with ``/``, ``exists`` and ``read_text`` (a path, or a path in a zip).

    Args:
        lexicon: ``wordnet`` for the usual places (WNSEARCHDIR, WNHOME, NLTK_DATA and where packages put it), or a
            directory: WordNet's own, an NLTK data directory, or a zip file of NLTK's.

    Raises:
        MissingRequirement: there is none; the message says what to install.
    """
    tried = list(_candidates(lexicon))
    for place in tried:
        if (place / "index.noun").exists() and (place / "data.noun").exists():
            return place
    where = "in the usual places" if lexicon == "wordnet" else f"at {lexicon!r}"
    raise MissingRequirement(f"no WordNet was found {where} ({len(tried)} directories looked at): {INSTALL}")


def _candidates(lexicon: str) -> Iterator[Any]:
    if lexicon != "wordnet":
        yield from _within(Path(lexicon).expanduser())
        return
    if os.environ.get("WNSEARCHDIR"):
        yield Path(os.environ["WNSEARCHDIR"])
    if os.environ.get("WNHOME"):
        yield Path(os.environ["WNHOME"]) / "dict"
    for folder in (*filter(None, os.environ.get("NLTK_DATA", "").split(os.pathsep)), *_NLTK_PLACES):
        yield from _within(Path(folder).expanduser())
    yield from map(Path, _PLACES)


def _within(folder: Path) -> Iterator[Any]:
    yield folder
    if folder.is_file() and zipfile.is_zipfile(folder):
        yield zipfile.Path(folder, f"{folder.stem}/")
        return
    for name in ("dict", *_NLTK_NAMES, *(f"corpora/{n}" for n in _NLTK_NAMES)):
        yield folder / name
        archive = folder / f"{name}.zip"
        if archive.is_file() and zipfile.is_zipfile(archive):
            yield zipfile.Path(archive, f"{archive.stem}/")


def read(lexicon: str) -> WordNet:
    """Read a WordNet; one that was read before comes from memory.

    Args:
        lexicon: as in :func:`locate`.

    Raises:
        MissingRequirement: there is none.
    """
    return _read(str(locate(lexicon)), lexicon)


@lru_cache(maxsize=2)
def _read(_place: str, lexicon: str) -> WordNet:
    place = locate(lexicon)
    wordnet = WordNet()
    for pos, ending in FILES.items():
        for line in _lines(place / f"index.{ending}"):
            if line[0] != " ":
                parts = line.split()
                wordnet.senses[pos, parts[0]] = tuple(map(int, parts[len(parts) - int(parts[2]):]))
        for line in _lines(place / f"data.{ending}"):
            if line[0] != " ":
                offset, synset = _synset(line)
                wordnet.synsets[pos, offset] = synset
        if (place / f"{ending}.exc").exists():
            pairs = (line.split() for line in _lines(place / f"{ending}.exc"))
            wordnet.exceptions[pos] = [(p[0], lemma) for p in pairs for lemma in p[1:]]
    if (place / "cntlist.rev").exists():
        for line in _lines(place / "cntlist.rev"):
            key, _, count = line.split()
            lemma, _, rest = key.partition("%")
            at = _NUMBERS[rest[0]], lemma
            wordnet.counts[at] = wordnet.counts.get(at, 0) + int(count)
    return wordnet


def _lines(path: Any) -> list[str]:
    text: str = path.read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line]


def _synset(line: str) -> tuple[int, Synset]:
    """One line of a data file: offset, file number, type, words with their numbers, pointers."""
    parts = line.partition(" | ")[0].split()
    count = int(parts[3], 16)
    at = 4 + 2 * count
    pointers = []
    for k in range(at + 1, at + 1 + 4 * int(parts[at]), 4):
        ends = parts[k + 3]
        pointers.append((parts[k], _LETTERS[parts[k + 2]], int(parts[k + 1]), int(ends[:2], 16), int(ends[2:], 16)))
    return int(parts[0]), Synset(tuple(parts[4:at:2]), tuple(pointers))
