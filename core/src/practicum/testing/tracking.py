"""The contract of a tracker, and how a test reads back what was logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from practicum.errors import UsageError
from practicum.testing.contract import Contract


@dataclass(frozen=True)
class Logged:
    """What a tracker's store holds of one run.

    Args:
        params: as logged; values may have become texts.
        metrics: ``(name, step, value)`` in the order in which they were logged; step is ``None`` where none was given.
        tags: the last value of each tag.
        status: ``RUNNING``, ``FINISHED``, ``FAILED`` or ``KILLED``.
        artifacts: name -> content.
    """

    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Sequence[tuple[str, int | None, float]] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    status: str = ""
    artifacts: Mapping[str, bytes] = field(default_factory=dict)


class TrackerContract(Contract):
    """The contract of a tracker. Tell it where the tracker writes, and how to read a run back.

    Attributes:
        technique: a registered name, or a class.
    """

    kind: ClassVar[str] = "tracker"

    def config_in(self, folder: Path) -> Mapping[str, Any]:
        """Configuration of a tracker that writes under ``folder`` only.

        Raises:
            UsageError: the contract doesn't define it.
        """
        raise UsageError(f"{type(self).__name__} must define config_in(self, folder): the configuration that makes the "
                         "tracker write under folder")

    def read(self, folder: Path, run_id: str) -> Logged:
        """What the store under ``folder`` holds of a run, read without the tracker's own open objects.

        Raises:
            UsageError: the contract doesn't define it.
        """
        raise UsageError(f"{type(self).__name__} must define read(self, folder, run_id), returning a "
                         "practicum.testing.tracking.Logged")
