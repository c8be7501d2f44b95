"""A recipe run from start to end, in a directory from which a killed run goes on."""
