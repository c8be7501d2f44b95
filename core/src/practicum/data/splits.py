"""Training, validation and test parts, chosen by a keyed hash of each sample's id."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.errors import DataError, UsageError
from practicum.keys import Keys

if TYPE_CHECKING:
    from practicum.batch import Batch

NAMES = ("train", "valid", "test")


@dataclass(frozen=True)
class Splits:
    """Data in three parts. No sample is in two of them.

    Args:
        train: what models learn from.
        valid: what choices are made on (which perturbations to harden against, when to stop).
        test: what figures are reported on, and nothing else.

    Raises:
        DataError: an id is in two parts.

    Example:
        >>> import practicum as pm
        >>> parts = split(pm.Batch.of(["a"] * 100), {"train": 0.6, "valid": 0.2, "test": 0.2})
        >>> parts.sizes()
        {'train': 60, 'valid': 20, 'test': 20}
    """

    train: Batch | None = None
    valid: Batch | None = None
    test: Batch | None = None

    def __post_init__(self) -> None:
        seen: dict[int, str] = {}
        for name, batch in self.items():
            for row, value in enumerate(batch.ids.hashes.tolist()):
                if value in seen:
                    raise DataError(f"sample {batch.ids[row]!r} is in {seen[value]!r} and in {name!r}: give every "
                                    "sample its own id, in one split only")
                seen[value] = name

    def items(self) -> list[tuple[str, Batch]]:
        """The parts that exist, with their names, in the order train, valid, test."""
        parts = ((name, getattr(self, name)) for name in NAMES)
        return [(name, part) for name, part in parts if part is not None]

    def sizes(self) -> dict[str, int]:
        """Number of samples per part."""
        return {name: len(batch) for name, batch in self.items()}

    def part(self, name: str) -> Batch:
        """One part.

        Raises:
            DataError: there is no such part.
        """
        found = dict(self.items()).get(name)
        if found is None:
            have = ", ".join(n for n, _ in self.items()) or "none"
            raise DataError(f"the data has no {name!r} split; it has {have}: add "
                            f" {name} to split in the recipe, or use practicum.data.split")
        return found


def split(batch: Batch, fractions: Mapping[str, float], *, seed: int = 0, groups: Any = None,
          stratify: Any = None) -> Splits:
    """Divide a batch into train, valid and test.

    Samples are put in the order of one keyed word per id and cut at the fractions: the parts have the sizes asked for,
    and depend neither on the order of the samples nor on the process. Whole groups move together where ``groups`` are
    given, by the group's own word, so that a module, patient or author is never on two sides; sizes then come as near
    as whole groups, taken in that order, allow.

    Args:
        batch: the samples; each part keeps their order.
        fractions: part -> share, positive, summing to at most 1; what is left over is not used.
        seed: another integer gives other parts.
        groups: one value per sample, or the name of a target; samples of equal value stay together.
        stratify: one value per sample, or the name of a target; each value is divided by itself, so that every part has
            its share of it. Not together with ``groups``.

    Raises:
        UsageError: a part has another name, fractions are not positive or sum to more than 1, or both groups and
            stratify are given.
        DataError: a part would be empty.

    Example:
        >>> import practicum as pm
        >>> texts = pm.Batch.of(["a", "b", "c", "d"])
        >>> parts = split(texts, {"train": 0.5, "test": 0.5}, groups=["x", "x", "y", "y"])
        >>> sorted(parts.train.to_list() + parts.test.to_list())
        ['a', 'b', 'c', 'd']
    """
    _check(fractions)
    if groups is not None and stratify is not None:
        raise UsageError("split takes groups or stratify, not both: a group can't be divided between parts")
    names = [n for n in NAMES if n in fractions]
    shares = [float(fractions[n]) for n in names]
    keys = Keys(seed, path=("split",))
    if groups is not None:
        part = _by_group(_values(batch, groups, "groups"), shares, keys)
    else:
        part = np.full(len(batch), -1, dtype=np.int64)
        order = np.lexsort((batch.ids.hashes, keys.bind(batch.ids).words(1)[:, 0]))
        kinds = ["" for _ in range(len(batch))] if stratify is None else _values(batch, stratify, "stratify")
        for value in dict.fromkeys(sorted(kinds)):
            rows = np.array([r for r in order.tolist() if kinds[r] == value], dtype=np.int64)
            for number, (start, stop) in enumerate(_cuts(len(rows), shares)):
                part[rows[start:stop]] = number
    made = {n: batch.take(np.flatnonzero(part == k)) for k, n in enumerate(names)}
    empty = [n for n, b in made.items() if not len(b)]
    if empty:
        raise DataError(f"split {empty[0]!r} would get no sample: {len(batch)} samples are too few for the fractions "
                        f"{dict(fractions)}{' and groups' if groups is not None else ''}")
    return Splits(**made)


def _check(fractions: Mapping[str, float]) -> None:
    import difflib

    for name, share in fractions.items():
        if name not in NAMES:
            close = difflib.get_close_matches(name, NAMES, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "use train, valid, test"
            raise UsageError(f"no split {name!r}; {hint}")
        if not (isinstance(share, (int, float)) and share > 0):
            raise UsageError(f"split {name!r} has fraction {share!r}; fractions are positive and sum to at most 1")
    if not fractions or sum(fractions.values()) > 1 + 1e-9:
        raise UsageError(f"the fractions {dict(fractions)} must be given and sum to at most 1")


def _cuts(count: int, shares: Sequence[float]) -> list[tuple[int, int]]:
    edges = [0, *(int(np.floor(count * s + 0.5)) for s in np.cumsum(shares))]
    return [(a, min(b, count)) for a, b in itertools.pairwise(edges)]


def _values(batch: Batch, given: Any, what: str) -> list[str]:
    """One text per sample."""
    if isinstance(given, str):
        if given not in batch.targets:
            raise UsageError(f"{what}={given!r} names no target; the data has {', '.join(batch.targets) or 'none'}")
        given = batch.targets[given].data
    values = [str(v) for v in given]
    if len(values) != len(batch):
        raise UsageError(f"{what} has {len(values)} values for {len(batch)} samples; give one each")
    return values


def _by_group(values: list[str], shares: Sequence[float], keys: Keys) -> npt.NDArray[np.int64]:
    """Groups in keyed order; each goes to the part that the middle of its samples falls into."""
    from practicum.batch import Ids

    names = sorted(set(values))
    codes = {name: k for k, name in enumerate(names)}
    group = np.array([codes[v] for v in values], dtype=np.int64)
    sizes = np.bincount(group, minlength=len(names))
    ids = Ids.of(names, len(names))
    order = np.lexsort((ids.hashes, keys.child("groups").bind(ids).words(1)[:, 0]))
    middle = (np.cumsum(sizes[order]) - sizes[order] / 2) / len(values)
    drawn = np.searchsorted(np.cumsum(shares), middle, side="right")
    drawn[drawn == len(shares)] = -1
    of_group = np.empty(len(names), dtype=np.int64)
    of_group[order] = drawn
    return of_group[group]
