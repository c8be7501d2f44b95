"""Transforms that need more than the image: reference images, a text, the box to crop near."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from pydantic import Field, model_validator

from practicum.batch import Batch
from practicum.errors import ConfigError, DataError
from practicum_albumentations import references
from practicum_albumentations.pixels import Image
from practicum_albumentations.technique import Albumentation


class WithReferences(Albumentation):
    """A transform that takes reference images, from files or from another column of the batch."""

    references: tuple[str, ...] = Field(default=(), description="image files, read as RGB (grey for grey images); all "
                                                                "of them are offered to the transform")
    reference_column: str | None = Field(default=None, description="another image column of the batch, whose image in "
                                                                   "the same row is the reference, instead of files")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.references) == (self.reference_column is not None):
            raise ConfigError("it needs reference images: give either references=('file.png', ...) or "
                              "reference_column='name' (then also on='name of the column to change')")
        return self

    def _given(self, batch: Batch, row: int, image: Image) -> dict[str, Any]:
        if self.reference_column is None:
            found = [references.read(path, image.shape[2], by=self.name) for path in self.references]
        elif self.reference_column not in batch.columns:
            raise DataError(f"{self.name}: there is no column {self.reference_column!r} to take references from; the "
                            f"batch has {', '.join(batch.columns)}")
        else:
            found = [np.ascontiguousarray(batch.take([row]).to_list(self.reference_column)[0])]
        items = self.facts["needs"] == "items"
        fitted = [references.fitting(one, image, enlarge=not items) for one in found]
        listed: list[Any] = [{"image": one} for one in fitted] if items else fitted
        return {self.facts["metadata_key"]: listed}


class WithText(Albumentation):
    """A transform that writes a text into a box of the image."""

    text: str = Field(default="Practicum", description="what is written, where no text_column is given")
    text_column: str | None = Field(default=None, description="a text column of the batch, whose row is written")
    text_box: tuple[float, float, float, float] = Field(
        default=(0.1, 0.4, 0.9, 0.6), description="where: x0, y0, x1, y1 as fractions of width and height")

    @model_validator(mode="after")
    def _box_has_area(self) -> Self:
        x0, y0, x1, y1 = self.text_box
        if not (0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1):
            raise ConfigError(f"field 'text_box': {self.text_box} is no box x0, y0, x1, y1 with x0 < x1 and y0 < y1 in "
                              "0..1")
        return self

    def _given(self, batch: Batch, row: int, image: Image) -> dict[str, Any]:
        text = self.text
        if self.text_column is not None:
            if self.text_column not in batch.columns or batch.columns[self.text_column].modality != "text":
                raise DataError(f"{self.name}: there is no text column {self.text_column!r}; the batch has "
                                f"{', '.join(batch.columns)}")
            text = batch.take([row]).to_list(self.text_column)[0]
        return {self.facts["metadata_key"]: {"text": text, "bbox": self.text_box}}


class NearBox(Albumentation):
    """A transform that crops near the first box of each sample."""

    def _given(self, batch: Batch, row: int, image: Image) -> dict[str, Any]:
        column = batch.column_name(self.on, self.modalities)
        boxes = next(t for t in batch.positional(column).values() if t.kind == "boxes").data[row]
        if not len(boxes):
            raise DataError(f"{self.name}: sample {batch.ids[row]!r} has no box to crop near; drop the sample or give "
                            "it one")
        return {self.facts["metadata_key"]: [int(v) for v in np.rint(np.asarray(boxes)[0])]}
