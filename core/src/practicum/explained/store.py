"""Explanations in files: one ``.npz`` of plain arrays and a JSON header, or one ``.json``; never a pickle."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.atomic import write_atomic
from practicum.errors import RunError, UsageError
from practicum.explanation import Explanation

FORMAT = 1
"""Version of the files; another one is refused."""

_ARRAYS = ("target", "base_value", "error", "score", "queries", "gradients")


def save(explanation: Explanation, path: Path) -> Path:
    """See :meth:`Explanation.save`."""
    ending = path.suffix.lower()
    if ending not in (".npz", ".json"):
        raise UsageError(f"{str(path)!r}: an explanation is saved as .npz or .json; name a file with one of these "
                         "endings")
    rows = explanation.rows()
    whole = hasattr(explanation.values, "shape")
    if whole:
        given = explanation.values
        arrays = {"values": np.asarray(given.detach().cpu().numpy() if hasattr(given, "detach") else given)}
    else:
        arrays = {f"values_{k}": row for k, row in enumerate(rows)}
    arrays |= {n: np.asarray(v) for n in _ARRAYS if (v := getattr(explanation, n)) is not None}
    arrays |= {f"figure_{k}": np.asarray(v) for k, v in enumerate(explanation.figures.values())}
    facts = {"format": FORMAT, "explanation": True, "whole": whole, "rows": len(rows),
             "ids": [i.item() if isinstance(i, np.generic) else i for i in explanation.ids],
             "units": explanation.units, "method": explanation.method, "modality": explanation.modality,
             "figures": list(explanation.figures)}
    if ending == ".json":
        content = {**facts, "arrays": {n: {"dtype": str(a.dtype), "shape": list(a.shape), "data": _plain(a)}
                                       for n, a in arrays.items()}}
        write_atomic(path, json.dumps(content, allow_nan=False) + "\n")
    else:
        header = np.frombuffer(json.dumps(facts).encode("utf-8"), dtype=np.uint8)
        # a file object: np.savez would add an ending to the temporary file's name
        write_atomic(path, lambda file: np.savez_compressed(file, allow_pickle=False, facts=header, **arrays))
    return path


def load(path: Path) -> Explanation:
    """See :meth:`Explanation.load`."""
    if not path.is_file():
        raise RunError(f"{str(path)!r} is no file: save an explanation there first")
    try:
        facts, arrays = _from_json(path) if path.suffix.lower() == ".json" else _from_npz(path)
        if facts.get("explanation") is not True:
            raise ValueError("it holds something else")
        if facts["format"] != FORMAT:
            raise RunError(f"{str(path)!r} holds an explanation of format {facts['format']!r}, this version reads "
                           f"{FORMAT}: make it again, or install the practicum that wrote it")
        values: Any = arrays["values"] if facts["whole"] else [arrays[f"values_{k}"] for k in range(facts["rows"])]
        figures = {n: arrays[f"figure_{k}"] for k, n in enumerate(facts["figures"])}
        return Explanation(values, ids=facts["ids"], units=facts["units"], method=facts["method"], figures=figures,
                           modality=facts["modality"], target=arrays["target"],
                           **{n: arrays.get(n) for n in _ARRAYS if n != "target"})
    except (OSError, ValueError, KeyError, TypeError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else error
        raise RunError(f"{str(path)!r} can't be read as an explanation ({reason}): it is damaged or was not written by "
                       "Explanation.save; make it again") from error


def _from_npz(path: Path) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return json.loads(arrays.pop("facts").tobytes().decode("utf-8")), arrays


def _from_json(path: Path) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    facts = json.loads(path.read_text("utf-8"))
    arrays = {}
    for name, made in facts["arrays"].items():
        dtype = np.dtype(made["dtype"])
        if dtype.kind not in "biuf":
            raise ValueError(f"{name} holds {dtype}")
        flat = [float(v) for v in made["data"]] if dtype.kind == "f" else made["data"]
        arrays[name] = np.array(flat, dtype=dtype).reshape(made["shape"])
    return facts, arrays


def _plain(array: npt.NDArray[Any]) -> list[Any]:
    """Numbers in one list; what JSON can't hold as text."""
    flat = array.reshape(-1)
    if array.dtype.kind != "f":
        return list(flat.tolist())
    return [v if np.isfinite(v) else str(v) for v in flat.astype(np.float64).tolist()]
