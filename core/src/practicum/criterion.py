"""Criteria: when an attacked sample counts as won. One object for the loss to climb and for the verdict afterwards."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from practicum.batch import Batch
from practicum.errors import DataError, TargetError

if TYPE_CHECKING:
    import torch

Facts = Mapping[str, Any]
"""What a criterion is measured against: ``label`` and the other class targets it names, int64 [N] each."""


class Criterion(BaseModel):
    """When an attack has won a sample.

    A criterion says so twice: :meth:`reached` on any scores, for the verdict, and :meth:`margin` on logits, a
    differentiable number that is positive exactly there, for the search. Margins don't saturate, and their sign doesn't
    change with scale or shift of the logits (:class:`Confident` asks for a probability, so it does).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def facts(self, batch: Batch) -> dict[str, npt.NDArray[np.int64]]:
        """The class targets that the criterion needs of a batch, ``label`` among them.

        Raises:
            TargetError: the batch lacks one.
        """
        return {"label": batch.label}

    def concerns(self, facts: Facts) -> npt.NDArray[np.bool_]:
        """Which samples there is anything to do for, bool [N]; the others are left alone."""
        return np.ones(len(facts["label"]), dtype=bool)

    @abstractmethod
    def reached(self, scores: Any, facts: Facts) -> npt.NDArray[np.bool_]:
        """Whether scores [N, C] (logits or probabilities) win, bool [N]."""

    @abstractmethod
    def margin(self, logits: torch.Tensor, facts: Facts) -> torch.Tensor:
        """How far logits [N, C] are on the winning side, [N]: positive where they win; differentiable."""

    def __and__(self, other: Criterion) -> AllOf:
        """Both at once."""
        mine = self.parts if isinstance(self, AllOf) else (self,)
        theirs = other.parts if isinstance(other, AllOf) else (other,)
        return AllOf(parts=(*mine, *theirs))


class Misclassified(Criterion):
    """Any other class wins.

    Example:
        >>> Misclassified().reached([[0.2, 0.8], [0.9, 0.1]], {"label": np.array([0, 0])})
        array([ True, False])
    """

    goal: Literal["misclassified"] = "misclassified"

    def reached(self, scores: Any, facts: Facts) -> npt.NDArray[np.bool_]:
        return np.asarray(np.argmax(np.asarray(scores), axis=1) != facts["label"])

    def margin(self, logits: torch.Tensor, facts: Facts) -> torch.Tensor:
        return OutsideTop(k=1).margin(logits, facts)


class Targeted(Criterion):
    """One class wins; samples that belong to it are left alone.

    Args:
        target: the class, or the name of a class target of the batch that says it for each sample.

    Example:
        >>> Targeted(target=1).reached([[0.2, 0.8], [0.9, 0.1]], {"label": np.array([0, 0])})
        array([ True, False])
    """

    goal: Literal["targeted"] = "targeted"
    target: Annotated[int, Field(ge=0)] | str

    def facts(self, batch: Batch) -> dict[str, npt.NDArray[np.int64]]:
        found = super().facts(batch)
        if isinstance(self.target, str):
            target = batch.targets.get(self.target)
            if target is None or target.kind != "label":
                raise TargetError(f"the batch has no class target {self.target!r} that says where each sample should "
                                  f"go; it has {', '.join(map(repr, batch.targets)) or 'none'}: add it with "
                                  f"batch.with_targets({self.target}=[...])")
            found[self.target] = np.asarray(target.data)
        return found

    def wanted(self, facts: Facts) -> Any:
        """The class each sample should go to, like ``facts["label"]`` [N]."""
        return facts[self.target] if isinstance(self.target, str) else facts["label"] * 0 + self.target

    def concerns(self, facts: Facts) -> npt.NDArray[np.bool_]:
        return np.asarray(self.wanted(facts) != facts["label"])

    def reached(self, scores: Any, facts: Facts) -> npt.NDArray[np.bool_]:
        return np.asarray(np.argmax(np.asarray(scores), axis=1) == self.wanted(facts))

    def margin(self, logits: torch.Tensor, facts: Facts) -> torch.Tensor:
        wanted = within(self.wanted(facts), logits)
        return -_ahead(logits, wanted, 1)


