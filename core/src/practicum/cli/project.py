"""Commands for authors and newcomers: new, check, init."""

from __future__ import annotations

from pathlib import Path

import typer


def new(path: Path = typer.Argument(help="Folder to write, as contrib/my-technique."),
        kind: str = typer.Option("transformation", "--kind", help="Which of the six kinds."),
        modality: str = typer.Option("text", "--modality", help="What it takes; ignored for trackers, environments."),
        ) -> None:
    """Write a complete plugin that passes its tests: fill in one method and you have a technique."""
    from practicum.scaffold import new_plugin

    folder = path if path.parent != Path() or path.is_absolute() else Path("contrib") / path
    for file in new_plugin(folder, kind, modality):
        typer.echo(file)
    typer.echo(f"\nNext: make test-one P={folder}")


def check(target: str = typer.Argument(metavar="NAME|PATH", help="A technique's name, or a plugin's folder."),
          settings: list[str] = typer.Option([], "--set", metavar="FIELD=VALUE", help="A field of the technique."),
          ) -> None:
    """Run the contract checks of a technique, or of all techniques of a plugin's folder."""
    from practicum.cli.settings import parse_settings
    from practicum.testing import check_name_or_path

    results = check_name_or_path(target, parse_settings(settings))
    for r in results:
        if r.status in ("failed", "skipped"):
            place = f" ({r.where})" if r.where else ""
            typer.echo(f"{r.status.upper():<7} {r.technique}: {r.name}{place}: {r.reason}")
    counts = {s: sum(r.status == s for r in results) for s in ("passed", "failed", "skipped", "not applicable")}
    typer.echo(", ".join(f"{count} {status}" for status, count in counts.items()))
    if counts["failed"]:
        raise typer.Exit(1)


def init(model: str = typer.Option(..., "--model", metavar="FILE.py:NAME|MODULE:NAME",
                                   help="Your model: a torch module, scikit-learn estimator or function."),
         data: Path = typer.Option(..., "--data", help="csv, jsonl, parquet, npz or a folder of images."),
         label: str = typer.Option("label", "--label", help="The field with the class."),
         out: Path = typer.Option(Path("recipe.yaml"), "--out", help="The recipe to write."),
         force: bool = typer.Option(False, "--force", help="Replace an existing recipe.")) -> None:
    """Write a working recipe for your own model and data."""
    from practicum.errors import UsageError
    from practicum.init import propose

    if out.exists() and not force:
        raise UsageError(f"{str(out)!r} exists: pass --force to replace it, or name another with --out")
    from practicum.atomic import write_atomic

    write_atomic(out, propose(model, data, label))
    typer.echo(f"{out} written. Next: practicum run {out} --dry-run --allow-import")
