"""Augmentation policies: random chains of the operations of this plugin."""
