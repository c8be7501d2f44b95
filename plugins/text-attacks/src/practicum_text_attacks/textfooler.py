"""Greedy replacement by the most similar synonym that wins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from practicum_text_attacks.constraints import AnyConstraint, Repeat, SamePartOfSpeech, Similarity, StopWords
from practicum_text_attacks.constraints.base import Change
from practicum_text_attacks.player import Player, Search, State, best
from practicum_text_attacks.sources import Source
from practicum_text_attacks.word_importance import WordImportance


class TextFooler(WordImportance):
    """Replaces words, the most important first, by synonyms of their part of speech; of those that win, the likest.

    Follows Jin et al., "Is BERT Really Robust?" (arXiv:1907.11932). What differs, plainly: substitutes are the synonyms
    of ``text-noise/synonym``, inflected like the word, where the paper takes the 50 nearest counter-fitted word vectors
    (give them as ``sources=[{source: listed, entries: ...}]``, or take ``lexicon: wordnet`` for more synonyms); parts
    of speech are those a word can be by lemminflect's lexicon, not those of a tagger; sentence similarity is asked for
    only where you add it as a constraint, ``{constraint: similarity, encoder: {use: text-attacks/sentence-encoder},
    least: 0.8, window: 7}``, with which the most similar of several winning texts is kept; without, the one of largest
    margin.

    Queries are those of ``text-attacks/word-importance``.

    Args:
        ranking, token: as of ``text-attacks/word-importance``.
        criterion, norm, eps, sources, constraints, queries, on: see :class:`practicum_text_attacks.attack.TextAttack`.

    Raises:
        MissingRequirement: no sources are given and ``text-noise/synonym`` isn't installed, or lemminflect isn't.

    Example:
        >>> from practicum import Batch
        >>> from practicum.testing.torch_toys import BagOfWords
        >>> model = BagOfWords.of(["good", "big"], [[1.0], [-1.0], [0.0]], [[-1.0], [1.0]])
        >>> attack = TextFooler(sources=[{"source": "listed", "entries": {"good": ["quickly", "big"]}}])
        >>> attack(model, Batch.of(["A good film"], targets={"label": [1]})).adversarial.to_pylist()
        ['A big film']
    """

    name: ClassVar[str] = "text-attacks/textfooler"

    constraints: tuple[AnyConstraint, ...] = Field(default=(StopWords(), Repeat(), SamePartOfSpeech()),
                                                   description="which words, and what texts, are allowed")

    def own_sources(self) -> tuple[Source, ...]:
        """At most 50 synonyms by ``text-noise/synonym``, of a word's first three meanings."""
        return (self.applied("text-noise/synonym", draws=32, most=50, senses=3),)

    def choose(self, player: Player, options: Sequence[Change], winners: Sequence[State]) -> Search[State]:
        """The most similar of the winning texts where similarity is a constraint, else the one of largest margin."""
        if not any(isinstance(c, Similarity) for c in self.constraints):
            return best(winners)
        cosines = yield from player.likeness(options)
        return winners[int(cosines.argmax())]
