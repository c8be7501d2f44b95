"""A composition is checked on what its parts have in common."""

from __future__ import annotations

import practicum as pm
from practicum.testing import check


def test_a_text_pipeline_passes_on_text_alone() -> None:
    results = check(pm.Pipeline([pm.get("char-swap", rate=0.3), pm.Sometimes(pm.get("word-swap", rate=0.5), p=0.5)]))
    assert [(r.name, r.reason) for r in results if r.status == "failed"] == []
    assert sum(r.status == "passed" for r in results) >= 20
