"""What the tests of bad input and of interrupts share: a child process, a small recipe, what an error looks like."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

MAIN = "from practicum.cli import main; main()"


def one_paragraph(message: str, *words: str) -> None:
    """Standard error holds one line of ours (stage names aside), with these words."""
    said = [line for line in message.splitlines() if line.startswith("practicum: ")]
    assert len(said) == 1, message
    assert message.rstrip("\n").splitlines()[-1] == said[0], message
    assert "\n\n" not in message
    assert "Traceback" not in message
    assert all(word in said[0] for word in words), message


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def child(*arguments: str, before: str = "", **options: Any) -> subprocess.CompletedProcess[str]:
    code = f"{before}\n{MAIN}"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False,
                          timeout=120, **options)


RECIPE: dict[str, Any] = {
    "data": {"use": "csv", "path": "d.csv", "label": "y", "columns": {"x": ["a", "b"]}, "modality": "state",
             "split": {"train": 0.5, "valid": 0.25, "test": 0.25}},
    "model": {"use": "toy/softmax", "epochs": 2},
    "stress": [{"use": "toy/add-noise", "sweep": {"std": [0.5]}}], "report": {"html": None}, "seeds": 1,
}
ROWS = [[0.1 * i, 1.0 - 0.1 * i, i % 2] for i in range(16)]


def written(rows: list[list[Any]] | None = None, header: str = "a,b,y", **changes: Any) -> str:
    Path("d.csv").write_text(header + "\n" + "".join(",".join(map(str, r)) + "\n" for r in rows or ROWS))
    Path("r.yaml").write_text(yaml.safe_dump({**RECIPE, **changes}, sort_keys=False))
    return "r.yaml"
