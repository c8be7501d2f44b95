"""Models: predictions, and capabilities declared as Protocols and checked before anything runs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self, get_args, runtime_checkable

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.errors import CapabilityError, ModelOutputError
from practicum.keys import Keys
from practicum.targets import id_text
from practicum.technique import Technique

if TYPE_CHECKING:
    import torch

    from practicum.attack import Attack
    from practicum.tracker import Run
    from practicum.transformation import Transformation

Task = Literal["classification", "regression", "tagging", "links", "forecast", "generation"]
TASKS: tuple[str, ...] = get_args(Task)


@dataclass(frozen=True)
class Predictions:
    """What a model says about a batch.

    Args:
        task: what kind of answer this is; metrics declare which tasks they serve.
        ids: ids of the samples.
        values: classification: scores (logits or probabilities), float [N, C]; regression: [N] or [N, D]; forecast:
            [N, H, C]; tagging: per sample a list of tags; links: rows (id_a, id_b, score), where id_a is a sample of
            the batch and id_b a record of the collection that the model links to, see :attr:`links`; generation: per
            sample a text.
        classes: class names, when known.
    """

    task: Task
    ids: Any
    values: Any
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise ModelOutputError(f"unknown task {self.task!r}; known: {', '.join(TASKS)}")
        if self.task != "links" and len(self.values) != len(self.ids):
            raise ModelOutputError(f"the model returned {len(self.values)} predictions for {len(self.ids)} samples; it "
                                   "must return one row per sample, in order")
        if self.task == "classification" and getattr(self.values, "ndim", 0) != 2:
            raise ModelOutputError(f"the model returned scores of shape {np.shape(self.values)}; classification needs "
                                   f"[N, classes], here [{len(self.ids)}, C]")

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """The highest-scoring class of each sample (lowest index on ties), int64 [N]."""
        if self.task != "classification":
            raise ModelOutputError(f"predictions of task {self.task!r} have no class labels")
        return np.asarray(np.argmax(np.asarray(self.values), axis=1), dtype=np.int64)

    @property
    def links(self) -> list[dict[str, float]]:
        """Per sample, the ids it is linked to and their scores (the highest where a link is repeated), ids as text.

        Raises:
            ModelOutputError: the task is another one, a row isn't (id_a, id_b, score), or id_a is no sample.

        Example:
            >>> Predictions("links", ["x", "y"], [("y", 7, 0.5), ("y", "8", 0.9)]).links
            [{}, {'7': 0.5, '8': 0.9}]
        """
        if self.task != "links":
            raise ModelOutputError(f"predictions of task {self.task!r} have no links")
        place = {id_text(v): row for row, v in enumerate(self.ids)}
        found: list[dict[str, float]] = [{} for _ in place]
        for row in self.values:
            try:
                left, right, score = row
                value = float(score)
            except (TypeError, ValueError) as error:
                raise ModelOutputError(f"the model returned the link {row!r}; a link is (id_a, id_b, score) with a "
                                       "number for a score") from error
            if id_text(left) not in place:
                raise ModelOutputError(f"the model linked {left!r} to {right!r}, but the batch has no sample {left!r}: "
                                       "id_a must be the id of a sample, id_b that of the record it is linked to")
            links = found[place[id_text(left)]]
            links[id_text(right)] = float(np.maximum(links.get(id_text(right), value), value))
        return found


class Model(Technique):
    """Something that predicts. The constructor stores; ``fit`` returns a fitted model.

    ClassVars:
        task: what it predicts.
        deterministic: false when the same input may give different output (a remote service).
        pickles: whether :meth:`save` and :meth:`load` work.
    """

    kind: ClassVar[str] = "model"
    task: ClassVar[Task] = "classification"
    deterministic: ClassVar[bool] = True

    @abstractmethod
    def predict(self, batch: Batch) -> Predictions:
        """Predict a batch, in its order; the result of a sample must not depend on the others."""

    def save(self, directory: Path) -> None:
        """Write configuration and weights into a directory.

        Raises:
            CapabilityError: the model can't be saved.
        """
        raise CapabilityError(f"{self.name} can't be saved: it wraps an object without a serial form")

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read back :meth:`save`.

        Raises:
            CapabilityError: the model can't be loaded.
        """
        raise CapabilityError(f"{cls.name} can't be loaded from a directory")


