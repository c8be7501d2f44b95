"""The loss of a batch under an attack, its gradient, and how far the attack has got."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from practicum.columns.floats import FloatColumn
from practicum.criterion import Criterion, Targeted, within
from practicum.errors import CapabilityError, DataError, ModelOutputError
from practicum.model import Model
from practicum_gradient_attacks.geometry import Radius, steepest
from practicum_gradient_attacks.losses import LOSSES, TARGETED_LOSSES, targeted_dlr

if TYPE_CHECKING:
    import torch


class Ascent(NamedTuple):
    """Where some points are, and which way is up.

    Args:
        margin: how far the attack's aim is reached, float64 [N].
        rows: those that go on, int64 [K].
        loss: what is climbed, of the rows that go on, float64 [K].
        gradient: its gradient [K, ...]; ``None`` where it wasn't asked for.
    """

    margin: torch.Tensor
    rows: torch.Tensor
    loss: torch.Tensor
    gradient: torch.Tensor | None


class Objective:
    """The loss of one batch under one attack, and its gradient.

    Args:
        by: name of the attack.
        model, column: whose. What ``column.free`` leaves out has no gradient.
        criterion: when a sample counts as won.
        facts: what the criterion is measured against, int64 [N] each.
        loss: ``margin`` or a name of :data:`practicum_gradient_attacks.losses.LOSSES`.
        radius: of the ball, where there is one: a number, float64 [N], or float64 [N, D] for linf.
        bounds: the box.
        rival: the class that should win, int64 [N], where it is chosen beforehand.
        start: points to begin at rather than at the inputs [N, ...], where there are any.
    """

    def __init__(self, by: str, model: Model, column: FloatColumn, criterion: Criterion,
                 facts: Mapping[str, torch.Tensor], *, loss: str = "margin", radius: Radius = float("inf"),
                 bounds: tuple[float, float] | None = None, rival: torch.Tensor | None = None,
                 start: torch.Tensor | None = None) -> None:
        self.by, self.model, self.column, self.criterion, self.facts = by, model, column, criterion, facts
        self.loss, self.radius, self.bounds, self.rival, self.start = loss, radius, bounds, rival, start

    @property
    def x(self) -> torch.Tensor:
        """The clean inputs [N, ...]."""
        return self.column.x

    @property
    def label(self) -> torch.Tensor:
        """The true classes, int64 [N]."""
        return self.facts["label"]

    @property
    def free(self) -> torch.Tensor | None:
        """The values that may change, bool [N, D]; all when ``None``."""
        return None if self.column.free is None else self.column.free.flatten(1)

    def take(self, rows: torch.Tensor) -> Objective:
        """The objective of some rows, int64 [K]."""
        return self._with(self.column.take(rows), {n: v[rows] for n, v in self.facts.items()},
                          self.radius if isinstance(self.radius, float) else self.radius[rows],
                          None if self.rival is None else self.rival[rows],
                          None if self.start is None else self.start[rows])

    def against(self, rival: torch.Tensor) -> Objective:
        """The objective of letting class ``rival`` [N] win, rather than whichever other class leads."""
        return self._with(self.column, self.facts, self.radius, rival, self.start)

    def _with(self, column: FloatColumn, facts: Mapping[str, torch.Tensor], radius: Radius,
              rival: torch.Tensor | None, start: torch.Tensor | None) -> Objective:
        return Objective(self.by, self.model, column, self.criterion, facts, loss=self.loss, radius=radius,
                         bounds=self.bounds, rival=rival, start=start)

    def rivals(self, most: int, norm: str) -> torch.Tensor:
        """Other classes, the one that the linearised model lets win most clearly within ball and box first.

        The leading logit alone may point to a class that can't be reached while another one can. On a linear model
        the first class is exactly the best one.

        Args:
            most: classes compared, those of the highest logits; each takes one backward pass.
            norm: of the ball.

        Returns:
            int64 [N, min(most, C - 1)].
        """
        import torch

        leaf = self.x.detach().requires_grad_(True)
        logits = self._connected(leaf)
        others = logits.detach().scatter(1, self.label[:, None], float("-inf"))
        classes = others.topk(min(most, logits.shape[1] - 1), dim=1).indices
        if classes.shape[1] == 1:
            return classes
        start, promised = self.x.flatten(1), []
        for k in classes.unbind(dim=1):
            gap = logits.gather(1, k[:, None])[:, 0] - logits.gather(1, self.label[:, None])[:, 0]
            slope = self._slope(gap, leaf, keep=True).flatten(1)
            end = steepest(start, slope, start, norm, self.radius, self.bounds)
            gain = (torch.nan_to_num(end.double() - start.double()) * slope.double()).sum(dim=1)
            promised.append(gap.detach().double() + gain)
        order = torch.stack(promised, dim=1).nan_to_num(nan=float("-inf")).argsort(dim=1, descending=True, stable=True)
        return classes.gather(1, order)

    def leading(self, x: torch.Tensor) -> torch.Tensor:
        """The class of largest logit at ``x``, the true one left out, int64 [N]."""
        import torch

        with torch.no_grad():
            return self._logits(x).scatter(1, self.label[:, None], float("-inf")).argmax(dim=1)

    def value(self, x: torch.Tensor) -> torch.Tensor:
        """The margin at ``x`` [N]: how far the attack's aim is reached, positive when it is."""
        import torch

        with torch.no_grad():
            return self._margin(self._logits(x))

    def gradient(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The margin [N], and the gradient of the loss [N, ...]: finite, and zero where the model gives none."""
        leaf = x.detach().requires_grad_(True)
        logits = self._connected(leaf)
        return self._margin(logits.detach()), self._slope(self._loss(logits), leaf)

    def slope(self, x: torch.Tensor, through: Callable[[torch.Tensor], torch.Tensor] | None = None) -> torch.Tensor:
        """The gradient alone.

        Args:
            x: points [N, ...].
            through: a differentiable map of the points, applied before the model sees them.
        """
        leaf = x.detach().requires_grad_(True)
        return self._slope(self._loss(self._connected(leaf if through is None else through(leaf))), leaf)

    def until_won(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        """The margin at ``x``, the rows that are not won yet, and the gradient of those alone.

        Where nothing has been won, margin and gradient share one forward pass; else those that go on are asked again,
        so that no gradient is spent on a sample that is won.

        Returns:
            margin [N]; rows that go on, int64 [K], ``None`` for all; their gradient [K, ...], ``None`` when K is 0.
        """
        leaf = x.detach().requires_grad_(True)
        logits = self._connected(leaf)
        margin = self._margin(logits.detach())
        going = ~(margin > 0)
        if bool(going.all()):
            return margin, None, self._slope(self._loss(logits), leaf)
        rows = going.nonzero()[:, 0]
        return margin, rows, self.take(rows).gradient(x[rows])[1] if len(rows) else None

    def ascent(self, x: torch.Tensor, *, stop: bool, slope: bool = True) -> Ascent:
        """Margin and loss at ``x`` [N, ...], and the loss's gradient.

        Args:
            x: points.
            stop: rows that are won don't go on, and no gradient is spent on them; as in :meth:`until_won`.
            slope: whether the gradient is wanted.
        """
        import torch

        leaf = x.detach().requires_grad_(slope)
        with torch.set_grad_enabled(slope):
            logits = self._connected(leaf) if slope else self._logits(leaf)
            margin, loss = self._margin(logits.detach()), self._loss(logits)
        rows, won = torch.arange(len(x), device=x.device), (margin > 0) & stop
        if not slope:
            return Ascent(margin, rows, loss.double(), None)
        if not bool(won.any()):
            return Ascent(margin, rows, loss.detach().double(), self._slope(loss, leaf))
        rows = rows[~won]
        again = self.take(rows).ascent(x[rows], stop=False).gradient if len(rows) else x[rows]
        return Ascent(margin, rows, loss.detach().double()[rows], again)

    def _loss(self, logits: torch.Tensor) -> torch.Tensor:
        """What is climbed [N]."""
        if self.rival is not None and self.loss == "dlr":
            return targeted_dlr(logits, self.label, self.rival)
        if self.rival is not None:
            return (logits.gather(1, self.rival[:, None]) - logits.gather(1, self.label[:, None]))[:, 0]
        if self.loss == "margin":
            return self.criterion.margin(logits, self.facts)
        if isinstance(self.criterion, Targeted):
            wanted = within(self.criterion.wanted(self.facts), logits)
            return TARGETED_LOSSES[self.loss](logits, self.label, wanted)
        return LOSSES[self.loss](logits, self.label)

    def _connected(self, leaf: torch.Tensor) -> torch.Tensor:
        logits = self._logits(leaf)
        if not logits.requires_grad:
            raise CapabilityError(f"{self.by} needs logits that depend on the input tensor, but those of "
                                  f"{self.model.name} are cut off from it: don't detach, convert to NumPy or use "
                                  "torch.no_grad in its logits()")
        return logits

    def _slope(self, loss: torch.Tensor, leaf: torch.Tensor, *, keep: bool = False) -> torch.Tensor:
        """The gradient of each sample's loss [N, ...]."""
        import torch

        gradient: Any = torch.autograd.grad(loss.sum(), leaf, allow_unused=True, retain_graph=keep)[0]
        if gradient is None:
            raise CapabilityError(f"{self.by} found no path from the logits of {self.model.name} back to the "
                                  "input: its logits() must use the tensor of the batch it is given")
        finite: torch.Tensor = torch.nan_to_num(gradient, nan=0.0)
        return finite if self.column.free is None else finite * self.column.free

    def _margin(self, logits: torch.Tensor) -> torch.Tensor:
        return self.criterion.margin(logits, self.facts).double()

    def _logits(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model.logits(self.column.with_values(x))  # type: ignore[attr-defined]  # Differentiable
        if logits.ndim != 2 or len(logits) != len(x) or logits.shape[1] < 2:
            raise ModelOutputError(f"{self.by}: {self.model.name} returned logits of shape "
                                   f"{tuple(logits.shape)} for {len(x)} samples; it must return [{len(x)}, C] with at "
                                   "least two classes")
        if int(self.label.max()) >= logits.shape[1]:
            row = int(self.label.argmax())
            raise DataError(f"{self.by}: sample {self.column.batch.ids[row]!r} has class "
                            f"{int(self.label[row])}, but {self.model.name} knows {logits.shape[1]} classes (0 to "
                            f"{logits.shape[1] - 1}): fix the labels or the model's number of classes")
        return logits
