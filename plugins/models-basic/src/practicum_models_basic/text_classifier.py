"""A linear classifier over hashed word and character n-gram embeddings."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import numpy as np
import torch
from pydantic import Field, PrivateAttr, model_validator
from torch import nn
from torch.nn import functional

from practicum.batch import Batch
from practicum.errors import ConfigError, DataError
from practicum.keys import Keys
from practicum_models_basic.initial import class_names, count_classes, initialise
from practicum_models_basic.ngrams import buckets_of, words_of
from practicum_models_basic.own_network import OwnNetwork


class _Words:
    """Ids of the words an instance was asked about: 0 is padding, then 1, 2, ... in order of appearance."""

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.words: list[str] = [""]
        self.lock = threading.Lock()

    def __getstate__(self) -> list[str]:
        return self.words

    def __setstate__(self, words: list[str]) -> None:
        self.words, self.lock = words, threading.Lock()
        self.ids = {word: number for number, word in enumerate(words) if number}

    def of(self, words: Sequence[str]) -> list[int]:
        with self.lock:
            found = []
            for word in words:
                number = self.ids.get(word)
                if number is None:
                    number = self.ids[word] = len(self.words)
                    self.words.append(word)
                found.append(number)
            return found


class TextClassifier(OwnNetwork):
    """Bag of words with subword information: quick to train, and differentiable in its word embeddings.

    A word is a run of letters, digits and ``_``, or one other visible character. Its embedding is the mean of the
    vectors of its buckets (the word, and its character n-grams of ``ngrams`` lengths, hashed by FNV-1a); the scores
    are linear in the mean of a text's word embeddings. A text without words scores the bias.

    Follows Joulin et al., "Bag of Tricks for Efficient Text Classification", arXiv:1607.01759, with the subwords of
    Bojanowski et al., arXiv:1607.04606. What differs: a text is the mean of word means (so a long word counts as a
    short one), no word n-grams, AdamW on dense gradients, full softmax.

    For attacks and explainers, ``units`` numbers words in the order in which this instance met them: ids are valid
    within one instance and its copies only, never across processes. ``predict`` keeps no such table.

    Raises:
        UsageError: asked to predict before ``fit`` or ``load``.
        DataError: a label out of range.

    Example:
        >>> import practicum as pm
        >>> data = pm.Batch.of(["open the file", "close the file", "add a number", "a number times two"],
        ...                    targets={"label": ["files", "files", "mathematics", "mathematics"]})
        >>> model = TextClassifier(buckets=256, dimension=8, epochs=20).fit([data], pm.Keys(0))
        >>> says = model.predict(pm.Batch.of(["delete this file"]))
        >>> says.classes[says.labels[0]]
        'files'
    """

    name: ClassVar[str] = "models-basic/text-classifier"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    buckets: int = Field(default=2**16, ge=1, le=2**31 - 1, description="rows of the embedding table")
    dimension: int = Field(default=32, ge=1, description="length of an embedding")
    ngrams: tuple[int, int] | None = Field(default=(3, 5), description="shortest and longest character n-gram; null "
                                                                       "for words only")
    lower: bool = Field(default=True, description="lower-case texts first")
    epochs: int = Field(default=10, ge=1, description="passes over the training data")
    lr: float = Field(default=2e-2, gt=0, description="peak learning rate of AdamW")
    weight_decay: float = Field(default=1e-4, ge=0, description="decoupled weight decay of AdamW")
    warm_start: bool = Field(default=False, description="fit goes on from the present weights")
    _words: _Words = PrivateAttr(default_factory=_Words)

    @model_validator(mode="after")
    def _lengths(self) -> Self:
        if self.ngrams is not None and not 1 <= self.ngrams[0] <= self.ngrams[1]:
            raise ConfigError(f"ngrams {self.ngrams}: give (shortest, longest), both at least 1")
        return self

    @property
    def _table(self) -> torch.Tensor:
        return self.network.get_parameter("table.weight")

    @property
    def _head(self) -> nn.Linear:
        head = self.network.get_submodule("head")
        assert isinstance(head, nn.Linear)
        return head

    def _tokens(self, batch: Batch) -> list[list[str]]:
        column = batch.column_name(self.on, self.modalities)
        return [words_of(text, self.lower) for text in batch.to_list(column)]

    def _vectors(self, words: Sequence[str]) -> torch.Tensor:
        """Embeddings [W, D] of words."""
        low, high = self.ngrams or (1, 0)
        bounds, found = buckets_of(words, low, high, self.buckets)
        table = self._table
        return functional.embedding_bag(torch.from_numpy(found).to(table.device), table,
                                        torch.from_numpy(bounds[:-1]).to(table.device), mode="mean")

    def forward(self, batch: Batch) -> torch.Tensor:
        tokens = self._tokens(batch)
        at: dict[str, int] = {}
        flat = [at.setdefault(word, len(at)) for words in tokens for word in words]
        head = self._head
        if not at:
            return head.bias.expand(len(batch), -1).clone()
        vectors = self._vectors(list(at))
        starts = np.concatenate([[0], np.cumsum([len(words) for words in tokens])])[:-1].astype(np.int64)
        device = vectors.device
        means = functional.embedding_bag(torch.tensor(flat, dtype=torch.int64, device=device), vectors,
                                         torch.from_numpy(starts).to(device), mode="mean")
        scores: torch.Tensor = head(means)
        return scores

    def units(self, batch: Batch) -> tuple[list[list[str]], torch.Tensor, torch.Tensor]:
        """Words of each text, their ids int64 [N, L] (padding is 0), and a mask bool [N, L]."""
        tokens = self._tokens(batch)
        length = max((len(words) for words in tokens), default=0)
        ids = torch.zeros((len(tokens), length), dtype=torch.int64)
        mask = torch.zeros((len(tokens), length), dtype=torch.bool)
        for row, words in enumerate(tokens):
            ids[row, :len(words)] = torch.tensor(self._words.of(words), dtype=torch.int64)
            mask[row, :len(words)] = True
        return tokens, ids, mask

    def embed(self, units: torch.Tensor) -> torch.Tensor:
        """Embeddings [N, L, D] of word ids that :meth:`units` gave; padding is zero.

        Raises:
            DataError: an id that this instance never gave.
        """
        distinct, where = torch.unique(units, return_inverse=True)
        table = self._table
        known = self._words.words
        if len(distinct) and not 0 <= int(distinct[0]) <= int(distinct[-1]) < len(known):
            raise DataError(f"{self.name}: unit id {int(distinct[-1])} was never given out by units(); ids are valid "
                            "within one model instance only")
        words = [known[i] for i in distinct.tolist() if i]
        parts = [table.new_zeros((1, table.shape[1]))] if len(distinct) > len(words) else []
        if words:
            parts.append(self._vectors(words))
        if not parts:
            return table.new_zeros((*units.shape, table.shape[1]))
        return torch.cat(parts)[where.to(table.device)]

    def logits_from(self, embeddings: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Scores [N, C] from word embeddings [N, L, D]; words with a false mask take no part."""
        kept = mask.to(embeddings)[:, :, None]
        means = (embeddings * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1.0)
        scores: torch.Tensor = self._head(means)
        return scores

    def trainee(self, batches: Sequence[Batch], keys: Keys) -> Self:
        if self.warm_start and self._module is not None:
            return self.copied()
        named = class_names(batches) if not self.classes else self.classes
        count = count_classes(batches, self.classes, self.name) if batches else 2
        made = self.with_network(count, keys)
        return made if named == self.classes else made.evolve(classes=named)

    def with_network(self, classes: int, keys: Keys) -> Self:
        """A copy with fresh weights drawn from ``keys``."""
        with torch.device("meta"):
            net = nn.ModuleDict({"table": nn.EmbeddingBag(self.buckets, self.dimension, mode="mean"),
                                 "head": nn.Linear(self.dimension, classes)})
        net = initialise(net.to_empty(device="cpu"), keys)
        return self.with_module(net if self.device is None else net.to(self.device))

    def for_weights(self, tensors: Mapping[str, torch.Tensor]) -> Self | None:
        if set(tensors) != {"table.weight", "head.weight", "head.bias"}:
            return None
        return self.with_network(tensors["head.bias"].shape[0], Keys())
