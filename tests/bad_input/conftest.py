"""A faulty plugin, and a folder with an input and an output that must not be lost."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from practicum.registry import default_registry
from practicum.testing.toys_models import install_toys

sys.path.insert(0, str(Path(__file__).parent))

FAULTY = '''
import time
import numpy as np
from practicum.hooks import hookimpl
from practicum.model import Model, Predictions
from practicum.spec import TechniqueSpec
from practicum.transformation import Transformation

class Raises(Transformation):
    name = "faulty/raises"
    modalities = frozenset({"text", "state"})
    def apply(self, batch, keys):
        raise RuntimeError("first line of the library\\n\\nsecond paragraph of the library")

class RaisesOnOne(Transformation):
    name = "faulty/raises-on-one"
    modalities = frozenset({"text"})
    def apply_one(self, value, rng):
        return value.upper() if "b" not in value else value[99]

class Slow(Transformation):
    name = "faulty/slow"
    modalities = frozenset({"text", "state"})
    def apply(self, batch, keys):
        time.sleep(0.3)
        return batch

class TooFew(Model):
    name = "faulty/too-few"
    modalities = frozenset({"state"})
    def predict(self, batch):
        return Predictions(self.task, batch.ids, np.zeros((len(batch) - 1, 2)))

class OneColumn(Model):
    name = "faulty/one-column"
    modalities = frozenset({"state"})
    def predict(self, batch):
        return Predictions(self.task, batch.ids, np.zeros(len(batch)))

@hookimpl
def register_techniques():
    for cls, kind in ((Raises, "transformation"), (RaisesOnOne, "transformation"), (Slow, "transformation"),
                      (TooFew, "model"), (OneColumn, "model")):
        yield TechniqueSpec(cls.name, kind, f"practicum_faulty_plugin:{cls.__name__}", tuple(sorted(cls.modalities)),
                            "Fails on purpose.")
'''


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The toys and a faulty plugin, installed for this process and, by PYTHONPATH, for its children."""
    folder = install_toys(tmp_path / "site")
    (folder / "practicum_faulty_plugin.py").write_text(FAULTY)
    facts = folder / "practicum_faulty-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: practicum-faulty\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[practicum.plugins]\nfaulty = practicum_faulty_plugin\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    default_registry().refresh()
    yield folder
    monkeypatch.undo()
    sys.modules.pop("practicum_faulty_plugin", None)
    default_registry().refresh()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    Path("in.jsonl").write_text('{"text": "hello there"}\n{"text": "good bye"}\n')
    Path("out.jsonl").write_text("precious\n")
    return folder
