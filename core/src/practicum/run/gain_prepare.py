"""From the recipe of a gain table to objects: model, data, augmentations, stresses. Nothing heavy runs here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from practicum.data.splits import Splits
from practicum.errors import ConfigError, DataError, UsageError
from practicum.evaluate.gaining import GainPlan, plan_gain
from practicum.evaluate.metrics import metric
from practicum.run.gain_recipe import GainRecipe
from practicum.run.prepare import at, build_each, built_model, built_tracker, check_imports, loaded_data
from practicum.tracker import Tracker


@dataclass(frozen=True)
class PreparedGain:
    """What a recipe names, built and checked against each other.

    Args:
        plan: model, data, augmentations, stresses and metric.
        asked: what the recipe says of them, as :func:`practicum.evaluate.gain` takes it.
        notes: what loading left out, in words.
        tracker: as listed.
    """

    plan: GainPlan
    asked: dict[str, Any]
    notes: tuple[str, ...]
    tracker: Tracker | None


def prepare_gain(recipe: GainRecipe, *, allow_import: bool = False) -> PreparedGain:
    """Build everything a recipe names, and refuse what doesn't fit.

    Args:
        recipe: a checked recipe.
        allow_import: let it name Python import paths, whose code runs with the user's rights.

    Raises:
        PracticumError: as :func:`practicum.evaluate.gain`; names file, line and key.
    """
    check_imports(recipe, allow_import)
    for key in ("augment", "stress"):
        build_each(recipe, key)
    tracker = built_tracker(recipe)
    with at(recipe, "model"):
        model = built_model(recipe, allow_import)
    with at(recipe, "metric"):
        metric(recipe.metric, model.task)
    data, notes = _data(recipe)
    asked: dict[str, Any] = {"labels": recipe.labels, "seeds": recipe.seeds, "stress": recipe.stress,
                             "metric": recipe.metric}
    return PreparedGain(plan_gain(model, data, recipe.augment, **asked), asked, notes, tracker)


def _data(recipe: GainRecipe) -> tuple[Splits, tuple[str, ...]]:
    if recipe.test is None:
        return loaded_data(recipe)
    if recipe.data.split is not None or recipe.test.split is not None:
        raise ConfigError(f"{recipe.where('test')}: with test data of their own, data and test are not split: leave "
                          "split out")
    train, notes = loaded_data(recipe, alone="train")
    test, more = loaded_data(recipe, recipe.test, "test")
    one, other = train.part("train"), test.part("test")
    for name, target in one.targets.items():
        if name in other.targets and other.targets[name].classes != target.classes:
            raise DataError(f"{recipe.where('test')}: target {name!r} has the classes "
                            f"{', '.join(other.targets[name].classes)}, in the training data "
                            f"{', '.join(target.classes)}: both files must hold the same classes")
    try:
        return Splits(train=one, test=other), (*notes, *more)
    except DataError as error:
        raise UsageError(f"{recipe.where('test')}: {error}") from None
