"""Trackers that break one promise each; the right one appends JSON lines."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from wrong import Wrong
from wrong_transformations import DOC

from practicum.testing import TrackerContract
from practicum.testing.tracking import Logged
from practicum.tracker import Run, Status, Tracker


class Lines(Run):
    """One file of JSON lines."""

    def __init__(self, file: Path, run_id: str) -> None:
        self.file, self.run_id, self.closed = file, run_id, False

    def write(self, event: str, values: Any, step: int | None = None) -> None:
        line = json.dumps({"event": event, "values": values, "step": step}, ensure_ascii=False)
        with open(self.file, "a", encoding="utf-8", errors="replace") as file:
            file.write(line + "\n")

    def log_params(self, params: Mapping[str, Any]) -> None:
        self.write("params", dict(params))

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        self.write("metrics", dict(metrics), step)

    def set_tags(self, tags: Mapping[str, str]) -> None:
        self.write("tags", dict(tags))

    def log_artifact(self, path: Path, name: str | None = None) -> None:
        self.write("artifact", {name or path.name: path.read_bytes().hex()})

    def finish(self, status: Status = "FINISHED") -> None:
        if not self.closed:
            self.closed = True
            self.write("finish", status)


class InLines(Tracker):
    """Appends JSON lines."""

    name: ClassVar[str] = "wrong/lines"
    run_class: ClassVar[type[Lines]] = Lines
    folder: str = "runs"

    def new_id(self, run_name: str) -> str:
        return secrets.token_hex(4)

    def start(self, experiment: str, run_name: str = "", *, run_id: str | None = None,
              tags: Mapping[str, str] | None = None) -> Run:
        run_id = run_id or self.new_id(run_name)
        run = self.run_class(Path(self.folder) / f"{run_id}.jsonl", run_id)
        Lines.set_tags(run, tags or {})
        return run


class OfLines(TrackerContract):
    """Reads the lines back."""

    technique = InLines

    def config_in(self, folder: Path) -> Mapping[str, Any]:
        return {"folder": str(folder)}

    def read(self, folder: Path, run_id: str) -> Logged:
        text = (folder / f"{run_id}.jsonl").read_text("utf-8")
        lines = [json.loads(line) for line in text.split("\n") if line]

        def merged(event: str) -> dict[str, Any]:
            return {k: v for line in lines if line["event"] == event for k, v in line["values"].items()}

        metrics = [(k, line["step"], v) for line in lines if line["event"] == "metrics"
                   for k, v in line["values"].items()]
        ends = [line["values"] for line in lines if line["event"] == "finish"]
        files = {k: bytes.fromhex(v) for k, v in merged("artifact").items()}
        return Logged(merged("params"), metrics, merged("tags"), ends[-1] if ends else "RUNNING", files)


class LosesTags(InLines):
    class Losing(Lines):
        def set_tags(self, tags: Mapping[str, str]) -> None:
            """Forgets them."""

    run_class: ClassVar[type[Lines]] = Losing


class Buffers(InLines):
    class Buffering(Lines):
        def __init__(self, file: Path, run_id: str) -> None:
            super().__init__(file, run_id)
            self.kept: list[tuple[dict[str, float], int | None]] = []

        def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
            self.kept.append((dict(metrics), step))

        def finish(self, status: Status = "FINISHED") -> None:
            for metrics, step in self.kept:
                self.write("metrics", metrics, step)
            self.kept = []
            super().finish(status)

    run_class: ClassVar[type[Lines]] = Buffering


class FinishesAgain(InLines):
    class Again(Lines):
        def finish(self, status: Status = "FINISHED") -> None:
            self.write("finish", status)

    run_class: ClassVar[type[Lines]] = Again


class ZeroForNan(InLines):
    class Zeroing(Lines):
        def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
            super().log_metrics({k: v if math.isfinite(v) else 0.0 for k, v in metrics.items()}, step)

    run_class: ClassVar[type[Lines]] = Zeroing


class AsciiOnly(InLines):
    class Ascii(Lines):
        def log_params(self, params: Mapping[str, Any]) -> None:
            super().log_params({k: str(v).encode("ascii", "replace").decode() for k, v in params.items()})

    run_class: ClassVar[type[Lines]] = Ascii


class DropsRepeats(InLines):
    class Dropping(Lines):
        def __init__(self, file: Path, run_id: str) -> None:
            super().__init__(file, run_id)
            self.seen: set[tuple[str, int | None]] = set()

        def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
            fresh = {k: v for k, v in metrics.items() if (k, step) not in self.seen}
            self.seen |= {(k, step) for k in metrics}
            super().log_metrics(fresh, step)

    run_class: ClassVar[type[Lines]] = Dropping


class NamesAsIds(InLines):
    def new_id(self, run_name: str) -> str:
        return run_name or super().new_id(run_name)


class AlwaysFine(InLines):
    class Fine(Lines):
        def __exit__(self, kind: Any, error: Any, trace: object) -> None:
            self.finish("FINISHED")

    run_class: ClassVar[type[Lines]] = Fine


FIELDS = {"skip": {**DOC["skip"], "schema describes the fields": "wrong plugins describe nothing"}}


def case(check: str, technique: Any, says: str) -> Wrong:
    return Wrong(check, technique, says, FIELDS, OfLines)


WRONG = [
    case("what is logged is there", LosesTags, "tag kind"),
    case("survives a kill", Buffers, "0 came back"),
    case("finishes twice", FinishesAgain, "became 'FINISHED'"),
    case("NaN and infinity kept", ZeroForNan, "came back"),
    case("any text kept", AsciiOnly, "accents"),
    case("repeated steps kept", DropsRepeats, "came back"),
    case("runs stay apart", NamesAsIds, "one id"),
    case("an exception is a failed run", AlwaysFine, "FINISHED and FAILED"),
]
