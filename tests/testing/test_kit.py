"""The contract kit's own manners: right toys pass, skips are declared and needed, counts are printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from wrong_attacks import Step
from wrong_explainers import Product
from wrong_models import BagOfWords, Linear, Means, TorchToy, WithNet, WithWords
from wrong_trackers import InLines, OfLines
from wrong_transformations import DOC

from practicum.batch import Batch
from practicum.errors import UnknownTechnique, UsageError
from practicum.keys import Keys
from practicum.testing import AttackContract, TransformationContract, check, check_name_or_path, sample_batch
from practicum.testing.compare import difference, independent_copy, same_value
from practicum.testing.contract import run_contract
from practicum.testing.samples import positional_targets
from practicum.testing.subject import watching_draws
from practicum.testing.toys import AddNoise, MaskChars, Reverse

SHOWN = "docstring has a summary and a running example"


class TestReverse(TransformationContract):
    technique = Reverse


class TestMaskChars(TransformationContract):
    technique = MaskChars
    configs: ClassVar[list[dict[str, Any]]] = [{"rate": 1.0}]
    skip: ClassVar[dict[str, str]] = {"other seed other output": "at rate 1 every character is masked"}


class TestAddNoise(TransformationContract):
    technique = AddNoise


class TestTorchToy(WithNet):
    technique = TorchToy

    def samples(self) -> Batch:
        return sample_batch("state")


class TestBagOfWords(WithWords):
    technique = BagOfWords


class TestInLines(OfLines):
    technique = InLines
    skip: ClassVar[dict[str, str]] = {SHOWN: "a test's toy", "schema describes the fields": "a test's toy"}


@pytest.mark.parametrize("technique", [Step, Product])
def test_the_right_forms_of_the_wrong_plugins_pass(technique: Any) -> None:
    assert [r for r in check(technique, **DOC) if r.status == "failed"] == []


@pytest.mark.parametrize("technique", [Linear, Means])
def test_the_right_models_pass(technique: Any) -> None:
    skip = {**DOC["skip"], "schema describes the fields": "a test's toy"}
    assert [r for r in check(technique, skip=skip) if r.status == "failed"] == []


def test_a_skip_that_is_not_needed_fails() -> None:
    failed = [r for r in check(Reverse, skip={"pickles": "a whim"}) if r.status == "failed"]
    assert [(r.name, "isn't needed" in r.reason) for r in failed] == [("pickles", True)]


def test_a_skip_where_the_check_does_not_apply_fails() -> None:
    failed = [r for r in check(Reverse, skip={"other seed other output": "it draws nothing"}) if r.status == "failed"]
    assert [(r.name, "does not apply" in r.reason) for r in failed] == [("other seed other output", True)]


def test_a_needed_skip_gives_its_reason() -> None:
    skipped = [r for r in check(Step, **DOC) if r.status == "skipped"]
    assert [(r.name, r.reason) for r in skipped] == list(DOC["skip"].items())


def test_hiding_checks_by_overriding_is_refused() -> None:
    with pytest.raises(UsageError, match="would hide checks"):
        type("Hides", (TransformationContract,), {"technique": Reverse, "test_contract": lambda self: None})


def test_a_contract_of_another_kind_fails_to_load() -> None:
    contract = type("OfWrongKind", (AttackContract,), {"technique": Reverse})
    results = list(run_contract(contract))
    assert [(r.name, r.status) for r in results] == [("loads", "failed")]
    assert "TransformationContract" in results[0].reason


def test_an_unknown_technique_fails_to_load() -> None:
    contract = type("OfNothing", (TransformationContract,), {"technique": "no-such/technique"})
    assert [(r.name, r.status) for r in run_contract(contract)] == [("loads", "failed")]


def test_every_configuration_is_checked() -> None:
    results = check(MaskChars, config={"rate": 0.5}, configs=[{"rate": 0.0}], skip={})
    failed = {(r.name, r.where) for r in results if r.status == "failed"}
    assert ("acts at its default strength", "config 1") in failed
    assert ("other seed other output", "config 1") in failed
    assert not any(where == "config 0" for _, where in failed)


@pytest.mark.parametrize("modality", ["text", "image", "record", "table", "series", "state"])
def test_samples_are_nine_labelled_and_equal_only_to_themselves(modality: str) -> None:
    batch = sample_batch(modality)
    assert len(batch) == 9
    assert sorted(set(batch.label.tolist())) == [0, 1, 2]
    assert not difference(batch, sample_batch(modality))
    values = batch.to_list()
    assert not any(same_value(values[i], values[j]) for i in range(9) for j in range(i))
    assert not difference(batch, independent_copy(batch))


def test_positional_targets_lie_inside() -> None:
    batch = sample_batch("text")
    for text, spans in zip(batch.to_list(), positional_targets(batch, "text")["spans"].data, strict=True):
        assert all(text[a:b].strip() == text[a:b] != "" for a, b, _ in spans)


def test_comparing_sees_dtype_shape_nan_and_tolerance() -> None:
    a = np.array([1.0, np.nan])
    assert same_value(a, a.copy())
    assert not same_value(a, a.astype(np.float32))
    assert not same_value(a, a[:1])
    assert not same_value(1, 1.0)
    assert same_value(a, a + 1e-9, 1e-6)
    assert not same_value(a, a + 1e-3, 1e-6)


def test_watching_sees_draws_of_columns_and_of_samples() -> None:
    keys = Keys(0).bind(sample_batch("text").ids)
    with watching_draws() as drawn:
        keys.one(0)
        assert not drawn()
        keys.one(0).uniform(1)
        assert drawn()
    with watching_draws() as drawn:
        keys.child("a").uniform(3)
        assert drawn()


def test_a_file_and_a_class_in_it_can_be_checked(tmp_path: Path) -> None:
    source = Path(sys.modules[Reverse.__module__].__file__ or "").read_text("utf-8").replace('"toy/', '"mine/')
    file = tmp_path / "mine.py"
    file.write_text(source, "utf-8")
    names = {"mine/reverse", "mine/mask-chars", "mine/add-noise"}
    assert {r.technique for r in check_name_or_path(str(file))} == names
    results = check_name_or_path(f"{file}:Reverse")
    assert {r.technique for r in results} == {"mine/reverse"}
    assert not [r for r in results if r.status == "failed"]


def test_what_can_not_be_checked_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no pyproject\.toml"):
        check_name_or_path(str(tmp_path))
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    with pytest.raises(UsageError, match="no plugin"):
        check_name_or_path(str(tmp_path))
    (tmp_path / "empty.py").write_text("X = 1\n")
    with pytest.raises(UsageError, match="defines no technique"):
        check_name_or_path(str(tmp_path / "empty.py"))
    (tmp_path / "broken.py").write_text("import nothing_of_this_name\n")
    with pytest.raises(UsageError, match="can't be imported"):
        check_name_or_path(str(tmp_path / "broken.py"))
    with pytest.raises(UsageError, match="does not exist"):
        check_name_or_path(str(tmp_path / "absent.py"))
    with pytest.raises(UnknownTechnique):
        check_name_or_path("no-such-technique")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two-workers"])
def test_pytest_prints_how_many_checks_ran(workers: tuple[str, ...], tmp_path: Path) -> None:
    if workers:
        pytest.importorskip("xdist")
    (tmp_path / "test_mine.py").write_text(
        "from practicum.testing import TransformationContract\n"
        "from practicum.testing.toys import MaskChars, Reverse\n"
        "class TestFine(TransformationContract):\n    technique = Reverse\n"
        "class TestSkips(TransformationContract):\n    technique = MaskChars\n    config = {'rate': 1.0}\n"
        "    skip = {'other seed other output': 'always all'}\n"
        "class TestFails(TransformationContract):\n    technique = MaskChars\n    config = {'rate': 0.0}\n")
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *workers, str(tmp_path)],
                          capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False)
    assert done.returncode == 1
    counts = re.search(r"contract checks: (\d+) run, 1 skipped, (\d+) not applicable, 2 failed", done.stdout)
    tests = re.search(r"2 failed, (\d+) passed, 1 skipped", done.stdout)
    assert counts, done.stdout
    assert tests, done.stdout
    assert int(counts[1]) + int(counts[2]) == int(tests[1]) + 2
    assert int(counts[1]) > 60
    assert "  skipped: toy/mask-chars: other seed other output: always all" in done.stdout
    assert "acts at its default strength: with 8 seeds no sample" in done.stdout


def test_without_contracts_pytest_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_plain.py").write_text("def test_it():\n    assert True\n")
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "contract checks" not in done.stdout
