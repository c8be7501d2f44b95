"""MixUp, CutMix and Cutout: images mixed with others of their batch, or with a piece cut out."""
