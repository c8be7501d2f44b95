"""A smoothed model is attacked through its smoothing: it doesn't look robust where queries alone break it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import practicum as pm
from practicum.registry import default_registry


@pytest.fixture(scope="module")
def digits() -> tuple[Any, pm.Batch]:
    pytest.importorskip("sklearn")
    absent = {"defences", "models-basic", "gradient-attacks", "image-basic"} - {
        p.name for p in default_registry().catalogue.plugins}
    if absent:
        pytest.skip(f"needs the plugins {', '.join(sorted(absent))}")
    data = pm.load_data("sklearn/digits")
    asked: Any = pm.get("models-basic/small-cnn", channels=[8, 16], epochs=6)
    return asked.fit([data.take(np.arange(800))], pm.Keys(0)), data.take(np.arange(1700, 1740))


@pytest.mark.parametrize("smooth", [{"use": "image-basic/posterize", "bits": 1},
                                    {"use": "image-basic/median-blur"}], ids=lambda s: s["use"])
def test_gradients_get_as_far_as_queries_through_input_smoothing(digits: tuple[Any, pm.Batch], smooth: Any) -> None:
    base, test = digits
    model = pm.get("defences/input-smoothing", base=base, smooth=smooth)
    gradient = pm.get("gradient-attacks/pgd", norm="linf", eps=0.2, steps=20).run(model, test, pm.Keys(1))
    queries = pm.get("gradient-attacks/square", norm="linf", eps=0.2, queries=200).run(model, test, pm.Keys(1))
    assert gradient.clean_accuracy > 0.4
    assert queries.robust_accuracy < gradient.clean_accuracy
    assert gradient.robust_accuracy <= queries.robust_accuracy + 2 / len(test)


def test_the_cascade_goes_through_randomised_smoothing(digits: tuple[Any, pm.Batch]) -> None:
    base, test = digits
    model = pm.get("defences/randomised-smoothing", base=base, sigma=0.1, draws=4)
    members = [{"use": "gradient-attacks/apgd", "steps": 10}, {"use": "gradient-attacks/square", "queries": 100}]
    found = pm.get("gradient-attacks/cascade", norm="linf", eps=0.2, members=members).run(model, test, pm.Keys(1))
    broken = {n.what: n.count for n in found.notes}
    assert found.robust_accuracy < 0.5 * found.clean_accuracy
    assert broken["broken by square"] <= 2  # little is left for queries where the gradient isn't masked
    assert not any(n.doubt for n in found.notes)
