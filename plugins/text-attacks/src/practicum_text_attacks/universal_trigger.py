"""Words that, put before any text, change what a classifier says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator

from practicum.attack import Attack, Budget
from practicum.batch import Batch
from practicum.criterion import AnyCriterion, Criterion, Misclassified
from practicum.errors import ConfigError, DataError, UsageError
from practicum.keys import Keys
from practicum.model import Model
from practicum_text_attacks.gradients import Gradients, changed
from practicum_text_attacks.judge import Judge
from practicum_text_attacks.player import Slope

START = "the"


class UniversalTrigger(Attack):
    """Puts the same few words before (or after) every text; learned once, by gradient-guided search over a vocabulary.

    :meth:`fit` starts from "the the the" and goes over the places of the trigger in turn: the gradient of the mean
    margin over the samples ranks all words of the vocabulary for the place, the ``top`` best are tried on all samples,
    and the best of them is kept where the mean margin rises; until a whole turn changes nothing. On a model that is
    linear in its embeddings each place gets the word that is best of all. The learned words are the field ``trigger``,
    so a configuration holds them; attacking costs no query.

    Follows Wallace, Feng, Kandpal, Gardner and Singh (arXiv:1908.07125). What differs: the objective is the mean
    margin; one trigger is kept, not a beam; the vocabulary is of whole words, by default those of the samples it learns
    from, so that what was optimised is what the model reads when the text is cut into units again.

    Args:
        trigger: the words, once learned.
        length: words of the trigger.
        place: whether it comes before or after a text.
        vocabulary: words it may be made of; the most frequent of all samples given, of every class, when empty.
        most_words: so many of them.
        top: words tried at each place.
        turns: most turns over the places.
        samples: most samples it learns from, drawn by id.
        criterion: when a sample counts as won; ``{target: 3}`` for triggers that make everything class 3.
        on: the text column, where there is a choice.

    Raises:
        UsageError: it hasn't learned a trigger yet.
        CapabilityError: the model has no embedding gradients.

    Example:
        >>> import practicum as pm
        >>> from practicum.testing.torch_toys import BagOfWords
        >>> model = BagOfWords.of(["good", "dull", "bad"], [[1.0], [-2.0], [-1.0], [0.0]], [[-1.0], [1.0]])
        >>> data = pm.Batch.of(["good film", "a good dull plot", "bad"], targets={"label": [1, 0, 0]})
        >>> attack = UniversalTrigger(length=1).fit(model, data.take([0]), pm.Keys(0))
        >>> attack = attack.evolve(vocabulary=("dull", "bad")).fit(model, data.take([0]), pm.Keys(0))
        >>> attack.trigger, attack(model, data.take([0])).adversarial.to_pylist()
        (('dull',), ['dull good film'])
    """

    name: ClassVar[str] = "text-attacks/universal-trigger"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    access: ClassVar[Literal["gradient", "score", "decision"]] = "gradient"
    learns: ClassVar[bool] = True

    trigger: tuple[str, ...] = Field(default=(), description="the words, once learned")
    length: int = Field(default=3, ge=1, le=32, description="words of the trigger")
    place: Literal["start", "end"] = Field(default="start", description="whether it comes before or after a text")
    vocabulary: tuple[str, ...] = Field(default=(), description="words it may be made of; those of the samples when "
                                                                "empty")
    most_words: int = Field(default=2000, ge=1, description="most words taken from the samples, the most frequent")
    top: int = Field(default=20, ge=1, description="words tried at each place")
    turns: int = Field(default=5, ge=1, description="most turns over the places")
    samples: int = Field(default=256, ge=1, description="most samples it learns from, drawn by id")
    criterion: AnyCriterion = Field(default=Misclassified(), description="when a sample counts as won")

    @field_validator("trigger", "vocabulary")
    @classmethod
    def _words(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for word in value:
            if len(word.split()) != 1 or word != word.strip():
                raise ConfigError(f"{word!r} is no single word: triggers are made of words without whitespace")
        return value

    @property
    def fitted(self) -> bool:
        """Whether there is a trigger."""
        return bool(self.trigger)

    def aim(self) -> Criterion:
        return self.criterion

    def budget(self, model: Model, batch: Batch) -> Budget:
        """As many words as the trigger has."""
        return Budget("words", float(len(self.trigger) or self.length))

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        """The texts with the trigger; those that the criterion doesn't concern stay.

        Raises:
            UsageError: it hasn't learned a trigger yet.
        """
        if not self.trigger:
            raise UsageError(f"{self.name} has no trigger yet: call attack.fit(model, batch, keys) with labelled "
                             "samples first, or give trigger=[...]")
        column = batch.column_name(self.on, self.modalities)
        concerned = self.criterion.concerns(self.criterion.facts(batch))
        before = batch.to_list(column)
        after = [self.attach(text, self.trigger) if c else text
                 for text, c in zip(before, concerned.tolist(), strict=True)]
        edits = None
        if batch.wants_edits(column):
            from practicum.diff import diff_column

            edits = diff_column(before, after)
        return batch.with_column(column, after, edits=edits, op=self.name)

    def attach(self, text: str, trigger: Sequence[str]) -> str:
        """A text with words before or after it."""
        words = " ".join(trigger)
        return f"{words} {text}" if self.place == "start" else f"{text} {words}"

    def fit(self, model: Model, batch: Batch, keys: Keys) -> Self:
        """A copy with a trigger learned from labelled samples.

        Args:
            model: the model to attack, with embedding gradients.
            batch: labelled samples; for a targeted trigger those of other classes are used.
            keys: choose the samples where there are more than ``samples``.

        Raises:
            CapabilityError: the model has no embedding gradients.
            DataError: the criterion concerns no sample, or there are no words to choose from.
        """
        self.check(model, batch)
        concerned = np.flatnonzero(self.criterion.concerns(self.criterion.facts(batch)))
        if not len(concerned):
            raise DataError(f"{self.name} has nothing to learn from: its criterion concerns none of the "
                            f"{len(batch)} samples")
        part = batch.take(concerned)
        part = part.take(keys.child(self.name).bind(part.ids).order()[:self.samples])
        judge = Judge(self, model, part)
        column = batch.column_name(self.on, self.modalities)
        words = self.vocabulary or _frequent(batch.to_list(column), self.most_words)
        if not words:
            raise DataError(f"{self.name} has no words to choose from: the samples are empty; give vocabulary=[...]")
        trigger = [START] * self.length
        reached = self._mean(judge, trigger)
        for _ in range(self.turns):
            before = tuple(trigger)
            for place in range(self.length):
                for word in self._promising(judge, trigger, place, words):
                    tried = [*trigger[:place], word, *trigger[place + 1:]]
                    margin = self._mean(judge, tried)
                    if margin > reached:
                        trigger, reached = tried, margin
            if tuple(trigger) == before:
                break
        return self.evolve(trigger=tuple(trigger))

    def _mean(self, judge: Judge, trigger: Sequence[str]) -> float:
        rows = np.arange(len(judge.texts))
        answers = judge.answers(rows, [self.attach(text, trigger) for text in judge.texts])
        return float(np.mean([margin for margin, _ in answers]))

    def _promising(self, judge: Judge, trigger: Sequence[str], place: int, words: Sequence[str]) -> list[str]:
        """The ``top`` words of highest first-order gain at one place, the best first."""
        gradients = Gradients(judge)
        rows = list(range(len(judge.texts)))
        slopes = gradients.slopes([(row, self.attach(judge.texts[row], trigger)) for row in rows])
        texts = [self.attach(judge.texts[0], [*trigger[:place], word, *trigger[place + 1:]]) for word in words]
        cut = gradients.units([(0, text) for text in texts])
        other = next((w for w, ids in zip(words, cut, strict=True) if not np.array_equal(ids, slopes[0].ids)), None)
        if other is None:
            return []  # the model can't tell any of the words from the present one
        marked = [*trigger[:place], other, *trigger[place + 1:]]
        pulls = []  # of the units that stand for this place, found where another word makes a difference
        for slope, units in zip(slopes, gradients.units([(row, self.attach(judge.texts[row], marked)) for row in rows]),
                                strict=True):
            start, stop = changed(slope.ids, units)
            if start + stop < len(slope.ids):
                pulls.append(slope.gradient[start:len(slope.ids) - stop].mean(axis=0))
        if not pulls:
            return []
        mean = np.mean(pulls, axis=0)
        first = Slope(slopes[0].ids, np.broadcast_to(mean, slopes[0].gradient.shape), slopes[0].embedding, 0.0, False)
        gains: npt.NDArray[np.float64] = gradients.estimates([(0, first, texts)])[0]
        order = np.argsort(-judge.steady(np.zeros(len(gains), dtype=np.int64), gains), kind="stable")
        return [words[k] for k in order[:self.top] if words[k] != trigger[place]]


def _frequent(texts: Sequence[str], most: int) -> tuple[str, ...]:
    """The most frequent words, in alphabetical order among equals."""
    counts = Counter(word for text in texts for word in text.split())
    return tuple(sorted(counts, key=lambda w: (-counts[w], w))[:most])
