"""Recipes: what is read, and what each mistake says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from practicum.errors import ConfigError, UsageError
from practicum.run import load_recipe

GOOD = """\
data: {use: toy/blobs, count: 60, split: {train: 0.5, valid: 0.25, test: 0.25}}
model: {use: toy/softmax, epochs: 4}
stress:
  - {use: toy/add-noise, sweep: {std: [0.5, 1.0]}}
  - toy/push
harden: {top: 1, budget: {epochs: 2}}
tracker: local
seeds: 2
"""


def written(folder: Path, text: str, name: str = "r.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_recipe_is_read_with_its_defaults(tmp_path: Path) -> None:
    recipe = load_recipe(written(tmp_path, GOOD, "my digits.yaml"))
    assert recipe.name == "my digits"
    assert recipe.data.options == {"count": 60}
    assert recipe.data.split is not None
    assert recipe.data.split.fractions == {"train": 0.5, "valid": 0.25, "test": 0.25}
    assert recipe.stress[1] == {"use": "toy/push"}
    assert recipe.tracker == {"use": "local"}
    assert recipe.report.html == "report.html"
    assert recipe.level == 0.95


def test_json_and_plain_data_say_the_same(tmp_path: Path) -> None:
    from_yaml = load_recipe(written(tmp_path, GOOD))
    import yaml

    path = written(tmp_path, json.dumps(yaml.safe_load(GOOD)), "r.json")
    assert load_recipe(path).plain() == from_yaml.plain()
    assert load_recipe({**yaml.safe_load(GOOD), "name": "r"}).plain() == from_yaml.plain()


def test_written_out_it_reads_back(tmp_path: Path) -> None:
    from practicum.run.rundir import dump_yaml

    recipe = load_recipe(written(tmp_path, GOOD))
    again = load_recipe(written(tmp_path, dump_yaml(recipe.plain()), "again.yaml"))
    assert again.plain() == recipe.plain()


@pytest.mark.parametrize(("override", "path", "value"), [
    ("model.epochs=9", ("model", "epochs"), 9), ("seeds=[3, 4]", ("seeds",), [3, 4]),
    ("stress.0.sweep.std=[0.1]", ("stress", 0, "sweep", "std"), [0.1]), ("harden=null", ("harden",), None),
    ("harden.budget.rate=0.25", ("harden", "budget", "rate"), 0.25),
    ("report.html=out.html", ("report", "html"), "out.html"),
    ("metric=cross-entropy", ("metric",), "cross-entropy")])
def test_overrides(tmp_path: Path, override: str, path: tuple[Any, ...], value: Any) -> None:
    found: Any = load_recipe(written(tmp_path, GOOD), [override]).plain()
    for part in path:
        found = found[part]
    assert found == value


@pytest.mark.parametrize(("text", "message"), [
    (GOOD.replace("harden:", "hardn:"), r"r.yaml, line 6, hardn: unknown key 'hardn'; did you mean 'harden'\?"),
    (GOOD.replace("top: 1", "top: none"), r"line 6, harden.top: .*got 'none'"),
    (GOOD.replace("top: 1", "topp: 1"), r"line 6, harden.topp: unknown key 'topp'; did you mean 'top'\?"),
    (GOOD.replace("train: 0.5", "train: 1.5"), r"line 1, data.split.train: .*got 1.5"),
    (GOOD.replace("model: {use: toy/softmax, epochs: 4}\n", ""), r"key 'model' is missing"),
    (GOOD.replace("{use: toy/softmax, epochs: 4}", "{epochs: 4}"), r"line 2, model: give use"),
    (GOOD.replace("use: toy/softmax", "use: toy/softmax, load: there"), r"exclude each other"),
    (GOOD.replace("- toy/push", "- {eps: 0.1}"), r"line 3, stress: each entry is written \{use"),
    (GOOD.replace("tracker: local", "tracker: {root: runs}"), r"line 7, tracker: a tracker is written"),
    (GOOD + "seeds: 3\n", r"line 9: key 'seeds' is given twice \(first on line 8\)"),
    (GOOD + "metric: [accuracy\n", r"line 10: this is no YAML"),
    (GOOD + "metric: !!python/object/apply:os.system [echo]\n", r"line 9: this is no YAML"),
    ("", "holds no recipe"), ("- a\n- b\n", "holds no recipe"),
])
def test_mistakes_say_where_they_are(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_recipe(written(tmp_path, text))


@pytest.mark.parametrize(("override", "message"), [
    ("seeds", "is no override"), ("stress.7.use=x", "list of 2"), ("seeds.a=1", "has no parts"),
    ("modell.epochs=1", "override 'modell.epochs=1': unknown key"), ("metric=[", "no YAML")])
def test_bad_overrides(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_recipe(written(tmp_path, GOOD), [override])


def test_files_that_are_no_recipes(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        load_recipe(tmp_path / "absent.yaml")
    (tmp_path / "latin.yaml").write_bytes("name: Zürich".encode("latin-1"))
    with pytest.raises(UsageError, match="not UTF-8"):
        load_recipe(tmp_path / "latin.yaml")
    with (tmp_path / "huge.yaml").open("wb") as file:
        file.truncate(5_000_000)
    with pytest.raises(UsageError, match="no recipe"):
        load_recipe(tmp_path / "huge.yaml")


def test_an_override_is_named_where_it_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^override 'batch_size=0'"):
        load_recipe(written(tmp_path, GOOD), ["batch_size=0"])
