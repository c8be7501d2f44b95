"""Transformations that break one promise each."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field, PrivateAttr
from wrong import Wrong, peeked
from wrong_declarations import Plain

from practicum.batch import Batch
from practicum.diff import diff_column
from practicum.errors import DataError
from practicum.keys import Keys, SampleRng
from practicum.targets import SoftLabel, Target
from practicum.testing.toys import Reverse
from practicum.transformation import Scope, Transformation

DOC = {"skip": {"docstring has a summary and a running example": "wrong plugins show nothing"}}


class Columns(Transformation):
    """Adds an exclamation mark, written on columns."""

    name: ClassVar[str] = "wrong/columns"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        return batch.with_column("text", [v + "!" for v in batch.to_list("text")])


class FollowsGlobalState(Plain):
    def apply_one(self, value: str, rng: SampleRng) -> str:
        return value + chr(ord("a") + peeked() % 26)


class IgnoresSeed(Columns):
    def apply(self, batch: Batch, keys: Keys) -> Batch:
        drawn = Keys(0, 0, 0, ("fixed",)).bind(batch.ids).integers(26)
        return batch.with_column("text", [v + chr(97 + int(d)) for v, d in zip(batch.to_list("text"), drawn[:, 0],
                                                                              strict=True)])


class IgnoresEpoch(Columns):
    def apply(self, batch: Batch, keys: Keys) -> Batch:
        drawn = Keys(keys.seed, 0, 0, keys.path).bind(batch.ids).integers(26)
        return batch.with_column("text", [v + chr(97 + int(d)) for v, d in zip(batch.to_list("text"), drawn[:, 0],
                                                                              strict=True)])


class CountsRows(Columns):
    def apply(self, batch: Batch, keys: Keys) -> Batch:
        return batch.with_column("text", [f"{v} {row}" for row, v in enumerate(batch.to_list("text"))])


class CountsSamples(Columns):
    def apply(self, batch: Batch, keys: Keys) -> Batch:
        return batch.with_column("text", [f"{v} {len(batch)}" for v in batch.to_list("text")])


class Neighbours(Columns):
    """Takes a partner by place, where scope batch asks for one by id."""

    scope: ClassVar[Scope] = "batch"

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        values = batch.to_list("text")
        return batch.with_column("text", [a + b for a, b in zip(values, values[1:] + values[:1], strict=True)])


class DoesNothing(Plain):
    def apply_one(self, value: str, rng: SampleRng) -> str:
        return value


class ActsAtZero(Plain):
    """Shouts at every rate, with more marks at higher ones."""

    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"rate": (0.1, 0.5)}
    rate: float = Field(default=0.5, ge=0.0, le=1.0, description="how loud")

    def apply_one(self, value: str, rng: SampleRng) -> str:
        return value + "!" * (1 + int(self.rate * 4))


class Images(Transformation):
    name: ClassVar[str] = "wrong/images"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})

    def change(self, data: Any) -> Any:
        return data.flip(3)

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        if isinstance(batch.column("image"), list):
            raise DataError(f"{self.name}: column 'image' holds images of differing sizes; resize them")
        return batch.with_column("image", self.change(batch.column("image")))


class WritesIntoInput(Images):
    def change(self, data: Any) -> Any:
        data[:, :, 0, 0] = 0
        return data.flip(3)


class MovesGlobalState(Plain):
    def apply_one(self, value: str, rng: SampleRng) -> str:
        random.random()
        return value + "!"


class ChangesLabels(Columns):
    def apply(self, batch: Batch, keys: Keys) -> Batch:
        out = super().apply(batch, keys)
        return out.with_targets(label=(batch.label + 1) % 3) if "label" in batch.targets else out


class MixesTooMuch(Columns):
    label_effect: ClassVar[Any] = "mixes"

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        out = super().apply(batch, keys)
        if "label" not in batch.targets:
            return out
        lam = np.full(len(batch), 1.5)
        return out.with_targets(label=SoftLabel(batch.label, batch.label, lam))


class TouchesOtherColumns(Columns):
    def apply(self, batch: Batch, keys: Keys) -> Batch:
        for name in [n for n, c in batch.columns.items() if c.modality == "text"]:
            batch = batch.with_column(name, [v + "!" for v in batch.to_list(name)])
        return batch


class StaleTargets(Plain):
    def _check_targets(self, batch: Batch) -> None:
        """Waves everything through."""


class BoxesLeftBehind(Images):
    carries: ClassVar[frozenset[str]] = frozenset({"boxes"})

    def change(self, data: Any) -> Any:
        return data[:, :, : max(1, data.shape[2] // 2), : max(1, data.shape[3] // 2)]


class LogsNothing(Reverse):
    def apply(self, batch: Batch, keys: Keys) -> Batch:
        values = [v[::-1] for v in batch.to_list("text")]
        return batch.with_column("text", values, edits=diff_column(values, values), op="reverse")


class TwoMinds(Plain):
    def apply(self, batch: Batch, keys: Keys) -> Batch:
        return batch.with_column("text", [v.upper() + "?" for v in batch.to_list("text")])


class NeedsSamples(Plain):
    def _check_targets(self, batch: Batch) -> None:
        super()._check_targets(batch)
        assert batch.ids[0] is not None


class NeedsTwo(Columns):
    scope: ClassVar[Scope] = "batch"

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        if len(batch) == 1:
            raise ValueError("nobody to pair with")
        return super().apply(batch, keys)


class ReturnsTuple(Plain):
    def __call__(self, data: Any, seed: Any = 0, **kwargs: Any) -> Any:
        out = super().__call__(data, seed, **kwargs)
        return tuple(out) if isinstance(out, list) else out


class NumpyInTargets(Columns):
    def apply(self, batch: Batch, keys: Keys) -> Batch:
        out = super().apply(batch, keys)
        sizes = [[np.int64(len(v))] for v in batch.to_list("text")]
        return out.with_targets(size=Target("tags", sizes, "text"))


class FitsItself(Plain):
    def fit(self, batch: Batch, keys: Keys) -> Transformation:
        return self


class MixesNothing(Columns):
    label_effect: ClassVar[Any] = "mixes"


class ForgetsState(Columns):
    _seen: int = PrivateAttr(default=0)

    def fit(self, batch: Batch, keys: Keys) -> Transformation:
        made = self.evolve()
        object.__setattr__(made, "__pydantic_private__", {"_seen": len(batch)})
        return made


class WalksOff(Images):
    """Declares to carry masks, but crops the image under them."""

    carries: ClassVar[frozenset[str]] = frozenset({"masks"})

    def change(self, data: Any) -> Any:
        return data[:, :, 1:] if data.shape[2] > 1 else data


def case(check: str, technique: Any, says: str) -> Wrong:
    return Wrong(check, technique, says, DOC)


WRONG = [
    case("same key same output", FollowsGlobalState, "same seed gave another output"),
    case("other seed other output", IgnoresSeed, "8 different seeds"),
    case("other seed other output", IgnoresEpoch, "8 different epochs"),
    case("scope kept", CountsRows, "shuffled"),
    case("scope kept", CountsSamples, "batch of 1 "),
    case("scope kept", Neighbours, "shuffled"),
    case("acts at its default strength", DoesNothing, "no sample"),
    case("nothing at strength zero", ActsAtZero, "rate=0"),
    case("input not mutated", WritesIntoInput, "changed in place"),
    case("global RNG state kept", MovesGlobalState, "generator of random"),
    case("label policy kept", ChangesLabels, "labels came out changed"),
    case("label policy kept", MixesTooMuch, "outside 0..1"),
    case("label policy kept", MixesNothing, "not as a SoftLabel"),
    case("positional targets carried or refused", WalksOff, "outside the output"),
    case("fit returns a fitted copy", ForgetsState, "not in the fingerprint"),
    case("output fits the column", TouchesOtherColumns, "not asked to work on"),
    case("positional targets carried or refused", StaleTargets, "doesn't declare to carry"),
    case("positional targets carried or refused", BoxesLeftBehind, "outside the output"),
    case("edit log replays", LogsNothing, "another output"),
    case("batch equals single", TwoMinds, "disagree"),
    case("empty batch", NeedsSamples, "raised"),
    case("one sample", NeedsTwo, "nobody to pair with"),
    case("list in, list out", ReturnsTuple, "tuple"),
    case("output survives Arrow", NumpyInTargets, "can't be written to Arrow"),
    case("fit returns a fitted copy", FitsItself, "return a new one"),
]
