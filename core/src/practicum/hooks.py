"""The pluggy hooks a plugin may implement. This module is all that a declaration module imports besides specs.

A plugin is one entry point in the group ``practicum.plugins`` whose value is a tiny module::

    from practicum.hooks import hookimpl
    from practicum.spec import TechniqueSpec

    @hookimpl
    def register_techniques():
        yield TechniqueSpec(name="toy/upper", kind="transformation", target="toy.upper:Upper",
                            modalities=("text",), summary="Upper-cases a text.")
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from pathlib import Path

    from practicum.spec import KernelSpec, ReportSectionSpec, SourceSpec, TechniqueSpec, WeightSpec

GROUP = "practicum.plugins"

hookspec = pluggy.HookspecMarker("practicum")
hookimpl = pluggy.HookimplMarker("practicum")


@hookspec
def register_techniques() -> Iterable[TechniqueSpec]:  # type: ignore[empty-body]  # pluggy specs have no body
    """Declare the plugin's techniques.

    Returns:
        Specs; each target is imported only when the technique is first used.
    """


@hookspec
def register_sources() -> Iterable[SourceSpec]:  # type: ignore[empty-body]  # pluggy specs have no body
    """Declare data sources that a recipe can name under ``data.use``.

    Returns:
        Specs of functions that return a ``Batch``.
    """


@hookspec
def register_weights() -> Iterable[WeightSpec]:  # type: ignore[empty-body]  # pluggy specs have no body
    """Declare model weights that an installed package ships.

    Returns:
        Specs of functions that return a directory.
    """


@hookspec
def register_report_sections() -> Iterable[ReportSectionSpec]:  # type: ignore[empty-body]  # pluggy specs have no body
    """Declare sections that are added to the HTML report.

    Returns:
        Specs of functions that turn a report into safe HTML.
    """


@hookspec
def register_kernels() -> Iterable[KernelSpec]:  # type: ignore[empty-body]  # pluggy specs have no body
    """Declare the plugin's kernel operations, for ``practicum kernels`` and the kernel contract.

    Returns:
        Specs; each target is imported only when the kernel is checked.
    """


@hookspec
def register_commands(app: Any) -> None:
    """Add commands to the command line.

    Args:
        app: the ``typer.Typer`` application; call ``app.command(name=...)(function)``.
    """


@hookspec
def run_started(run_dir: Path, recipe: dict[str, Any]) -> None:
    """A run is about to do its first stage.

    Args:
        run_dir: the run's directory.
        recipe: the validated recipe as plain data.
    """


@hookspec
def stage_finished(run_dir: Path, stage: str, seconds: float) -> None:
    """A stage of a run is done and its results are on disk.

    Args:
        run_dir: the run's directory.
        stage: ``"fit"``, ``"stress"``, ``"explain"``, ``"harden"``, ``"stress-after"`` or ``"report"``.
        seconds: wall time of the stage in this process.
    """


@hookspec
def run_finished(run_dir: Path, status: str) -> None:
    """A run ended, well or not; after a SIGKILL nothing is called.

    Args:
        run_dir: the run's directory.
        status: ``"FINISHED"``, ``"FAILED"`` or ``"KILLED"``.
    """