class OutsideTop(Criterion):
    """The true class isn't among the ``k`` highest scores.

    Example:
        >>> OutsideTop(k=2).reached([[0.2, 0.5, 0.3]], {"label": np.array([0])})
        array([ True])
    """

    goal: Literal["outside-top"] = "outside-top"
    k: int = Field(default=5, ge=1)

    def reached(self, scores: Any, facts: Facts) -> npt.NDArray[np.bool_]:
        z = np.asarray(scores)
        own = z[np.arange(len(z)), facts["label"]]
        # A tie goes to the lower index, as argmax has it.
        before = (z > own[:, None]) | ((z == own[:, None]) & (np.arange(z.shape[1]) < facts["label"][:, None]))
        return np.asarray(before.sum(axis=1) >= self.k)

    def margin(self, logits: torch.Tensor, facts: Facts) -> torch.Tensor:
        if logits.shape[1] <= self.k:
            raise DataError(f"criterion outside-top with k={self.k} can't be reached with {logits.shape[1]} classes: "
                            f"choose k below {logits.shape[1]}")
        return _ahead(logits, within(facts["label"], logits), self.k)


class Confident(Criterion):
    """Another class wins, with a softmax probability of at least ``p``: the model's scores must be logits.

    Example:
        >>> Confident(p=0.9).reached([[0.0, 1.0], [0.0, 5.0]], {"label": np.array([0, 0])})
        array([False,  True])
    """

    goal: Literal["confident"] = "confident"
    p: float = Field(default=0.9, gt=0.0, lt=1.0)

    def reached(self, scores: Any, facts: Facts) -> npt.NDArray[np.bool_]:
        z = np.asarray(scores, dtype=np.float64)
        shares = np.exp(z - z.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        shares[np.arange(len(z)), facts["label"]] = 0.0
        wrong = np.argmax(z, axis=1) != facts["label"]
        return np.asarray(wrong & (shares.max(axis=1) >= self.p))

    def margin(self, logits: torch.Tensor, facts: Facts) -> torch.Tensor:
        import torch

        label = within(facts["label"], logits)
        others = logits.scatter(1, label[:, None], float("-inf"))
        leader = others.argmax(dim=1, keepdim=True)
        rest = logits.scatter(1, leader, float("-inf")).logsumexp(dim=1)
        odds = logits.gather(1, leader)[:, 0] - rest - float(np.log(self.p / (1.0 - self.p)))
        return torch.minimum(odds, _ahead(logits, label, 1))


class AllOf(Criterion):
    """All of several criteria at once; written ``a & b``.

    Example:
        >>> both = Misclassified() & OutsideTop(k=2)
        >>> both.reached([[0.2, 0.5, 0.3], [0.4, 0.5, 0.1]], {"label": np.array([0, 0])})
        array([ True, False])
    """

    goal: Literal["all-of"] = "all-of"
    parts: tuple[AnyCriterion, ...] = Field(min_length=1)

    def facts(self, batch: Batch) -> dict[str, npt.NDArray[np.int64]]:
        return {name: values for part in self.parts for name, values in part.facts(batch).items()}

    def concerns(self, facts: Facts) -> npt.NDArray[np.bool_]:
        return np.asarray(np.all([part.concerns(facts) for part in self.parts], axis=0))

    def reached(self, scores: Any, facts: Facts) -> npt.NDArray[np.bool_]:
        return np.asarray(np.all([part.reached(scores, facts) for part in self.parts], axis=0))

    def margin(self, logits: torch.Tensor, facts: Facts) -> torch.Tensor:
        import torch

        return torch.stack([part.margin(logits, facts) for part in self.parts]).amin(dim=0)


def _goal(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("goal", "targeted" if "target" in value else ""))
    return str(getattr(value, "goal", ""))


AnyCriterion = Annotated[
    Annotated[Misclassified, Tag("misclassified")] | Annotated[Targeted, Tag("targeted")]
    | Annotated[OutsideTop, Tag("outside-top")] | Annotated[Confident, Tag("confident")]
    | Annotated[AllOf, Tag("all-of")], Discriminator(_goal)]
"""A field that holds a criterion: the object, or its plain form as ``{goal: targeted, target: 3}``."""

AllOf.model_rebuild()


def within(classes: Any, logits: torch.Tensor) -> torch.Tensor:
    """Class indices as a tensor beside logits.

    Raises:
        DataError: a class is not below the number of logits.
    """
    import torch

    index = torch.as_tensor(classes, device=logits.device)
    if len(index) and int(index.max()) >= logits.shape[1]:
        raise DataError(f"class {int(index.max())} (row {int(index.argmax())}) is out of range: the model knows "
                        f"{logits.shape[1]} classes (0 to {logits.shape[1] - 1}); fix the labels, the criterion's "
                        "target, or the model's number of classes")
    return index


def _ahead(logits: torch.Tensor, classes: torch.Tensor, k: int) -> torch.Tensor:
    """By how much the k-th best other class is ahead of ``classes``, [N]."""
    own = logits.gather(1, classes[:, None])[:, 0]
    others = logits.scatter(1, classes[:, None], float("-inf"))
    return (others.amax(dim=1) if k == 1 else others.topk(k, dim=1).values[:, -1]) - own
