"""Explanations: attributions aligned to the input's units, which add up, are kept, and draw themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from practicum.batch import Batch
    from practicum.explained.drawing import Drawing

Floats = npt.NDArray[np.float64]

_NUMBERS = ("target", "base_value", "error", "score", "queries", "gradients")


@dataclass(frozen=True, repr=False)
class Explanation:
    """Attributions of a batch.

    Explanations of the same samples and units add up, ``a + b``, ``a - b``, ``0.5 * a``, as the scores they explain do:
    base value and score go along, so what added up before still does. Errors add, being bounds; work is summed; figures
    are left out, since they belong to one method.

    Args:
        values: image, state, series: an array of the input's shape; text, table: per sample one number for each unit.
        target: the explained class of each sample, int64 [N]; -1 for a mean over samples of different classes.
        ids: ids of the samples.
        units: text, table: per sample its units as texts; ``None`` where the array's axes are the units.
        base_value: the model's score where everything is absent, float [N], for methods that have one.
        error: the method's own estimate of its error per sample, float [N], where it has one.
        method: name of the explainer.
        score: what is explained, the score of ``target`` at the input, float64 [N], for methods that add up to it.
        queries, gradients: forward and backward passes spent on each sample, int64 [N]; counted by the core.
        figures: other numbers the method knows of itself, one each sample, as ``{"r2": [...]}``.
        modality: of the column explained; filled in by the core, else told from the form of the values.

    Example:
        >>> a = Explanation(np.array([[3.0, -1.0]]), np.array([1]), ["x"], method="mine", modality="state")
        >>> (a + 0.5 * a).values, abs(a).values
        (array([[ 4.5, -1.5]]), array([[3., 1.]]))
        >>> print(a)
        Explanation of 1 sample by mine
        x, class 1
          feature 0   +3  ████████████████
          feature 1   −1  ▒▒▒▒▒
    """

    values: Any
    target: npt.NDArray[np.int64]
    ids: Any
    units: list[list[str]] | None = None
    base_value: Floats | None = None
    error: Floats | None = None
    method: str = ""
    score: Floats | None = None
    queries: npt.NDArray[np.int64] | None = None
    gradients: npt.NDArray[np.int64] | None = None
    figures: Mapping[str, Floats] = field(default_factory=dict)
    modality: str = ""

    def __len__(self) -> int:
        return len(self.target)

    def __iter__(self) -> Iterator[Explanation]:
        """One explanation for each sample."""
        return (self[row] for row in range(len(self)))

    @overload
    def __getitem__(self, index: int) -> Explanation: ...
    @overload
    def __getitem__(self, index: slice) -> Explanation: ...
    def __getitem__(self, index: int | slice) -> Explanation:
        """Rows ``index``, all parallel arrays together.

        Raises:
            IndexError: there is no such row.
        """
        if isinstance(index, int) and not -len(self) <= index < len(self):
            raise IndexError(f"row {index} of an explanation of {len(self)} samples")
        rows = slice(index, index + 1 or None) if isinstance(index, int) else index

        def cut(value: Any) -> Any:
            return None if value is None else value[rows]

        ids = [self.ids[i] for i in range(*rows.indices(len(self)))]
        return replace(self, values=cut(self.values), ids=ids, units=cut(self.units),
                       figures={name: cut(values) for name, values in self.figures.items()},
                       **{name: cut(getattr(self, name)) for name in _NUMBERS})

    @property
    def gap(self) -> Floats | None:
        """How far attributions and base value are from adding up to the score, float64 [N]; ``None`` where the method
        doesn't say that they should."""
        if self.score is None or self.base_value is None:
            return None
        sums = np.array([np.asarray(v, dtype=np.float64).sum() for v in self.rows()])
        return np.abs(sums + self.base_value - self.score)

    @property
    def form(self) -> str:
        """The modality; where it isn't said, what the form of the values tells: ``image`` of four axes, ``series`` of
        three, ``state`` of two, and ``text`` where there are units."""
        if self.modality:
            return self.modality
        if self.units is not None:
            return "text"
        axes = np.ndim(self.values[0]) if len(self) else 1
        return {3: "image", 2: "series"}.get(axes, "state")

    def rows(self) -> list[npt.NDArray[Any]]:
        """The values of each sample as an array in memory."""
        return [np.asarray(v.detach().cpu().numpy() if hasattr(v, "detach") else v) for v in self.values]

    def __add__(self, other: Explanation) -> Explanation:
        """Attributions of the sum of two scores.

        Raises:
            DataError: other samples, classes, units, or values of another shape.
        """
        from practicum.explained.arithmetic import combined

        return combined([self, other], [1.0, 1.0])

    def __sub__(self, other: Explanation) -> Explanation:
        """Attributions of the difference of two scores; errors as for ``+``."""
        from practicum.explained.arithmetic import combined

        return combined([self, other], [1.0, -1.0])

    def __mul__(self, factor: float) -> Explanation:
        """Attributions of a multiple of the score."""
        from practicum.explained.arithmetic import combined

        return combined([self], [float(factor)])

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> Explanation:
        return self * (1.0 / divisor)

    def __neg__(self) -> Explanation:
        return self * -1.0

    def __abs__(self) -> Explanation:
        """Sizes without sign; they add up to no score, so base value, score and error are left out."""
        from practicum.explained.arithmetic import mapped

        return replace(mapped(self, np.abs), base_value=None, score=None, error=None, figures={})

    def against(self, other: Explanation) -> Explanation:
        """Why this class rather than another: the difference to an explanation of the same samples for other classes,
        which ``figures["against"]`` names.

        Raises:
            DataError: other samples or units.
        """
        from practicum.explained.arithmetic import combined

        made = combined([self, replace(other, target=self.target)], [1.0, -1.0])
        return replace(made, figures={"against": np.asarray(other.target, dtype=np.float64)})

    @staticmethod
    def mean_of(parts: Sequence[Explanation]) -> Explanation:
        """The mean of several explanations of the same samples, of several seeds or methods for example.

        Raises:
            DataError: there is none, or they are of other samples, classes or units.
        """
        from practicum.explained.arithmetic import combined

        return combined(parts, [1.0 / max(len(parts), 1)] * len(parts))

    def mean(self) -> Explanation:
        """The mean over the samples, as one sample ``"mean"``; of ``abs(explanation)`` it is the importance of each
        unit in general.

        Raises:
            DataError: there are no samples, or their units or shapes differ.
        """
        from practicum.explained.arithmetic import over_samples

        return over_samples(self)

    def per_pixel(self, how: Literal["sum", "abs", "largest"] = "sum") -> Explanation:
        """The channels of an image or series drawn together to one.

        Args:
            how: ``sum`` keeps what adds up; ``abs`` is the sum of sizes; ``largest`` the channel's value that is
                largest in size, with its sign.

        Raises:
            ModalityError: neither image nor series.
        """
        from practicum.explained.aggregate import per_pixel

        return per_pixel(self, how)

    def per_word(self) -> Explanation:
        """The units of subword tokenisers (WordPiece ``##ing``, SentencePiece ``▁the``, byte-level ``Ġthe``, and
        ``the</w>``) drawn together to words, values summed; other units stay as they are.

        Raises:
            ModalityError: there are no units.
        """
        from practicum.explained.aggregate import per_word

        return per_word(self)

    def top(self, k: int = 10, names: Sequence[str] | None = None) -> pd.DataFrame:
        """The ``k`` units of each sample with the largest values in size, as a table.

        Args:
            k: rows for each sample, at most.
            names: of the features of a state or the channels of a series.

        Returns:
            columns ``id``, ``target``, ``rank`` (from 1), ``unit``, ``value``, ``share`` (of the sum of all sizes).
        """
        from practicum.explained.table import top

        return top(self, k, names)

    def table(self, names: Sequence[str] | None = None) -> pd.DataFrame:
        """Every value in a row of its own: ``id``, ``target``, ``place`` (its position in the sample, flattened),
        ``unit`` and ``value``.

        Args:
            names: of the features of a state or the channels of a series.
        """
        from practicum.explained.table import table

        return table(self, names)

    def save(self, path: str | Path) -> Path:
        """Write everything to one file, ``.npz`` (compact) or ``.json`` (read by anything); whole or not at all.

        Raises:
            RunError: it can't be written.
            UsageError: another ending.
        """
        from practicum.explained.store import save

        return save(self, Path(path))

    @staticmethod
    def load(path: str | Path) -> Explanation:
        """What :meth:`save` wrote; nothing in the file can run code.

        Raises:
            RunError: the file is missing, damaged, or no explanation.
        """
        from practicum.explained.store import load

        return load(Path(path))

    def html(self, batch: Batch | None = None, *, names: Sequence[str] | None = None, title: str = "") -> str:
        """A page of its own: each sample with its attributions, under 50 kB, nothing fetched, every text escaped.

        Args:
            batch: the inputs, to show pictures, series, field values and graphs under the attributions.
            names: of the features of a state or the channels of a series.
            title: of the page.

        Raises:
            DataError: the batch holds other samples.
        """
        from practicum.explained.page import page

        return page([self], batch, names=names, title=title)

    def show(self, console: Console | None = None, *, names: Sequence[str] | None = None, samples: int = 8) -> None:
        """Print to the terminal in colour: words shaded, features as bars, pictures as maps.

        Args:
            console: where to; a new one on standard output when left out.
            names: of the features of a state or the channels of a series.
            samples: shown, at most.
        """
        from practicum.explained.terminal import show

        show(self, console, names, samples)

    def bar(self, k: int = 12, names: Sequence[str] | None = None) -> Drawing:
        """A bar for each of the ``k`` most important units: the mean of the values' sizes over the samples that have
        the unit."""
        from practicum.explained.charts import bar

        return bar(self, k, names)

    def beeswarm(self, batch: Batch | None = None, k: int = 12, names: Sequence[str] | None = None) -> Drawing:
        """A dot for each sample and unit at its value, coloured by the input's own value where a batch is given.

        Raises:
            DataError: the batch holds other samples.
        """
        from practicum.explained.swarm import beeswarm

        return beeswarm(self, batch, k, names)

    def waterfall(self, row: int = 0, k: int = 10, names: Sequence[str] | None = None) -> Drawing:
        """From the base value to the score of one sample, a step for each of its ``k`` largest values.

        Raises:
            CapabilityError: the method gives no base value.
        """
        from practicum.explained.charts import waterfall

        return waterfall(self, row, k, names)

    def __repr__(self) -> str:
        shape = getattr(self.values, "shape", None)
        values = f"values {tuple(shape)}" if shape is not None else f"{len(self)} samples"
        return f"<Explanation by {self.method or 'an unnamed method'}: {self.form}, {values}>"

    def __str__(self) -> str:
        from practicum.explained.terminal import plain

        return plain(self)

    def _repr_html_(self) -> str:
        from practicum.explained.page import fragment

        return fragment([self], None)
