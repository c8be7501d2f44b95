"""Gradient attacks: FGSM and PGD."""
