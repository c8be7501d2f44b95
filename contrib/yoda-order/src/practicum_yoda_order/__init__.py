"""Moves what follows the first auxiliary of a sentence to its front."""
