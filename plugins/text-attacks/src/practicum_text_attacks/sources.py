"""Where substitutes for a word come from: registered text techniques, and what no technique covers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from practicum.batch import Batch
from practicum.edits import Edit, TextEdits, apply_edits
from practicum.errors import ConfigError, DataError
from practicum.keys import Keys
from practicum.technique import Nested
from practicum.transformation import Transformation
from practicum_text_attacks.sentence import core


@dataclass(frozen=True, slots=True)
class Place:
    """One word to be replaced.

    Args:
        sample: id of its sample.
        position: of the word in its text.
        visit: how often the word has been replaced before.
        word: as it stands now.
    """

    sample: Any
    position: int
    visit: int
    word: str


class Source(BaseModel):
    """Proposes substitutes for words."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    deletes: ClassVar[bool] = False
    """Whether an empty substitute, which deletes the word, is meant."""

    @abstractmethod
    def propose(self, places: Sequence[Place], keys: Keys) -> list[list[str]]:
        """Substitutes for each place; repetitions and the word itself are left out afterwards."""


class Delete(Source):
    """The word is deleted.

    Example:
        >>> Delete().propose([Place("x", 0, 0, "film")], Keys())
        [['']]
    """

    source: Literal["delete"] = "delete"
    deletes: ClassVar[bool] = True

    def propose(self, places: Sequence[Place], keys: Keys) -> list[list[str]]:
        return [[""] for _ in places]


class Unknown(Source):
    """The word becomes a token that the model doesn't know.

    Args:
        token: what to write.

    Example:
        >>> Unknown().propose([Place("x", 0, 0, "film")], Keys())
        [['[UNK]']]
    """

    source: Literal["unknown"] = "unknown"
    token: str = Field(default="[UNK]", min_length=1, description="what to write in place of the word")

    def propose(self, places: Sequence[Place], keys: Keys) -> list[list[str]]:
        return [[self.token] for _ in places]


class Listed(Source):
    """All alternatives that a dictionary of yours lists for the word.

    A word is looked up without the punctuation around it, which stays; where it isn't there as it stands, in lower
    case, and the alternative then takes the word's first capital.

    Args:
        entries: word -> its alternatives.

    Example:
        >>> Listed(entries={"film": ("movie", "picture")}).propose([Place("x", 0, 0, "Film,")], Keys())
        [['Movie,', 'Picture,']]
    """

    source: Literal["listed"] = "listed"
    entries: Mapping[str, tuple[str, ...]] = Field(description="word -> its alternatives")

    def __hash__(self) -> int:
        return hash(tuple(sorted(self.entries.items())))

    def propose(self, places: Sequence[Place], keys: Keys) -> list[list[str]]:
        return [self._of(place.word) for place in places]

    def _of(self, word: str) -> list[str]:
        before, middle, after = core(word)
        found = self.entries.get(middle)
        if found is None:
            found = self.entries.get(middle.lower(), ())
            if middle[:1].isupper():
                found = tuple(w[:1].upper() + w[1:] for w in found)
        return [before + w + after for w in found]


class Vocabulary(Source):
    """The same words for every place, as in HotFlip's flips of words.

    Args:
        words: the substitutes.

    Example:
        >>> Vocabulary(words=("dull", "fine")).propose([Place("x", 0, 0, "film.")], Keys())
        [['dull.', 'fine.']]
    """

    source: Literal["vocabulary"] = "vocabulary"
    words: tuple[str, ...] = Field(min_length=1, description="the substitutes")

    def propose(self, places: Sequence[Place], keys: Keys) -> list[list[str]]:
        out = []
        for place in places:
            before, _, after = core(place.word)
            out.append([before + word + after for word in self.words])
        return out


