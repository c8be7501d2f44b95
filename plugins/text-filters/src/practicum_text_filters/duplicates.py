"""A filter on texts that occur more than once."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
from pydantic import Field

from practicum.batch import Batch
from practicum.keys import Keys
from practicum.transformation import Filter, Scope
from practicum_text_filters.measure import as_numpy


class Duplicate(Filter):
    """Keeps one of each group of equal texts in the batch: the one whose id hashes lowest, in any order of rows.

    Hand it a whole data set as one batch to deduplicate it. Training on duplicates makes models recite, and duplicates
    shared by the training and test split flatter them: Lee et al., arXiv:2107.06499 (who look at near duplicates too;
    here texts must be equal after ``ignore_case`` and ``ignore_space``).

    Args:
        ignore_case: capitals don't matter.
        ignore_space: runs of white space count as one space, and none at the ends.
        on: the text column, where there is a choice.

    Example:
        >>> sorted(Duplicate()(["Hello", "hello ", "bye"]), key=len)
        ['bye', 'Hello']
    """

    name: ClassVar[str] = "text-filters/duplicate"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    scope: ClassVar[Scope] = "batch"
    ignore_case: bool = Field(default=True, description="capitals don't matter")
    ignore_space: bool = Field(default=True, description="runs of white space count as one, and none at the ends")

    def keep(self, batch: Batch, keys: Keys) -> npt.NDArray[np.bool_]:
        texts = batch.columns[batch.column_name(self.on, self.modalities)].data
        if self.ignore_case:
            texts = pc.utf8_lower(texts)
        if self.ignore_space:
            texts = pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, pattern=r"\s+", replacement=" "))
        group = as_numpy(pc.dictionary_encode(texts).indices)
        order = np.lexsort((np.asarray(keys.hashes), group))
        first = np.ones(len(order), bool)
        first[1:] = group[order][1:] != group[order][:-1]
        kept = np.zeros(len(order), bool)
        kept[order[first]] = True
        return kept
