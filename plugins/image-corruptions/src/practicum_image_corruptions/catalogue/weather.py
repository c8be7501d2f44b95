"""Weather and light."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("snow", "snow:Snow", "Falling snow: blurred flakes over a whitened image.", ("weather",)),
    ("frost", "frost:Frost", "Ice crystals on the lens, by a procedural texture.", ("weather",)),
    ("fog", "fog:Fog", "Fog, by a plasma fractal.", ("weather",)),
    ("brightness", "light:Brightness", "More light: a constant added to the value of HSV.", ("light",)),
    ("contrast", "light:Contrast", "Less contrast: values pulled to each channel's mean.", ("light",)),
)
"""Short name, target, summary, keywords."""
