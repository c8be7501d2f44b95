"""What an evaluation found, as plain frozen data: perturbations, cells, estimates, rows, examples, meta."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from practicum.attack import Note

if TYPE_CHECKING:
    import pyarrow as pa

    from practicum.batch import Batch
    from practicum.explainer import Explanation

Phase = Literal["before", "after"]
"""``before``: the model as given; ``after``: the hardened model."""

Direction = Literal["higher", "lower"]
"""Which way a metric is better."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over samples with its bootstrap interval.

    Args:
        value: the mean, in the metric's units.
        low, high: ends of the interval (:attr:`Meta.level`, percentile bootstrap over samples); NaN when ``n`` is 0.
        n: number of samples.
    """

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class Perturbation:
    """One technique at one strength.

    Args:
        key: unique in a report, stable between runs of one recipe: file-safe label plus fingerprint.
        config: the technique as plain data, ``{"use": ..., field: value}``.
        label: short name with strength, as ``"gaussian-noise std=0.1"``.
        group: what a sweep's strengths have in common, as ``"gaussian-noise"``; curves are drawn per group.
        kind: ``transformation`` or ``attack``.
        parameter: the swept field, ``""`` without a sweep.
        strength: its value, ``None`` without a sweep.
        label_effect: ``preserves``, ``changes`` or ``mixes``; a drop is a weakness only where labels are preserved.
        upper_bound: the robust accuracy the attack leaves is only an upper bound.
        norm, eps: an attack's threat budget; ``""`` and ``None`` for transformations.
        unlimited: an attack on numbers without a largest distance. That it wins says nothing about the model; how far
            it has to go does.
    """

    key: str
    config: Mapping[str, Any]
    label: str
    group: str
    kind: Literal["transformation", "attack"]
    parameter: str = ""
    strength: Any = None
    label_effect: str = "preserves"
    upper_bound: bool = False
    norm: str = ""
    eps: float | None = None
    unlimited: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One perturbation x seed x split x phase, sample by sample: the unit of work and of resume.

    Args:
        perturbation: what was done to the inputs.
        split: ``"valid"``, ``"test"``, or ``"data"`` when no splits were given.
        seed: of the draws.
        phase: which model.
        samples: one Arrow row per sample, in the split's order: ``id``; ``label``; ``clean_prediction``,
            ``prediction`` (class index, number, or JSON text, by task); ``clean_correct``, ``correct`` (null where the
            task has no right and wrong); ``clean_score``, ``score`` (the metric); ``clean_loss``, ``loss``;
            ``failed``, ``error`` (the technique or model raised on this sample); and for attacks ``norm``, ``within``,
            ``queries``, ``gradients``, and ``same_alone``: whether the sample attacked by itself gives the same input
            up to 1e-6, for the few samples on which this was tried (else null).
        seconds: wall time.
        notes: what an attack found out on the way.
    """

    perturbation: Perturbation
    split: str
    seed: int
    phase: Phase
    samples: pa.Table
    seconds: float
    notes: tuple[Note, ...] = ()

    @property
    def key(self) -> str:
        """Unique name of the cell in a report, safe as a file name."""
        return f"{self.phase}-{self.split}-{self.perturbation.key}-s{self.seed}"


@dataclass(frozen=True, slots=True)
class CleanRow:
    """The model on unperturbed inputs of one split.

    Args:
        split, phase: where, and which model.
        metric: name of the metric.
        clean: its mean.
        n: number of samples.
    """

    split: str
    phase: Phase
    metric: str
    clean: Estimate
    n: int


@dataclass(frozen=True, slots=True)
class Row:
    """One perturbation on one split in one phase, over all seeds: a line of the table.

    Args:
        perturbation, split, phase: where.
        metric: name of the metric.
        clean: the metric on clean inputs.
        perturbed: the metric on perturbed inputs, mean over seeds.
        drop: how much worse, paired by sample; positive is worse whatever the metric's direction.
        flip_rate: share of samples whose prediction changed; NaN where the task has no discrete answer.
        n: samples.
        failed: samples (summed over seeds) on which the technique or the model raised; they are counted, never dropped.
        seeds: the seeds.
        seed_spread: standard deviation of ``perturbed`` over seeds; 0 for one seed.
        success_rate: attacks: wrong after among right before; else ``None``.
        max_norm: attacks: largest distance the core measured; else ``None``.
        median_norm: unlimited attacks: the distance within which half of the samples right before turn wrong; ``None``
            where fewer do.
        outside_budget: attacks: share of samples outside the budget; else ``None``.
        queries: attacks: mean forward passes a sample; else ``None``.
        checked_alone, differ_alone: attacks: on how many samples it was tried whether the sample attacked by itself
            gives the same input up to 1e-6, and on how many it doesn't (float32 sums depend on the batch's shape).
        seconds: wall time, summed over seeds.
        notes: attacks: what they found out on the way, over all seeds.
    """

    perturbation: Perturbation
    split: str
    phase: Phase
    metric: str
    clean: Estimate
    perturbed: Estimate
    drop: Estimate
    flip_rate: Estimate
    n: int
    failed: int
    seeds: tuple[int, ...]
    seed_spread: float = 0.0
    success_rate: float | None = None
    max_norm: float | None = None
    median_norm: float | None = None
    outside_budget: float | None = None
    queries: float | None = None
    checked_alone: int = 0
    differ_alone: int = 0
    seconds: float = 0.0
    notes: tuple[Note, ...] = ()

    @property
    def label_policy(self) -> str:
        """The perturbation's label effect: only rows that say ``preserves`` show weaknesses."""
        return self.perturbation.label_effect


