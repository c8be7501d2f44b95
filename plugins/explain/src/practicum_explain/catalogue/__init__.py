"""Tables of what this plugin offers, one module a family."""
