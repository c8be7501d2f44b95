"""Attacks that break one promise each; the right one is a guarded sign step."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field, PrivateAttr
from wrong import Wrong, peeked
from wrong_transformations import DOC

from practicum.attack import Attack, AttackResult, Budget
from practicum.batch import Batch
from practicum.columns.floats import FloatColumn
from practicum.criterion import AnyCriterion, Criterion, Misclassified
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import Model


class Step(Attack):
    """Moves each value by eps along the sign of the margin's gradient."""

    name: ClassVar[str] = "wrong/step"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    access: ClassVar[Any] = "gradient"
    upper_bound: ClassVar[bool] = True
    eps: float = Field(default=0.2, gt=0.0, description="largest change")

    def budget(self, model: Model, batch: Batch) -> Budget:
        return Budget("linf", self.eps, getattr(model, "bounds", None))

    def scores(self, model: Any, column: FloatColumn, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = model.logits(column.with_values(x))
        return out

    def loss(self, scores: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        true = scores.gather(1, label[:, None])[:, 0]
        return (scores.scatter(1, label[:, None], -torch.inf).amax(dim=1) - true).sum()

    def guard(self, model: Any) -> Any:
        return untouched(model.modules())

    def strength(self, batch: Batch) -> float:
        return self.eps

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        with self.guard(model):
            column = FloatColumn.of(batch, self.on, by=self.name)
            x = column.x.requires_grad_(True)
            loss = self.loss(self.scores(model, column, x), torch.as_tensor(batch.label))
            gradient = torch.autograd.grad(loss, x)[0]
        return column.restored(x.detach() + self.strength(batch) * gradient.sign())


class FollowsGlobalState(Step):
    def strength(self, batch: Batch) -> float:
        return self.eps * (1.0 - peeked() % 100 / 1000)


class Oversteps(Step):
    def strength(self, batch: Batch) -> float:
        return 2 * self.eps


class Understates(Oversteps):
    """Covers up for its step in the budget it states."""

    def budget(self, model: Model, batch: Batch) -> Budget:
        return Budget("linf", 2 * self.eps, getattr(model, "bounds", None))


class ClaimsSuccess(Step):
    def run(self, model: Model, batch: Batch, keys: Keys) -> AttackResult:
        out = super().run(model, batch, keys)
        return replace(out, success=np.ones(len(batch), dtype=bool))


class CountsSamples(Step):
    def strength(self, batch: Batch) -> float:
        return self.eps * (0.5 + 0.5 / len(batch))


class ChangesLabels(Step):
    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        return super().perturb(model, batch, keys).with_targets(label=(batch.label + 1) % 3)


class GoesAround(Step):
    def scores(self, model: Any, column: FloatColumn, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = model.modules()[0](x.flatten(1))
        return out


class DoesNothing(Step):
    """Where there is no box."""

    def perturb(self, model: Any, batch: Batch, keys: Keys) -> Batch:
        return batch if model.bounds is None else super().perturb(model, batch, keys)


class NeedsSamples(Step):
    def check(self, model: Any, batch: Batch) -> None:
        super().check(model, batch)
        assert batch.ids[0] is not None


class Full(Step):
    """Right on linear models: the step toward the class that it can bring closest, inside the box."""

    upper_bound: ClassVar[bool] = False
    criterion: AnyCriterion = Field(default=Misclassified(), description="when a sample counts as won")

    def aim(self) -> Criterion:
        return self.criterion

    def perturb(self, model: Any, batch: Batch, keys: Keys) -> Batch:
        facts = {n: torch.as_tensor(v) for n, v in self.criterion.facts(batch).items()}
        with self.guard(model):
            column = FloatColumn.of(batch, self.on, by=self.name)
            x = column.x.requires_grad_(True)
            scores = self.scores(model, column, x)
            own = scores.gather(1, facts["label"][:, None])[:, 0]
            best, found = torch.full((len(x),), -torch.inf, dtype=torch.float64), x.detach().clone()
            for rival in range(scores.shape[1]):
                lead = scores[:, rival] - own
                slope = self.seen(torch.autograd.grad(lead.sum(), x, retain_graph=True)[0])
                end = self.moved(x.detach(), slope, batch, model)
                gain = lead.detach() + ((end - x.detach()) * slope).flatten(1).sum(dim=1)
                gain = torch.where(self.rivals(scores.detach(), facts) == rival, gain, -torch.inf) if self.one \
                    else torch.where(facts["label"] == rival, -torch.inf, gain)
                better = gain > best
                best = torch.where(better, gain.double(), best)
                found[better] = end[better]
        return self.given_back(column, found)

    one: ClassVar[bool] = False

    def rivals(self, scores: torch.Tensor, facts: Any) -> torch.Tensor:
        return scores.scatter(1, facts["label"][:, None], -torch.inf).argmax(dim=1)

    def seen(self, slope: torch.Tensor) -> torch.Tensor:
        return slope

    def moved(self, x: torch.Tensor, slope: torch.Tensor, batch: Batch, model: Any) -> torch.Tensor:
        end = x + self.strength(batch) * slope.sign()
        return end if model.bounds is None else end.clamp(*model.bounds)

    def given_back(self, column: FloatColumn, found: torch.Tensor) -> Batch:
        return column.restored(found)


class StopsShort(Full):
    def moved(self, x: torch.Tensor, slope: torch.Tensor, batch: Batch, model: Any) -> torch.Tensor:
        end = super().moved(x, slope, batch, model)
        return x + 0.97 * (end - x) if model.bounds is None else end


class LooksAtTheLeaderOnly(Full):
    one: ClassVar[bool] = True


class CutsSmallSlopes(Full):
    def seen(self, slope: torch.Tensor) -> torch.Tensor:
        return torch.where(slope.abs() > 1e-5, slope, 0.0)


class StaysOnTheEdge(Full):
    def moved(self, x: torch.Tensor, slope: torch.Tensor, batch: Batch, model: Any) -> torch.Tensor:
        end = super().moved(x, slope, batch, model)
        return end if model.bounds is None else torch.where((x > 0) & (x < 1), end, x)


class AimsAway(Full):
    def strength(self, batch: Batch) -> float:
        return self.eps if isinstance(self.criterion, Misclassified) else -self.eps


class StopsBeyondHalf(Full):
    def strength(self, batch: Batch) -> float:
        return self.eps if self.eps < 0.5 else 0.0


class KeepsTheGraph(Full):
    def given_back(self, column: FloatColumn, found: torch.Tensor) -> Batch:
        return column.with_values(found.requires_grad_(True))


class NoFinally(Step):
    def guard(self, model: Any) -> Any:
        return careless(model.modules()[0])


@contextmanager
def careless(module: torch.nn.Module) -> Iterator[None]:
    """As the core's guard, but without a finally for the mode."""
    with untouched([module]):
        pass
    modes = [(m, m.training) for m in module.modules()]
    module.eval()
    with torch.enable_grad():
        yield
    for part, mode in modes:
        part.training = mode


class WritesIntoInput(Step):
    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        batch.data[:, 0] = 0.5
        return super().perturb(model, batch, keys)


class MovesGlobalState(Step):
    def strength(self, batch: Batch) -> float:
        random.random()
        return self.eps


class NeedsGradMode(Step):
    def guard(self, model: Any) -> Any:
        return keeping_grad_mode(model)


@contextmanager
def keeping_grad_mode(model: Any) -> Iterator[None]:
    """As the core's guard, but gradients stay off where they were off."""
    enabled = torch.is_grad_enabled()
    with untouched(model.modules()), torch.set_grad_enabled(enabled):
        yield


class TakesAnyModel(Step):
    def check(self, model: Any, batch: Batch) -> None:
        """Asks nothing."""


class ForgetsWhatItLearned(Step):
    """Learns an eps of its own, and doesn't say so."""

    learns: ClassVar[bool] = True
    _learned: float = PrivateAttr(default=0.1)

    def fit(self, model: Model, batch: Batch, keys: Keys) -> ForgetsWhatItLearned:
        made = self.evolve()
        object.__setattr__(made, "__pydantic_private__", {"_learned": 0.2})
        return made

    def state_digest(self) -> str:
        return "the same before and after"


class LearnsInPlace(ForgetsWhatItLearned):
    """Is fitted itself."""

    def fit(self, model: Model, batch: Batch, keys: Keys) -> ForgetsWhatItLearned:
        object.__setattr__(self, "__pydantic_private__", {"_learned": 0.2})
        return self

    def state_digest(self) -> str:
        return "" if self._learned == 0.1 else "learned"


def case(check: str, technique: Any, says: str) -> Wrong:
    return Wrong(check, technique, says, DOC)


WRONG = [
    case("same key same output", FollowsGlobalState, "another result"),
    case("budget respected", Oversteps, "the budget is 0.2"),
    case("budget respected", Understates, "its field says 0.2"),
    case("figures as recomputed", ClaimsSuccess, "claims success"),
    case("batch equals singles", CountsSamples, "alone"),
    case("labels and ids kept", ChangesLabels, "target came out changed"),
    case("queries counted in full", GoesAround, "never the module itself"),
    case("acts at its default strength", DoesNothing, "does nothing"),
    case("fit returns a fitted copy", ForgetsWhatItLearned, "not in the fingerprint"),
    case("fit returns a fitted copy", LearnsInPlace, "return a new one"),
    case("empty batch", NeedsSamples, "raised"),
    case("reaches the worst case of a linear model", StopsShort, "97.0%"),
    case("no false robustness among several classes", LooksAtTheLeaderOnly, "a linear model of 5 classes"),
    case("scale, shift and form of the logits don't matter", CutsSmallSlopes, "logits times 1e-06"),
    case("values on the edge of the box move", StaysOnTheEdge, "didn't move"),
    case("a target is reached as the other class is", AimsAway, "a sign or schedule is wrong"),
    case("a budget of the whole range leaves no more than chance", StopsBeyondHalf, "the search is stuck"),
    case("the result is detached", KeepsTheGraph, "detach it"),
    case("model untouched after an exception", NoFinally, "the mode of module"),
    case("input not mutated", WritesIntoInput, "changed in place"),
    case("global RNG state kept", MovesGlobalState, "generator of random"),
    case("works under no_grad", NeedsGradMode, "raised"),
    case("refuses a model that lacks what it needs", TakesAnyModel, "raised"),
]
