"""The application: one function per command, heavy imports inside."""

from __future__ import annotations

import typer

from practicum.cli import catalogue, jobs, project
from practicum.cli.apply import apply


def build_app() -> typer.Typer:
    """The application with the core's commands and those of the installed plugins."""
    app = typer.Typer(name="practicum", no_args_is_help=True, pretty_exceptions_enable=False,
                      context_settings={"help_option_names": ["-h", "--help"]},
                      help="Where does my model break, why, and what fixes it?")
    app.command("list")(catalogue.list_techniques)
    app.command("info")(catalogue.info)
    app.command("apply")(apply)
    app.command("run")(jobs.run)
    app.command("gain")(jobs.gain)
    app.command("explain")(jobs.explain)
    app.command("compare")(jobs.compare)
    app.command("demo")(jobs.demo)
    app.command("init")(project.init)
    app.command("new")(project.new)
    app.command("check")(project.check)
    app.command("doctor")(catalogue.doctor)
    app.command("kernels")(catalogue.kernels)
    app.callback(invoke_without_command=False)(_options)
    from practicum.registry import default_registry

    default_registry().notify("register_commands", app=app)
    return app


def _options(version: bool = typer.Option(False, "--version", help="Print the version.", is_eager=True,
                                          callback=catalogue.print_version)) -> None:
    """Where does my model break, why, and what fixes it?"""
