"""A new plugin from templates: complete, tested, with one method to edit."""

from practicum.scaffold.generate import new_plugin

__all__ = ["new_plugin"]
