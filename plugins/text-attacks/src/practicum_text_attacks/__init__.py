"""Attacks on text classifiers, each a goal, constraints, substitutes and a search."""
