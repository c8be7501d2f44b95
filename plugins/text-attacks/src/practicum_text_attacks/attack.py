"""What all attacks on texts share: a goal, constraints, sources of substitutes, budgets, a search over one sample."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, cast

import numpy as np
from pydantic import Field

from practicum.attack import Attack, Budget, Perturbed
from practicum.batch import Batch
from practicum.criterion import AnyCriterion, Criterion, Misclassified
from practicum.errors import MissingRequirement, UnknownTechnique
from practicum.keys import Keys
from practicum.model import Model
from practicum.technique import build
from practicum.transformation import Transformation
from practicum_text_attacks.constraints import AnyConstraint, EditDistance, Repeat, StopWords, WordsChanged
from practicum_text_attacks.constraints.after import words_allowed
from practicum_text_attacks.constraints.base import Constraint
from practicum_text_attacks.player import Player, Search, State
from practicum_text_attacks.rounds import Rounds
from practicum_text_attacks.sources import AnySource, Applied, Source


class TextAttack(Attack):
    """An attack that replaces words of a text, one after another.

    Follows the decomposition of Morris et al., TextAttack (arXiv:2005.05909): a goal, constraints, a transformation and
    a search. Here the transformation is any registered text technique, and all samples of a batch search at once.

    Args:
        criterion: when a sample counts as won; see :mod:`practicum.criterion`.
        norm: ``words``: the budget is in words; ``edits``: in characters (Levenshtein).
        eps: the budget. Of ``words``: below 1 the share of a text's words that may change, one word always; else how
            many. Of ``edits``: characters.
        sources: what may replace a word; the technique's own when empty.
        constraints: which words may be replaced and what texts may become.
        queries: most forward passes a sample may cost, the one on the clean text included; any number when ``None``.
        on: the text column, where there is a choice.
    """

    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    access: ClassVar[Literal["gradient", "score", "decision"]] = "score"
    worded: ClassVar[bool] = True
    """Whether only words with a letter or digit may be replaced, not punctuation standing alone."""
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"eps": (0.1, 0.2, 0.4)}

    criterion: AnyCriterion = Field(default=Misclassified(), description="when a sample counts as won")
    norm: Literal["words", "edits"] = Field(default="words", description="what the budget counts")
    eps: float = Field(default=0.4, gt=0.0, description="of words: below 1 a share (one word always), else how many; "
                                                        "of edits: characters")
    sources: tuple[AnySource, ...] = Field(default=(), description="what may replace a word; the technique's own when "
                                                                   "empty")
    constraints: tuple[AnyConstraint, ...] = Field(default=(StopWords(), Repeat()),
                                                   description="which words, and what texts, are allowed")
    queries: int | None = Field(default=None, ge=1, description="most forward passes a sample may cost")

    def aim(self) -> Criterion:
        return self.criterion

    def own_sources(self) -> tuple[Source, ...]:
        """What replaces words when no sources are given: synonyms by ``text-noise/synonym``."""
        return (self.applied("text-noise/synonym", draws=16),)

    def applied(self, technique: str, *, draws: int = 8, singly: bool = False, most: int | None = None,
                **fields: Any) -> Applied:
        """A registered technique at rate 1 as a source.

        Raises:
            MissingRequirement: it isn't installed; the message says what to install.
        """
        try:
            made = cast(Transformation, build({"use": technique, "rate": 1.0, **fields}))
        except UnknownTechnique as error:
            raise MissingRequirement(f"{self.name} takes its substitutes from the technique {technique}, which is not "
                                     "installed: pip install 'practicum-text-attacks[text-noise]', or give sources of "
                                     "your own with sources=[...]") from error
        return Applied(technique=made, draws=draws, singly=singly, most=most)

    def substitutes_from(self) -> tuple[Source, ...]:
        """The sources used."""
        return self.sources or self.own_sources()

    def rules(self) -> tuple[Constraint, ...]:
        """The constraints and the budget, the cheap ones first."""
        budget: Constraint = WordsChanged(most=self.eps) if self.norm == "words" else EditDistance(most=self.eps)
        dear = tuple(c for c in self.constraints if c.constraint in ("similarity", "passes"))
        return (*(c for c in self.constraints if c not in dear), budget, *dear)

    def budget(self, model: Model, batch: Batch) -> Budget:
        """The budget of each sample in words, or in characters, and its queries."""
        if self.norm == "edits" or self.eps >= 1:
            return Budget(self.norm, self.eps, queries=self.queries)
        counts = [len(text.split()) for text in batch.to_list(batch.column_name(self.on, self.modalities))]
        return Budget(self.norm, np.array([words_allowed(self.eps, n) for n in counts], dtype=np.float64),
                      queries=self.queries)

    def check(self, model: Any, batch: Batch) -> None:
        super().check(model, batch)
        self.substitutes_from()

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch | Perturbed:
        """Attacked texts for the same ids.

        Raises:
            DataError: a label that the model doesn't know.
            ModelOutputError: the scores are not [N, C] with C >= 2.
            MissingRequirement: a technique or package that sources or constraints need isn't installed.
        """
        column = batch.column_name(self.on, self.modalities)
        if not len(batch):
            return batch
        texts = Rounds(self, model, batch, keys).run(self.search)
        edits = None
        if batch.wants_edits(column):
            from practicum.diff import diff_column

            edits = diff_column(batch.to_list(column), texts)
        return batch.with_column(column, texts, edits=edits, op=self.name)

    @abstractmethod
    def search(self, player: Player) -> Search[State]:
        """The best text found for one sample: a generator of requests, see :mod:`practicum_text_attacks.player`."""
