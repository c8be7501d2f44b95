"""The base of the wrapped augmenters: one text at a time, each under a seed of its own."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from typing import Any, ClassVar

import numpy as np

from practicum.batch import Batch
from practicum.diff import diff_column
from practicum.errors import DataError, PracticumError, TechniqueFailed
from practicum.keys import Keys, contained
from practicum.transformation import Transformation
from practicum_nlpaug.found import require

_NOTHING_TO_DRAW = ("Sample larger than population", "Cannot take a larger sample than population")
"""How random.sample and numpy.random.choice begin to complain: some texts are too short to draw from."""
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+")


class Wrapped(Transformation):
    """Runs one of nlpaug's augmenters on each text, with Python's, NumPy's and torch's generators seeded from its key.

    nlpaug draws from global generators; they are held by one lock, seeded for each sample, and put back afterwards, so
    a sample's output depends on its id and the seed only. A text's edits are found by comparing it with the new one.
    """

    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    writes_edits: ClassVar[bool] = True
    entry: ClassVar[dict[str, Any]] = {}

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        column = batch.column_name(self.on, self.modalities)
        texts = batch.to_list(column)
        words = keys.words(2).astype(np.uint64)
        seeds = (words[:, 0] | words[:, 1] << np.uint64(32)).tolist()
        if any(getattr(self, field) == 0 for field in self.entry["strength"]):
            return batch.with_column(column, texts, edits=diff_column(texts, texts) if batch.wants_edits(column)
                                     else None, op=" > ".join(keys.path))
        made = []
        with contained() as seed:
            augmenter = self.augmenter()
            for row, text in enumerate(texts):
                seed(seeds[row])
                made.append(self._one(augmenter, text, batch.ids[row]))
        edits = diff_column(texts, made) if batch.wants_edits(column) else None
        return batch.with_column(column, made, edits=edits, op=" > ".join(keys.path))

    def augmenter(self) -> Any:
        """nlpaug's own object of this configuration; kept for the next call.

        Raises:
            MissingRequirement: a package or data that it reads is missing; says what to install.
            DataError: a file named by a field isn't there, or its model can't be loaded.
        """
        fields = {name: getattr(self, name) for name in self.entry["fields"]}
        require(self.name, self.entry["needs"], self.entry["requires"], self.entry["extra"], fields)
        try:
            return _build(self)
        except PracticumError:
            raise
        except Exception as error:
            raise DataError(f"{self.name}: nlpaug's {self.entry['library']} could not be made ({type(error).__name__}: "
                            f"{error}); look at its fields: {fields}") from error

    def _one(self, augmenter: Any, text: str, sample: Any) -> str:
        if not text.strip():
            return text
        try:
            out = augmenter.augment(text)
        except Exception as error:
            if isinstance(error, ValueError) and str(error).startswith(_NOTHING_TO_DRAW):
                return text
            raise TechniqueFailed(f"{self.name}: nlpaug's {self.entry['library']} raised {type(error).__name__} on "
                                  f"sample {sample!r}: {error}") from error
        while isinstance(out, list):
            out = out[0] if out else text
        return str(out)


@lru_cache(maxsize=8)
def _build(technique: Wrapped) -> Any:
    entry = technique.entry
    given: dict[str, Any] = {name: _thawed(getattr(technique, name)) for name in entry["fields"]}
    if entry["library"] == "RandomSentAug":
        given["tokenizer"] = _SENTENCE.split
    made = getattr(import_module(entry["module"]), entry["library"])(**given, **entry["fixed"])
    if entry["library"] == "SpellingAug":  # its lists were sets, in an order that differs from process to process
        for spellings in made.model.dict.values():
            spellings.sort()
    if entry["library"] == "BackTranslationAug":
        made.model.translate_one_step_batched = _translator(made.model)
    return made


def _translator(model: Any) -> Any:
    """What the library does for one batch, without the worker process that it starts for each text."""
    def translate(texts: list[str], tokenizer: Any, translating: Any) -> list[str]:
        import torch

        tokens = tokenizer(texts, padding=True, truncation=True, return_tensors="pt").to(model.device)
        with torch.no_grad():
            made = translating.generate(input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"],
                                        max_length=model.max_length)
        return list(tokenizer.batch_decode(made, skip_special_tokens=True))
    return translate


def _thawed(value: Any) -> Any:
    """The lists that nlpaug asks for, where our fields hold tuples."""
    return [_thawed(v) for v in value] if isinstance(value, tuple) else value
