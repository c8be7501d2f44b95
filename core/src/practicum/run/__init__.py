"""A recipe run from start to end, in a directory from which a killed run goes on."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from practicum.run.comparing import compare_runs
    from practicum.run.dryrun import DryRun, plan
    from practicum.run.gain_dryrun import plan_gain_run
    from practicum.run.gain_recipe import GainRecipe, load_gain_recipe
    from practicum.run.gain_runner import GainRun, run_gain
    from practicum.run.gate import Verdict, judge, write_junit
    from practicum.run.recipe import Recipe, load_recipe
    from practicum.run.result import Event, RunResult
    from practicum.run.runner import load_run, run_recipe

_HOME = {
    "compare_runs": "comparing", "DryRun": "dryrun", "plan": "dryrun", "Verdict": "gate", "judge": "gate",
    "write_junit": "gate", "Recipe": "recipe", "load_recipe": "recipe", "Event": "result", "RunResult": "result",
    "load_run": "runner", "GainRecipe": "gain_recipe", "load_gain_recipe": "gain_recipe", "GainRun": "gain_runner",
    "run_gain": "gain_runner", "plan_gain_run": "gain_dryrun", "run_recipe": "runner",
}

__all__ = ["DryRun", "Event", "GainRecipe", "GainRun", "Recipe", "RunResult", "Verdict", "compare_runs", "judge",
           "load_gain_recipe", "load_recipe", "load_run", "plan", "plan_gain_run", "run_gain", "run_recipe",
           "write_junit"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'practicum.run' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"practicum.run.{_HOME[name]}"), name)
    globals()[name] = value
    return value
