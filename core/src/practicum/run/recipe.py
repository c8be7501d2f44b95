"""The recipe: one YAML or JSON file that says what to fit, stress, explain, harden and report."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator

from practicum.errors import ConfigError, UsageError
from practicum.run.yamlfile import Lines, read_text

AnyRecipe = TypeVar("AnyRecipe", bound="Common")


class Block(BaseModel):
    """Fields of a recipe; unknown ones are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class Using(BaseModel):
    """A block that names something by ``use``; its other keys belong to what it names."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())

    use: str = Field(min_length=1)

    @property
    def options(self) -> dict[str, Any]:
        """The keys that belong to what is named."""
        return dict(self.model_extra or {})


class Split(Block):
    """Shares of the data by keyed hash of the ids, as ``{train: 0.6, valid: 0.2, test: 0.2}``."""

    train: float | None = Field(default=None, gt=0, le=1)
    valid: float | None = Field(default=None, gt=0, le=1)
    test: float | None = Field(default=None, gt=0, le=1)
    seed: int = 0
    groups: str | None = Field(default=None, description="a target whose values stay on one side")
    stratify: str | None = Field(default=None, description="a target whose values are divided evenly")

    @property
    def fractions(self) -> dict[str, float]:
        """Part -> share."""
        return {n: v for n in ("train", "valid", "test") if (v := getattr(self, n)) is not None}


class DataBlock(Using):
    """``use`` names a data source; ``split`` divides it, unless the source comes in splits."""

    split: Split | None = None


class ModelBlock(Using):
    """``use`` names a model, whose fields are the other keys; or ``load`` names a directory that a model was saved in.

    ``fit`` says whether it is trained on the train split; when left out, a model that can't predict yet is.
    """

    use: str = ""
    load: str | None = None
    fit: bool | None = None

    @field_validator("use")
    @classmethod
    def _named(cls, use: str) -> str:
        return use


class Harden(Block):
    """``top`` groups of transformations and the worst attack; ``budget`` changes fields of the model for retraining;
    ``defence`` is a model over models to put it under, by name or as ``{use: defences/trades, eps: 0.1}``."""

    top: int = Field(default=3, ge=1)
    budget: dict[str, Any] = Field(default_factory=dict)
    defence: str | dict[str, Any] | None = None
    clean_share: float = Field(default=0.25, ge=0, le=1)


class ReportBlock(Block):
    """``html``: the report's file, inside the run directory unless absolute; ``null`` writes none."""

    html: str | None = "report.html"
    worst: int = Field(default=3, ge=0, description="perturbations to show examples of")
    examples: int = Field(default=6, ge=0, description="examples of each")


