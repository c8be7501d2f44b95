"""Combinators: techniques made of techniques, nested at will."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from practicum.batch import Batch
from practicum.errors import ConfigError, ModalityError
from practicum.keys import Keys
from practicum.spec import MODALITIES
from practicum.technique import Nested
from practicum.transformation import LabelEffect, Transformation, widest

Index = npt.NDArray[np.int64]
_EFFECTS: tuple[LabelEffect, ...] = ("preserves", "mixes", "changes")


class Combinator(Transformation):
    """Shared facts of a composition, derived from its parts. Modalities are checked when composed."""

    modalities: ClassVar[frozenset[str]] = frozenset(MODALITIES)

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)

    def parts(self) -> Sequence[Transformation]:
        """The techniques inside."""
        raise ConfigError(f"{type(self).__name__} must define parts()")

    def _hand_down(self) -> None:
        """Parts that name no column work on the composition's."""
        def placed(part: Any) -> Any:
            return part.evolve(on=self.on) if isinstance(part, Transformation) and part.on is None else part

        for field in set(type(self).model_fields) - {"on"}:
            value = getattr(self, field)
            if isinstance(value, Transformation) or (isinstance(value, tuple) and value):
                self.__dict__[field] = tuple(map(placed, value)) if isinstance(value, tuple) else placed(value)

    @model_validator(mode="after")
    def _fit_together(self) -> Combinator:
        if self.on is not None:
            self._hand_down()
        parts = self.parts()
        object.__setattr__(self, "modalities", self._common_modalities())
        object.__setattr__(self, "scope", widest([p.scope for p in parts]))
        object.__setattr__(self, "label_effect", max((p.label_effect for p in parts), key=_EFFECTS.index,
                                                     default="preserves"))
        object.__setattr__(self, "writes_edits", bool(parts) and all(p.writes_edits for p in parts))
        object.__setattr__(self, "filters", any(p.filters for p in parts))
        return self

    def _common_modalities(self) -> frozenset[str]:
        common: frozenset[str] = frozenset(MODALITIES)
        for number, part in enumerate(self.parts()):
            narrowed = common & part.modalities
            if not narrowed and all(p.on is None for p in self.parts()):
                first = self.parts()[0]
                raise ModalityError(f"{self.name}: {first.name} takes {' or '.join(sorted(common))}, but part "
                                    f"{number}, {part.name}, takes "
                                    f"{' or '.join(sorted(part.modalities))}: parts without on=... must share a "
                                    "modality")
            common = narrowed or (common | part.modalities)
        return common

    def _check_targets(self, batch: Batch) -> None:
        """Each part checks its own column when it runs."""


class _Steps(Combinator):
    """All of the techniques, one after another."""

    steps: tuple[Nested[Transformation], ...]

    def __init__(self, steps: Any = (), **fields: Any) -> None:
        super().__init__(steps=steps, **fields)

    def parts(self) -> Sequence[Transformation]:
        return self.steps


class Pipeline(_Steps):
    """Applies techniques one after another; equal techniques at different places draw differently.

    Args:
        steps: the techniques, in order.

    Example:
        >>> from practicum.testing.toys import Reverse
        >>> Pipeline([Reverse(), Reverse()])(["abc"])
        ['abc']
    """

    name: ClassVar[str] = "core/pipeline"

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        for place, step in enumerate(self.steps):
            batch = step.run(batch, keys.child(str(place)))
        return batch


class OneOf(Combinator):
    """Applies one technique to each sample, drawn with the given weights.

    Args:
        of: the choices.
        weights: one positive number each; equal when left out.

    Example:
        >>> from practicum.testing.toys import MaskChars, Reverse
        >>> OneOf([Reverse(), MaskChars(rate=1.0)], weights=(1.0, 0.0))(["abc"])
        ['cba']
    """

    name: ClassVar[str] = "core/one-of"
    of: tuple[Nested[Transformation], ...] = Field(min_length=1)
    weights: tuple[float, ...] | None = None

    def __init__(self, of: Any = (), **fields: Any) -> None:
        super().__init__(of=of, **fields)

    @model_validator(mode="after")
    def _weights_fit(self) -> OneOf:
        if self.weights is not None and (len(self.weights) != len(self.of) or min(self.weights) < 0
                                         or not sum(self.weights) > 0):
            raise ConfigError(f"weights {self.weights} must be {len(self.of)} numbers, none negative, not all zero")
        return self

    def parts(self) -> Sequence[Transformation]:
        return self.of

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        edges = np.cumsum(self.weights if self.weights is not None else np.ones(len(self.of)))
        drawn = np.searchsorted(edges / edges[-1], keys.uniform(1)[:, 0], side="right")
        return by_group(batch, np.minimum(drawn, len(self.of) - 1), self.of, keys)


