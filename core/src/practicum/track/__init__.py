"""The local tracker: crash-safe runs in a folder, no service and no account."""

from practicum.track.local import LocalRun, LocalTracker
from practicum.track.store import LocalStore, MetricPoint, RunInfo

__all__ = ["LocalRun", "LocalStore", "LocalTracker", "MetricPoint", "RunInfo"]