@runtime_checkable
class Trainable(Protocol):
    """Learns from labelled batches."""

    def fit(self, batches: Sequence[Batch], keys: Keys, tracker: Run | None = None, *,
            augment: Transformation | None = None, adversary: Attack | None = None,
            checkpoint: Path | None = None) -> Model:
        """A fitted copy; the model itself stays as it is.

        Args:
            batches: the training data, one or more batches.
            keys: of initial weights, shuffling and augmentation; equal keys and data give equal weights.
            tracker: an open run that receives ``train/loss`` with the epoch as step.
            augment: applied to training batches, with new draws each epoch.
            adversary: attacks a share of each training batch against the model as it is by then.
            checkpoint: a file written after each epoch, from which an interrupted fit continues bit for bit.
        """
        ...


@runtime_checkable
class Tunable(Protocol):
    """Lets another technique train it step by step, with a loss of its own."""

    def trainee(self, batches: Sequence[Batch], keys: Keys) -> Model:
        """A copy with torch modules of its own, with weights to start from, ready to be trained on such data."""
        ...

    def forward(self, batch: Batch) -> torch.Tensor:
        """Scores [N, C] by the modules in the mode they are in, differentiable in their parameters and in the batch's
        float tensor column."""
        ...

    def modules(self) -> Sequence[torch.nn.Module]:
        """The torch modules inside."""
        ...


@runtime_checkable
class Differentiable(Protocol):
    """Gives scores with a gradient back to the input column's tensor."""

    bounds: tuple[float, float] | None

    def logits(self, batch: Batch) -> torch.Tensor:
        """Scores before any softmax, [N, C], differentiable in the batch's float tensor column."""
        ...

    def modules(self) -> Sequence[torch.nn.Module]:
        """The torch modules inside, so that the core can guard their modes, buffers and gradients."""
        ...


@runtime_checkable
class Embeddable(Protocol):
    """Models over discrete units (tokens, cells): gradients live on the embeddings."""

    def units(self, batch: Batch) -> tuple[list[list[str]], torch.Tensor, torch.Tensor]:
        """Per sample its units as texts, their ids int64 [N, L], and a mask bool [N, L]."""
        ...

    def embed(self, units: torch.Tensor) -> torch.Tensor:
        """Embeddings [N, L, D] of unit ids."""
        ...

    def logits_from(self, embeddings: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Scores [N, C] from embeddings; masked units take no part."""
        ...

    def modules(self) -> Sequence[torch.nn.Module]:
        """The torch modules inside."""
        ...


@runtime_checkable
class Scorer(Protocol):
    """Scores continuations of a prefix."""

    def score(self, prefix: Sequence[str], choices: Sequence[Sequence[str]]) -> npt.NDArray[np.float64]:
        """Log-probability of each choice after its prefix, [N, K]."""
        ...


@runtime_checkable
class Generator(Protocol):
    """Generates text."""

    def generate(self, batch: Batch, keys: Keys, prefix: Sequence[str] | None = None) -> list[str]:
        """One text per sample."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """Maps a column to vectors."""

    def encode(self, batch: Batch, column: str | None = None) -> npt.NDArray[np.float32]:
        """Vectors [N, D]."""
        ...


CAPABILITIES: dict[str, type[Any]] = {
    "gradient": Differentiable, "embedding-gradient": Embeddable, "training": Trainable,
    "stepwise-training": Tunable, "scoring": Scorer,
    "generation": Generator, "encoding": Encoder,
}


def capabilities(model: Model) -> list[str]:
    """Names of the capabilities a model has; every model predicts."""
    return [n for n, protocol in CAPABILITIES.items() if isinstance(model, protocol)]


def require(model: Any, capability: str, by: str) -> None:
    """Raise unless ``model`` has a capability, before any work is done.

    Raises:
        CapabilityError: names both sides and what would fit.
    """
    if not isinstance(model, Model):
        raise CapabilityError(f"{by} needs a model but was given a {type(model).__name__}: wrap it first with "
                              "practicum.wrap(...)")
    if not isinstance(model, CAPABILITIES[capability]):
        have = ", ".join(capabilities(model)) or "prediction only"
        raise CapabilityError(f"{by} needs a model with {capability}, but {model.name} offers {have}: use a model that "
                              f"has it (a torch module wrapped with practicum.wrap gives gradients), or a technique "
                              "that needs less (practicum list --kind attack shows what each needs)")


def supports(model: Model, *needed: str) -> bool:
    """Whether a model has all capabilities."""
    return all(isinstance(model, CAPABILITIES[c]) for c in needed)
