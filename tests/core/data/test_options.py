"""Options of sources: refused with the mend when they make no sense, and what each value of a row may be."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from practicum.data import load_data, load_report
from practicum.data.fields import FieldOptions
from practicum.data.values import BadValue, family, label_value, number_value, plain, record_value
from practicum.errors import DataError, MissingRequirement, PluginLoadError, UsageError

TWO = [{"a": 1, "b": "x", "label": 0}, {"a": 2, "b": "y", "label": 1}]


@pytest.mark.parametrize(("options", "said"), [
    ({"columns": {}}, "column name -> field"), ({"columns": ["a"]}, "column name -> field"),
    ({"columns": {"q": 3}}, "column name -> field"), ({"columns": {"q": []}}, "column name -> field"),
    ({"modality": "image"}, "name the field of their paths with image="), ({"nan": "drop"}, "neither 'error' nor "
                                                                                            "'keep'"),
    ({"label": "lable"}, "no field 'lable'; did you mean 'label'"), ({"text": 3}, "give the name of a field"),
    ({"on_error": "warn"}, "neither 'error' nor 'skip'"),
])
def test_options_of_rows(options: dict[str, Any], said: str) -> None:
    with pytest.raises((UsageError, DataError), match=said):
        load_data(TWO, **options)


def test_plans() -> None:
    fields = ["id", "a", "text", "label"]
    plan = FieldOptions().plan(fields, "f")
    assert ([(c.name, c.modality, c.fields) for c in plan.columns], plan.label, plan.id) == (
        [("text", "text", ("text",))], "label", "id")
    plan = FieldOptions(modality="record", label="a").plan(fields, "f")
    assert (plan.columns[0].fields, plan.label) == (("text", "label"), "a")
    assert FieldOptions(modality="text").plan(["id", "only"], "f").columns[0].fields == ("only",)
    with pytest.raises(DataError, match="no field to learn from"):
        FieldOptions().plan(["id", "label"], "f")


def test_values() -> None:
    assert (plain(np.int64(3)), plain("x"), plain(np.float32(0.5))) == (3, "x", 0.5)
    assert (label_value(True), label_value(0.5)) == (1, 0.5)
    assert number_value(" 1e3 ", keep_nan=False) == 1000
    assert number_value(True, keep_nan=False) == 1
    assert math.isnan(number_value(None, keep_nan=True))
    assert number_value("inf", keep_nan=True) == math.inf
    assert record_value({"a": [1, {"b": None}]}) == {"a": [1, {"b": None}]}
    families = ["true or false", "a number", "a number", "a text", "a list"]
    assert [family(v) for v in (True, 1, 1.5, "x", [1])] == families
    for value in ("inf", "nan", "", "x", [1], 10**400):
        with pytest.raises(BadValue):
            number_value(value, keep_nan=False)
    for value in (math.inf, 2**70, {}, "\ud800"):
        with pytest.raises(BadValue):
            label_value(value)
    for value in (2**70, {"a": ["\udc00"]}):
        with pytest.raises(BadValue):
            record_value(value)


def test_frames_with_missing_values() -> None:
    frame = pd.DataFrame({"text": ["a", "b"], "score": [0.5, np.nan], "when": pd.to_datetime(["2026-01-02", None])})
    with pytest.raises(DataError, match="memory, row 2, field 'score': the label is missing"):
        load_data(frame, label="score")
    records = load_data(frame, modality="record").to_list()
    assert records[1] == {"text": "b", "score": None, "when": None}
    mixed = load_report([{"x": 1}, {"x": "one"}, {"x": None}, {"x": 2.5}], on_error="skip")
    assert mixed.data.to_list() == [{"x": 1.0}, {"x": None}, {"x": 2.5}]
    assert [s.place for s in mixed.skipped] == [2]
    with pytest.raises(DataError, match="mixes types inside"):
        load_data([{"x": [1]}, {"x": ["one"]}])


def test_npz_options(tmp_path: Path) -> None:
    path = str(tmp_path / "a.npz")
    np.savez(path, x=np.array(["one", "two"]), y=np.array([0.5, np.nan]))
    with pytest.raises(DataError, match="row 2, field 'y': the label is missing"):
        load_data("npz", path=path)
    np.savez(path, x=np.array(["one", "two"]), y=np.array(["b", "a"]))
    batch = load_data("npz", path=path)
    assert (batch.modality, batch.to_list(), batch.label.tolist()) == ("text", ["one", "two"], [1, 0])
    np.savez(path, x=np.zeros((2, 3, 3), np.uint8))
    assert tuple(load_data("npz", path=path).data.shape) == (2, 1, 3, 3)
    for options, said in (({"nan": "x"}, "nan='x'"), ({"modality": "graph"}, "holds image, state, series, text")):
        with pytest.raises(UsageError, match=said):
            load_data("npz", path=path, **options)
    (tmp_path / "b.npz").write_bytes(b"no zip")
    with pytest.raises(DataError, match=r"not a readable \.npz"):
        load_data("npz", path=str(tmp_path / "b.npz"))
    np.savez(path, x=np.float64(3))
    with pytest.raises(DataError, match="a single value"):
        load_data("npz", path=path)
    np.savez(path, x=np.zeros((2, 3)))
    with pytest.raises(DataError, match=r"images have shape"):
        load_data("npz", path=path, modality="image")


def test_what_the_hub_says_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    from datasets.exceptions import DatasetNotFoundError

    said: list[Exception] = []

    def answer(*_: Any, **__: Any) -> None:
        raise said[-1]

    monkeypatch.setattr(datasets, "load_dataset", answer)
    for raised, kind, expected in (
            (DatasetNotFoundError("Dataset 'x' doesn't exist on the Hub"), DataError, "no such data set, or it is "
                                                                                      "private"),
            (DatasetNotFoundError("can't be reached: offline mode"), DataError, "can't be reached.*path: FOLDER"),
            (FileNotFoundError("Couldn't find cache"), DataError, "can't be reached"),
            (ValueError("Unknown split \"tain\". Should be one of ['train', "
                        "'test']."), UsageError, "did you mean 'train'"),
            (ValueError("Config name is missing. Please pick one among ['a']"), UsageError, "Pass config="),
            (ValueError("Couldn't find cache for x"), DataError, "can't be reached"),
            (ValueError("odd file\nmore"), DataError, "could not be read \\(odd file\\)"),
            (RuntimeError("Dataset scripts are no longer supported"), DataError, "bring code are refused")):
        said.append(raised)
        with pytest.raises(kind, match=expected) as caught:
            load_data("hf/some/data", split="tain" if "split" in str(raised) else "train")
        assert "\n" not in str(caught.value)


def test_a_hub_data_set_of_images(tmp_path: Path) -> None:
    datasets, image = pytest.importorskip("datasets"), pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), np.uint8)
    features = datasets.Features({"picture": datasets.Image(), "label": datasets.ClassLabel(names=["no", "yes"])})
    data = datasets.Dataset.from_dict({"picture": [image.fromarray(p) for p in pixels], "label": [0, 1, 1]},
                                      features=features)
    data.save_to_disk(tmp_path / "d")
    batch = load_data("hf", path=str(tmp_path / "d"))
    np.testing.assert_array_equal(np.stack(batch.to_list()), pixels)
    assert batch.targets["label"].classes == ("no", "yes")
    with pytest.raises(UsageError, match="START:STOP"):
        load_data("hf", path=str(tmp_path / "d"), split="train[")


def test_missing_libraries_and_broken_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    from practicum.data import load
    from practicum.spec import SourceSpec

    real = importlib.util.find_spec
    absent = ("sklearn", "datasets")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in absent else real(name))
    with pytest.raises(MissingRequirement, match=r"needs sklearn.*pip install 'practicum\[sklearn\]'"):
        load_data("sklearn/digits")
    with pytest.raises(MissingRequirement, match=r"pip install 'practicum\[hf\]'"):
        load_data("hf/imdb")
    broken = SourceSpec("broken", "practicum.no_such_module:f")
    monkeypatch.setattr(load, "find_source", lambda _: (broken, ""))
    with pytest.raises(PluginLoadError, match=r"data source broken: its target practicum.no_such_module:f could not "
                                              r"be"):
        load_data("broken")