class Common(Block):
    """What every kind of recipe has.

    Args:
        name: of the experiment, for the tracker and the run's id; the file's name when left out.
        data: what to work on.
        model: what to evaluate.
        tracker: where figures go.
        metric: by name; the usual one of the model's task when left out.
        batch_size: samples a call.
        level: of the intervals.
    """

    name: str = ""
    data: DataBlock
    model: ModelBlock
    tracker: dict[str, Any] | None = None
    metric: str | None = None
    batch_size: int = Field(default=256, ge=1)
    level: float = Field(default=0.95, gt=0, lt=1)
    _lines: Lines = PrivateAttr(default_factory=Lines)

    def where(self, path: str) -> str:
        """``"recipe.yaml, line 12, stress.0"``, for messages."""
        return self._lines.where(path)

    def plain(self) -> dict[str, Any]:
        """The recipe as plain data, every default written out."""
        return self.model_dump(mode="json")

    @field_validator("stress", "explain", "augment", mode="before", check_fields=False)
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        """A list of techniques in which a bare name stands for ``{use: name}``."""
        if isinstance(value, (list, tuple)):
            return tuple({"use": v} if isinstance(v, str) else v for v in value)
        return value

    @field_validator("stress", "explain", "augment", check_fields=False)
    @classmethod
    def _named(cls, value: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
        for item in value:
            if not isinstance(item.get("use"), str):
                raise ConfigError(f"each entry is written {{use: plugin/technique, field: value}}, got {item!r}")
        return value

    @field_validator("tracker", mode="before")
    @classmethod
    def _tracker(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = {"use": value}
        if value is not None and not (isinstance(value, Mapping) and isinstance(value.get("use"), str)):
            raise ConfigError(f"a tracker is written {{use: local}}, got {value!r}")
        return value


class Recipe(Common):
    """A validated recipe; see :func:`load_recipe`.

    Args:
        name, data, model, tracker, metric, batch_size, level: see :class:`Common`.
        stress: transformations and attacks, each ``{use: name, field: value, sweep: {field: [values]}}``.
        explain: explainers for the worst failures.
        harden: how to harden; left out, the model is only evaluated.
        report: what to write.
        seeds: how many, or which.
        splits: which to stress; validation and test when left out.
    """

    stress: tuple[dict[str, Any], ...] = Field(min_length=1)
    explain: tuple[dict[str, Any], ...] = ()
    harden: Harden | None = None
    report: ReportBlock = Field(default_factory=ReportBlock)
    seeds: int | tuple[int, ...] = 3
    splits: tuple[Literal["train", "valid", "test"], ...] | None = None


def load_recipe(source: str | Path | Mapping[str, Any] | Recipe, overrides: Sequence[str] = ()) -> Recipe:
    """Read and check a recipe.

    Args:
        source: path of a YAML or JSON file, or the recipe as plain data.
        overrides: ``"key=value"`` with a dotted key, as ``"model.epochs=2"`` or ``"stress.0.sweep.std=[0.1]"``; values
            are read as YAML.

    Raises:
        UsageError: the file is missing or no YAML; names the line.
        ConfigError: a key is unknown, missing or of the wrong type; names file, line and key.

    Example:
        >>> recipe = load_recipe({"data": {"use": "csv", "path": "a.csv"}, "model": {"use": "models-basic/small-cnn"},
        ...                       "stress": ["image-basic/gaussian-noise"]}, ["model.epochs=2", "seeds=1"])
        >>> recipe.model.options, recipe.seeds
        ({'epochs': 2}, 1)
    """
    return read_recipe(Recipe, source, overrides)


def read_recipe(kind: type[AnyRecipe], source: str | Path | Mapping[str, Any] | AnyRecipe,
                overrides: Sequence[str] = ()) -> AnyRecipe:
    """Read and check a recipe of a kind; see :func:`load_recipe` for arguments and errors."""
    if isinstance(source, kind):
        if not overrides:
            return source
        values, lines = source.plain(), source._lines
    elif isinstance(source, Mapping):
        values, lines = json.loads(json.dumps(source)), Lines()
    else:
        assert isinstance(source, (str, Path))
        values, lines = read_text(Path(source))
    for item in overrides:
        _override(values, item, lines)
    try:
        recipe = kind.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_explain(error, lines, kind)) from None
    if not recipe.model.use and recipe.model.load is None:
        raise ConfigError(f"{lines.where('model')}: give use: plugin/model, or load: the directory of a saved model")
    if recipe.model.use and recipe.model.load is not None:
        raise ConfigError(f"{lines.where('model')}: use and load exclude each other")
    recipe._lines = lines
    if not recipe.name and isinstance(source, (str, Path)):
        recipe = recipe.model_copy(update={"name": Path(source).stem})
        recipe._lines = lines
    return recipe


def _override(values: Any, item: str, lines: Lines) -> None:
    import yaml

    key, sign, text = item.partition("=")
    path = key.strip().split(".")
    if not sign or not all(path):
        raise UsageError(f"{item!r} is no override: write key=value with a dotted key, as model.epochs=2")
    try:
        value = yaml.safe_load(text) if text.strip() else ""
    except yaml.YAMLError as error:
        raise UsageError(f"override {item!r}: the value is no YAML ({_first_line(error)})") from None
    at = values
    for place, part in enumerate(path):
        done = ".".join(path[:place])
        last = place == len(path) - 1
        if isinstance(at, list):
            if not part.isdigit() or int(part) >= len(at):
                raise UsageError(f"override {item!r}: {done} is a list of {len(at)}, so the next part must be a number "
                                 f"from 0 to {len(at) - 1}")
            index: Any = int(part)
        elif isinstance(at, dict):
            index = part
            if not last and at.get(part) is None:
                at[part] = {}
        else:
            raise UsageError(f"override {item!r}: {done} is {at!r}, which has no parts")
        if last:
            at[index] = value
            lines.overridden(".".join(path), item)
        else:
            at = at[index]


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _explain(error: ValidationError, lines: Lines, kind: type[Common]) -> str:
    """One paragraph, with file, line and key of each problem."""
    parts = []
    for item in error.errors():
        path = ".".join(str(p) for p in item["loc"] if p not in ("int", "tuple[int, ...]"))
        parent, _, name = path.rpartition(".")
        inner = item.get("ctx", {}).get("error")
        if isinstance(inner, ConfigError):
            parts.append(f"{lines.where(path)}: {inner}")
        elif item["type"] == "extra_forbidden":
            known = _fields(parent, kind)
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
            parts.append(f"{lines.where(path)}: unknown key {name!r}; {hint}")
        elif item["type"] == "missing":
            parts.append(f"{lines.where(parent)}: key {name!r} is missing")
        else:
            shown = repr(item["input"])
            parts.append(f"{lines.where(path)}: {item['msg']}, got {shown if len(shown) < 80 else shown[:77] + '...'}")
    return "; ".join(dict.fromkeys(parts))


def _fields(parent: str, kind: type[Common]) -> list[str]:
    """Known keys of a block."""
    blocks: dict[str, type[BaseModel]] = {"harden": Harden, "report": ReportBlock, "data.split": Split}
    return list(blocks.get(parent, kind).model_fields)
