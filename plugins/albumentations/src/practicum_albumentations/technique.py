"""The one technique behind all wrapped transforms: seeds, sizes, targets, the log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationError, model_validator

from practicum.batch import Batch
from practicum.errors import ConfigError, DataError, PracticumError, TargetError, TechniqueFailed
from practicum.keys import Keys
from practicum.transformation import Transformation
from practicum_albumentations import pixels
from practicum_albumentations.library import library, one_thread
from practicum_albumentations.places import Places, moved_targets
from practicum_albumentations.specs import specs

OWN = frozenset({"on", "references", "reference_column", "text", "text_box", "text_column"})
"""Fields that this plugin adds; all others are the library's."""


class Albumentation(Transformation):
    """A transform of albumentations, run image by image under generators seeded from each sample's key.

    Args:
        p: probability that a sample is changed. The default is 1.0, not the library's 0.5: a technique acts unless it
            is told otherwise.

    Raises:
        ConfigError: a field is unknown or out of the range that the library allows.
        DataError: an image has too few pixels or another number of channels than the transform takes, or the library
            refuses it; names the sample.
        TargetError: the transform needs masks or boxes and the batch has none.
        MissingRequirement: the MIT albumentations isn't installed, or AlbumentationsX is.
    """

    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"p": (0.25, 0.5, 1.0)}
    wrapped: ClassVar[str] = ""
    p: float = Field(default=1.0, ge=0.0, le=1.0, description="probability that a sample is changed; acts always by "
                                                              "default, where the library's default is 0.5 or 1")

    @model_validator(mode="after")
    def _the_library_agrees(self) -> Self:
        try:
            self._transform()
        except PracticumError:
            raise
        except (ValueError, TypeError) as error:
            raise ConfigError(f"albumentations refuses this configuration: {_plain(error)}") from error
        return self

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the shipped table says of the transform: ``min_size``, ``channels``, ``moves``, ``needs`` and others."""
        return specs()[self.wrapped]

    def _transform(self) -> Any:
        fields = {k: getattr(self, k) for k in type(self).model_fields if k not in OWN}
        return getattr(library(), self.wrapped)(**fields)

    @staticmethod
    def seeds(keys: Keys) -> list[int]:
        """The seed of each sample: 128 bits, words 0..3 of its key, the first lowest.

        ``albumentations.Compose([transform], seed=seed)`` gives what the technique gives.
        """
        return [sum(int(word) << 32 * at for at, word in enumerate(row)) for row in keys.words(4)]

    def _given(self, batch: Batch, row: int, image: pixels.Image) -> dict[str, Any]:
        """Further inputs of one sample, by the library's names; for transforms that need any."""
        return {}

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        """Run the transform on every sample; masks, boxes and keypoints go with their image."""
        column = batch.column_name(self.on, self.modalities)
        before = batch.columns[column].data
        images = pixels.taken(before)
        places = Places(moved_targets(batch, column, frozenset(self.facts["moves"])), self.name)
        self._require(batch, column, images)
        if self.p == 0:  # the library would still bring boxes to the unit square and back, which rounds them
            return batch.with_column(column, before, op=" > ".join(keys.path))
        made: list[pixels.Image] = []
        moved: list[dict[str, npt.NDArray[Any]]] = []
        applied: list[dict[str, Any]] = []
        with one_thread():
            transform = self._transform()
            compose = library().Compose([transform], **places.settings())
            for row, (image, seed) in enumerate(zip(images, self.seeds(keys), strict=True)):
                compose.set_random_seed(seed)
                result = self._one(compose, batch, row, image, places)
                made.append(pixels.returned(result["image"], image, keep_dtype=not self.facts["changes_dtype"]))
                moved.append(places.outputs(row, result))
                applied.append(dict(transform.get_applied_params()))
        out = pixels.column(made, before, keep_dtype=not self.facts["changes_dtype"])
        params = logged(applied) if batch.edits is not None else None
        done = batch.with_column(column, out, op=" > ".join(keys.path), params=params)
        return done.with_targets(**places.replaced(moved)) if places.targets else done

    def _one(self, compose: Any, batch: Batch, row: int, image: pixels.Image, places: Places) -> dict[str, Any]:
        given = pixels.given(image)
        try:
            targets = places.inputs(row, batch.ids[row], *image.shape[:2])
            result: dict[str, Any] = compose(image=given, **targets, **self._given(batch, row, given))
        except PracticumError:
            raise
        except Exception as error:
            shape = "x".join(str(n) for n in image.shape)
            where = f"{self.name}: sample {batch.ids[row]!r} ({shape}, {image.dtype})"
            if isinstance(error, ValueError) or type(error).__module__.split(".")[0] in ("cv2", "albumentations"):
                raise DataError(f"{where} is refused by albumentations: {_plain(error)}; pad or resize the image, or "
                                f"change the fields of {self.label}") from error
            raise TechniqueFailed(f"{where}: albumentations raised {type(error).__name__}: {_plain(error)}") from error
        return result

    def _require(self, batch: Batch, column: str, images: list[pixels.Image]) -> None:
        least, channels = self.facts["min_size"], self.facts["channels"]
        for row, image in enumerate(images):
            height, width, depth = image.shape
            if min(height, width) < least:
                raise DataError(f"{self.name}: sample {batch.ids[row]!r} is {height}x{width} pixels, and it needs at "
                                f"least {least}x{least}: resize or pad first, for example with "
                                "albumentations/pad-if-needed")
            if depth not in channels:
                takes = " or ".join(str(n) for n in channels)
                raise DataError(f"{self.name}: sample {batch.ids[row]!r} has {depth} channel{'s' * (depth != 1)}, and "
                                f"it takes {takes}: convert it first, for example with albumentations/to-rgb or "
                                "albumentations/to-gray")
            values = self.facts["values"]
            if values != "any" and (image.dtype == np.uint8) != (values == "uint8"):
                raise DataError(f"{self.name}: sample {batch.ids[row]!r} is {image.dtype}, and it takes {values} "
                                "images: leave the technique out, there is nothing to convert")
        kinds = {target.kind for target in batch.positional(column).values()}
        wanted = {"box": "boxes"}.get(self.facts["needs"], self.facts["needs"])
        if wanted in ("masks", "boxes") and wanted not in kinds:
            raise TargetError(f"{self.name} needs {wanted}: give the batch a target, targets={{'{wanted}': "
                              f"Target('{wanted}', [...])}}, one for each sample")


