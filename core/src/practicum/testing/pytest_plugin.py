"""The pytest side of the contract kit: how many contract checks ran, and why some did not.

Loaded in every pytest run of an environment that has the core installed, so it imports nothing of the core.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

PROPERTY = "practicum-contract"
"""Name under which a contract test records what each of its checks did, in pytest's ``user_properties``."""


class ContractCounter:
    """Counts contract checks from test reports, so that it also works where workers run the tests."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.reasons: Counter[tuple[str, str, str]] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect what a contract test recorded."""
        if report.when != "call":
            return
        for name, value in report.user_properties:
            if name == PROPERTY and isinstance(value, (list, tuple)):
                technique, check, status, reason = (str(v) for v in value)
                self.statuses[status] += 1
                if status == "skipped":
                    self.reasons[technique, check, reason] += 1

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        """Print one line of counts, and one for each declared skip."""
        if not self.statuses:
            return
        run = self.statuses["passed"] + self.statuses["failed"]
        parts = [f"{run} run", f"{self.statuses['skipped']} skipped"]
        if self.statuses["not applicable"]:
            parts.append(f"{self.statuses['not applicable']} not applicable")
        if self.statuses["failed"]:
            parts.append(f"{self.statuses['failed']} failed")
        terminalreporter.write_line(f"contract checks: {', '.join(parts)}")
        for technique, check, reason in sorted(self.reasons):
            terminalreporter.write_line(f"  skipped: {technique}: {check}: {reason}")


def pytest_configure(config: pytest.Config) -> None:
    """Register the counter, and the marks that contract tests carry."""
    config.addinivalue_line("markers", "gpu: needs a CUDA or ROCm device")
    config.addinivalue_line("markers", "slow: takes more than a few seconds")
    config.pluginmanager.register(ContractCounter(), "practicum-contract-counter")
