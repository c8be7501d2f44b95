"""Files that are either whole or not there: written beside their place, synced, then renamed over it."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from practicum.errors import RunError

Writer = Callable[[BinaryIO], object]

_MENDS = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some of your quota",
    errno.EFBIG: "raise the limit on file sizes (ulimit -f)",
    errno.EACCES: "choose another folder or change its rights",
    errno.EPERM: "choose another folder or change its rights",
    errno.EROFS: "choose a folder that can be written",
    errno.EEXIST: "a part of the path is a file, choose another",  # what making a folder inside a file says
    errno.ENOTDIR: "a part of the path is a file, choose another",
    errno.EISDIR: "the path is a folder, choose another",
}


def write_atomic(path: str | Path, content: bytes | str | Writer) -> None:
    """Write a whole file, or leave what was there untouched.

    Args:
        path: where; its folder is made when missing.
        content: bytes, a text (UTF-8), or a function that writes to the open binary file.

    Raises:
        RunError: the file can't be written (no rights, disk full); the old file is still there and no partial file is.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_atomic(folder / "a.txt", "text")
        >>> (folder / "a.txt").read_text(), len(list(folder.iterdir()))
        ('text', 1)
    """
    with writing(path) as file:
        if callable(content):
            content(file)
        else:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)


@contextmanager
def writing(path: str | Path) -> Iterator[BinaryIO]:
    """An open binary file that takes the place of ``path`` when the block ends well, and is removed when it doesn't.

    Raises:
        RunError: as :func:`write_atomic`. Errors of the block itself, about other files or anything else, pass through.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name[:100]}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError as error:
        if error.filename is not None and str(error.filename) not in (str(temporary), str(target), str(target.parent)):
            raise  # the block failed on another file
        raise cannot_write(target, error) from error
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def cannot_write(path: str | Path, error: OSError) -> RunError:
    """The error for a path that can't be written, with what mends it."""
    mend = _MENDS.get(error.errno or 0, "choose another place")
    reason = error.strerror or type(error).__name__
    return RunError(f"{path} could not be written ({reason}); what was there before is untouched: {mend} and try again")
