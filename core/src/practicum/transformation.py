"""Transformations: new inputs for the same samples."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from practicum.batch import Batch, guess_modality
from practicum.columns import column_kind
from practicum.edits import Edit, EditError, column_edits, revised
from practicum.errors import DataError, ModalityError, PracticumError, TargetError, TechniqueFailed
from practicum.keys import Keys, SampleRng
from practicum.targets import BY_EDITS
from practicum.technique import Technique

Scope = Literal["sample", "batch", "dataset"]
LabelEffect = Literal["preserves", "changes", "mixes"]

_ARRAYS = {"image", "state", "series"}  # an array's shape alone doesn't tell these apart
_SCOPES: tuple[Scope, ...] = ("sample", "batch", "dataset")


def widest(scopes: list[Scope]) -> Scope:
    """The weakest promise among scopes: dataset over batch over sample."""
    return max(scopes, key=_SCOPES.index, default="sample")


class Transformation(Technique):
    """New inputs for the same ids.

    Write :meth:`apply` on columns (fast), or one that the core lifts: :meth:`apply_one` on one value (simple), or
    :meth:`edit_one` on one text (where it is known what is replaced or moved, so that the edit log is exact).

    ClassVars:
        modalities: columns it works on.
        scope: ``sample``: the output of a sample depends on nothing else; ``batch``: on the set of ids in the batch,
            in any order; ``dataset``: on a declared pool or fitted state.
        label_effect: ``preserves`` the label, ``changes`` it (a drop in accuracy is then no weakness), or ``mixes``.
        carries: positional target kinds it moves along itself; text operations that write edits get spans, tags and
            answers carried by the core.
        writes_edits: whether it reports text edits to :meth:`Batch.with_column` when ``batch.wants_edits(column)``.
        filters: whether it may drop rows.

    Args:
        on: the column to work on, where there is a choice.
    """

    kind: ClassVar[str] = "transformation"
    scope: ClassVar[Scope] = "sample"
    label_effect: ClassVar[LabelEffect] = "preserves"
    carries: ClassVar[frozenset[str]] = frozenset()
    writes_edits: ClassVar[bool] = False
    filters: ClassVar[bool] = False

    on: str | None = Field(default=None, description="the column to work on, where there is a choice")

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        """Transform a batch; ``keys`` are bound to its ids. The default lifts :meth:`edit_one` (where it is written) or
        :meth:`apply_one` over the column.

        Never mutate the input; return ``batch.with_column(...)``.
        """
        column = batch.column_name(self.on, self.modalities)
        before, values, known = batch.to_list(column), [], []
        knows = type(self).edit_one is not Transformation.edit_one
        try:
            for value, rng in zip(before, keys.each(), strict=True):
                if knows:
                    known.append(self.edit_one(value, rng))
                    values.append(revised(value, known[-1]) if len(known[-1]) else value)
                else:
                    values.append(self.apply_one(value, rng))
        except EditError as error:
            raise DataError(f"{self.name}, sample {batch.ids[len(values)]!r}: {error}") from None
        except PracticumError:
            raise
        except Exception as error:
            raise TechniqueFailed(f"{self.name} raised {type(error).__name__} on sample {batch.ids[len(values)]!r}: "
                                  f"{error}") from error
        edits = None
        if self.writes_edits and batch.wants_edits(column):
            from practicum.diff import diff_column

            edits = column_edits(known) if knows else diff_column(before, values)
        return batch.with_column(column, values, edits=edits, op=" > ".join(keys.path))

    def apply_one(self, value: Any, rng: SampleRng) -> Any:
        """Transform one value: a str, an HWC array, a dict ... ``rng`` draws by position."""
        raise TechniqueFailed(f"{self.name} implements none of apply, apply_one and edit_one")

    def edit_one(self, value: str, rng: SampleRng) -> Sequence[Edit]:
        """Edits of one text, sorted and without overlap: ``(start, stop, replacement)`` in characters, with a fourth
        item where the replacement is a piece moved from elsewhere in the text: its start there."""
        raise TechniqueFailed(f"{self.name} does not implement edit_one")

    def run(self, batch: Batch, keys: Keys) -> Batch:
        """Check, apply, and check what came back. Compositions call this on their parts.

        Raises:
            ModalityError: the batch has no column of the right modality.
            TargetError: a target can't be carried.
            TechniqueFailed: the technique raised or broke its promise; the cause is attached.
        """
        self._check_targets(batch)
        if not len(batch):
            return batch
        bound = keys.child(self.name).bind(batch.ids)
        try:
            out = self.apply(batch, bound)
        except PracticumError:
            raise
        except Exception as error:
            raise TechniqueFailed(f"{self.name} raised {type(error).__name__} on a batch of {len(batch)} samples "
                                  f"(first id {batch.ids[0]!r}): {error}") from error
        if not isinstance(out, Batch):
            raise TechniqueFailed(f"{self.name} returned a {type(out).__name__}, not a Batch: return "
                                  "batch.with_column(...)")
        if out.ids is not batch.ids and not self.filters and out.ids != batch.ids:
            raise TechniqueFailed(f"{self.name} changed the samples (ids in: {len(batch)}, out: {len(out)}) without "
                                  "declaring filters = True")
        return out

    def _check_targets(self, batch: Batch) -> None:
        column = batch.column_name(self.on, self.modalities)
        for name, target in batch.positional(column).items():
            if target.kind in self.carries or (self.writes_edits and target.kind in BY_EDITS):
                continue
            carried = sorted(self.carries | (BY_EDITS if self.writes_edits else frozenset()))
            raise TargetError(f"{self.name} can't carry target {name!r} (kind {target.kind}) along with column "
                              f"{column!r}; it carries {', '.join(carried) or 'labels only'}: drop the target or use a "
                              "technique that carries it")

    def __call__(self, data: Any, seed: int = 0, *, epoch: int = 0, ids: Any = None,
                 output: int = 0, log: bool = False) -> Any:
        """Apply to data in the caller's form: list in, list out; Batch in, Batch out; tensor in, tensor out.

        Args:
            data: texts, images, records ... or a :class:`Batch`.
            seed: any integer.
            epoch: other draws for the same seed and samples.
            ids: sample ids when ``data`` is no Batch; numbered from 0 when left out.
            output: index of the output, when several are made of one input.
            log: with a Batch, record edits in ``result.edits``.
        """
        keys = Keys(seed, epoch, output)
        if isinstance(data, Batch):
            return self.run(data.recording() if log else data, keys)
        modality = self._modality_of(data)
        batch = Batch.of(data, ids=ids, modality=modality)
        out = self.run(batch, keys)
        return column_kind(modality).like(data, out.columns[modality].data)

    def _modality_of(self, data: Any) -> str:
        try:
            guess = guess_modality(data)
        except ModalityError:
            if len(self.modalities) != 1:
                raise
            return next(iter(self.modalities))
        if not len(data) and guess not in self.modalities:
            return min(self.modalities)
        fits = [m for m in self.modalities if {m, guess} <= _ARRAYS]
        if guess not in self.modalities and len(fits) == 1:
            return fits[0]
        self.require_modality(guess)
        return guess

    def fit(self, batch: Batch, keys: Keys) -> Transformation:
        """Learn state from data and return a fitted copy; techniques without state return themselves."""
        return self

    def on_dataset(self, column: str, *, seed: int = 0, epoch: int = 0, ids: str | None = None) -> Callable[..., Any]:
        """A function for ``datasets.Dataset.map(fn, batched=True, with_indices=True)``.

        Args:
            column: the dataset's column to transform.
            seed, epoch: as in ``__call__``.
            ids: a column of ids; the row index when left out.
        """
        from practicum.interop import MapFunction

        return MapFunction(self, column, seed, epoch, ids)

    def collate(self, base: Callable[[list[Any]], Any] | None = None, *, seed: int = 0, epoch: int = 0,
                modality: str | None = None) -> Callable[[list[Any]], Any]:
        """A ``collate_fn`` for a DataLoader over :func:`practicum.indexed`: transforms inputs, then collates.

        Args:
            base: collates the transformed ``(input, target)`` pairs; torch's default when left out.
            seed, epoch: as in ``__call__``; see :class:`practicum.interop.Collate` for new epochs.
            modality: of the inputs; the technique's only one when left out.
        """
        from practicum.interop import Collate

        return Collate(self, base, seed, epoch, modality)


class Filter(Transformation):
    """A transformation that only drops rows: write :meth:`keep_one` or :meth:`keep`."""

    filters: ClassVar[bool] = True

    @abstractmethod
    def keep(self, batch: Batch, keys: Keys) -> Any:
        """Which rows stay, bool [N]."""

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        return batch.take(self.keep(batch, keys))

    def _check_targets(self, batch: Batch) -> None:
        batch.column_name(self.on, self.modalities)

