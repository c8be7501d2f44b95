"""Data sets of the Hugging Face hub, of its cache, or of a folder that ``save_to_disk`` wrote."""

from __future__ import annotations

import dataclasses
import difflib
import re
from typing import Any

from practicum.data.fields import FieldOptions
from practicum.data.load import need
from practicum.data.loaded import BadRows, Loaded
from practicum.data.paths import existing
from practicum.data.rows import from_rows
from practicum.errors import DataError, UsageError

_NAME = re.compile(r"^[\w.-]+(/[\w.-]+)?$")
_SLICE = re.compile(r"^(?P<split>[^\[\]]+)(\[(?P<start>\d*):(?P<stop>\d*)\])?$")


def read_hub(name: str = "", *, path: str = "", config: str | None = None, split: str = "train",
             on_error: str = "error", **options: Any) -> Loaded:
    """A data set as a batch. Nothing is downloaded except by naming one; data sets that bring code are refused.

    Args:
        name: on the hub, as ``imdb`` or ``stanfordnlp/imdb``.
        path: a folder that ``dataset.save_to_disk`` wrote, instead of a name.
        config: the data set's configuration.
        split: which part, as ``train`` or ``train[:500]``.
        on_error: ``error`` or ``skip``.
        **options: see :class:`practicum.data.fields.FieldOptions`. A field of images becomes the image column when no
            column is named.

    Raises:
        MissingRequirement: the datasets library is not installed.
        DataError: the hub can't be reached and the cache hasn't the data set, or a row is bad.
    """
    need("datasets", "hf", "data source hf")
    if bool(name) == bool(path):
        raise UsageError("data source hf needs a name (hf/NAME) or a path, one of them")
    chosen, source = FieldOptions(**options), name or path
    bad = BadRows(source, on_error, unit="row")
    data = _from_disk(path, split) if path else _from_hub(name, config, split)
    features = data.features
    pictures = [f for f, kind in features.items() if type(kind).__name__ == "Image"]
    if len(pictures) == 1 and not (chosen.text or chosen.image or chosen.columns or chosen.modality):
        chosen = dataclasses.replace(chosen, image=pictures[0])
    plan = chosen.plan(list(features), source)
    data = data.select_columns([f for f in features if f in plan.used])
    classes = tuple(getattr(features[plan.label], "names", None) or ()) if plan.label else ()
    rows = ((i + 1, i, row) for i, row in enumerate(data))
    return from_rows(rows, list(features), chosen, bad, classes=classes)


def _from_disk(path: str, split: str) -> Any:
    import datasets

    folder = existing(path, folder=True)
    found = _SLICE.match(split)
    if found is None:
        raise UsageError(f"split={split!r}: write a split's name, or name[START:STOP] with numbers of rows")
    try:
        data = datasets.load_from_disk(str(folder))
    except (FileNotFoundError, ValueError, OSError) as error:
        raise DataError(f"{path}: not a folder that dataset.save_to_disk wrote ({error}): for loose files use csv, "
                        "jsonl, "
                        "parquet or image-folder") from error
    if isinstance(data, datasets.DatasetDict):
        if found["split"] not in data:
            raise _no_split(path, found["split"], list(data))
        data = data[found["split"]]
    if found["start"] is None:
        return data
    stop = min(int(found["stop"] or len(data)), len(data))
    return data.select(range(min(int(found["start"] or 0), stop), stop))


def _from_hub(name: str, config: str | None, split: str) -> Any:
    import datasets
    from datasets.exceptions import DatasetNotFoundError, DatasetsError

    if not _NAME.match(name) or ".." in name:
        raise UsageError(f"{name!r} is no name on the hub: write hf/NAME or hf/OWNER/NAME; for a folder pass path=...")
    try:
        return datasets.load_dataset(name, config, split=split)
    except DatasetNotFoundError as error:
        if "offline" not in str(error).lower() and "connect" not in str(error).lower():
            raise DataError(f"hf/{name}: the hub has no such data set, or it is private or gated ({error}): check the "
                            "name, or log in with 'hf auth login'") from error
        raise _offline(name, error) from error
    except (ConnectionError, FileNotFoundError, OSError) as error:
        raise _offline(name, error) from error
    except ValueError as error:
        text = str(error)
        if "split" in text.lower():
            known = re.findall(r"'([\w.-]+)'", text.partition("Should be one of")[2])
            raise _no_split(f"hf/{name}", split, known) from error
        if "config" in text.lower():
            raise UsageError(f"hf/{name}: {text.splitlines()[0]} Pass config=...") from error
        if "offline" in text.lower() or "couldn't find cache" in text.lower():
            raise _offline(name, error) from error
        raise DataError(f"hf/{name}: could not be read ({text.splitlines()[0]}): try it with datasets.load_dataset to "
                        "see "
                        "more") from error
    except (DatasetsError, RuntimeError) as error:
        raise DataError(f"hf/{name}: could not be read ({error}): data sets that bring code are refused; look for a "
                        "Parquet version of it") from error


def _no_split(source: str, split: str, known: list[str]) -> UsageError:
    close = difflib.get_close_matches(split, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(map(repr, known)) or 'others'}"
    return UsageError(f"{source}: there is no split {split!r}; {hint}")


def _offline(name: str, error: Exception) -> DataError:
    from datasets import config

    reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    return DataError(f"hf/{name}: the hub can't be reached and the data set is not in the cache "
                     f"{config.HF_DATASETS_CACHE} "
                     f"({reason}): go online, or on a machine that is online run datasets.load_dataset({name!r})"
                     ".save_to_disk(FOLDER), copy the folder here and write use: hf, path: FOLDER (or copy the cache "
                     "and "
                     "set HF_HOME)")
