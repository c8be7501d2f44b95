"""Words that carry little information, replaced by words of the collection."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import Field, PrivateAttr

from practicum.batch import Batch
from practicum.errors import DataError, UsageError
from practicum.keys import Keys
from practicum.transformation import Scope
from practicum_text_noise import tfidf_kernel
from practicum_text_noise.letter_case import cases, lower_table
from practicum_text_noise.noise import Kernel, Noise, Pool, _byte_kinds
from practicum_text_noise.replacement import scratch
from practicum_text_noise.unicode_classes import char_classes
from practicum_text_noise.vocabulary import Vocabulary


class TfidfReplace(Noise):
    """Replaces words of low TF-IDF by words drawn from the texts it was fitted on, and keeps those that carry meaning.

    In a text of n words x_1 ... x_n, with C the largest TF-IDF among them, x_i is replaced with probability
    min(1, ``rate`` (C - TFIDF(x_i)) / Z), where Z is the mean of C - TFIDF(x_j): on average ``rate`` of the words, and
    never the most informative one. A new word w is drawn with probability proportional to max S - S(w), where
    S(w) = occurrences(w) IDF(w) over the fitted texts. TFIDF(x) = (occurrences of x in the text / n) IDF(x), and
    IDF(x) = log(texts / texts that hold x); a word that wasn't seen counts as one of a single text. A higher rate
    replaces the same words and more. Case is kept.

    Xie et al., unsupervised data augmentation (arXiv:1904.12848), section 2.2 and appendix A.2.

    Args:
        rate: expected share in 0..1 of words that are replaced.
        min_count: occurrences below which a word is left out of the vocabulary.
        on: the text column, where there is a choice.

    Raises:
        UsageError: it wasn't fitted.

    Example:
        >>> import practicum as pm
        >>> texts = ["the cat saw the dog", "the dog ate the bone", "a cat is on the mat", "the sun is out"]
        >>> fitted = TfidfReplace(rate=0.5).fit(pm.Batch.of(texts), pm.Keys(0))
        >>> fitted(["The cat is on the mat."], seed=1)
        ['The the is on the mat.']
    """

    name: ClassVar[str] = "text-noise/tfidf-replace"
    scope: ClassVar[Scope] = "dataset"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"rate": (0.1, 0.3, 0.5)}

    rate: float = Field(default=0.3, ge=0.0, le=1.0, description="expected share of words that are replaced")
    min_count: int = Field(default=1, ge=1, description="occurrences below which a word is left out of the vocabulary")
    _vocabulary: Vocabulary | None = PrivateAttr(default=None)

    def fit(self, batch: Batch, keys: Keys) -> Self:
        """Count the words of a batch and return a fitted copy."""
        texts = batch.to_list(batch.column_name(self.on, self.modalities))
        return self._with(Vocabulary.of(texts, self.min_count))

    def _with(self, vocabulary: Vocabulary) -> Self:
        made = self.evolve()
        object.__setattr__(made, "__pydantic_private__", {"_vocabulary": vocabulary})
        return made

    def _fitted(self) -> Vocabulary:
        if self._vocabulary is None:
            raise UsageError(f"{self.name} isn't fitted: call fitted = technique.fit(batch, keys) on the training "
                             "texts first, or TfidfReplace.load(path)")
        return self._vocabulary

    def state_digest(self) -> str:
        """A digest of the vocabulary, ``""`` before fitting."""
        return "" if self._vocabulary is None else self._vocabulary.digest()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write configuration, vocabulary and digest to a JSON file, by way of a temporary one."""
        state = {"config": self.config(), "digest": self.state_digest(), "vocabulary": self._fitted().to_json()}
        aside = Path(f"{os.fspath(path)}.tmp")
        aside.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
        os.replace(aside, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read back :meth:`save`.

        Raises:
            DataError: the file is missing, is of another kind, or its vocabulary doesn't fit its digest.
        """
        try:
            state: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
            vocabulary = Vocabulary.from_json(state["vocabulary"])
            fields = {k: v for k, v in state["config"].items() if k != "use"}
            digest = state["digest"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{cls.name}: {os.fspath(path)!r} is no saved state ({type(error).__name__}: {error}): "
                            "write one with technique.save(path)") from error
        if vocabulary.digest() != digest:
            raise DataError(f"{cls.name}: {os.fspath(path)!r} is damaged, since its vocabulary doesn't fit its digest: "
                            "fit and save it anew")
        return cls(**fields)._with(vocabulary)

    def _kernel(self) -> tuple[Kernel, Pool]:
        vocabulary = self._fitted()
        dictionary = vocabulary.dictionary

        def call(limit: np.uint32, stream: np.uint64, hashes: Any, offsets: Any, data: Any, pool: Pool, room: int,
                 *outputs: Any) -> None:
            working = (*scratch(room), np.empty(3 * room, np.int32), np.empty(room, np.float64))
            counts = np.zeros(len(vocabulary.words) + 1, np.int32)
            tfidf_kernel.replace_uninformative(
                self.rate, vocabulary.idf, vocabulary.idf_of_others, counts, vocabulary.guide, stream, hashes, offsets,
                data, char_classes(), _byte_kinds(), lower_table(), cases(), dictionary.arrays, pool.data, working,
                *outputs)
        return call, Pool(dictionary.pool.data, dictionary.pool.sizes, dictionary.widest + 1)
