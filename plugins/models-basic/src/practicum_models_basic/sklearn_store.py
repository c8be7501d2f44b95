"""Estimators in files that execute nothing on loading, and a digest of an estimator's state."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from practicum.atomic import write_atomic
from practicum.errors import CapabilityError, RunError


def _skops(technique: str) -> Any:
    try:
        import skops.io  # type: ignore[import-untyped]  # ships no types
    except ModuleNotFoundError as error:
        raise CapabilityError(f"{technique}: saving and loading estimators needs skops, since pickles run code on "
                              "loading: pip install 'practicum-models-basic[sklearn]'") from error
    return skops.io


def dump_estimator(estimator: Any, path: Path, technique: str) -> None:
    """Write an estimator as a skops archive, whole or not at all.

    Raises:
        CapabilityError: skops isn't installed, or can't hold a part of the estimator.
    """
    io = _skops(technique)
    try:
        content = io.dumps(estimator)
    except Exception as error:
        raise CapabilityError(f"{technique}: skops can't hold this {type(estimator).__name__} ({type(error).__name__}: "
                              f"{error}); use scikit-learn's own parts, or name it by import path and fit "
                              "it") from error
    write_atomic(path, content)


def load_estimator(path: Path, technique: str) -> Any:
    """Read a skops archive; only types that skops trusts by itself (scikit-learn, NumPy, SciPy) are made.

    Raises:
        RunError: the archive names other types, or is damaged.
        CapabilityError: skops isn't installed.
    """
    io = _skops(technique)
    try:
        unknown = io.get_untrusted_types(file=path)
        if not unknown:
            return io.load(path)
    except Exception as error:
        raise RunError(f"{technique}: {path} can't be read as a skops archive ({type(error).__name__}: {error}); fit "
                       "and save the model again") from error
    raise RunError(f"{technique}: {path} names types that aren't trusted: {', '.join(map(str, unknown[:5]))}; load it "
                   "yourself with skops.io.load(path, trusted=[...]) after looking at them, and wrap the result")


def estimator_digest(estimator: Any) -> str:
    """16 hex digits over an estimator's class, parameters and fitted attributes, without pickling it."""
    made = hashlib.blake2b(digest_size=8)
    _walk(estimator, made, {})
    return made.hexdigest()


def _walk(value: Any, made: Any, seen: dict[int, tuple[int, Any]]) -> None:
    """Feed a value to the hash; ``seen`` also keeps what it lists alive, so that no id is given twice."""
    if id(value) in seen:
        made.update(f"seen {seen[id(value)][0]};".encode())
        return
    if isinstance(value, (str, bytes, int, float, complex, bool, type(None), np.generic, type)):
        made.update(f"{type(value).__name__} {value!r};".encode())
        return
    seen[id(value)] = len(seen), value
    if isinstance(value, np.ndarray) and value.dtype.names:
        # Field by field: the nodes of a tree have padding bytes between records, which hold whatever was there.
        for name in value.dtype.names:
            made.update(f"field {name};".encode())
            _walk(value[name], made, seen)
    elif isinstance(value, np.ndarray) and value.dtype.kind != "O":
        made.update(f"array {value.dtype.str} {value.shape};".encode())
        made.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, dict):
        made.update(f"dict {len(value)};".encode())
        for key in sorted(value, key=repr):
            _walk(key, made, seen)
            _walk(value[key], made, seen)
    elif isinstance(value, (list, tuple, np.ndarray)):
        made.update(f"{type(value).__name__} {len(value)};".encode())
        for item in value:
            _walk(item, made, seen)
    elif isinstance(value, (set, frozenset)):
        made.update(f"set {sorted(map(repr, value))};".encode())
    else:
        made.update(f"object {type(value).__module__}.{type(value).__qualname__};".encode())
        state = value.__getstate__() if hasattr(value, "__getstate__") and not callable(value) else None
        if state is None:
            state = {"name": getattr(value, "__qualname__", "")}
        _walk(state, made, seen)
