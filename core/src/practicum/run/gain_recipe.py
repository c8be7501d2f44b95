"""The recipe of ``practicum gain``: what to train on how many labels, with which augmentations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from practicum.run.recipe import Common, DataBlock, read_recipe


class GainRecipe(Common):
    """A validated recipe of a gain table; see :func:`load_gain_recipe`.

    Args:
        name, model, tracker, metric, batch_size, level: see :class:`practicum.run.recipe.Common`.
        data: what to learn from, in splits, or the training data alone when ``test`` is given.
        test: the test data, where they are a source of their own; otherwise they are a split of ``data``.
        augment: transformations, each ``{use: name, field: value, sweep: {field: [values]}}``.
        labels: numbers of labelled training samples.
        seeds: how many, or which.
        stress: transformations and attacks under which robustness is measured.
    """

    test: DataBlock | None = None
    augment: tuple[dict[str, Any], ...] = Field(min_length=1)
    labels: tuple[int, ...] = Field(default=(100, 300, 1000), min_length=1)
    seeds: int | tuple[int, ...] = 5
    stress: tuple[dict[str, Any], ...] = ()


def load_gain_recipe(source: str | Path | Mapping[str, Any] | GainRecipe,
                     overrides: Sequence[str] = ()) -> GainRecipe:
    """Read and check a recipe of a gain table.

    Args:
        source: path of a YAML or JSON file, or the recipe as plain data.
        overrides: ``"key=value"`` with a dotted key, as ``"labels=[50]"`` or ``"model.epochs=2"``.

    Raises:
        UsageError: the file is missing or no YAML; names the line.
        ConfigError: a key is unknown, missing or of the wrong type; names file, line and key.

    Example:
        >>> recipe = load_gain_recipe({"data": {"use": "sklearn/digits"}, "model": {"use": "models-basic/small-cnn"},
        ...                            "augment": ["image-basic/shift"]}, ["labels=[50]"])
        >>> recipe.labels, recipe.seeds, recipe.augment
        ((50,), 5, ({'use': 'image-basic/shift'},))
    """
    return read_recipe(GainRecipe, source, overrides)
