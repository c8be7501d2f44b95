"""Writes the dates of a text in another unambiguous format."""
