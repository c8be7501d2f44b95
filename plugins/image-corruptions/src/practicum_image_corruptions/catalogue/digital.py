"""Digital effects."""

from __future__ import annotations

TECHNIQUES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("elastic-transform", "elastic:ElasticTransform", "Small regions stretched and pulled.", ("geometry", "warp")),
    ("pixelate", "digital:Pixelate", "Fewer pixels, enlarged again.", ("resolution",)),
    ("jpeg-compression", "digital:JpegCompression", "JPEG at low quality.", ("compression",)),
)
"""Short name, target, summary, keywords."""
