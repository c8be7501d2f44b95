"""The order of import lines in generated modules, as the repository's linter wants it."""

from __future__ import annotations

import sys


def sorted_imports(source: str) -> str:
    """A module's text with its top-level imports in three blocks: standard library, others, the core.

    Example:
        >>> head = "from __future__ import annotations\\n\\n"
        >>> text = head + "from practicum import Batch\\nimport numpy as np\\n\\nX = 1\\n"
        >>> print(sorted_imports(text), end="")
        from __future__ import annotations
        <BLANKLINE>
        import numpy as np
        <BLANKLINE>
        from practicum import Batch
        <BLANKLINE>
        X = 1
    """
    lines = source.split("\n")
    start = next((i + 1 for i, line in enumerate(lines) if line.startswith("from __future__")), None)
    if start is None:
        return source
    stop = start
    while stop < len(lines) and (not lines[stop] or lines[stop].startswith(("import ", "from "))):
        stop += 1
    blocks: tuple[list[str], list[str], list[str]] = ([], [], [])
    for line in {line for line in lines[start:stop] if line}:
        root = line.split()[1].split(".")[0]
        blocks[0 if root in sys.stdlib_module_names else 2 if root == "practicum" else 1].append(line)
    body = []
    for block in blocks:
        if block:
            body += ["", *sorted(block, key=lambda line: (line.startswith("from"), line.split()[1].lower()))]
    rest = lines[stop:]
    definition = bool(rest) and rest[0].startswith(("class ", "def ", "@"))
    after = ["", ""] if definition else [""]
    return "\n".join([*lines[:start], *body, *after, *rest])
