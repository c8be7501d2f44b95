"""What this plugin declares: hand-written tables, a module for each family, and the generated ``specs.json``."""