def logged(applied: list[dict[str, Any]]) -> dict[str, npt.NDArray[Any]]:
    """Applied parameters of the samples as columns of the edit log.

    ``applied`` tells whether the transform acted; numbers and texts stay, short sequences become JSON, and large arrays
    (distortion maps, noise) are left out, since the seed gives them again.

    Example:
        >>> logged([{"shape": (8, 8, 3), "factor": 0.5}, {}])
        {'applied': array([ True, False]), 'factor': array([0.5, None], dtype=object)}
    """
    kept = [{k: _loggable(v) for k, v in params.items() if k != "shape"} for params in applied]
    names = sorted({k for row in kept for k, v in row.items() if v is not None})
    columns: dict[str, npt.NDArray[Any]] = {"applied": np.array([bool(params) for params in applied])}
    for name in names:
        values = np.empty(len(kept), dtype=object)
        values[:] = [row.get(name) for row in kept]
        columns[name] = values
    return columns


def _loggable(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        value = value.tolist() if value.size <= 64 else None
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple, dict)):
        try:
            text = json.dumps(value, default=_number)
        except (TypeError, ValueError):
            return None
        return text if len(text) <= 1000 else None
    return None


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.size <= 64:
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not logged")


def _plain(error: BaseException) -> str:
    """An error of the library on one line; pydantic's listing by field, without its links."""
    for told in (error, error.__cause__, error.__context__):
        if isinstance(told, ValidationError):
            return "; ".join(f"field {'.'.join(str(p) for p in item['loc']) or 'configuration'!r}: {item['msg']}"
                             for item in told.errors())
    return " ".join(str(error).split())