class SomeOf(Combinator):
    """Applies ``n`` of the techniques to each sample, drawn without repetition, in the order given.

    Args:
        of: the choices.
        n: how many; between 1 and their number.

    Example:
        >>> from practicum.testing.toys import Reverse
        >>> SomeOf([Reverse(), Reverse()], n=2)(["abc"])
        ['abc']
    """

    name: ClassVar[str] = "core/some-of"
    of: tuple[Nested[Transformation], ...] = Field(min_length=1)
    n: int = Field(default=1, ge=1)

    def __init__(self, of: Any = (), **fields: Any) -> None:
        super().__init__(of=of, **fields)

    @model_validator(mode="after")
    def _enough(self) -> SomeOf:
        if self.n > len(self.of):
            raise ConfigError(f"n={self.n} is more than the {len(self.of)} techniques given")
        return self

    def parts(self) -> Sequence[Transformation]:
        return self.of

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        words = dict(zip(batch.ids.hashes.tolist(), keys.words(len(self.of)), strict=True))
        for place, part in enumerate(self.of):
            draws = np.array([words[h] for h in batch.ids.hashes.tolist()])
            chosen = np.argsort(np.argsort(draws, axis=1, kind="stable"), axis=1)[:, place] < self.n
            batch = on_rows(batch, chosen, part, keys.child(str(place)))
        return batch


class Sometimes(Combinator):
    """Applies a technique to each sample with probability ``p``.

    Args:
        technique: what to apply.
        p: probability, 0..1.

    Example:
        >>> from practicum.testing.toys import Reverse
        >>> Sometimes(Reverse(), p=1.0)(["abc"])
        ['cba']
    """

    name: ClassVar[str] = "core/sometimes"
    technique: Nested[Transformation]
    p: float = Field(default=0.5, ge=0.0, le=1.0)

    def __init__(self, technique: Any = None, **fields: Any) -> None:
        super().__init__(technique=technique, **fields)

    def parts(self) -> Sequence[Transformation]:
        return (self.technique,)

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        return on_rows(batch, keys.uniform(1)[:, 0] < self.p, self.technique, keys.child("0"))


class RandomOrder(_Steps):
    """Applies all techniques to each sample, in an order drawn for it.

    Args:
        steps: the techniques.

    Example:
        >>> from practicum.testing.toys import Reverse
        >>> RandomOrder([Reverse(), Reverse()])(["abc"])
        ['abc']
    """

    name: ClassVar[str] = "core/random-order"

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        order = np.argsort(keys.words(max(1, len(self.steps))), axis=1, kind="stable")
        at = dict(zip(batch.ids.hashes.tolist(), order, strict=True))
        for turn in range(len(self.steps)):
            group = np.array([at[h][turn] for h in batch.ids.hashes.tolist()], dtype=np.int64)
            batch = by_group(batch, group, self.steps, keys)
        return batch


def on_rows(batch: Batch, chosen: npt.NDArray[np.bool_], part: Transformation, keys: Keys) -> Batch:
    """Run a technique on the chosen rows and put them back in place."""
    if chosen.all():
        return part.run(batch, keys)
    if not chosen.any():
        return batch
    rest, changed = batch.take(~chosen), part.run(batch.take(chosen), keys)
    return in_order(Batch.concat([rest, changed]), batch)


def by_group(batch: Batch, group: npt.NDArray[np.int64], parts: Sequence[Transformation], keys: Keys) -> Batch:
    """Run part ``k`` on the rows of group ``k`` and put them back in place."""
    done = [part.run(batch.take(group == k), keys.child(str(k))) for k, part in enumerate(parts) if (group == k).any()]
    return in_order(Batch.concat(done), batch) if done else batch


def in_order(batch: Batch, like: Batch) -> Batch:
    """Rows in the order of ``like``'s ids; those that a filter dropped are left out."""
    at = {h: row for row, h in enumerate(batch.ids.hashes.tolist())}
    rows = np.array([at[h] for h in like.ids.hashes.tolist() if h in at], dtype=np.int64)
    ordered = batch.take(rows)
    return ordered if len(ordered) != len(like) else Batch(like.ids, ordered.columns, ordered.targets, ordered.edits)
