"""From a recipe to objects: data in splits, the model, perturbations, explainers, tracker. Nothing heavy runs here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from practicum.api import load
from practicum.batch import Batch
from practicum.data import load_report
from practicum.data.splits import Splits, split
from practicum.errors import ConfigError, PracticumError, UsageError
from practicum.evaluate.expand import Planned, check_fit, expand, learning_from
from practicum.evaluate.hardening import check_hardening
from practicum.evaluate.metrics import Metric, metric
from practicum.explainer import Explainer
from practicum.model import Model, Trainable, require
from practicum.registry import check_allowed_import, default_registry
from practicum.run.recipe import Common, DataBlock, Recipe
from practicum.technique import build
from practicum.tracker import Tracker


@dataclass(frozen=True)
class Prepared:
    """What a recipe names, built and checked against each other.

    Args:
        data: in splits.
        notes: what loading left out, in words.
        model: as given or loaded, not yet fitted.
        fits: whether it is fitted before the evaluation.
        planned: perturbations with their techniques.
        explainers, tracker: as listed.
        metric: of the evaluation.
        seeds: the seeds.
        splits: names of the splits to stress.
    """

    data: Splits
    notes: tuple[str, ...]
    model: Model
    fits: bool
    planned: tuple[Planned, ...]
    explainers: tuple[Explainer, ...]
    tracker: Tracker | None
    metric: Metric
    seeds: tuple[int, ...]
    splits: tuple[str, ...]


def prepare(recipe: Recipe, *, allow_import: bool = False) -> Prepared:
    """Build everything a recipe names, and refuse what doesn't fit.

    Args:
        recipe: a checked recipe.
        allow_import: let it name Python import paths, whose code runs with the user's rights.

    Raises:
        NotAllowed: it names an import path without ``allow_import``.
        UsageError, ConfigError, UnknownTechnique, CapabilityError, ModalityError: something is wrong or doesn't fit;
            names file, line and key.
        DataError: the data is bad.
    """
    check_imports(recipe, allow_import)
    planned = _planned(recipe)
    explainers = [_build(recipe, f"explain.{k}", item, Explainer) for k, item in enumerate(recipe.explain)]
    tracker = built_tracker(recipe)
    with at(recipe, "model"):
        model = built_model(recipe, allow_import)
    with at(recipe, "metric"):
        found = metric(recipe.metric, model.task)
    data, notes = loaded_data(recipe)
    fits = _fits(recipe, model, data)
    splits: tuple[str, ...] = recipe.splits or tuple(n for n, _ in data.items() if n != "train")
    if not splits:
        raise UsageError(f"{recipe.where('data')}: the data has a train split only; stress needs valid or test")
    for name in splits:
        with at(recipe, "stress"):
            planned = learning_from(check_fit(model, data.part(name), planned, explainers, found), data.train)
    if fits:
        with at(recipe, "model"):
            require(model, "training", "fitting")
            data.part("train")
    if recipe.harden is not None:
        with at(recipe, "harden"):
            if "valid" not in splits:
                raise UsageError("hardening chooses by the validation split, so splits must name it")
            check_hardening(model, data, recipe.harden.budget, recipe.harden.defence)
    seeds = tuple(range(recipe.seeds)) if isinstance(recipe.seeds, int) else recipe.seeds
    if not seeds or len(set(seeds)) != len(seeds):
        raise UsageError(f"{recipe.where('seeds')}: {recipe.seeds!r} must be a positive count or different integers")
    return Prepared(data, notes, model, fits, tuple(planned), tuple(explainers), tracker, found, seeds, splits)


@contextmanager
def at(recipe: Common, path: str) -> Iterator[None]:
    """Errors of the block say where in the recipe it stands."""
    try:
        yield
    except UsageError as error:
        raise type(error)(f"{recipe.where(path)}: {error}") from error.__cause__


def built_tracker(recipe: Common) -> Tracker | None:
    """The tracker a recipe names, or ``None``."""
    made: Tracker | None = None if recipe.tracker is None else _build(recipe, "tracker", recipe.tracker, Tracker)
    return made


def _build(recipe: Common, path: str, config: Mapping[str, Any], kind: type[Any]) -> Any:
    with at(recipe, path):
        made = build(config)
        if not isinstance(made, kind):
            raise UsageError(f"{made.name} is {made.kind}, which has no place under {path.split('.')[0]}")
    return made


def _planned(recipe: Recipe) -> list[Planned]:
    build_each(recipe, "stress")
    with at(recipe, "stress"):
        return expand(recipe.stress)


def build_each(recipe: Common, key: str) -> None:
    """Build every technique of a list once, so that an error names the entry."""
    for place, item in enumerate(getattr(recipe, key)):
        with at(recipe, f"{key}.{place}"):
            expand([item])


def built_model(recipe: Common, allow_import: bool) -> Model:
    """The model a recipe names, not yet fitted, or the one it loads."""
    block = recipe.model
    if block.load is not None:
        if block.options:
            raise ConfigError(f"a loaded model has its fields already; leave out {', '.join(block.options)}")
        return load(Path(block.load), allow_import=allow_import)
    made = build({"use": block.use, **block.options})
    if not isinstance(made, Model):
        raise UsageError(f"{made.name} is {made.kind}, not a model (practicum list --kind model)")
    return made


def loaded_data(recipe: Common, block: DataBlock | None = None, path: str = "data", *,
                alone: str = "test") -> tuple[Splits, tuple[str, ...]]:
    """The data of a block in splits, and what loading left out, in words.

    Args:
        recipe: the recipe.
        block: of the data; the recipe's own when left out.
        path: where the block stands in the recipe.
        alone: the split that data are which are not divided.
    """
    block = block or recipe.data
    with at(recipe, path):
        loaded = load_report(block.use, **block.options)
    notes = (loaded.summary(),) if loaded.skipped else ()
    found = loaded.data
    if isinstance(found, Splits):
        if block.split is not None:
            raise UsageError(f"{recipe.where(f'{path}.split')}: {block.use} comes in splits already ("
                             f"{', '.join(n for n, _ in found.items())}): leave split out")
        return found, notes
    if block.split is None:
        return Splits(**{alone: found}), notes
    with at(recipe, f"{path}.split"):
        given = block.split
        return split(found, given.fractions, seed=given.seed, groups=given.groups, stratify=given.stratify), notes


def _fits(recipe: Recipe, model: Model, data: Splits) -> bool:
    """Whether to fit: as the recipe says, else if the model can learn and can't predict yet."""
    if recipe.model.fit is not None:
        return recipe.model.fit
    if not isinstance(model, Trainable):
        return False
    sample: Batch = data.items()[-1][1].take([0])
    try:
        model.predict(sample)
    except PracticumError:
        return True
    return False


def check_imports(recipe: Common, allowed: bool) -> None:
    """Refuse a recipe that names Python import paths, unless they are allowed.

    Raises:
        NotAllowed: it names one.
    """
    for path, config in _configs(recipe.plain(), ""):
        if path in ("data", "test") or config.get("use") is None:  # sources, not techniques
            continue
        with at(recipe, path):
            cls = default_registry().load(str(config["use"])) if config["use"] else None
            for field in getattr(cls, "import_fields", ()):
                if config.get(field):
                    check_allowed_import(str(config[field]), allowed=allowed)


def _configs(value: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every ``{use: ...}`` of a recipe, nested ones too."""
    if isinstance(value, Mapping):
        if "use" in value:
            yield path, value
        for key, inner in value.items():
            yield from _configs(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, (list, tuple)):
        for place, inner in enumerate(value):
            yield from _configs(inner, f"{path}.{place}".lstrip("."))
