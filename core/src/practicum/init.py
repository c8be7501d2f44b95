"""A first recipe for a user's own model and data, from what both look like."""

from __future__ import annotations

import csv
import json
import re
from itertools import islice
from pathlib import Path
from typing import Any

from practicum.errors import DataError, UsageError

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
            "# Then: practicum run THIS --allow-import   (the model's import path runs code with your rights)\n")
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
        return {"use": "image-folder", "path": str(path), "split": _SPLIT}, "image"
    if not path.is_file():
        raise UsageError(f"there is no file or folder {str(path)!r}")
    kind = path.suffix.lower()
    if kind == ".npz":
        import numpy as np

        with np.load(path, allow_pickle=False) as arrays:
            first = arrays["x"] if "x" in arrays else arrays[arrays.files[0]]
        return ({"use": "npz", "path": str(path), "split": _SPLIT},
                {4: "image", 3: "series"}.get(first.ndim, "state"))
    rows = _rows(path, kind)
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


def _rows(path: Path, kind: str) -> list[dict[str, Any]]:
    if kind == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            rows: list[dict[str, Any]] = list(islice(csv.DictReader(file), _ROWS_READ))
    elif kind == ".jsonl":
        with path.open(encoding="utf-8") as file:
            rows = [json.loads(line) for line in islice(file, _ROWS_READ) if line.strip()]
    elif kind == ".parquet":
        import pyarrow.parquet as pq

        rows = next(pq.ParquetFile(path).iter_batches(batch_size=_ROWS_READ)).to_pylist()
    else:
        raise UsageError(f"data {str(path)!r} must be csv, jsonl, parquet, npz or a folder of images")
    if not rows:
        raise DataError(f"{path} holds no rows")
    return rows


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return not isinstance(value, bool)


def _stress(modality: str, *, gradients: bool) -> list[dict[str, Any]]:
    """Every installed technique of the modality that names a sweep; attacks only where the model has gradients."""
    from practicum.registry import default_registry

    registry, out = default_registry(), []
    for spec in registry.techniques(modality=modality):
        if spec.plugin == "core" or spec.kind not in ("transformation", "attack"):
            continue
        if spec.kind == "attack" and spec.access == "gradient" and not gradients:
            continue
        cls: Any = registry.load(spec.name)
        if cls.sweep and getattr(cls, "label_effect", "preserves") == "preserves":
            out.append({"use": spec.name, "sweep": {k: list(v) for k, v in cls.sweep.items()}})
    return out
