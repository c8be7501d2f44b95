"""Images, arrays, scikit-learn, the hub, objects in memory, docstrings, and the front door."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import practicum as pm
from practicum.data import load_data, load_report
from practicum.data.docstrings import natural, normalised, sentences
from practicum.data.splits import Splits
from practicum.errors import DataError, UsageError

Image = pytest.importorskip("PIL.Image")


def fails(source: Any, *expected: str, error: type[Exception] = DataError, **options: Any) -> None:
    with pytest.raises(error) as caught:
        load_data(source, **options)
    for part in expected:
        assert part in str(caught.value), str(caught.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for name in ("dog", "cat"):
        (tmp_path / name).mkdir()
        for number in range(3):
            Image.fromarray(rng.integers(0, 256, (8, 10, 3), np.uint8)).save(tmp_path / name / f"{number}.png")
    (tmp_path / "notes.txt").write_text("not an image")
    return tmp_path


def test_image_folder(folder: Path) -> None:
    batch = load_data("image-folder", path=str(folder))
    assert batch.targets["label"].classes == ("cat", "dog")
    assert list(batch.ids) == [f"{c}/{i}.png" for c in ("cat", "dog") for i in range(3)]
    assert batch.label.tolist() == [0, 0, 0, 1, 1, 1]
    assert (batch.data.dtype, tuple(batch.data.shape)) == (torch.uint8, (6, 3, 8, 10))
    np.testing.assert_array_equal(batch.to_list()[4], np.asarray(Image.open(folder / "dog" / "1.png")))
    assert tuple(load_data("image-folder", path=str(folder), size=4, mode="L").data.shape) == (6, 1, 4, 4)
    scaled = load_data("image-folder", path=str(folder), dtype="float32").data
    assert scaled.dtype == torch.float32
    torch.testing.assert_close(scaled, batch.data / 255, rtol=0, atol=0)
    fails("image-folder", "dtype='float'", error=UsageError, path=str(folder), dtype="float")


def test_levels_of_an_archive_are_scaled_when_asked(tmp_path: Path) -> None:
    levels = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 1, 4, 4) * 8
    np.savez(tmp_path / "a.npz", x=levels)
    assert load_data("npz", path=str(tmp_path / "a.npz")).data.dtype == torch.uint8
    scaled = load_data("npz", path=str(tmp_path / "a.npz"), dtype="float32").data
    np.testing.assert_array_equal(scaled.numpy(), levels.astype(np.float32) / np.float32(255))
    fails("npz", "dtype='uint8'", error=UsageError, path=str(tmp_path / "a.npz"), dtype="uint8")


def test_images_of_differing_sizes_stay_as_they_are(folder: Path) -> None:
    Image.new("RGB", (3, 5)).save(folder / "cat" / "3.png")
    batch = load_data("image-folder", path=str(folder))
    assert [i.shape for i in batch.to_list()] == [(8, 10, 3)] * 3 + [(5, 3, 3)] + [(8, 10, 3)] * 3
    assert tuple(load_data("image-folder", path=str(folder), size=[6, 7]).data.shape) == (7, 3, 6, 7)


def test_bad_images_are_named_or_left_out(folder: Path) -> None:
    (folder / "cat" / "bad.png").write_bytes(b"no image")
    good = (folder / "dog" / "0.png").read_bytes()
    (folder / "dog" / "cut.png").write_bytes(good[:len(good) // 2])
    fails("image-folder", "cat/bad.png", "not an image", path=str(folder))
    loaded = load_report("image-folder", path=str(folder), on_error="skip")
    assert len(loaded.data) == 6
    assert [s.reason.split(":")[0] for s in loaded.skipped] == ["cat/bad.png", "dog/cut.png"]


def test_image_folder_errors(folder: Path, tmp_path: Path) -> None:
    fails("image-folder", "a folder is expected, but this is a file", path=str(folder / "notes.txt"))
    fails("image-folder", "size=0", error=UsageError, path=str(folder), size=0)
    Image.new("RGB", (3, 5)).save(folder / "loose.png")
    fails("image-folder", "loose.png lies beside the class folders", path=str(folder))
    (tmp_path / "none").mkdir()
    fails("image-folder", "there are no images", path=str(tmp_path / "none"))


def test_a_manifest_names_image_files(folder: Path) -> None:
    (folder / "m.csv").write_text("file,label\ncat/0.png,0\ngone.png,1\ndog/2.png,1\n")
    fails("csv", "line 3", "'file'", "the image file is missing", path=str(folder / "m.csv"), image="file")
    batch = load_report("csv", path=str(folder / "m.csv"), image="file", on_error="skip").data
    np.testing.assert_array_equal(batch.to_list()[1], np.asarray(Image.open(folder / "dog" / "2.png")))


def test_npz(tmp_path: Path) -> None:
    path = str(tmp_path / "a.npz")
    x = np.arange(24, dtype=np.float32).reshape(4, 6)
    np.savez(path, x=x, y=np.array([0, 1, 1, 0]), ids=np.array(["a", "b", "c", "d"]))
    batch = load_data("npz", path=path)
    assert (batch.modality, list(batch.ids), batch.label.tolist()) == ("state", ["a", "b", "c", "d"], [0, 1, 1, 0])
    np.testing.assert_array_equal(batch.data, x)
    fails("npz", "no array 'xx'", "did you mean 'x'", path=path, data="xx")
    np.savez(path, x=np.zeros((2, 5, 5, 3), np.uint8))
    assert tuple(load_data("npz", path=path).data.shape) == (2, 3, 5, 5)
    np.savez(path, x=np.zeros((2, 5, 3)))
    fails("npz", "modality='image'", error=UsageError, path=path)
    assert load_data("npz", path=path, modality="series").modality == "series"


def test_npz_refuses_pickles_nan_and_odd_lengths(tmp_path: Path) -> None:
    path = str(tmp_path / "a.npz")
    np.savez(path, x=np.array([{"a": 1}], dtype=object))
    fails("npz", "pickled Python objects", path=path)
    np.savez(path, x=np.array([[1.0], [np.nan]]))
    fails("npz", "row 2", "not finite", path=path)
    assert np.isnan(load_data("npz", path=path, nan="keep").data[1, 0])
    np.savez(path, x=np.zeros((3, 2)), y=np.zeros(2, int))
    fails("npz", "shape (2,)", "3 samples", path=path)
    np.save(tmp_path / "a.npy", np.zeros(3))
    fails("npz", "single array", path=str(tmp_path / "a.npy"))


def test_scikit_learn() -> None:
    from sklearn.datasets import load_digits, load_wine

    batch = load_data("sklearn/digits")
    np.testing.assert_array_equal(batch.data[:, 0].numpy() * 16, load_digits().images)
    assert batch.label.tolist() == load_digits().target.tolist()
    wine = load_data("sklearn/wine")
    np.testing.assert_array_equal(wine.data, load_wine().data.astype(np.float32))
    assert {load_data(f"sklearn/{n}").modality for n in ("iris", "breast-cancer")} == {"state"}


def test_hub_from_disk_and_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"body": datasets.Value("string"), "y": datasets.ClassLabel(names=["bad", "good"])})
    data = datasets.Dataset.from_dict({"body": ["a", "b", "c", None], "y": [1, 0, 1, 0]}, features=features)
    datasets.DatasetDict({"train": data, "test": data.select([0])}).save_to_disk(tmp_path / "d")
    where = {"path": str(tmp_path / "d"), "text": "body", "label": "y"}
    batch = load_data("hf", **where, split="train[:3]")
    assert (batch.to_list(), batch.label.tolist(), batch.targets["label"].classes) == (
        ["a", "b", "c"], [1, 0, 1], ("bad", "good"))
    assert load_data("hf", **where, split="test").to_list() == ["a"]
    fails("hf", "row 4", "'body'", "missing", **where)
    fails("hf", "no split 'tset'", "did you mean 'test'", error=UsageError, **where, split="tset")
    fails("hf", "name (hf/NAME) or a path", error=UsageError)
    fails("hf/../etc", "no name on the hub", error=UsageError)
    fails("hf", "save_to_disk", path=str(tmp_path))

    def offline(*_: Any, **__: Any) -> None:
        raise ConnectionError("Couldn't reach 'imdb' on the Hub (OfflineModeIsEnabled)")

    monkeypatch.setattr(datasets, "load_dataset", offline)
    fails("hf/stanfordnlp/imdb", "hf/stanfordnlp/imdb", "can't be reached", "save_to_disk", "path: FOLDER", "HF_HOME")


def test_objects_in_memory() -> None:
    batch = pm.Batch.of(["a"])
    assert load_data(batch) is batch
    assert load_data(["a", "b"], id=["x", "y"], label=[0, 1]).label.tolist() == [0, 1]
    assert load_data(np.zeros((3, 2), np.float32)).modality == "state"
    assert load_data(torch.zeros(2, 3, 4, 4)).modality == "image"
    frame = pd.DataFrame({"text": ["a", "b"], "label": ["x", "y"], "id": [5, 6]})
    assert list(load_data(frame).ids) == [5, 6]
    frame.loc[1, "text"] = None
    fails(frame, "memory, row 2", "'text'", "missing")
    fails(batch, "label=...", error=UsageError, label=[0])
    fails(["a"], "text=...", error=UsageError, text="body")
    fails([{"a": 1}], "no option 'pth'", error=UsageError, pth=1)
    fails(pd.DataFrame({"text": []}), "no rows")


def test_a_recipe_can_split_any_source() -> None:
    parts = load_data("sklearn/iris", split={"train": 0.6, "valid": 0.2, "test": 0.2})
    assert isinstance(parts, Splits)
    assert parts.sizes() == {"train": 90, "valid": 30, "test": 30}


def test_names_and_options_are_checked() -> None:
    fails("sklearn/digit", "did you mean sklearn/digits", error=UsageError)
    fails("data.csv", "load_data('csv', path='data.csv')", error=UsageError)
    fails("csv", "no option 'pth'", "did you mean 'path'", error=UsageError, pth="x")
    fails("csv", "on_error='ignore'", error=UsageError, path=__file__, on_error="ignore")
    fails("csv", "text=['a']", error=UsageError, path=__file__, text=["a"])
    fails("sklearn/digits", "it takes no options", error=UsageError, size=3)


def test_listing_sources_imports_nothing_heavy() -> None:
    code = ("import sys; from practicum.registry import Registry; assert 'csv' in Registry([]).catalogue.sources; "
            "print(sorted({'numpy', 'pyarrow', 'pandas', 'torch', 'datasets', 'sklearn', 'PIL'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_option_declared_is_an_option_taken() -> None:
    import dataclasses
    import inspect
    import pkgutil

    from practicum.data.catalogue import SOURCES
    from practicum.data.fields import FieldOptions

    for spec in SOURCES:
        parameters = inspect.signature(pkgutil.resolve_name(spec.target)).parameters
        taken = {n for n, p in parameters.items() if p.kind is not p.VAR_KEYWORD}
        if len(taken) < len(parameters):
            taken |= {f.name for f in dataclasses.fields(FieldOptions)}
        assert taken == set(spec.options), spec.name


PARSED = '''Read a message from the open connection and give it back whole.

The buffer, e.g. a bytes object, is filled first. Then :meth:`~http.client.Message.read` returns
whatever was left in the buffer before.

Parameters
----------
size : int
    The number of bytes that are read at the most from the connection.

>>> This is a doctest, which is never a sentence of natural prose.
'''


def test_docstring_sentences_are_prose() -> None:
    assert sentences(PARSED) == ["Read a message from the open connection and give it back whole.",
                                 "Then read returns whatever was left in the buffer before."]
    assert not natural("Returns x = f(y) for all the values of the table.")
    assert not natural("too short")
    assert normalised("Open file 12, please!") == normalised("open  FILE 7 please")


@pytest.fixture(scope="module")
def spoken() -> Any:
    return load_report("python/docstrings", packages=["stdlib", "yaml"], max_sentences=3000)


def test_docstrings_are_many_unique_and_split_by_module(spoken: Any) -> None:
    parts = spoken.data
    assert set(parts.sizes()) == {"train", "valid", "test"}
    texts = [t for _, b in parts.items() for t in b.to_list()]
    assert len(texts) > 2000
    assert len({normalised(t) for t in texts}) == len(texts)
    modules = [{i.split(":")[0] for i in b.ids} for _, b in parts.items()]
    assert sum(map(len, modules)) == len(set.union(*modules))
    classes = parts.train.targets["label"].classes
    assert {"networking", "text", "mathematics", "files", "concurrency", "data formats"} <= set(classes)
    for _, batch in parts.items():
        assert set(batch.label.tolist()) == set(range(len(classes)))
        assert batch.targets["label"].classes == classes
    sizes = spoken.facts["per_topic"].values()
    assert max(sizes) <= 3 * min(sizes)


def test_docstrings_are_the_same_again_and_imported_nothing(spoken: Any) -> None:
    code = ("import sys; from practicum.data import load_data; "
            "d = load_data('python/docstrings', packages=['stdlib', 'yaml'], max_sentences=3000); "
            "print(d.train.ids.hashes.sum(), d.test.to_list()[7]); "
            "print(sorted({'tkinter', 'smtplib', 'turtle', 'yaml.representer', 'ftplib'} & set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, last = done.stdout.strip().split("\n")
    assert first == f"{spoken.data.train.ids.hashes.sum()} {spoken.data.test.to_list()[7]}"
    assert "smtplib" not in last
    assert "tkinter" not in last


def test_a_linear_model_learns_topics_but_not_all(spoken: Any) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import RidgeClassifier

    words = TfidfVectorizer(sublinear_tf=True)
    model = RidgeClassifier().fit(words.fit_transform(spoken.data.train.to_list()), spoken.data.train.label)
    test = spoken.data.test
    accuracy = float((model.predict(words.transform(test.to_list())) == test.label).mean())
    chance = np.bincount(test.label).max() / len(test)
    assert chance + 0.15 < accuracy < 0.95


def test_absent_and_unknown_packages() -> None:
    absent = load_report("python/docstrings", packages=["stdlib", "tornado", "yaml"], max_sentences=700)
    import importlib.util

    assert absent.facts["packages_absent"] == ([] if importlib.util.find_spec("tornado") else ["tornado"])
    assert absent.facts["sentences"] <= 700
    fails("python/docstrings", "'nmpy' has no topics", error=UsageError, packages=["nmpy"])
    fails("python/docstrings", "name more packages", packages=["yaml"])
