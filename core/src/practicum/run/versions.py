"""What a run ran with: Python, platform, packages, and the state of the user's own repository."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("practicum", "numpy", "pyarrow", "pandas", "numba", "scipy", "torch", "scikit-learn", "transformers",
             "datasets")


def versions() -> dict[str, str]:
    """Versions of Python, the libraries that figures depend on, and the installed plugins."""
    from practicum.registry import default_registry

    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    found |= {p.distribution: p.version for p in default_registry().catalogue.plugins if p.version}
    return found


def git_state(folder: Path) -> dict[str, str]:
    """Commit and cleanness of the repository that holds ``folder``; empty when there is none, or no git.

    Only the commit and whether files differ are recorded, never a path, remote or name.
    """
    env = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}

    def ask(*words: str) -> str | None:
        try:
            done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=10,
                                  check=False, env=env)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    commit = ask("rev-parse", "HEAD")
    if not commit:
        return {}
    changed = ask("status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "clean": "unknown" if changed is None else str(not changed).lower()}
