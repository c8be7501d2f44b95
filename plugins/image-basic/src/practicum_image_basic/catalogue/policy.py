"""Policies: random chains of operations."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("rand-augment", "policies.randaugment:RandAugment", "Random operations in turn, at one magnitude.",
     "arXiv:1909.13719", ("policy",)),
    ("trivial-augment", "policies.randaugment:TrivialAugment", "One random operation at a random strength.",
     "arXiv:2103.10158", ("policy",)),
    ("aug-mix", "policies.augmix:AugMix", "Mixes an image with random chains of operations on it.",
     "arXiv:1912.02781", ("policy", "robustness")),
    ("auto-augment", "policies.autoaugment:AutoAugment", "One of the sub-policies learned on a data set.",
     "arXiv:1805.09501", ("policy",)),
)
"""Short name, target, summary, what it follows (arXiv or DOI; empty for none), keywords."""
