"""Import paths: what is found, what is refused, and that an edited file is read anew."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import pytest

from practicum.errors import ConfigError
from practicum.importing import import_path


def test_modules_files_and_dotted_names(tmp_path: Path) -> None:
    assert import_path("collections:OrderedDict.fromkeys")("a") == {"a": None}
    (tmp_path / "net.py").write_text("class Net:\n    size = 3\n")
    cls = import_path(f"{tmp_path}/net.py:Net")
    assert import_path(f"{tmp_path}/net.py:Net") is cls
    assert import_path(f"{tmp_path}/net.py:Net.size") == 3
    assert isinstance(pickle.loads(pickle.dumps(cls())), cls)


def test_equal_file_names_stay_apart_and_an_edited_file_is_read_anew(tmp_path: Path) -> None:
    for folder, value in (("a", 1), ("b", 2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "m.py").write_text(f"x = {value}\n")
    assert [import_path(f"{tmp_path}/{f}/m.py:x") for f in "ab"] == [1, 2]
    (tmp_path / "a" / "m.py").write_text("x = 3\n")
    assert import_path(f"{tmp_path}/a/m.py:x") == 3


@pytest.mark.parametrize(("path", "message"), [
    ("justaname", "is no import path: write package.module:Name"), ("math:", "is no import path"),
    ("no_such_package.sub:Net", "could not be imported .ModuleNotFoundError"), ("{0}/absent.py:Net", "is no file"),
    ("{0}/bad.py:Net", "could not be imported .ZeroDivisionError: division by zero"),
    ("{0}/good.py:Nett", "has no 'Nett'; it has Net"), ("{0}/lines.py:Net", r"\(ValueError: one\); check"),
])
def test_what_is_wrong_is_said_in_one_paragraph(tmp_path: Path, path: str, message: str) -> None:
    (tmp_path / "bad.py").write_text("1 / 0\n")
    (tmp_path / "lines.py").write_text("raise ValueError('one\\n\\ntwo')\n")
    (tmp_path / "good.py").write_text("class Net: pass\n")
    before = set(sys.modules)
    with pytest.raises(ConfigError, match=message) as caught:
        import_path(path.format(tmp_path), role="toy/model: module")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("toy/model: module ")
    assert not [m for m in set(sys.modules) - before if m.startswith("practicum_user_") and "good" not in m]
