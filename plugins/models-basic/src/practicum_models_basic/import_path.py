"""Objects named by a Python import path: ``"pkg.mod:Net"`` or ``"my_file.py:Net"``."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from practicum.errors import ConfigError


def import_object(path: str, *, field: str, technique: str) -> Any:
    """The object at an import path. This runs the module's code; recipes need ``--allow-import`` to get here.

    Args:
        path: ``"package.module:Name"``, or ``"file.py:Name"`` relative to the working directory.
        field, technique: where the path was written, for messages.

    Raises:
        ConfigError: the path is malformed, the module can't be imported, or it has no such name.

    Example:
        >>> import_object("collections:OrderedDict", field="module", technique="toy").__name__
        'OrderedDict'
    """
    where, _, name = path.rpartition(":")
    if not where or not name:
        raise ConfigError(f"{technique}: {field} {path!r} is no import path: write package.module:Name or file.py:Name")
    try:
        module = _from_file(Path(where)) if where.endswith(".py") else importlib.import_module(where)
    except Exception as error:
        raise ConfigError(f"{technique}: {field} {path!r} could not be imported ({type(error).__name__}: {error}); "
                          "check the path, and that the module imports on its own") from error
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise ConfigError(f"{technique}: {field} {path!r}: {where} has no {name!r}")
        found = getattr(found, part)
    return found


def _from_file(path: Path) -> ModuleType:
    path = path.expanduser().resolve()
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file")
    name = f"practicum_import_{hashlib.blake2b(str(path).encode(), digest_size=6).hexdigest()}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python source file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and typing look their module up here while it runs
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
