"""Checks by name: what a plugin's tests declare is found, given fields replace it, missing ones are asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from practicum.errors import ConfigError, UsageError
from practicum.registry import default_registry
from practicum.testing import CheckResult, check_name_or_path
from practicum.testing.toys_models import install_toys

DECLARED = """\
from neighbour import ROWS
from practicum import Batch
from practicum.testing import TransformationContract
from practicum.testing.toys import MaskChars, Reverse

class TestMask(TransformationContract):
    technique = MaskChars
    config = {"rate": 0.9}
    samples = Batch.of(ROWS, targets={"label": [k % 3 for k in range(len(ROWS))]})
    skip = {"acts at its default strength": "it does not"}
"""


@pytest.fixture
def from_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The toys, installed from a folder whose tests declare the checks of one of them."""
    site = install_toys(tmp_path / "site")
    folder = tmp_path / "a folder"
    for name in ("tests", "src"):
        (folder / name).mkdir(parents=True)
    facts = {"url": folder.as_uri(), "dir_info": {"editable": True}}
    next(site.glob("*.dist-info")).joinpath("direct_url.json").write_text(json.dumps(facts))
    (folder / "tests" / "neighbour.py").write_text("ROWS = ['many letters here'] * 9\n")
    (folder / "tests" / "test_declared.py").write_text(DECLARED)
    monkeypatch.syspath_prepend(str(site))
    default_registry().refresh()
    yield folder
    monkeypatch.undo()
    default_registry().refresh()


def outcomes(results: list[CheckResult]) -> dict[str, tuple[str, str]]:
    return {r.name: (r.status, r.reason) for r in results}


def test_what_the_tests_of_its_folder_declare_is_used_by_name_too(from_folder: Path) -> None:
    """The declared skip isn't needed, which only a check by the declaration can find."""
    name = "acts at its default strength"
    status, reason = outcomes(check_name_or_path("toy/mask-chars"))[name]
    assert (status, "isn't needed" in reason) == ("failed", True)
    assert outcomes(check_name_or_path("toy/reverse"))[name][0] == "passed", "what is not declared: the kit's own"
    assert str(from_folder / "tests") not in sys.path


def test_given_fields_replace_those_that_are_declared_and_the_samples_stay(from_folder: Path) -> None:
    name = "acts at its default strength"
    assert outcomes(check_name_or_path("toy/mask-chars", {"rate": 0.5}))[name] == ("passed", "")
    assert outcomes(check_name_or_path("toy/mask-chars", {"rate": 0.0}))[name] == ("skipped", "it does not")
    (from_folder / "tests" / "test_declared.py").write_text(DECLARED.replace("    samples", "    samples = 'none'  #"))
    assert "failed" in {r.status for r in check_name_or_path("toy/mask-chars", {"rate": 0.5})}
    with pytest.raises(ConfigError, match="unknown field 'rat'; did you mean 'rate'"):
        check_name_or_path("toy/mask-chars", {"rat": 0.5})
    with pytest.raises(UsageError, match="of one technique"):
        check_name_or_path("toy", {"rate": 0.5})


NEEDY = """\
from pydantic import Field
from practicum.testing.toys import MaskChars

class Needy(MaskChars):
    name = "needy/needy"
    letters: str = Field(min_length=1)
    other: int
"""


def test_fields_that_nothing_gives_are_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "needy.py"
    file.write_text(NEEDY)
    with pytest.raises(ConfigError, match=r"without letters, other: .* --set letters=VALUE --set other="):
        check_name_or_path(str(file))
    with pytest.raises(ConfigError, match=r"without other: .*check [^=]* --set other=VALUE"):
        check_name_or_path(str(file), {"letters": "a"})
    with pytest.raises(ConfigError, match=r"field 'letters': String should have .*--set FIELD=VALUE"):
        check_name_or_path(str(file), {"letters": "", "other": 1})
    loads = [r for r in check_name_or_path(str(file), {"letters": "a", "other": 1}) if r.name == "loads"]
    assert [r.status for r in loads] == ["passed"]
    file.write_text(NEEDY + "\nclass Fine(MaskChars):\n    name = 'needy/fine'\n")
    both = check_name_or_path(str(file))
    assert {(r.name, r.status) for r in both if r.technique == "needy/needy"} == {("loads", "skipped")}
    assert any("--set letters=VALUE" in r.reason for r in both)
    assert sum(r.status == "passed" for r in both if r.technique == "needy/fine") > 20
