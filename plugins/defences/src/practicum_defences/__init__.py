"""Defences: models over models that are harder to fool, or say how hard they are."""
