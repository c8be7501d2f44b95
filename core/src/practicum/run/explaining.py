"""Explanations of the samples a recipe or a finished run is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from practicum.api import load
from practicum.batch import Batch
from practicum.errors import ConfigError, DataError, UsageError
from practicum.explanation import Explanation
from practicum.keys import Keys
from practicum.model import Model
from practicum.run.prepare import Prepared, prepare
from practicum.run.recipe import ModelBlock, Recipe, load_recipe


@dataclass(frozen=True)
class Explained:
    """What :func:`explain_recipe` made.

    Args:
        batch: the samples explained.
        explanations: one for each explainer, in order.
        labels: the class that the model gives each sample.
    """

    batch: Batch
    explanations: tuple[Explanation, ...]
    labels: tuple[int, ...]


def explain_recipe(source: str | Path, overrides: Sequence[str] = (), *, explainers: Sequence[str] = (),
                   split: str | None = None, ids: Sequence[str] = (), count: int = 6, wrong: bool = False,
                   target: int | None = None, model: Path | None = None, hardened: bool = False, seed: int = 0,
                   allow_import: bool = False) -> Explained:
    """Explain some samples of a recipe's data by its model.

    Args:
        source: a recipe's file, whose model is fitted first where it has to be; or a run directory, whose fitted model
            is used.
        overrides: of the recipe, as ``"model.epochs=2"``.
        explainers: names, or ``{use: name, field: value}`` in YAML; those of the recipe when left out.
        split: which to take samples of; the last one stressed (``test``) when left out.
        ids: the samples; the first ``count`` when left out.
        count: samples, at most, where ``ids`` are left out.
        wrong: only samples that the model gets wrong.
        target: the class to explain; each sample's predicted class when left out.
        model: directory of a saved model to use instead of the recipe's.
        hardened: the run's hardened model instead of the first one.
        seed: of the explainers' draws.
        allow_import: see :func:`practicum.run.run_recipe`.

    Raises:
        UsageError: no explainer is named, or an option doesn't fit.
        DataError: a sample isn't in the split, or none is left.
        PracticumError: as preparing the recipe, and as the explainers.
    """
    path = Path(source)
    run = path if path.is_dir() else None
    if run is not None and not (run / "recipe.yaml").is_file():
        raise UsageError(f"{str(path)!r} is no run directory (recipe.yaml is missing): name a recipe's file or a run")
    if hardened and (run is None or model is not None):
        raise UsageError("--hardened takes the model that a run has hardened: name a run directory, without --model")
    recipe = load_recipe(path if run is None else run / "recipe.yaml", overrides)
    changes: dict[str, Any] = {}
    if explainers:
        changes["explain"] = tuple(_config(text) for text in explainers)
    if model is not None:
        changes["model"] = ModelBlock(load=str(model))
    recipe = recipe.model_copy(update=changes)
    if not recipe.explain:
        raise UsageError(f"{recipe.where('explain')}: no explainer is named; name one with --with, as --with saliency "
                         "(practicum list --kind explainer)")
    prepared = prepare(recipe, allow_import=allow_import)
    used = _model(recipe, prepared, run if model is None else None, hardened=hardened, allow_import=allow_import)
    name = split or prepared.splits[-1]
    batch, labels = _chosen(prepared.data.part(name), name, used, ids, count, wrong=wrong)
    asked = None if target is None else [target]
    made = tuple(e.run(used, batch, labels if asked is None else asked, Keys(seed))
                 for e in prepared.explainers)
    return Explained(batch, made, tuple(labels.tolist()))


def _config(text: str) -> dict[str, Any]:
    """``name``, or ``{use: name, field: value}``."""
    import yaml

    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value = None
    if isinstance(value, str):
        return {"use": value}
    if isinstance(value, dict) and isinstance(value.get("use"), str):
        return value
    raise ConfigError(f"--with {text!r} must be an explainer's name or {{use: name, field: value}} in YAML")


def _model(recipe: Recipe, prepared: Prepared, run: Path | None, *, hardened: bool, allow_import: bool) -> Model:
    """The run's model, or the recipe's, fitted as a run fits it (equal keys give equal weights)."""
    if run is not None:
        home = run / "models" / ("hardened" if hardened else "fitted")
        if (home / "technique.json").is_file():
            return load(home, allow_import=allow_import)
        if hardened:
            raise UsageError(f"{run} holds no hardened model ({home} is missing): let the recipe harden, or leave "
                             "--hardened out")
    if not prepared.fits:
        return prepared.model
    model: Any = prepared.model
    fitted: Model = model.fit([prepared.data.part("train")], Keys(prepared.seeds[0], path=("fit",)))
    return fitted


def _chosen(batch: Batch, split: str, model: Model, ids: Sequence[str], count: int, *,
            wrong: bool) -> tuple[Batch, Any]:
    """The samples asked for, and the classes predicted for them."""
    rows = np.arange(len(batch))
    if ids:
        place = {str(i): row for row, i in enumerate(batch.ids)}
        missing = [i for i in ids if i not in place]
        if missing:
            raise DataError(f"the {split} split has no sample {missing[0]!r}; it has {len(batch)}, the first "
                            f"{', '.join(repr(str(i)) for i in list(batch.ids)[:3])}: choose another --split or id")
        rows = np.array([place[i] for i in ids])
    elif not wrong:
        rows = rows[:count]
    asked = batch.take(rows)
    labels = model.predict(asked).labels
    if wrong:
        at = np.flatnonzero(labels != asked.label)
        if not len(at):
            raise DataError(f"the model gets all {len(asked)} samples right that were looked at in the {split} split: "
                            "leave --wrong out")
        at = at if ids else at[:count]
        asked, labels = asked.take(at), labels[at]
    return asked, labels
