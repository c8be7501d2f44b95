"""A filter on how much an earlier operation changed a text."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from practicum.batch import Batch
from practicum.columns.text import to_strings
from practicum.errors import DataError
from practicum.levenshtein import levenshtein
from practicum_text_filters.measure import Floats, Measure, as_numpy


class EditRate(Measure):
    """Keeps texts that were changed by a share in a range: TextAttack's edit-distance constraint on any operation.

    With ``reference``, the column that holds the text before, the share is the Levenshtein distance over the length of
    the text before (both in ``unit``). Without it, the batch's edit log is read: the characters that all steps replaced
    or inserted, over the length before the first of them; steps that undo each other count twice there.

    Args:
        reference: a text column with the originals; the edit log is read when left out.
        unit: what is counted; with the log, characters only.
        min, max: the share, 0 and up; by default at most 0.3. An empty text before counts as one unit.
        on: the text column, where there is a choice.

    Raises:
        DataError: no reference column, and the batch keeps no log.

    Paper: Morris et al., TextAttack, arXiv:2005.05909.

    Example:
        >>> from practicum import Batch
        >>> batch = Batch.of(columns={"text": ["cat", "a dog"], "before": ["car", "a cow"]}, ids=[0, 1])
        >>> EditRate(reference="before", max=0.35, on="text")(batch).to_list("text")
        ['cat']
    """

    name: ClassVar[str] = "text-filters/edit-rate"
    reference: str | None = Field(default=None, description="a text column with the originals; the edit log when left "
                                                            "out")
    unit: Literal["characters", "words"] = Field(default="characters", description="what is counted")
    max: float | None = Field(default=0.3, ge=0.0, description="largest share kept; none when left out")

    def measure(self, texts: pa.LargeStringArray, batch: Batch, column: str) -> Floats:
        if self.reference is not None:
            if self.reference not in batch.columns or batch.columns[self.reference].modality != "text":
                raise DataError(f"{self.name}: reference {self.reference!r} is no text column of the batch (columns: "
                                f"{', '.join(sorted(batch.columns))}): name the column that holds the texts before")
            return self._distance(to_strings(batch.columns[self.reference].data), to_strings(texts))
        if batch.edits is None:
            raise DataError(f"{self.name} needs to know the texts before: name their column as reference, or record "
                            "the edits (technique(batch, log=True), batch.recording(), practicum apply --log FILE)")
        if self.unit == "words":
            raise DataError(f"{self.name}: the edit log counts characters; use unit='characters', or name a reference")
        return self._logged(texts, batch, column)

    def _distance(self, before: list[str], after: list[str]) -> Floats:
        if self.unit == "characters":
            lengths = np.array([len(text) for text in before])
            return np.asarray(levenshtein(before, after) / np.maximum(lengths, 1), dtype=np.float64)
        known: dict[str, str] = {}

        def spelled(text: str) -> str:  # each different word as one character, so that words are what is edited
            return "".join(known.setdefault(word, chr(0xE000 + len(known) if len(known) < 0x1900
                                                      else 0x10000 + len(known))) for word in text.split())

        old = [spelled(text) for text in before]
        return levenshtein(old, [spelled(text) for text in after]) / np.maximum([len(text) for text in old], 1)

    def _logged(self, texts: pa.LargeStringArray, batch: Batch, column: str) -> Floats:
        now = {sample: row for row, sample in enumerate(batch.ids)}
        changed, growth = np.zeros(len(texts)), np.zeros(len(texts))
        assert batch.edits is not None
        for step in batch.edits.steps:
            if step.edits is None or step.column != column:
                continue
            made, gone = step.edits.lengths(), step.edits.stop - step.edits.start
            rows = np.array([now.get(sample, -1) for sample in step.ids])[step.edits.row]
            here = rows >= 0
            np.add.at(changed, rows[here], np.maximum(made, gone)[here])
            np.add.at(growth, rows[here], (made - gone)[here])
        before = as_numpy(pc.utf8_length(texts)) - growth
        return changed / np.maximum(before, 1.0)