@dataclass(frozen=True, slots=True)
class Gain:
    """What hardening bought for one perturbation on one split, paired by sample.

    Args:
        perturbation: ``None`` for clean inputs.
        split: where.
        metric: name of the metric.
        before, after: the metric on the perturbed inputs, by the given and by the hardened model.
        gain: how much better, paired; positive is better whatever the metric's direction.
    """

    perturbation: Perturbation | None
    split: str
    metric: str
    before: Estimate
    after: Estimate
    gain: Estimate


@dataclass(frozen=True)
class Examples:
    """The worst failures under one perturbation: inputs before and after, and what the model rests on.

    Args:
        perturbation, split, seed: where.
        before, after: the clean and the perturbed inputs, same ids, worst failure first.
        labels: true class (or value) per example, as in :attr:`Cell.samples`.
        clean_predictions, predictions: what the model said before and after.
        clean_losses, losses: per example.
        explanations: explainer's label -> (attributions of the clean input, attributions of the perturbed input), both
            for the class that the model predicts there.
        hardened_predictions: what the hardened model says about the same perturbed inputs; for an attack these were
            made against the first model. ``None`` before hardening.
    """

    perturbation: Perturbation
    split: str
    seed: int
    before: Batch
    after: Batch
    labels: tuple[Any, ...]
    clean_predictions: tuple[Any, ...]
    predictions: tuple[Any, ...]
    clean_losses: tuple[float, ...]
    losses: tuple[float, ...]
    explanations: Mapping[str, tuple[Explanation, Explanation]] = field(default_factory=dict)
    hardened_predictions: tuple[Any, ...] | None = None

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class Shift:
    """How far the reasons for a class move under one perturbation; see
    :func:`practicum.evaluate.shifting.explanation_shift`.

    Args:
        explainer: its label.
        perturbation, split, phase: where.
        similarity: cosine similarity of the attributions before and after, mean over samples, -1..1.
        rank: Spearman's rank correlation of the same.
        top: share of the most important tenth of the units that stays there.
        flipped: share of these samples whose prediction changed.
        chance: ``similarity`` after a random change of the same length; ``n`` is 0 where inputs are no arrays.
        beyond: ``similarity`` minus ``chance``, paired by sample: below zero, reasons move more than chance explains.
    """

    explainer: str
    perturbation: Perturbation
    split: str
    phase: Phase
    similarity: Estimate
    rank: Estimate
    top: Estimate
    flipped: Estimate
    chance: Estimate
    beyond: Estimate


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """How well one explainer's attributions say what the model's answers rest on.

    Args:
        explainer: its label.
        split: where.
        figures: name -> mean over samples, see :func:`practicum.evaluate.faithfulness.faithfulness`; those that a
            method doesn't have are left out.
        why_not: why nothing could be measured; empty when it could.
    """

    explainer: str
    split: str
    figures: Mapping[str, Estimate]
    why_not: str = ""


@dataclass(frozen=True)
class Hardening:
    """What hardening did.

    Args:
        chosen: keys of the perturbations trained against, worst first.
        augment: configuration of the augmentation, or ``None``.
        adversary: configuration of the attack used in training, or ``None``.
        split: the split the choice was made on.
        budget: fields changed on the model for retraining, as ``{"epochs": 8}``.
        seconds: wall time of the retraining.
        notes: in plain words: what was cheapened or left out, and why.
        defence: configuration of the defence the model was put under, without the model; ``None`` for none.
    """

    chosen: tuple[str, ...]
    augment: Mapping[str, Any] | None
    adversary: Mapping[str, Any] | None
    split: str
    budget: Mapping[str, Any]
    seconds: float
    notes: tuple[str, ...] = ()
    defence: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Meta:
    """What the evaluation ran on: the reproducibility block.

    Args:
        metric, direction: the metric's name, and which way is better.
        task: the model's task.
        model: its configuration; ``{"use": name}`` where it wraps an object that plain data can't name.
        data: the recipe's data block, or ``{}``.
        splits: evaluated split -> number of samples.
        classes: class names, when known.
        modality: of the (first) input column.
        seeds: the seeds.
        level: of the intervals.
        batch_size: samples a call.
        trained_on: samples of the train split, 0 where the model came trained and nothing was hardened.
        recipe: the whole recipe as plain data, or ``None`` for a script.
        versions: package -> version, also ``python`` and ``platform``.
        command: the command line that makes this report again, or ``""``.
        run_id: of the run directory, or ``""``.
        seconds: stage -> wall time.
    """

    metric: str
    direction: Direction
    task: str
    model: Mapping[str, Any]
    data: Mapping[str, Any]
    splits: Mapping[str, int]
    classes: tuple[str, ...]
    modality: str
    seeds: tuple[int, ...]
    level: float = 0.95
    batch_size: int = 256
    trained_on: int = 0
    recipe: Mapping[str, Any] | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    run_id: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
