"""Reading YAML and JSON as plain data, remembering on which line each key stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from practicum.errors import UsageError

_MOST_BYTES = 4_000_000


class Lines:
    """Where the keys of a file stand."""

    def __init__(self, file: str = "", lines: dict[str, int] | None = None) -> None:
        self.file = file
        self._lines = dict(lines or {})
        self._overrides: dict[str, str] = {}

    def overridden(self, path: str, item: str) -> None:
        """A key was set on the command line."""
        self._overrides[path] = item

    def where(self, path: str) -> str:
        """File, line and key; the nearest key above where the key itself isn't in the file."""
        known = path
        below = [item for key, item in self._overrides.items() if key.startswith(f"{path}.")]
        if below and path not in self._lines:
            return f"override {below[0]!r}"
        while known and known not in self._lines and known not in self._overrides:
            known = known.rpartition(".")[0]
        if known in self._overrides:
            return f"override {self._overrides[known]!r}"
        line = self._lines.get(known)
        parts = [Path(self.file).name if self.file else "", f"line {line}" if line else "", path]
        return ", ".join(p for p in parts if p) or "the recipe"


def read_text(path: Path) -> tuple[dict[str, Any], Lines]:
    """A file's mapping and the lines of its keys. JSON is read as the YAML it is.

    Only plain data is built (no tags that name Python objects).

    Raises:
        UsageError: the file is missing, not UTF-8, no YAML, no mapping, or gives a key twice; names the line.
    """
    import yaml

    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError(f"{path} has {path.stat().st_size:,} bytes, which is no recipe")
        text = path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"the recipe {str(path)!r} can't be read ({error.strerror}): check the path") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the recipe {str(path)!r} is not UTF-8 (byte {error.start}): save it as UTF-8") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise UsageError(f"{path.name}, line {line}: this is no YAML ({error.problem})") from None
    except yaml.YAMLError as error:
        raise UsageError(f"{path.name}: this is no YAML ({error})") from None
    except RecursionError:
        raise UsageError(f"{path.name}: nested too deep") from None
    if not isinstance(values, dict):
        raise UsageError(f"{path.name} holds no recipe: a recipe has the keys data, model and stress")
    lines: dict[str, int] = {}
    _walk(node, "", lines, path.name)
    return values, Lines(str(path), lines)


def _walk(node: Any, path: str, lines: dict[str, int], file: str) -> None:
    import yaml

    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = f"{path}.{key.value}".lstrip(".")
            if name in lines:
                raise UsageError(f"{file}, line {key.start_mark.line + 1}: key {name!r} is given twice (first on line "
                                 f"{lines[name]}): leave one out")
            lines[name] = key.start_mark.line + 1
            _walk(value, name, lines, file)
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            name = f"{path}.{place}".lstrip(".")
            lines.setdefault(name, value.start_mark.line + 1)
            _walk(value, name, lines, file)
