"""What this plugin declares, a module for each family; each holds ``TECHNIQUES`` and imports nothing."""
