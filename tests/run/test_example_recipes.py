"""The shipped recipes: every name in them resolves, and the main job buys what it promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from practicum.registry import default_registry
from practicum.run import load_recipe, run_recipe
from practicum.run.prepare import prepare

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted(p for start in ("harden", "cascade") for p in (ROOT / "examples").glob(f"{start}-*.yaml"))


def needs(recipe: Path) -> None:
    """Skip where a plugin of the recipe is not installed."""
    plain = load_recipe(recipe).plain()
    items = [*plain["stress"], *plain["explain"], plain["model"]]
    defence = (plain.get("harden") or {}).get("defence")
    if defence is not None:
        items.append({"use": defence} if isinstance(defence, str) else defence)
    used = {str(item["use"]).partition("/")[0] for item in items}
    absent = used - {p.name for p in default_registry().catalogue.plugins}
    if absent:
        pytest.skip(f"needs the plugins {', '.join(sorted(absent))}")


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda p: p.stem)
def test_everything_a_recipe_names_fits_together(recipe: Path) -> None:
    needs(recipe)
    pytest.importorskip("sklearn")
    found = prepare(load_recipe(recipe))
    assert found.fits
    assert set(found.splits) == {"valid", "test"}


@pytest.mark.slow
def test_hardening_digits_buys_real_accuracy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The main job, shortened: what hurt most on validation hurts surely less on test, at no sure price elsewhere."""
    recipe = ROOT / "examples" / "harden-digits.yaml"
    needs(recipe)
    monkeypatch.chdir(tmp_path)
    short = ["seeds=1", "harden.budget.epochs=10", "stress.4.sweep.eps=[0.1]", "stress.5.sweep.eps=[0.1]",
             "stress.5.steps=10"]
    done = run_recipe(recipe, overrides=short)
    gains = {g.perturbation.label if g.perturbation else "clean": g.gain for g in done.report.gains
             if g.split == "test"}
    for label in ("shift max_fraction=0.125", "gaussian-blur sigma=1", "pgd steps=10 eps=0.1"):
        assert gains[label].low > 0, label
    assert gains["clean"].high > -0.01
    assert done.html is not None
    assert done.html.stat().st_size < 2_000_000
    saliency = done.report.examples[0].explanations["saliency"]
    assert saliency[0].values.shape == tuple(done.report.examples[0].before.data.shape)


@pytest.mark.slow
def test_a_defence_by_name_buys_robustness_that_queries_alone_confirm(tmp_path: Path,
                                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    """TRADES on digits, shortened: surely more is left by gradients and by queries; it goes on where it stopped."""
    recipe = ROOT / "examples" / "harden-trades.yaml"
    needs(recipe)
    monkeypatch.chdir(tmp_path)
    short = ["harden.defence.epochs=8", "harden.defence.steps=3", "stress.0.sweep.eps=[0.1]", "stress.0.steps=10"]
    done = run_recipe(recipe, overrides=short)
    gains = {g.perturbation.label if g.perturbation else "clean": g.gain for g in done.report.gains
             if g.split == "test"}
    assert gains["pgd steps=10 eps=0.1"].low > 0
    assert next(gain for label, gain in gains.items() if label.startswith("square")).low > 0
    assert gains["clean"].high > -0.1
    hardening = done.report.hardening
    assert hardening is not None
    assert hardening.defence is not None
    assert hardening.defence["use"] == "defences/trades"
    assert hardening.adversary is None
    again = run_recipe(recipe, overrides=short, out=done.run_dir, resume=True)
    assert again.report.hardening is not None
    assert [g.gain.value for g in again.report.gains] == [g.gain.value for g in done.report.gains]
