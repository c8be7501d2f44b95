"""What this plugin declares, a module for each family; each holds ``TECHNIQUES`` and imports nothing heavy."""

from __future__ import annotations

from practicum.spec import Access, Modality

Row = tuple[str, str, str, str, Access, tuple[Modality, ...], tuple[str, ...]]
"""Short name, target, summary, what it follows (arXiv or DOI), access, modalities, keywords."""
FLOAT: tuple[Modality, ...] = ("image", "state", "series")
"""What an attack takes that treats its input as a vector of numbers."""
IMAGE: tuple[Modality, ...] = ("image",)
"""What an attack takes that knows about pixels and places."""
