"""A first recipe for a user's own model and data, from what both look like."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from practicum.data.rowfiles import FORMATS, read_chunks
from practicum.errors import ConfigError, DataError, UsageError

_TEXT_NAMES = ("text", "sentence", "body", "content", "review", "question", "document", "message")
_ROWS_READ = 50


def propose(model: str, data: Path, label: str) -> str:
    """The text of a recipe that stresses ``model`` on ``data``.

    Args:
        model: ``file.py:name`` or ``package.module:name``.
        data: csv, jsonl, parquet, npz or a folder of images.
        label: field that holds the class.

    Returns:
        YAML with comments.

    Raises:
        UsageError: the model's path is malformed, or the data has another form.
        DataError: the data has no such label field, or nothing to stress.
    """
    import yaml

    adapter = _adapter(model)
    block, modality = _data(data, label)
    model_block: dict[str, Any] = {"use": adapter, _IMPORT_FIELD[adapter]: model, "modality": modality}
    if modality == "image":
        model_block["bounds"] = [0.0, 1.0]
    stress = _stress(modality, gradients=adapter == "models-basic/torch-module")
    if not stress:
        raise DataError(f"no installed technique stresses {modality} data: install one (text: practicum-text-noise; "
                        "images: practicum-image-basic, practicum-gradient-attacks)")
    recipe = {"data": block, "model": model_block, "stress": stress, "seeds": 3, "report": {"html": "report.html"},
              "tracker": {"use": "local"}}
    head = (f"# Stress test of {model} on {data.name}. Check first: practicum run THIS --dry-run --allow-import\n"
            f"# A choice of what is installed; more to stress with: practicum list --modality {modality}\n"
            "# Then: practicum run THIS --allow-import   (the model's import path runs code with your rights)\n")
    if adapter == "models-basic/torch-module":
        head += ("# A class starts with random weights: add to the model weights: FILE.safetensors (or .pt), or fit: "
                 "true to train it\n# on the train split first.\n")
    return head + yaml.safe_dump(recipe, sort_keys=False, default_flow_style=None, width=110)


_IMPORT_FIELD = {"models-basic/torch-module": "module", "models-basic/sklearn": "estimator",
                 "models-basic/callable": "function"}


def _adapter(model: str) -> str:
    """The model technique for what the path names; the user gave the path on the command line, so it is imported."""
    _, sign, name = model.rpartition(":")
    if not sign or not re.fullmatch(r"\w+(\.\w+)*", name):
        raise UsageError(f"--model {model!r} must be FILE.py:NAME or MODULE:NAME")
    from practicum.importing import import_path

    found = import_path(model)
    cls = found if isinstance(found, type) else type(found)
    bases = {f"{c.__module__}.{c.__qualname__}" for c in cls.__mro__}
    if "torch.nn.modules.module.Module" in bases:
        return "models-basic/torch-module"
    if "sklearn.base.BaseEstimator" in bases:
        return "models-basic/sklearn"
    if callable(found):
        return "models-basic/callable"
    raise UsageError(f"{model!r} is a {cls.__name__}: a torch module, scikit-learn estimator or function is needed")


def _data(path: Path, label: str) -> tuple[dict[str, Any], str]:
    if path.is_dir():
        return {"use": "image-folder", "path": str(path), "dtype": "float32", "split": _SPLIT}, "image"
    if not path.is_file():
        raise UsageError(f"there is no file or folder {str(path)!r}")
    kind = path.suffix.lower()
    if kind == ".npz":
        from practicum.data import load_report

        found: Any = load_report("npz", path=str(path)).data
        options: dict[str, Any] = {} if "label" in found.targets else {"label": label}
        if options:
            found = load_report("npz", path=str(path), **options).data
        modality = next(iter(found.columns.values())).modality
        if modality == "image" and str(found.data.dtype) == "torch.uint8":
            options["dtype"] = "float32"
        return {"use": "npz", "path": str(path), **options, "split": _SPLIT}, modality
    if kind not in FORMATS:
        raise UsageError(f"data {str(path)!r} must be csv, jsonl, parquet, npz or a folder of images")
    rows = next(read_chunks(path, _ROWS_READ))
    if label not in rows[0]:
        raise DataError(f"{path} has no field {label!r}; it has {', '.join(rows[0])}: name the class with --label")
    block: dict[str, Any] = {"use": kind[1:], "path": str(path), "label": label, "split": _SPLIT}
    fields = [f for f in rows[0] if f not in (label, "id")]
    numeric = [f for f in fields if all(_is_number(r.get(f)) for r in rows)]
    texts = [f for f in fields if f not in numeric]
    named = [f for f in texts if f.lower() in _TEXT_NAMES] or texts
    if named and (named[0].lower() in _TEXT_NAMES or not numeric):
        return {**block, "text": named[0]}, "text"
    if numeric:
        return {**block, "columns": {"features": numeric}, "modality": "state"}, "state"
    raise DataError(f"{path} holds neither a text field nor numeric fields beside {label!r}")


_SPLIT = {"train": 0.6, "valid": 0.2, "test": 0.2}


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, bool)


_MOST = 10  # transformations; each is run at every strength and seed
_MOST_BLIND = 1  # attacks without gradients; each asks the model hundreds of times a sample


def _stress(modality: str, *, gradients: bool) -> list[dict[str, Any]]:
    """Installed techniques of the modality that sweep a strength; attacks that use gradients where the model has them,
    else the first that does without.

    Left out is what can't be made without being told more, what sweeps nothing but the share of samples it acts on, and
    what wraps a library, which may want models or data of its own. Of transformations at most ten are taken, in turn
    from each plugin and evenly over the order in which it declares them, since plugins declare family by family.
    """
    from practicum.registry import default_registry

    registry = default_registry()
    attacks: list[dict[str, Any]] = []
    plugins: dict[str, list[dict[str, Any]]] = {}
    for spec in registry.catalogue.techniques.values():
        if spec.plugin == "core" or spec.kind not in ("transformation", "attack") or modality not in spec.modalities:
            continue
        if not set(spec.requires) <= {"torch", "numba"}:
            continue
        if spec.kind == "attack" and (spec.access == "gradient") != gradients:
            continue
        cls: Any = registry.load(spec.name)
        if set(cls.sweep) <= {"p"} or not _makes_itself(cls):
            continue
        if getattr(cls, "label_effect", "preserves") == "preserves":
            entry = {"use": spec.name, "sweep": {k: list(v) for k, v in cls.sweep.items()}}
            (attacks if spec.kind == "attack" else plugins.setdefault(spec.plugin, [])).append(entry)
    taken: list[dict[str, Any]] = []
    for done, found in enumerate(sorted(plugins.values(), key=len)):
        share = min(len(found), (_MOST - len(taken)) // (len(plugins) - done))
        taken += [found[k * len(found) // share] for k in range(share)]
    return taken + (attacks if gradients else attacks[:_MOST_BLIND])


def _makes_itself(cls: Any) -> bool:
    try:
        cls()
    except ConfigError:
        return False
    return True
