"""A linker and a generator small enough to work out by hand, and what confuses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from pydantic import Field

from practicum import Batch, Keys, Model, Predictions
from practicum.evaluate.metrics import target_of
from practicum.transformation import Transformation


class Upper(Transformation):
    """Upper case."""

    name: ClassVar[str] = "test/upper"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    def apply_one(self, value: str, rng: Any) -> str:
        return value.upper()


class FirstWord(Upper):
    """Nothing but the first word."""

    name: ClassVar[str] = "test/first-word"

    def apply_one(self, value: str, rng: Any) -> str:
        return value.split()[0]


class Linker(Model):
    """Links a text to every record that one of its words is a spelling of; learns spellings from one-word texts."""

    name: ClassVar[str] = "test/linker"
    task: ClassVar[Any] = "links"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    spellings: Mapping[str, str] = Field(default={"red": "r1", "lamp": "r2", "ÉTÉ": "r3"},
                                         description="word to the id of the record it names")
    breaks_on: str = Field(default="", description="raises on texts with this in them")

    def predict(self, batch: Batch) -> Predictions:
        texts = batch.to_list()
        if self.breaks_on and any(self.breaks_on in t for t in texts):
            raise RuntimeError("the index is gone")
        rows = [(sample, self.spellings[word], 1.0) for sample, text in zip(batch.ids, texts, strict=True)
                for word in text.split() if word in self.spellings]
        return Predictions("links", batch.ids, rows)

    def fit(self, batches: Sequence[Batch], keys: Keys, tracker: Any = None, *, augment: Any = None,
            adversary: Any = None, checkpoint: Any = None) -> Self:
        known = dict(self.spellings)
        for batch in batches:
            seen = augment.run(batch, keys) if augment is not None else batch
            for text, links in zip(seen.to_list(), target_of("links", batch).data, strict=True):
                if len(text.split()) == len(links) == 1:
                    known[text] = str(links[0])
        return self.evolve(spellings=known)


class WordByWord(Model):
    """Generates the words' translations and leaves out what it doesn't know; learns from one-word texts."""

    name: ClassVar[str] = "test/word-by-word"
    task: ClassVar[Any] = "generation"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    words: Mapping[str, str] = Field(default={"der": "the", "Hund": "dog", "über": "above", "rot": "red"},
                                     description="word to its translation")
    breaks_on: str = Field(default="", description="raises on texts with this in them")

    def predict(self, batch: Batch) -> Predictions:
        texts = batch.to_list()
        if self.breaks_on and any(self.breaks_on in t for t in texts):
            raise RuntimeError("no words left")
        return Predictions("generation", batch.ids,
                           [" ".join(self.words[w] for w in t.split() if w in self.words) for t in texts])

    def fit(self, batches: Sequence[Batch], keys: Keys, tracker: Any = None, *, augment: Any = None,
            adversary: Any = None, checkpoint: Any = None) -> Self:
        known = dict(self.words)
        for batch in batches:
            seen = augment.run(batch, keys) if augment is not None else batch
            for text, references in zip(seen.to_list(), target_of("generation", batch).data, strict=True):
                if len(text.split()) == len(references[0].split()) == 1:
                    known[text] = references[0]
        return self.evolve(words=known)
