"""Every hook and every argument of it is documented, in its docstring and in docs/hooks.md."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pluggy
import pytest

from practicum import hooks

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "hooks.md").read_text("utf-8")


def declared() -> dict[str, Callable[..., Any]]:
    """The hooks as pluggy sees them."""
    manager = pluggy.PluginManager("practicum")
    manager.add_hookspecs(hooks)
    return {name: getattr(hooks, name) for name in vars(manager.hook) if not name.startswith("_")}


def undocumented(name: str, function: Callable[..., Any], page: str) -> list[str]:
    """What is said nowhere of a hook."""
    arguments = list(inspect.signature(function).parameters)
    text = inspect.getdoc(function) or ""
    section = re.search(rf"^### `{name}\(([^)]*)\)`\n(.*?)(?=^#|\Z)", page, re.M | re.S)
    lacking = [] if len(text.split("\n")[0]) > 15 else ["a docstring"]
    lacking += [f"{a} in the docstring" for a in arguments if not re.search(rf"^ +{a}: .{{10}}", text, re.M)]
    if not arguments and "Returns:" not in text:
        lacking.append("what it returns")
    if section is None:
        return [*lacking, "a section of docs/hooks.md"]
    if [a.strip() for a in section[1].split(",") if a.strip()] != arguments:
        lacking.append("its arguments in the heading")
    unsaid = [a for a in arguments if not re.search(rf"^- `{a}`: .{{10}}", section[2], re.M)]
    return lacking + [f"{a} in docs/hooks.md" for a in unsaid]


@pytest.mark.parametrize("name", sorted(declared()))
def test_every_hook_and_argument_is_documented(name: str) -> None:
    assert undocumented(name, declared()[name], PAGE) == []


def test_the_page_describes_no_hook_that_is_gone() -> None:
    assert set(re.findall(r"^### `(\w+)\(", PAGE, re.M)) == set(declared())


def test_an_undocumented_argument_is_noticed() -> None:
    def run_finished(run_dir: Path, status: str, extra: int) -> None:
        """A run ended and much was said.

        Args:
            run_dir: the run's directory.
            status: how it ended.
        """

    assert undocumented("run_finished", run_finished, PAGE) == [
        "extra in the docstring", "its arguments in the heading", "extra in docs/hooks.md"]
    assert undocumented("nothing", lambda: None, PAGE) == [
        "a docstring", "what it returns", "a section of docs/hooks.md"]


def test_every_hook_is_used_by_the_core() -> None:
    """A hook that nobody calls would be a promise that does nothing."""
    core = Path(hooks.__file__).parent
    called = [node for file in core.rglob("*.py") for node in ast.walk(ast.parse(file.read_text("utf-8")))
              if isinstance(node, ast.Call)]
    spoken = {call.args[0].value for call in called if call.args and isinstance(call.args[0], ast.Constant)
              and getattr(call.func, "attr", getattr(call.func, "id", "")) == "notify"}
    spoken |= {node.value for node in ast.walk(ast.parse((core / "registry.py").read_text("utf-8")))
               if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert set(declared()) <= spoken
