"""The contract of each explainer."""

from __future__ import annotations

from practicum.testing import ExplainerContract


class TestSaliency(ExplainerContract):
    technique = "explain/saliency"