class Applied(Source):
    """A registered text technique, applied to the word alone with several keys; its different outputs are substitutes.

    The technique sees one word with the punctuation that touches it, never the sentence. Its draws are those of the
    sample, the word's position, and how often the word was replaced before, so nothing else in the batch matters.

    Args:
        technique: a transformation of texts that preserves the label, or its configuration, as
            ``{"use": "text-noise/synonym", "rate": 1.0}``. Its rate should be 1: the search chooses the words.
        draws: how often it is asked. A technique that picks one of m alternatives shows all of them only after several
            times m draws.
        singly: take each edit that the technique logs as a substitute of its own, instead of all of them at once: at
            rate 1, ``text-noise/char-delete`` then gives the word with its first letter missing, with its second, and
            so on. Edits that move pieces are kept together.
        most: no more substitutes of a word than this, chosen by draws of the sample; all when ``None``.

    Raises:
        ConfigError: the technique drops rows, changes labels, or isn't for texts; or ``singly`` with one that logs no
            edits.

    Example:
        >>> from practicum.testing.toys import Reverse
        >>> Applied(technique=Reverse(), draws=1).propose([Place("x", 0, 0, "film")], Keys())
        [['mlif']]
    """

    source: Literal["technique"] = "technique"
    technique: Nested[Transformation] = Field(description="a text technique, or its configuration")
    draws: int = Field(default=8, ge=1, le=1024, description="how often the technique is asked about a word")
    singly: bool = Field(default=False, description="each edit of the technique is a substitute of its own")
    most: int | None = Field(default=None, ge=1, description="no more substitutes of a word than this")

    @field_validator("technique")
    @classmethod
    def _of_texts(cls, value: Transformation) -> Transformation:
        if "text" not in value.modalities:
            raise ConfigError(f"{value.name} can't give substitutes: it takes {' or '.join(sorted(value.modalities))}, "
                              "not text")
        if value.filters:
            raise ConfigError(f"{value.name} can't give substitutes: it drops samples; use it as a constraint "
                              "{'constraint': 'passes', 'technique': ...}")
        if value.label_effect != "preserves":
            raise ConfigError(f"{value.name} {value.label_effect} labels, so that what the model says afterwards would "
                              "be no mistake: use a technique that preserves them")
        return value

    @model_validator(mode="after")
    def _logged(self) -> Applied:
        if self.singly and not self.technique.writes_edits:
            raise ConfigError("singly=True takes the technique's edits one by one, but "
                              f"{self.technique.name} logs none")
        return self

    def propose(self, places: Sequence[Place], keys: Keys) -> list[list[str]]:
        ids = [f"{p.position}:{p.visit}:{p.sample}" for p in places]
        batch = Batch.of([p.word for p in places], ids=ids, modality="text")
        given = batch.recording() if self.singly else batch
        technique = self.technique if self.technique.on is None else self.technique.evolve(on=None)
        out: list[list[str]] = [[] for _ in places]
        for draw in range(self.draws):
            made = technique.run(given, keys.with_output(draw))
            if self.singly:
                for substitutes, place, edits in zip(out, places, _edits(technique, made), strict=True):
                    substitutes += [apply_edits(place.word, group) for group in edits]
            else:
                for substitutes, text in zip(out, made.to_list(), strict=True):
                    substitutes.append(text)
        if self.most is None:
            return out
        distinct = [[s for s in dict.fromkeys(found) if s and s != p.word]
                    for found, p in zip(out, places, strict=True)]
        longest = max(map(len, distinct), default=0)
        if longest <= self.most:
            return distinct
        drawn = keys.child("most").bind(batch.ids).words(longest)
        kept = [sorted(np.argsort(drawn[row, :len(found)], kind="stable")[:self.most].tolist())
                for row, found in enumerate(distinct)]
        return [[found[k] for k in rows] for found, rows in zip(distinct, kept, strict=True)]


def _edits(technique: Transformation, made: Batch) -> list[list[list[Edit]]]:
    """For each text the edits of the only step of the log, in groups that can't be taken apart."""
    steps = made.edits.steps if made.edits is not None else ()
    if len(steps) != 1 or steps[0].edits is None:
        raise DataError(f"{technique.name} logged {len(steps)} steps, so that its edits can't be taken one by one: use "
                        "a single technique, or singly=False")
    return [groups(rows) for rows in _by_text(steps[0].edits, len(made))]


def _by_text(edits: TextEdits, count: int) -> list[list[Edit]]:
    source = edits.source if edits.source is not None else np.full(len(edits), -1, np.int32)
    out: list[list[Edit]] = [[] for _ in range(count)]
    for row, *edit in zip(edits.row.tolist(), edits.start.tolist(), edits.stop.tolist(), edits.text.to_pylist(),
                          source.tolist(), strict=True):
        out[row].append((edit[0], edit[1], edit[2], edit[3]))
    return out


def groups(edits: Sequence[Edit]) -> list[list[Edit]]:
    """Edits of one text, those together that move pieces between each other's places.

    Example:
        >>> groups([(0, 1, "b", 1), (1, 2, "a", 0), (3, 4, "x", -1)])
        [[(0, 1, 'b', 1), (1, 2, 'a', 0)], [(3, 4, 'x', -1)]]
    """
    if all(len(edit) == 3 or edit[3] < 0 for edit in edits):
        return [[edit] for edit in edits]
    root = list(range(len(edits)))
    for at, edit in enumerate(edits):
        if len(edit) == 4 and edit[3] >= 0:
            for other, taken in enumerate(edits):
                if taken[0] < edit[3] + max(len(edit[2]), 1) and edit[3] < max(taken[1], taken[0] + 1):
                    low, high = sorted((root[at], root[other]))
                    root = [low if r == high else r for r in root]
    made: dict[int, list[Edit]] = {}
    for at, edit in enumerate(edits):
        made.setdefault(root[at], []).append(edit)
    return list(made.values())


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("source", "technique" if "technique" in value else ""))
    return str(getattr(value, "source", ""))


AnySource = Annotated[
    Annotated[Delete, Tag("delete")] | Annotated[Unknown, Tag("unknown")] | Annotated[Listed, Tag("listed")]
    | Annotated[Vocabulary, Tag("vocabulary")] | Annotated[Applied, Tag("technique")], Discriminator(_kind)]
"""A field that holds a source: the object, or its plain form as ``{technique: {use: text-noise/synonym, rate: 1}}``."""


def substitutes(sources: Sequence[Source], places: Sequence[Place], keys: Keys) -> list[list[str]]:
    """The different substitutes of each place, in the order of the sources."""
    out: list[dict[str, None]] = [{} for _ in places]
    if not places:
        return []
    for number, source in enumerate(sources):
        found = source.propose(places, keys.child(f"source-{number}"))
        for place, known, made in zip(places, out, found, strict=True):
            known.update(dict.fromkeys(w for w in made if w != place.word and (w.strip() or source.deletes)))
    return [list(known) for known in out]
