"""How fast a technique is on this machine, for the benchmarks of plugins."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from practicum.batch import Batch
from practicum.errors import UsageError
from practicum.keys import Keys
from practicum.technique import Technique
from practicum.testing.samples import sample_batch

_ROWS = 2000
_CALLS = 10_000

Timed = tuple[Callable[[], object], int, str]
"""What is timed, how many of what one call of it makes."""


def speed(technique: Technique, batch: Batch | None = None, *, runs: int = 5) -> str:
    """A line that says how many samples, predictions, steps or metrics a second a technique makes.

    Args:
        technique: of any kind, with the configuration to measure.
        batch: what it is run on; the kit's samples when left out, repeated to 2,000 rows for a transformation. Give
            samples that the technique acts on. A model is fitted to it first, and then timed while predicting; an
            attack or an explainer gets a small model of the kit. Environments and trackers take none.
        runs: how often it is timed after a first run that isn't; the median counts.

    Raises:
        UsageError: the kind is unknown.

    Example:
        >>> from practicum.testing.toys import Reverse
        >>> print(speed(Reverse(), runs=1))  # doctest: +ELLIPSIS
        toy/reverse: ... samples/s (...)
    """
    if technique.kind not in _TIMED:
        raise UsageError(f"{technique.name} is of kind {technique.kind!r}; speeds are known of {', '.join(_TIMED)}")
    call, count, unit = _TIMED[technique.kind](technique, batch)
    call()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    return f"{technique.name}: {count / statistics.median(seconds):,.0f} {unit}/s ({machine})"


def _samples(technique: Any) -> Batch:
    return sample_batch(min(technique.modalities))


def _transformation(technique: Any, batch: Batch | None) -> Timed:
    if batch is None:
        small = _samples(technique)
        large = small.take(np.arange(_ROWS) % len(small))
        batch = Batch.of(columns=large.columns, ids=list(range(_ROWS)), targets=dict(large.targets))
    return lambda: technique.run(batch, Keys(0)), len(batch), "samples"


def _on_model(technique: Any, batch: Batch | None) -> Timed:
    from practicum.testing.models import as_float64, lively_model, own_labels

    batch = as_float64(_samples(technique) if batch is None else batch)
    model = lively_model(batch)
    labelled = own_labels(model, batch)
    asked = (labelled, labelled.label) if technique.kind == "explainer" else (labelled,)
    return lambda: technique.run(model, *asked, Keys(0)), len(batch), "samples"


def _model(technique: Any, batch: Batch | None) -> Timed:
    batch = _samples(technique) if batch is None else batch
    fitted = technique.fit([batch], Keys(0))
    return lambda: fitted.predict(batch), len(batch), "predictions"


def _environment(technique: Any, _batch: Batch | None) -> Timed:
    env = technique.make()
    env.action_space.seed(0)

    def call() -> None:
        env.reset(seed=0)
        for _ in range(_CALLS):
            _, _, terminated, truncated, _ = env.step(env.action_space.sample())
            if terminated or truncated:
                env.reset()

    return call, _CALLS, "steps"


def _tracker(technique: Any, _batch: Batch | None) -> Timed:
    run, count = technique.start("benchmark"), 1000

    def call() -> None:
        for step in range(count):
            run.log_metrics({"loss": 0.5}, step=step)

    return call, count, "metrics"


_TIMED: dict[str, Callable[[Any, Batch | None], Timed]] = {
    "transformation": _transformation, "attack": _on_model, "explainer": _on_model, "model": _model,
    "environment": _environment, "tracker": _tracker}
