"""Install each plugin's wheel alone beside the core in a fresh environment and run its own tests there.

Usage: python tests/isolate.py [plugins/text-noise ...]; all plugins when none is named. Needs ``make wheels`` first.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def isolate(plugin: Path) -> bool:
    """True when the plugin's tests pass and ``pip check`` is clean with nothing else of ours installed."""
    with (plugin / "pyproject.toml").open("rb") as file:
        name = tomllib.load(file)["project"]["name"]
    with tempfile.TemporaryDirectory(prefix="isolate-") as folder:
        home = Path(folder)
        venv.create(home / "venv", with_pip=True)
        python = home / "venv" / "bin" / "python"
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--find-links",
                   ROOT / "dist", "-c", ROOT / "constraints.txt", f"{name}[test]"]
        shutil.copytree(plugin / "tests", home / "tests")
        shutil.copy(plugin / "README.md", home)  # some tests run the card's example
        steps = [install, [python, "-m", "pip", "check"],
                 [python, "-m", "pytest", "--import-mode=importlib", "-q", "-p", "no:cacheprovider", home / "tests"]]
        for step in steps:
            if subprocess.run([str(s) for s in step], cwd=home, check=False).returncode:
                return False
        ours = subprocess.run([str(python), "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True,
                              check=True).stdout
        installed = sorted(line.split("==")[0] for line in ours.splitlines() if line.startswith("practicum"))
    sys.stdout.write(f"{name}: tests pass with only {' and '.join(installed)} of ours installed\n")
    return installed == sorted(["practicum", name])


def main() -> int:
    """Exit status 1 when any plugin fails."""
    named = [ROOT / p for p in sys.argv[1:]]
    plugins = named or sorted(p.parent for p in ROOT.glob("[pc]*/*/pyproject.toml") if p.parts[-3] != "core")
    failed = [p.name for p in plugins if not isolate(p)]
    if failed:
        sys.stdout.write(f"failed in isolation: {', '.join(failed)}\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
