"""Noise."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("gaussian-noise", "noise:GaussianNoise", "Gaussian noise, as in low light.", ("noise",)),
    ("shot-noise", "noise:ShotNoise", "Photon counts: noise that grows with light.", ("noise",)),
    ("impulse-noise", "noise:ImpulseNoise", "Values set to black or white, each channel on its own.", ("noise",)),
)
"""Short name, target, summary, keywords."""
