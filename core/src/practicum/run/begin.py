"""Starting a run directory, or making sure that it holds the same run."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from practicum.atomic import write_atomic
from practicum.data.splits import Splits
from practicum.errors import RunError
from practicum.evaluate.store import to_text
from practicum.run.recipe import Common
from practicum.run.rundir import RunDir, dump_yaml
from practicum.run.versions import git_state, versions

RUNS = Path("runs")
"""Where runs go when no directory is named."""


def last_run(recipe: Common, root: Path = RUNS) -> Path:
    """The newest run of the same recipe under ``root``.

    Raises:
        RunError: there is none.
    """
    text = dump_yaml(recipe.plain())
    found = [p.parent for p in root.glob("*/recipe.yaml") if p.read_text("utf-8") == text]
    if not found:
        raise RunError(f"no run of this recipe is under {str(root)!r}: name its directory with --out, or leave "
                       "--resume out to start one")
    return max(found, key=lambda p: (p.joinpath("recipe.yaml").stat().st_mtime_ns, p.name))


def begin(run_dir: RunDir, recipe: Common, data: Splits, *, seeds: Sequence[int], notes: Sequence[str], resume: bool,
          command: str, run_id: str) -> None:
    """Write what the run is, or check that it is the same run.

    Raises:
        RunError: the directory holds another run, or other files.
    """
    text, now = dump_yaml(recipe.plain()), {k: v for k, v in versions().items() if k != "platform"}
    digest = _data_digest(data)
    if run_dir.file("run.json").is_file():
        if not resume:
            raise RunError(f"{run_dir.path} holds a run already: go on with it by --resume, or choose another "
                           "directory with --out")
        before = run_dir.file("recipe.yaml").read_text("utf-8")
        if before != text:
            raise RunError(f"{run_dir.path} was made with another recipe ({_difference(before, text)}): its results "
                           "and new ones would not belong together; start anew with another --out")
        facts = run_dir.facts
        changed = {k: (v, now.get(k)) for k, v in facts["versions"].items() if k != "platform" and now.get(k) != v}
        if changed:
            name, (old, new) = next(iter(changed.items()))
            raise RunError(f"{run_dir.path} was made with {name} {old}, now it is {new}: figures of both would not "
                           "belong together; install what run.json lists, or start anew with another --out")
        if facts["data"] != digest:
            raise RunError(f"the data has changed since {run_dir.path} was started: start anew with another --out")
        run_dir.sweep()
        return
    _refuse_others_files(run_dir, text)
    write_atomic(run_dir.file("recipe.yaml"), text)
    write_atomic(run_dir.file("run.json"), to_text({
        "run_id": run_id, "versions": versions(), "git": git_state(Path.cwd()), "data": digest,
        "seeds": list(seeds), "command": command, "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "notes": list(notes)}))


def _refuse_others_files(run_dir: RunDir, text: str) -> None:
    """A new run starts in an empty directory, or where one was killed before it had written more than its recipe."""
    kept = run_dir.file("recipe.yaml")
    own = {"lock", *(["recipe.yaml"] if kept.is_file() and kept.read_text("utf-8") == text else [])}
    others = sorted(p.name for p in run_dir.path.iterdir() if p.name not in own and not p.name.endswith(".tmp"))
    if others:
        shown = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
        raise RunError(f"{run_dir.path} holds other files ({shown}), which a run could overwrite: name a new or empty "
                       "directory with --out")


def _difference(before: str, after: str) -> str:
    """The first line that differs."""
    for a, b in zip(before.splitlines(), after.splitlines(), strict=False):
        if a != b:
            return f"{a.strip()!r} there, {b.strip()!r} here"
    return "one is longer"


def _data_digest(splits: Splits) -> str:
    """16 hex digits over ids, inputs and targets of every split."""
    import pyarrow as pa

    sink = _Hashing()
    for name, batch in splits.items():
        sink.write(name.encode())
        table = batch.to_arrow()
        with pa.PythonFile(sink, "w") as file, pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)
    return sink.made.hexdigest()


class _Hashing(io.RawIOBase):
    """A file that keeps nothing but the hash of what is written."""

    def __init__(self) -> None:
        self.made = hashlib.blake2b(digest_size=8)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.made.update(data)
        return len(data)

    def close(self) -> None:
        """Stays open: several tables are written."""
