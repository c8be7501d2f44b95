"""Robust accuracy over a whole list of budgets in one call, for about the work of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.attack import Attack, AttackResult
from practicum.batch import Batch
from practicum.errors import ConfigError, UsageError
from practicum.keys import Keys
from practicum.model import Model

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_SHARES = 12
"""Steps of a probe are twelfths of a run's, so that samples with like budgets are attacked together."""


@dataclass(frozen=True)
class RobustnessCurve:
    """How many samples withstand an attack at each of K budgets.

    Args:
        attack: its name.
        norm: how the budgets are measured.
        eps: the budgets, rising, float64 [K].
        robust: samples right before and after at each budget, int64 [K]; never rising.
        total: all samples: the denominator.
        clean: samples right before.
        smallest: smallest budget of the list at which each sample was broken, float64 [N]: 0 where the model was wrong
            before, infinite where it withstood all.
        low, high: ends of the bootstrap interval of the robust accuracy at each budget, float64 [K].
        level: coverage of that interval.
        queries, gradients: forward and backward passes that each sample cost, int64 [N].
        upper_bound: the attack declares that what it leaves is only an upper bound.
    """

    attack: str
    norm: str
    eps: Floats
    robust: Ints
    total: int
    clean: int
    smallest: Floats
    low: Floats
    high: Floats
    level: float
    queries: Ints
    gradients: Ints
    upper_bound: bool

    @property
    def robust_accuracy(self) -> Floats:
        """Share of all samples that are right before and after, float64 [K]."""
        return self.robust / self.total if self.total else np.full(len(self.eps), np.nan)

    @property
    def clean_accuracy(self) -> float:
        """Share of all samples that are right before."""
        return self.clean / self.total if self.total else float("nan")

    def table(self) -> str:
        """The curve as lines of text, the clean accuracy first."""
        bound = "<= " if self.upper_bound else ""
        lines = [f"{self.norm + ' eps':>12}  robust            {self.level:.0%} interval",
                 f"{0:>12g}  {f'{self.clean}/{self.total}':<8}{self.clean_accuracy:>8.1%}"]
        for e, n, share, a, b in zip(self.eps, self.robust, self.robust_accuracy, self.low, self.high, strict=True):
            lines.append(f"{e:>12.4g}  {f'{n}/{self.total}':<8}{bound + format(share, '.1%'):>8}  "
                         f"{a:.1%} to {b:.1%}")
        return "\n".join(lines)

    __str__ = table

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw curve and band with matplotlib, from the clean accuracy at 0 on.

        Args:
            axes: to draw into; those of a new figure when left out.

        Raises:
            MissingRequirement: matplotlib is not installed.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError as error:
            from practicum.errors import MissingRequirement

            raise MissingRequirement("drawing a robustness curve needs matplotlib: pip install 'practicum[report]', or "
                                     "print curve.table()") from error
        drawn: Axes = Figure(layout="constrained").add_subplot() if axes is None else axes
        at = np.concatenate([[0.0], self.eps])
        (line,) = drawn.plot(at, np.concatenate([[self.clean_accuracy], self.robust_accuracy]), marker="o",
                             label=self.attack)
        drawn.fill_between(self.eps, self.low, self.high, alpha=0.2, color=line.get_color(), linewidth=0)
        drawn.set_xlabel(f"eps ({self.norm})")
        drawn.set_ylabel("robust accuracy" + (" (upper bound)" if self.upper_bound else ""))
        drawn.set_ylim(0.0, 1.0)
        return drawn


