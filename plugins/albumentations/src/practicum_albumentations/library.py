"""The wrapped library: the MIT albumentations only, imported without its update check, run on one OpenCV thread."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from practicum.errors import MissingRequirement

DROP_IN = "albumentationsx"
WANTED = "albumentations>=2.0.8,<2.1"
_NO_UPDATE_CHECK = "NO_ALBUMENTATIONS_UPDATE"


def refuse_drop_in() -> None:
    """Raise if another distribution than the MIT one may be behind the import name ``albumentations``.

    Raises:
        MissingRequirement: AlbumentationsX is installed (AGPL-3.0 or a paid licence, same import name), or
            albumentations isn't; says what to install.
    """
    try:
        found = distribution(DROP_IN)
    except PackageNotFoundError:
        found = None
    if found is not None:
        raise MissingRequirement(
            f"the distribution {DROP_IN} {found.version} is installed, which takes the import name albumentations and "
            "is licensed AGPL-3.0 (or by a paid licence); this plugin wraps the MIT releases only: pip uninstall "
            f"{DROP_IN} && pip install --force-reinstall '{WANTED}'")
    try:
        version = distribution("albumentations").version
    except PackageNotFoundError:
        raise MissingRequirement("the distribution albumentations (MIT) is not installed: pip install "
                                 f"'{WANTED}'") from None
    if not version.startswith("2.0."):
        raise MissingRequirement(f"albumentations {version} is installed, but the shipped table is of 2.0.x: pip "
                                 f"install '{WANTED}'")


@cache
def library() -> Any:
    """The module ``albumentations``, imported on first use; its look for newer releases on the network is off.

    Raises:
        MissingRequirement: see :func:`refuse_drop_in`.
    """
    refuse_drop_in()
    before = os.environ.get(_NO_UPDATE_CHECK)
    os.environ[_NO_UPDATE_CHECK] = "1"
    try:
        return import_module("albumentations")
    finally:
        if before is None:
            os.environ.pop(_NO_UPDATE_CHECK, None)
        else:
            os.environ[_NO_UPDATE_CHECK] = before


class _Threads:
    """OpenCV's thread count is one for the whole process: the first one in saves it, the last one out restores it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = 0

    def enter(self, cv2: Any) -> None:
        with self._lock:
            if self._inside == 0:
                self._before = cv2.getNumThreads()
                cv2.setNumThreads(1)
            self._inside += 1

    def leave(self, cv2: Any) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                cv2.setNumThreads(self._before)


_THREADS = _Threads()


@contextmanager
def one_thread() -> Iterator[None]:
    """OpenCV works on one thread inside, so that sums don't depend on how many there are; restored afterwards.

    Raises:
        ImportError: OpenCV is not installed; albumentations brings opencv-python-headless.
    """
    cv2 = import_module("cv2")
    _THREADS.enter(cv2)
    try:
        yield
    finally:
        _THREADS.leave(cv2)
