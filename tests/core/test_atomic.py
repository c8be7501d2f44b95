"""Files are whole or not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from practicum.atomic import write_atomic, writing
from practicum.errors import RunError


def test_content_of_every_form(tmp_path: Path) -> None:
    write_atomic(tmp_path / "new" / "a", b"\0\xff")
    write_atomic(tmp_path / "new" / "b", "é")
    write_atomic(tmp_path / "new" / "b", lambda file: file.write(b"written"))
    assert (tmp_path / "new" / "a").read_bytes() == b"\0\xff"
    assert (tmp_path / "new" / "b").read_bytes() == b"written"
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["a", "b"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")

    def half(file: BinaryIO) -> None:
        file.write(b"half")
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        write_atomic(path, half)

    def interrupted(file: BinaryIO) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomic(path, interrupted)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(("number", "mend"), [(errno.ENOSPC, "free some space"), (errno.EROFS, "can be written")])
def test_a_full_disk_at_any_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, mend: str) -> None:
    path = tmp_path / "a"
    path.write_text("old")

    def fail(*_: Any) -> None:
        raise OSError(number, os.strerror(number))

    for stage in ("fsync", "replace"):
        with monkeypatch.context() as patched:
            patched.setattr(os, stage, fail)
            with pytest.raises(RunError, match=mend):
                write_atomic(path, b"new")
        assert path.read_text() == "old"
        assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_errors_about_other_files_pass_through(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), writing(tmp_path / "a"):
        (tmp_path / "missing").read_bytes()
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="a part of the path is a file"):
        write_atomic(tmp_path / "file" / "b", b"")
    with pytest.raises(RunError, match="the path is a folder"):
        write_atomic(tmp_path, b"")
