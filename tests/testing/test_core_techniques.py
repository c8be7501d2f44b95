"""The core's own techniques keep the contracts that it asks of plugins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, ClassVar

import pytest

from practicum.batch import Batch, Column
from practicum.compose import OneOf, Pipeline
from practicum.hooks import GROUP
from practicum.registry import default_registry
from practicum.technique import build
from practicum.testing import TrackerContract, TransformationContract, sample_batch
from practicum.testing.toys import MaskChars, Reverse
from practicum.testing.tracking import Logged
from practicum.track import LocalStore

PARTS = (Reverse(), MaskChars(rate=0.4))


@pytest.fixture(autouse=True)
def toys() -> Iterator[None]:
    """The toys are known by name, as a plugin's techniques are."""
    with default_registry().including([(EntryPoint("toy", "declared_toys", GROUP), None)]):
        yield


class OfTexts(TransformationContract):
    def samples(self) -> Batch:
        return sample_batch("text")


class TestPipeline(OfTexts):
    technique = "core/pipeline"
    config: ClassVar[dict[str, Any]] = {"steps": PARTS}
    configs: ClassVar[list[dict[str, Any]]] = [{"steps": (Pipeline(PARTS), OneOf(PARTS))}]


class TestOneOf(OfTexts):
    technique = "core/one-of"
    config: ClassVar[dict[str, Any]] = {"of": PARTS}


class TestSomeOf(OfTexts):
    technique = "core/some-of"
    config: ClassVar[dict[str, Any]] = {"of": PARTS}


class TestSometimes(OfTexts):
    technique = "core/sometimes"
    config: ClassVar[dict[str, Any]] = {"technique": MaskChars(rate=0.4)}


class TestRandomOrder(OfTexts):
    technique = "core/random-order"
    config: ClassVar[dict[str, Any]] = {"steps": PARTS}


class TestLocalTracker(TrackerContract):
    technique = "core/local"

    def config_in(self, folder: Path) -> Mapping[str, Any]:
        return {"root": str(folder)}

    def read(self, folder: Path, run_id: str) -> Logged:
        store = LocalStore(folder)
        info = store.run(run_id)
        metrics = [(key, p.step, p.value) for key in store.metric_keys(run_id) for p in store.metrics(run_id, key)]
        artifacts = {name: kept.path.read_bytes() for name, kept in info.artifacts.items()}
        return Logged(info.params, metrics, info.tags, info.status, artifacts)


def test_the_column_of_a_composition_is_that_of_its_parts() -> None:
    texts = ["abc", "de"]
    batch = Batch.of(columns={"left": Column("text", texts), "right": Column("text", texts)})
    nested = Pipeline([OneOf([Reverse(), Reverse(on="left")])], on="right")
    outer = {tuple(sorted((n, tuple(nested(batch, seed).to_list(n))) for n in batch.columns)) for seed in range(8)}
    turned, plain = ("cba", "ed"), ("abc", "de")
    assert (("left", plain), ("right", turned)) in outer
    assert (("left", turned), ("right", plain)) in outer
    assert build(nested.config()) == nested