def robustness_curve(attack: Attack, model: Model, x: Any, y: Any = None, *, eps: Iterable[float], seed: int = 0,
                     ids: Any = None, level: float = 0.95) -> RobustnessCurve:
    """Robust accuracy at each of several budgets.

    The largest budget comes first; what withstands it withstands the others. For the rest the smallest budget that
    breaks a sample is found by bisection of the list, so the curve never rises: a sample broken at one budget counts
    as broken at all larger ones, within which its adversarial input lies too. A win that lies within smaller budgets
    settles those at once. Attacks that have ``early_stop`` use it. An attack that is ``warm`` begins each further
    search at the last winning input, projected into the smaller ball, with a part of its steps; then it gets whole
    runs one budget below what was found, as long as a sample has not cost more than ``steps`` (times ``restarts``,
    where it has them). The whole list takes at most twice the gradients of one run without early stop. Other attacks
    are run anew on what is left, once for each halving of the list. Attacks that look for the smallest change are run
    once.

    Args:
        attack: one with a field ``eps``, or one that looks for the smallest change.
        model, x, y, ids: as for calling the attack; ``x`` may be a labelled batch.
        eps: budgets in the input's units, in any order; equal ones count once.
        seed: of the attack's random draws, and of the band's.
        level: coverage of the bootstrap band over samples.

    Raises:
        UsageError: no budget, or one that isn't a positive number.
        ConfigError: the attack has no ``eps`` to set.

    Example:
        >>> from practicum.testing.torch_toys import TorchToy
        >>> import practicum as pm
        >>> model, x = TorchToy.linear([[1.0, 0.0], [0.0, 0.0]]), np.array([[0.1, 0.0], [0.3, 0.0], [0.9, 0.0]])
        >>> curve = robustness_curve(pm.get("pgd"), model, x, [0, 0, 0], eps=[0.2, 0.4, 0.6, 0.8])
        >>> curve.robust, curve.smallest, curve.clean
        (array([2, 1, 1, 1]), array([0.2, 0.4, inf]), 3)
    """
    from practicum.evaluate.bootstrap import paired_bootstrap

    budgets = np.unique(np.asarray(list(eps), dtype=np.float64))
    if not len(budgets) or not bool((np.isfinite(budgets) & (budgets > 0)).all()):
        raise UsageError(f"eps={list(eps) if not len(budgets) else budgets.tolist()} is no list of budgets: give at "
                         "least one number above 0")
    batch = attack.labelled(model, x, y, ids)
    search = _Search(attack, model, batch, budgets, Keys(seed))
    if len(batch):
        search.run()
    robust = [search.smallest > e for e in budgets]
    bands = paired_bootstrap(*(r.astype(np.float64) for r in robust), level=level, seed=seed)
    return RobustnessCurve(attack.name, search.norm, budgets, np.array([int(r.sum()) for r in robust], dtype=np.int64),
                           len(batch), int((search.smallest > 0).sum()), search.smallest,
                           np.array([b.low for b in bands]), np.array([b.high for b in bands]), level, search.queries,
                           search.gradients, attack.upper_bound)


