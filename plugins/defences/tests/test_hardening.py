"""A model is hardened by being put under a defence."""

from __future__ import annotations

import numpy as np
import pytest

from practicum import Keys, harden, stress
from practicum.data.splits import split
from practicum.errors import CapabilityError, ConfigError
from practicum.evaluate.hardening import harden_with_details
from practicum.report import render
from practicum.testing.torch_net import ToyNet
from practicum.testing.toys_models import KeywordModel, Push, SoftmaxRegression, blobs


def test_a_report_hardens_a_model_under_a_defence() -> None:
    parts = split(blobs(200), {"train": 0.6, "valid": 0.2, "test": 0.2})
    model = ToyNet(hidden=4).trainee([blobs(200)], Keys(1))
    report = stress(model, parts, [Push(eps=0.6)], seeds=1)
    defence = {"use": "defences/fast-training", "eps": 0.4, "epochs": 8, "lr": 0.05}
    made = harden_with_details(model, parts, report, defence=defence)
    assert made.model.name == "defences/fast-training"
    assert made.details.adversary is None
    assert made.details.defence == defence
    assert made.details.notes == ("defences/fast-training brings its own adversary.",)
    assert float(np.mean(made.model.predict(parts.test).labels == parts.test.label)) > 0.8
    assert render(report)


def test_a_defence_that_does_not_fit_is_refused_before_anything_runs() -> None:
    parts = split(blobs(60), {"train": 0.6, "valid": 0.2, "test": 0.2})
    model = ToyNet(hidden=4).trainee([blobs(60)], Keys(1))
    report = stress(model, parts, [Push(eps=0.6)], seeds=1)
    with pytest.raises(ConfigError, match="toy/push is attack, not a model over models"):
        harden_with_details(model, parts, report, defence="toy/push")
    with pytest.raises(ConfigError, match=r"so epochs .* {use: defences/trades, epochs: 9}"):
        harden(SoftmaxRegression(), parts, report, budget={"epochs": 9}, defence="defences/trades")
    with pytest.raises(CapabilityError, match="harden needs a model with training"):
        harden_with_details(KeywordModel(words=("a",)), parts, report)
