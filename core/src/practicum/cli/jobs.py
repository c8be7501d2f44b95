"""Commands that do the main job: run, gain, explain, compare, demo."""

from __future__ import annotations

import json
from importlib.resources import as_file, files
from pathlib import Path

import typer


def run(
    recipe: Path = typer.Argument(help="A YAML or JSON recipe."),
    overrides: list[str] = typer.Argument(None, metavar="[KEY=VALUE]...", help="As model.epochs=2 or seeds=5."),
    resume: bool = typer.Option(False, "--resume", help="Go on with the run in --out (or with the recipe's last run)."),
    out: Path | None = typer.Option(None, "--out", help="Run directory; a new one under runs/ when left out."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Print cells, expected time and memory; run nothing."),
    fail_under: list[str] = typer.Option([], "--fail-under", metavar="METRIC=VALUE", help="Exit 1 below this value."),
    junit: Path | None = typer.Option(None, "--junit", help="Write the verdicts as JUnit XML."),
    allow_import: bool = typer.Option(False, "--allow-import", help="Let the recipe name Python import paths."),
) -> None:
    """Train or load, stress, explain, harden, stress again, report: one recipe, one answer."""
    from practicum.run import jobs

    jobs.run(recipe, overrides or [], resume=resume, out=out, dry_run=dry_run, fail_under=fail_under, junit=junit,
             allow_import=allow_import)


def gain(
    recipe: Path = typer.Argument(help="A YAML or JSON recipe with the keys data, model, augment."),
    overrides: list[str] = typer.Argument(None, metavar="[KEY=VALUE]...", help="As labels=[100] or seeds=3."),
    resume: bool = typer.Option(False, "--resume", help="Go on with the run in --out (or with the recipe's last run)."),
    out: Path | None = typer.Option(None, "--out", help="Run directory; a new one under runs/ when left out."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Print trainings, expected time and memory; run nothing."),
    allow_import: bool = typer.Option(False, "--allow-import", help="Let the recipe name Python import paths."),
) -> None:
    """Train with and without each augmentation on few labels: what does it gain, and is the gain sure?"""
    from practicum.run import gain_jobs

    gain_jobs.run(recipe, overrides or [], resume=resume, out=out, dry_run=dry_run, allow_import=allow_import)


def explain(
    source: Path = typer.Argument(metavar="RECIPE|RUN", help="A recipe, or the directory of a run."),
    overrides: list[str] = typer.Argument(None, metavar="[KEY=VALUE]...", help="As model.epochs=2."),
    explainers: list[str] = typer.Option([], "--with", metavar="NAME", help="An explainer, or {use: name, field: value}"
                                         "; those of the recipe when left out."),
    split: str | None = typer.Option(None, "--split", help="train, valid or test."),
    ids: list[str] = typer.Option([], "--id", help="A sample; repeat it for more."),
    count: int = typer.Option(6, "--count", min=1, help="Samples, where none is named."),
    wrong: bool = typer.Option(False, "--wrong", help="Only samples that the model gets wrong."),
    target: int | None = typer.Option(None, "--target", min=0, help="The class to explain; else the predicted one."),
    model: Path | None = typer.Option(None, "--model", help="A saved model instead of the recipe's."),
    hardened: bool = typer.Option(False, "--hardened", help="The run's hardened model."),
    seed: int = typer.Option(0, "--seed", help="Of the explainers' draws."),
    out: Path | None = typer.Option(None, "--out", help="An .html page, or .npz or .json for one explainer's numbers; "
                                    "left out, the explanations are printed."),
    allow_import: bool = typer.Option(False, "--allow-import", help="Let the recipe name Python import paths."),
) -> None:
    """Why does the model say what it says about these samples?"""
    from practicum.run import explain_jobs

    explain_jobs.run(source, overrides or [], explainers=explainers, split=split, ids=ids, count=count, wrong=wrong,
                     target=target, model=model, hardened=hardened, seed=seed, out=out, allow_import=allow_import)


def compare(run_a: Path = typer.Argument(help="A run directory."), run_b: Path = typer.Argument(help="Another."),
            as_json: bool = typer.Option(False, "--json", help="As JSON.")) -> None:
    """Compare two runs, paired by sample."""
    from practicum.run import compare_runs

    table = compare_runs(run_a, run_b)
    typer.echo(json.dumps(table.to_dict("records"), indent=2) if as_json else table.to_string(index=False))


def demo(out: Path | None = typer.Option(None, "--out", help="Run directory; a new one under runs/ when left out."),
         ) -> None:
    """Train, attack, stress and harden a small model on handwritten digits, offline, in about a minute."""
    from practicum.run import jobs

    with as_file(files("practicum") / "recipes" / "harden-digits.yaml") as recipe:
        jobs.run(recipe, [], out=out)
