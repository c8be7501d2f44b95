"""Names that become files: run ids and artifact names."""

from __future__ import annotations

import re
import secrets
import time
from pathlib import PurePosixPath

from practicum.errors import UsageError

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def new_run_id() -> str:
    """A run id that sorts by time: ``20261122-160102-1f0c9a3e``."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(4)}"


def checked_run_id(run_id: str) -> str:
    """The run id, when it is safe as the name of a folder.

    Raises:
        UsageError: it isn't.

    Example:
        >>> checked_run_id("digits.1")
        'digits.1'
    """
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise UsageError(f"run id {run_id!r} is not usable as a folder's name: write up to 100 letters, digits, '.', "
                         "'_' "
                         "and '-', beginning with a letter or digit")
    return run_id


def checked_artifact(name: str) -> PurePosixPath:
    """An artifact's name as a relative path inside the run's folder of artifacts.

    Raises:
        UsageError: the name is empty, absolute, leads out of the folder, or holds characters that files can't.

    Example:
        >>> str(checked_artifact("plots/loss.png"))
        'plots/loss.png'
    """
    parts = name.split("/") if isinstance(name, str) else []
    try:
        fine = bool(parts) and all(p not in ("", ".", "..") and p.isprintable() and not {"\\", ":"} & set(p)
                                   and len(p.encode("utf-8")) < 200 for p in parts)
    except UnicodeEncodeError:
        fine = False
    if not fine:
        raise UsageError(f"artifact name {name!r} is not usable: write a relative path without '..', as "
                         "'plots/loss.png'")
    return PurePosixPath(*parts)


def checked_text(text: str, what: str) -> str:
    """A text that UTF-8 can hold.

    Raises:
        UsageError: it is no text, is empty, or holds a lone surrogate.
    """
    if not isinstance(text, str) or not text:
        raise UsageError(f"{what} {text!r} must be a text that is not empty")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(f"{what} {text!r} holds the lone surrogate U+{ord(text[error.start]):04X}, which UTF-8 can't "
                         "hold: remove it") from None
    return text
