"""Importing a user's object by path: ``package.module:name`` or ``file.py:name``. Runs code with the user's rights."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from practicum.errors import ConfigError


def import_path(path: str, *, role: str = "import path") -> Any:
    """The object a path names.

    Callers check permission first (:func:`practicum.registry.check_allowed_import`): importing runs the code.

    Args:
        path: ``package.module:name``, or ``folder/file.py:name`` relative to the working directory.
        role: what the path is, for messages, as ``"models-basic/torch-module: module"``.

    Raises:
        ConfigError: the path is malformed, the module can't be found or fails, or has no such name.

    Example:
        >>> import_path("math:pi")
        3.141592653589793
    """
    where, _, name = path.rpartition(":")
    if not where or not name:
        raise ConfigError(f"{role} {path!r} is no import path: write package.module:Name or file.py:Name")
    try:
        module = _from_file(Path(where)) if where.endswith(".py") else importlib.import_module(where)
    except Exception as error:
        raise ConfigError(f"{role} {path!r} could not be imported ({type(error).__name__}: {_short(error)}); check the "
                          "path, and that the module imports on its own") from error
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            public = ", ".join(n for n in vars(module) if not n.startswith("_"))
            raise ConfigError(f"{role} {path!r}: {where} has no {name!r}; it has {public or 'no public names'}")
        found = getattr(found, part)
    return found


def _short(error: Exception) -> str:
    """The first line: messages of errors are one paragraph."""
    return next(iter(str(error).strip().splitlines()), "no message")


def _from_file(path: Path) -> ModuleType:
    path = path.expanduser().resolve()
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file")
    # The whole path keeps two users' "model.py" apart; the content keeps an edited file from being served from memory.
    digest = hashlib.blake2b(str(path).encode() + b"\0" + path.read_bytes(), digest_size=8).hexdigest()
    name = f"practicum_user_{path.stem}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python source file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses, typing and pickle look their module up here
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
