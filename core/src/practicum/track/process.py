"""Whether the process that wrote something is still there."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """A process, told apart from a later one of the same number by its start time and the machine's boot.

    Args:
        host: name of the machine.
        pid: its number.
        started: its start in clock ticks after boot; 0 where the system doesn't tell.
        boot: the boot's id; ``""`` where the system doesn't tell.
        namespace: of process numbers (containers have their own); ``""`` where the system doesn't tell.
    """

    host: str
    pid: int
    started: int = 0
    boot: str = ""
    namespace: str = ""

    @classmethod
    def current(cls) -> Process:
        """This process."""
        return cls(socket.gethostname(), os.getpid(), _started(os.getpid()) or 0, _boot(), _namespace())

    def alive(self) -> bool:
        """Whether it still runs; true where that can't be seen, on another machine or in another container."""
        now = Process.current()
        if self.boot and now.boot and self.boot != now.boot:
            return self.host != now.host
        if self.host != now.host or self.namespace != now.namespace:
            return True
        if not self.started:
            return _signalled(self.pid)
        return _started(self.pid) == self.started


def _started(pid: int) -> int | None:
    """Start time in ticks; ``None`` when there is no such process, or it is dead and only not yet collected."""
    try:
        # The command's name, in parentheses, may hold spaces and parentheses itself.
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else int(fields[19])


def _signalled(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""
