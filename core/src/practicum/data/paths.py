"""Opening a data file, with errors that say what is there instead."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from practicum.errors import DataError, UsageError


def existing(path: str | os.PathLike[str], *, folder: bool = False) -> Path:
    """A file (or folder) that is there.

    Raises:
        UsageError: ``path`` is no path.
        DataError: nothing is there, or a folder where a file is expected or the other way round.
    """
    if not isinstance(path, (str, os.PathLike)) or not str(path):
        raise UsageError(f"path={path!r} is no path: give it as text")
    found = Path(path).expanduser()
    what = "folder" if folder else "file"
    try:
        exists, is_folder = found.exists(), found.is_dir()
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a usable path ({error}): give another") from error
    if not exists:
        siblings = [p.name for p in found.parent.iterdir()] if found.parent.is_dir() else []
        close = difflib.get_close_matches(found.name, siblings, n=1)
        hint = f"did you mean {found.parent / close[0]}?" if close else f"paths are taken from {Path.cwd()}"
        raise DataError(f"{path}: there is no such {what}; {hint}")
    if is_folder != folder:
        mend = ("give the file inside it" if is_folder else "give the folder that holds one subfolder per class")
        raise DataError(f"{path}: a {what} is expected, but this is a {'folder' if is_folder else 'file'}: {mend}")
    return found


def read_bytes(path: Path) -> bytes:
    """All bytes of a file that holds some.

    Raises:
        DataError: the file is empty or can't be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: could not be read ({error.strerror}): check its rights") from error
    if not raw.strip():
        raise DataError(f"{path}: the file is empty: check how it was written")
    return raw
