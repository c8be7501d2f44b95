"""Adversarial attacks: within a budget, of least change, by asking only, learned, and in cascade."""
