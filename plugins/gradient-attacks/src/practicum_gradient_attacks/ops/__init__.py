"""Hot loops of the gradient attacks."""
