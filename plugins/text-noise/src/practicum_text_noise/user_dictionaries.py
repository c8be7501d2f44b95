"""Words replaced by a dictionary that the user gives: any, or one between two languages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from practicum.errors import ConfigError, DataError
from practicum_text_noise.dictionary import Dictionary, build
from practicum_text_noise.dictionary_kernel import FOLD, REPLACE
from practicum_text_noise.noise import Kernel, Pool
from practicum_text_noise.replacement import Replacement, dictionary_operation
from practicum_text_noise.shipped import rows

Entries = dict[str, tuple[str, ...]]
_LANGUAGES = ("de", "fr", "es")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")  # small in French, Spanish


def read_entries(path: str) -> Entries:
    """Read a dictionary file.

    Args:
        path: ``.json``: an object of key -> alternative or list of alternatives; any other: UTF-8 text, a key and an
            alternative a line with a tab between them (a space, where a line has no tab); repeated keys collect
            alternatives, and lines that begin with ``#`` are left out.

    Raises:
        DataError: the file is missing, isn't UTF-8, or a line or value can't be read; the message names it.
    """
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the dictionary file {path!r} can't be read ({error}): give the path of a UTF-8 "
                        "file") from error
    found: dict[str, dict[str, None]] = {}
    if path.endswith(".json"):
        try:
            given = json.loads(text)
        except json.JSONDecodeError as error:
            raise DataError(f"the dictionary file {path!r} is no JSON ({error})") from error
        if not isinstance(given, dict):
            raise DataError(f"the dictionary file {path!r} holds a {type(given).__name__}: write one object, "
                            '{"key": ["alternative", ...]}')
        for key, value in given.items():
            values = [value] if isinstance(value, str) else value
            if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
                raise DataError(f"the dictionary file {path!r}, key {key!r}: write a text or a list of texts")
            found.setdefault(key, {}).update(dict.fromkeys(values))
    else:
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            parts = line.strip().split("\t") if "\t" in line else line.split()
            if len(parts) < 2 or ("\t" not in line and len(parts) != 2):
                raise DataError(f"the dictionary file {path!r}, line {number}: {line!r} must be a key and an "
                                "alternative with a tab between them")
            found.setdefault(parts[0].strip(), {}).update(dict.fromkeys(p.strip() for p in parts[1:]))
    return {key: tuple(values) for key, values in found.items()}


@lru_cache(maxsize=16)
def _from_file(path: str, _version: tuple[int, int], ignore_case: bool) -> Dictionary:
    return build(read_entries(path), ignore_case=ignore_case)


@lru_cache(maxsize=16)
def _from_mapping(entries: str, ignore_case: bool) -> Dictionary:
    return build(json.loads(entries), ignore_case=ignore_case)


@lru_cache(maxsize=16)
def _file_digest(path: str, _version: tuple[int, int]) -> str:
    return hashlib.blake2b(Path(path).expanduser().read_bytes(), digest_size=8).hexdigest()


def _version(path: str) -> tuple[int, int]:
    try:
        facts = Path(path).expanduser().stat()
    except OSError as error:
        raise DataError(f"the dictionary file {path!r} can't be read ({error}): give the path of a UTF-8 "
                        "file") from error
    return facts.st_mtime_ns, facts.st_size


@lru_cache(maxsize=8)
def _shipped(language: str) -> Dictionary:
    column = 1 + _LANGUAGES.index(language)
    words = {row[0]: row[column].split("|") for row in rows("languages.tsv")}
    small = () if language == "de" else [new for day in _DAYS for new in words[day]]
    return build(words, as_written=small)


class _Given(Replacement):
    mapping: dict[str, tuple[str, ...] | str] | None = Field(
        default=None, description="key -> alternative, or alternatives, each equally likely")
    path: str | None = Field(default=None, description="a dictionary file: .json, or key and alternative a line")
    ignore_case: bool = Field(default=True, description="whether keys are found in any case, and the case is kept")

    def _given(self) -> Dictionary:
        if self.path is not None:
            return _from_file(self.path, _version(self.path), self.ignore_case)
        entries: Mapping[str, Any] = self.mapping or {}
        lists = {k: [v] if isinstance(v, str) else list(v) for k, v in entries.items()}
        return _from_mapping(json.dumps(lists), self.ignore_case)

    def _dictionary(self) -> Dictionary:
        return self._given()

    def _kernel(self) -> tuple[Kernel, Pool]:
        dictionary = self._dictionary()
        return dictionary_operation(REPLACE, dictionary, FOLD * self.ignore_case), dictionary.pool

    def state_digest(self) -> str:
        """A digest of the file, ``""`` for a mapping or where there is no such file."""
        if self.path is None or not Path(self.path).expanduser().is_file():
            return ""
        return _file_digest(self.path, _version(self.path))


class WordReplace(_Given):
    """Replaces words and phrases by a dictionary of yours.

    Keys have up to three words; they are found without the punctuation around words, and with a possessive 's left in
    place. Of several keys that begin at a word the longest counts; a key without alternatives protects its words.

    Args:
        rate: probability in 0..1 that a word or phrase of the dictionary is replaced.
        mapping: key -> alternative, or alternatives, each equally likely. Either this or ``path``.
        path: a dictionary file: ``.json``, or lines with a key, a tab, and an alternative.
        ignore_case: whether keys are found in any case, and the case of what they replace is kept.
        on: the text column, where there is a choice.

    Raises:
        ConfigError: neither or both of ``mapping`` and ``path`` are given, or a key can't be one.
        DataError: the file can't be read.

    Example:
        >>> swap = WordReplace(rate=1.0, mapping={"heart attack": "myocardial infarction", "fever": ("pyrexia",)})
        >>> swap(["Fever, then a heart attack."])
        ['Pyrexia, then a myocardial infarction.']
    """

    name: ClassVar[str] = "text-noise/word-replace"

    @model_validator(mode="after")
    def _one_source(self) -> WordReplace:
        if (self.mapping is None) == (self.path is None):
            raise ConfigError("give either mapping, as {'key': 'alternative'}, or path, the name of a dictionary file")
        if self.mapping is not None:
            self._given()
        return self


class CodeSwitch(_Given):
    """Replaces words by their translations, so that a text switches between languages.

    With ``mapping`` or ``path`` from your dictionary, for example one of the MUSE collection (a word, a space or tab,
    and its translation a line; several lines a word where it has several). Without, from a small dictionary that ships
    with the plugin: about 145 frequent English words in German, French and Spanish, mostly in their base form.

    Qin et al., CoSDA-ML (arXiv:2006.06402), with one target language at a time.

    Args:
        rate: probability in 0..1 that a word of the dictionary is replaced.
        language: the shipped dictionary: ``de``, ``fr`` or ``es``; of no effect with a dictionary of yours.
        mapping: word -> translation, or translations, each equally likely.
        path: a dictionary file: ``.json``, or lines with a word and its translation.
        ignore_case: whether words are found in any case, and the case of what they replace is kept.
        on: the text column, where there is a choice.

    Raises:
        ConfigError: both of ``mapping`` and ``path`` are given, or a key can't be one.
        DataError: the file can't be read.

    Example:
        >>> CodeSwitch(rate=1.0)(["The dog drinks water in the house."])
        ['The Hund trinkt Wasser in the Haus.']
    """

    name: ClassVar[str] = "text-noise/code-switch"

    language: Literal["de", "fr", "es"] = Field(default="de", description="language of the shipped dictionary")

    @model_validator(mode="after")
    def _one_source(self) -> CodeSwitch:
        if self.mapping is not None and self.path is not None:
            raise ConfigError("give mapping or path, not both; without them the shipped dictionary is used")
        if self.mapping is not None:
            self._given()
        return self

    def _dictionary(self) -> Dictionary:
        return _shipped(self.language) if self.mapping is None and self.path is None else self._given()
