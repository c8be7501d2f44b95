"""What the attacks share that learn one change for all inputs: fitting, what was learned, and its files."""

from __future__ import annotations

import hashlib
import io
import json
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, PrivateAttr

from practicum.atomic import write_atomic
from practicum.attack import Note, Perturbed
from practicum.batch import Batch
from practicum.columns.floats import FloatColumn
from practicum.errors import CapabilityError, DataError, RunError
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import Model
from practicum_gradient_attacks.objective import Objective
from practicum_gradient_attacks.threat import WhiteBoxAttack

if TYPE_CHECKING:
    import torch

CONFIG, STATE = "technique.json", "learned.npy"


@dataclass(frozen=True)
class Learned:
    """What a fit has found.

    Args:
        values: float64, of a sample's shape or a patch's.
        samples: how many it was learned from.
    """

    values: npt.NDArray[np.float64]
    samples: int


class LearnedAttack(WhiteBoxAttack):
    """An attack whose change is learned once, from a model and labelled samples, and then put on any input.

    What it leaves is an upper bound of robust accuracy: a change made for one sample is at least as strong.

    Args:
        epochs: how often the samples are gone through.
        batch_size: samples of one step. Their order is drawn anew for each epoch, and depends on the set of ids only.
        step_size: length of a step; when left out, such that all steps together go as far as four times the radius.
    """

    learns: ClassVar[bool] = True
    upper_bound: ClassVar[bool] = True

    epochs: int = Field(default=10, ge=1, description="how often the samples are gone through")
    batch_size: int = Field(default=32, ge=1, description="samples of one step")
    step_size: float | None = Field(default=None, gt=0.0, description="length of a step, in the input's units")
    _learned: Learned | None = PrivateAttr(default=None)

    def fit(self, model: Model, batch: Batch, keys: Keys) -> Self:
        """A copy that has learned a change from samples; the attack itself stays as it is.

        Args:
            model: the model to attack.
            batch: labelled samples; those the criterion doesn't concern are left out.
            keys: of the order and of whatever the change's placing draws.

        Raises:
            CapabilityError: the model has no gradients.
            DataError: the criterion concerns none of the samples, or the column isn't float32 or float64 of one size.
        """
        self.check(model, batch)
        facts = self.criterion.facts(batch)
        rows = np.flatnonzero(self.criterion.concerns(facts))
        if not len(rows):
            raise DataError(f"{self.name} has nothing to learn from: its criterion concerns none of the {len(batch)} "
                            "samples; give samples of other classes than the target")
        bounds = self.box(model)
        with untouched(model.modules()):  # type: ignore[attr-defined]  # check() has made sure that it is Differentiable
            import torch

            column = FloatColumn.of(batch, self.on, by=self.name).take(rows)
            classes = {n: torch.as_tensor(v[rows], device=column.x.device) for n, v in facts.items()}
            objective = Objective(self.name, model, column, self.criterion, classes, bounds=bounds)
            values = self.learn(objective, keys.bind(column.batch.ids))
        return self._with(Learned(values.detach().cpu().double().numpy(), len(rows)))

    @abstractmethod
    def learn(self, objective: Objective, keys: Keys) -> torch.Tensor:
        """The change learned from the objective's samples, float64; called with the model guarded."""

    def steps(self, count: int) -> int:
        """Steps of a fit on ``count`` samples."""
        return self.epochs * -(-count // self.batch_size)

    def rounds(self, objective: Objective, keys: Keys) -> Iterator[tuple[Objective, Keys]]:
        """The samples of one step after the other, with the keys of their epoch."""
        import torch

        ids = objective.column.batch.ids
        for epoch in range(self.epochs):
            drawn = keys.child(f"epoch-{epoch}")
            order = drawn.bind(ids).order()
            for start in range(0, len(order), self.batch_size):
                rows = torch.as_tensor(order[start:start + self.batch_size], device=objective.x.device)
                part = objective.take(rows)
                yield part, drawn.bind(part.column.batch.ids)

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch | Perturbed:
        """Inputs with the learned change; the model isn't asked.

        Raises:
            CapabilityError: it hasn't learned anything yet.
            DataError: the inputs are of another shape than those it learned from.
        """
        note = Note(f"the change was learned from {self.learned.samples} labelled samples", len(batch), len(batch),
                    doubt=False)
        made = super().perturb(model, batch, keys)
        return Perturbed(made.batch if isinstance(made, Perturbed) else made, (note,))

    @property
    def learned(self) -> Learned:
        """What was learned.

        Raises:
            CapabilityError: nothing was.
        """
        if self._learned is None:
            raise CapabilityError(f"{self.name} hasn't learned its change yet: call fitted = attack.fit(model, batch, "
                                  "keys) with labelled samples first, or load one with practicum.load(directory)")
        return self._learned

    def _with(self, learned: Learned) -> Self:
        made = self.evolve()
        object.__setattr__(made, "__pydantic_private__", {"_learned": learned})
        return made

    def state_digest(self) -> str:
        """A digest of what was learned, ``""`` before fitting."""
        if self._learned is None:
            return ""
        values = np.ascontiguousarray(self._learned.values, dtype="<f8")
        facts = json.dumps([list(values.shape), self._learned.samples]).encode()
        return hashlib.blake2b(facts + values.tobytes(), digest_size=8).hexdigest()

    def save(self, directory: Path) -> None:
        """Write technique.json and learned.npy into a directory; each file is whole or not there.

        Raises:
            CapabilityError: nothing was learned.
            RunError: the directory can't be written.
        """
        directory, learned = Path(directory), self.learned
        made = io.BytesIO()
        np.save(made, np.ascontiguousarray(learned.values, dtype="<f8"), allow_pickle=False)
        facts = {**self.config(), "learned": {"samples": learned.samples, "digest": self.state_digest()}}
        write_atomic(directory / STATE, made.getvalue())
        write_atomic(directory / CONFIG, json.dumps(facts, indent=1))

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read back :meth:`save`.

        Raises:
            RunError: the directory holds no saved attack of this kind, or its files don't belong together.
        """
        directory = Path(directory)
        try:
            config = json.loads((directory / CONFIG).read_text("utf-8"))
            facts, use = config.pop("learned"), config.pop("use")
            values = np.load(directory / STATE, allow_pickle=False)
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise RunError(f"{directory} holds no saved {cls.name} ({type(error).__name__}: {error}): write one with "
                           "attack.save(directory)") from error
        if use != cls.name:
            raise RunError(f"{directory} holds {use}, not {cls.name}: load it with practicum.load(directory)")
        made = cls(**config)._with(Learned(values.astype(np.float64), int(facts["samples"])))
        if made.state_digest() != facts["digest"]:
            raise RunError(f"{directory} is damaged: {STATE} doesn't fit the digest in {CONFIG}; fit and save it anew")
        return made


def weights(margin: torch.Tensor, scale: float) -> torch.Tensor:
    """How much each sample counts in a step, [N]: the slope of softplus(-margin / scale), so that samples which are
    won already hardly count, whatever the scale of the logits."""
    import torch

    return torch.sigmoid(-margin / scale)


def margin_scale(objective: Objective, batch_size: int) -> float:
    """The mean size of the clean margins, 1 where they are all zero."""
    import torch

    count = len(objective.x)
    parts = [torch.arange(k, min(k + batch_size, count), device=objective.x.device)
             for k in range(0, count, batch_size)]
    margins = torch.cat([objective.take(rows).value(objective.x[rows]) for rows in parts]).abs()
    # Summed in the order of size, so that the order of the samples doesn't matter.
    mean = float(margins[torch.isfinite(margins)].sort().values.mean()) if bool(torch.isfinite(margins).any()) else 0.0
    return mean if mean > 0 else 1.0


