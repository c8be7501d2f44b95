"""Weather, shadows and dirt."""

from __future__ import annotations

TRANSFORMS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("PlasmaShadow", "Casts a shadow shaped by a plasma fractal.", "", ("weather", "shadow")),
    ("RandomFog", "Lays patches of fog over the image.", "", ("weather", "fog")),
    ("RandomGravel", "Strews gravel.", "", ("weather", "dirt")),
    ("RandomRain", "Draws streaks of rain.", "", ("weather", "rain")),
    ("RandomShadow", "Darkens drawn polygons.", "", ("weather", "shadow")),
    ("RandomSnow", "Bleaches bright parts, or draws flakes, as snow does.", "", ("weather", "snow")),
    ("RandomSunFlare", "Draws the flare of a sun.", "", ("weather", "light")),
    ("Spatter", "Spatters rain or mud on the lens.", "arXiv:1903.12261", ("weather", "corruption")),
)
"""Class name in albumentations, summary, what it follows (arXiv or DOI; empty for none), keywords."""
