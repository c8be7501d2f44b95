"""Importing a user's object by path: ``package.module:name`` or ``file.py:name``. Runs code with the user's rights."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

from practicum.errors import ConfigError


def import_path(path: str) -> Any:
    """The object a path names.

    Callers check permission first (:func:`practicum.registry.check_allowed_import`): importing runs the code.

    Args:
        path: ``package.module:name``, or ``folder/file.py:name`` relative to the working directory.

    Raises:
        ConfigError: the module can't be found or fails, or has no such name.

    Example:
        >>> import_path("math:pi")
        3.141592653589793
    """
    where, sign, name = path.rpartition(":")
    if not sign:
        raise ConfigError(f"import path {path!r} must be MODULE:NAME or FILE.py:NAME")
    try:
        module = _from_file(Path(where)) if where.endswith(".py") else importlib.import_module(where)
    except FileNotFoundError as error:
        raise ConfigError(f"import path {path!r}: there is no file {where!r}") from error
    except Exception as error:
        raise ConfigError(f"import path {path!r}: importing {where!r} raised {type(error).__name__}: "
                          f"{error}") from error
    found = module
    for part in name.split("."):
        if not hasattr(found, part):
            public = ", ".join(n for n in vars(module) if not n.startswith("_"))
            raise ConfigError(f"import path {path!r}: {where!r} has no {part!r}; it has {public or 'no public names'}")
        found = getattr(found, part)
    return found


def _from_file(file: Path) -> Any:
    if not file.is_file():
        raise FileNotFoundError(str(file))
    # A name made of the whole path keeps two users' "model.py" apart, and lets pickle find the classes again.
    name = f"practicum_user_{file.stem}_{hashlib.blake2b(str(file.resolve()).encode(), digest_size=4).hexdigest()}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(str(file))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
