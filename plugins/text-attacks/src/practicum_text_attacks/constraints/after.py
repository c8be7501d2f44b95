"""Constraints on what a text may become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator

from practicum.batch import Batch
from practicum.errors import ConfigError
from practicum.keys import Keys
from practicum.levenshtein import levenshtein
from practicum.model import Encoder, Model
from practicum.technique import Nested
from practicum.transformation import Transformation
from practicum_text_attacks.constraints.base import Change, Constraint, Mask
from practicum_text_attacks.parts_of_speech import parts_of
from practicum_text_attacks.sentence import Sentence, core


def words_allowed(eps: float, count: int) -> float:
    """The words of a text of ``count`` that may change: a share below 1, of which one word is always allowed; else a
    number.

    Example:
        >>> words_allowed(0.25, 9), words_allowed(0.25, 2), words_allowed(3, 9)
        (2.0, 1.0, 3)
    """
    return max(1.0, float(np.floor(eps * count + 1e-9))) if eps < 1 else eps


class WordsChanged(Constraint):
    """At most so many words change.

    Args:
        most: below 1 a share of the text's words, of which one is always allowed; else how many.

    Example:
        >>> made = Sentence.of("a good film")
        >>> change = Change(made, "a good film", ("a", "fine", "movie"), 2, "a fine movie")
        >>> WordsChanged(most=0.5).allows([change]).tolist(), WordsChanged(most=2).allows([change]).tolist()
        ([False], [True])
    """

    constraint: Literal["words-changed"] = "words-changed"
    most: float = Field(default=0.4, gt=0.0, description="below 1 a share of the words, else how many")

    def allows(self, changes: Sequence[Change]) -> Mask:
        return np.array([c.words_moved() <= words_allowed(self.most, len(c.words)) for c in changes],
                        dtype=bool)


class EditDistance(Constraint):
    """At most so many insertions, deletions and replacements of characters lie between text and original.

    Example:
        >>> change = Change(Sentence.of("film"), "film", ("flim",), 0, "flim")
        >>> EditDistance(most=1).allows([change]).tolist()
        [False]
    """

    constraint: Literal["edit-distance"] = "edit-distance"
    most: float = Field(default=30.0, gt=0.0, description="characters inserted, deleted and replaced")

    def allows(self, changes: Sequence[Change]) -> Mask:
        return np.asarray(levenshtein([c.before for c in changes], [c.after for c in changes]) <= self.most)


class KeepsEnds(Constraint):
    """A word's first and last letters stay, as readers need them.

    Example:
        >>> made = Sentence.of("film,")
        >>> [KeepsEnds().allows([Change(made, "film,", (w,), 0, w)]).item() for w in ("flim,", "ilm,")]
        [True, False]
    """

    constraint: Literal["keeps-ends"] = "keeps-ends"

    def allows(self, changes: Sequence[Change]) -> Mask:
        pairs = [(c.sentence.words[c.position], c.words[c.position]) for c in changes]
        return np.array([_ends(old) == _ends(new) for old, new in pairs], dtype=bool)


def _ends(word: str) -> tuple[str, str]:
    middle = core(word)[1]
    return middle[:1], middle[-1:]


class SamePartOfSpeech(Constraint):
    """The new word can be a part of speech that the old one can be, by lemminflect's lexicon of English.

    Words that the lexicon doesn't know are replaced by such only.

    Raises:
        MissingRequirement: lemminflect isn't installed.

    Example:
        >>> made = Sentence.of("She runs")
        >>> changes = [Change(made, "She runs", ("She", w), 1, f"She {w}") for w in ("goes", "quickly")]
        >>> SamePartOfSpeech().allows(changes).tolist()
        [True, False]
    """

    constraint: Literal["same-part-of-speech"] = "same-part-of-speech"

    def allows(self, changes: Sequence[Change]) -> Mask:
        out = []
        for c in changes:
            old, new = (parts_of(core(w)[1]) for w in (c.sentence.words[c.position], c.words[c.position]))
            out.append(bool(old & new) or old == new)
        return np.array(out, dtype=bool)


class Similarity(Constraint):
    """The vectors of text and original have a cosine of at least ``least``.

    Args:
        encoder: a model that encodes texts, or its configuration, as ``{"use": "text-attacks/sentence-encoder"}``.
        least: the smallest cosine allowed, -1..1.
        window: words on either side of the change that are compared; the whole text when ``None``.

    Raises:
        ConfigError: the model encodes nothing.

    Example:
        >>> from practicum.model import Predictions
        >>> class Lengths(Model):
        ...     name, modalities = "toy/lengths", frozenset({"text"})
        ...     def encode(self, batch, column=None):
        ...         return np.array([[1.0, len(text)] for text in batch.to_list()])
        ...     def predict(self, batch):
        ...         return Predictions("regression", batch.ids, self.encode(batch))
        >>> made = Sentence.of("film")
        >>> changes = [Change(made, "film", (w,), 0, w) for w in ("plot", "a")]
        >>> Similarity(encoder=Lengths(), least=0.9).cosines(changes).round(3).tolist()
        [1.0, 0.857]
    """

    constraint: Literal["similarity"] = "similarity"
    encoder: Nested[Model] = Field(description="a model that encodes texts")
    least: float = Field(default=0.8, ge=-1.0, le=1.0, description="the smallest cosine allowed")
    window: int | None = Field(default=None, ge=0, description="words compared on either side; all when null")

    @field_validator("encoder")
    @classmethod
    def _encodes(cls, value: Model) -> Model:
        if not isinstance(value, Encoder):
            raise ConfigError(f"{value.name} can't tell how similar texts are: it has no encode(); "
                              "text-attacks/sentence-encoder has")
        return value

    def cosines(self, changes: Sequence[Change]) -> npt.NDArray[np.float64]:
        """The cosine of each change, float64 [N]; 1 where nothing is compared."""
        pairs = [self._pair(c) for c in changes]
        known = {text: at for at, text in enumerate(dict.fromkeys(t for pair in pairs for t in pair))}
        if not known:
            return np.zeros(0)
        encoder: Encoder = self.encoder  # type: ignore[assignment]  # _encodes has made sure
        vectors = np.asarray(encoder.encode(Batch.of(list(known), modality="text")), dtype=np.float64)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = vectors / np.where(length > 0, length, 1.0)
        old, new = ([known[pair[side]] for pair in pairs] for side in (0, 1))
        return np.asarray(np.where(np.equal(old, new), 1.0, (vectors[old] * vectors[new]).sum(axis=1)))

    def allows(self, changes: Sequence[Change]) -> Mask:
        return np.asarray(self.cosines(changes) >= self.least)

    def _pair(self, change: Change) -> tuple[str, str]:
        if self.window is None:
            return change.before, change.after
        near = slice(max(0, change.position - self.window), change.position + self.window + 1)
        return " ".join(change.sentence.words[near]), " ".join(w for w in change.words[near] if w)


class Passes(Constraint):
    """The text, or each word that is to be replaced, passes a registered filter, as ``text-filters/part-of-speech``.

    Args:
        technique: a technique that drops texts, or its configuration.
        each: ``text``: texts afterwards must pass; ``word``: only words that pass, looked at alone, are replaced.

    Raises:
        ConfigError: the technique drops nothing.

    Example:
        >>> from practicum.transformation import Filter
        >>> class Short(Filter):
        ...     name, modalities = "toy/short", frozenset({"text"})
        ...     def keep(self, batch, keys):
        ...         return [len(text) < 6 for text in batch.to_list()]
        >>> Passes(technique=Short(), each="word").free([Sentence.of("a tremendous film")])[0].tolist()
        [True, False, True]
    """

    constraint: Literal["passes"] = "passes"
    technique: Nested[Transformation] = Field(description="a technique that drops texts")
    each: Literal["text", "word"] = Field(default="text", description="what must pass: texts after, or words before")

    @field_validator("technique")
    @classmethod
    def _filters(cls, value: Transformation) -> Transformation:
        if not value.filters or "text" not in value.modalities:
            raise ConfigError(f"{value.name} can't be a constraint: it drops no texts (practicum list shows filters of "
                              "texts under text-filters)")
        return value

    def free(self, sentences: Sequence[Sentence]) -> list[Mask]:
        if self.each == "text":
            return super().free(sentences)
        passing = self._passing([w for s in sentences for w in s.words])
        return [np.array([passing[w] for w in s.words], dtype=bool) for s in sentences]

    def allows(self, changes: Sequence[Change]) -> Mask:
        if self.each == "word":
            return super().allows(changes)
        passing = self._passing([c.after for c in changes])
        return np.array([passing[c.after] for c in changes], dtype=bool)

    def _passing(self, texts: Sequence[str]) -> dict[str, bool]:
        distinct = list(dict.fromkeys(texts))
        kept: frozenset[int] = frozenset()
        if distinct:
            batch = Batch.of(distinct, modality="text")
            kept = frozenset(int(i) for i in self.technique.run(batch, Keys()).ids)
        return {text: at in kept for at, text in enumerate(distinct)}