class _Search:
    """The smallest budget that breaks each sample."""

    def __init__(self, attack: Attack, model: Model, batch: Batch, budgets: Floats, keys: Keys) -> None:
        self.model, self.batch, self.budgets, self.keys = model, batch, budgets, keys
        fields = type(attack).model_fields
        nearest = "eps" in fields and fields["eps"].default is None  # whatever the distance, unless told otherwise
        if nearest:
            attack = attack.evolve(eps=None)
        budget = attack.budget(model, batch)
        self.once = nearest or attack.minimal is not None
        if not self.once and "eps" not in fields:
            raise ConfigError(f"{attack.name} has no field 'eps', so there is no budget to vary: use an attack that "
                              "has one (pgd, square, cascade), or looks for the smallest change (fab, cw)")
        if "early_stop" in fields and not self.once:
            attack = attack.evolve(early_stop=True)
        self.attack, self.norm = attack, budget.norm
        self.warm = attack.warm and "steps" in fields and not self.once
        self.smallest = np.zeros(len(batch))
        self.queries, self.gradients = (np.zeros(len(batch), dtype=np.int64) for _ in range(2))
        # Budgets below ``low`` didn't break a sample, the one at ``high`` did.
        self.low, self.high = (np.zeros(len(batch), dtype=np.int64) for _ in range(2))
        self.spare = np.zeros(len(batch), dtype=np.int64)
        self.found: Any = None

    def run(self) -> None:
        """Find it for every sample that the model has right."""
        right = np.flatnonzero(self.model.predict(self.batch).labels == self.batch.label)
        self.smallest[right] = np.inf
        if not len(right):
            return
        if self.once:
            result = self._attacked(right, self.attack, self.keys)
            self._settle(right, result)
            return
        last = len(self.budgets) - 1
        self.high[right] = last + 1
        result = self._attacked(right, self.attack.evolve(eps=float(self.budgets[-1])), self.keys)
        whole = self._steps()
        self.spare[right] = 2 * whole - np.minimum(self.gradients[right], whole)
        self._settle(right, result)
        left = right[self.high[right] <= last]
        while len(left := left[self.low[left] < self.high[left]]):
            for rows, at, steps in self._probes(left):
                self._probe(rows, at, steps, warm=self.warm)
        if self.warm:
            self._once_more(right, whole)

    def _once_more(self, right: Ints, whole: int) -> None:
        """Whole runs from the start, one budget below what breaks a sample, as long as it can pay for another."""
        left = right
        while len(left := left[(self.high[left] > 0) & (self.high[left] < len(self.budgets))
                               & (self.spare[left] >= whole)]):
            before = self.high[left]
            for at in np.unique(before).tolist():
                self._probe(left[before == at], at - 1, int(getattr(self.attack, "steps", 1)), warm=False)
            left = left[self.high[left] < before]

    def _steps(self) -> int:
        """Gradients of one run."""
        steps, restarts = (int(getattr(self.attack, f, 1)) for f in ("steps", "restarts"))
        return steps * restarts

    def _probes(self, left: Ints) -> Iterator[tuple[Ints, int, int]]:
        """Rows to be attacked at one budget with equally many steps, that budget's place, and the steps."""
        middle = (self.low[left] + self.high[left]) // 2
        rounds = np.ceil(np.log2(self.high[left] - self.low[left] + 1)).astype(np.int64)
        whole = self._steps()
        # A whole run is kept for the end, where there is one to keep.
        spend = np.where(self.spare[left] > whole, np.minimum(self.spare[left] - whole, whole // 2), self.spare[left])
        share = np.clip(spend * _SHARES // np.maximum(rounds * whole, 1), 0, _SHARES)
        for at, part in sorted(set(zip(middle.tolist(), share.tolist(), strict=True))):
            steps = max(1, int(getattr(self.attack, "steps", 1)) * part // _SHARES)
            yield left[(middle == at) & (share == part)], at, steps

    def _probe(self, rows: Ints, at: int, steps: int, *, warm: bool) -> None:
        attack = self.attack.evolve(eps=float(self.budgets[at]), **({"steps": steps} if self.warm else {}))
        before = self.gradients[rows]
        result = self._attacked(rows, attack, self.keys.child(f"eps-{at}"), warm=warm)
        self.spare[rows] -= self.gradients[rows] - before
        self.low[rows[~self._settle(rows, result)]] = at + 1

    def _attacked(self, rows: Ints, attack: Attack, keys: Keys, *, warm: bool = False) -> AttackResult:
        from practicum.columns.floats import FloatColumn

        start = None
        if warm:
            part = FloatColumn.of(self.batch, attack.on, by=attack.name).take(rows)
            start = part.restored(self.found[rows])
        result = attack.run(self.model, self.batch.take(rows), keys, start=start)
        self.queries[rows] += result.queries
        self.gradients[rows] += result.gradients
        if self.warm:
            if self.found is None:
                self.found = FloatColumn.of(self.batch, attack.on, by=attack.name).x
            won = result.success & result.within
            self.found[rows[won]] = FloatColumn.of(result.batch, attack.on, by=attack.name).x[won]
        return result

    def _settle(self, rows: Ints, result: AttackResult) -> npt.NDArray[np.bool_]:
        """Every budget that holds a winning input is broken; which rows have one, bool [k]."""
        won = result.success & result.within
        place = np.searchsorted(self.budgets * (1 + 1e-6) + 1e-7, result.norm)
        won &= place < len(self.budgets)
        broken = rows[won]
        self.high[broken] = place[won]
        self.smallest[broken] = self.budgets[self.high[broken]]
        return np.asarray(won)
