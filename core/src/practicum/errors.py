"""Every error the core raises on purpose.

Each message says what was wrong, where (technique, field, sample id) and how to mend it. Classes also
derive from the built-in error a caller would expect, so ``except ValueError`` keeps working.
"""

from __future__ import annotations


class PracticumError(Exception):
    """Base of all deliberate errors; the command line prints it as one paragraph and exits 1."""

    exit_code = 1

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else self.__class__.__name__


class UsageError(PracticumError):
    """The command or call itself was wrong (exit code 2): an option, a name, a malformed recipe."""

    exit_code = 2


class ConfigError(UsageError, ValueError):
    """A technique's field is unknown, of the wrong type, or out of range."""


class UnknownTechnique(UsageError, KeyError):
    """No installed technique has this name, or the bare name is ambiguous."""


class PluginLoadError(PracticumError, ImportError):
    """A plugin's module or a technique's target could not be imported."""


class PluginVersionError(PluginLoadError):
    """A plugin was written for another API level than the installed core's."""


class MissingRequirement(PluginLoadError):
    """An optional dependency of a technique is not installed; the message names the command that installs it."""


class NotAllowed(UsageError, PermissionError):
    """A plugin outside the allow-list, or a recipe that names an import path without ``--allow-import``."""


class ModalityError(UsageError, TypeError):
    """A technique was given, or composed with, a modality it does not take."""


class CapabilityError(UsageError, TypeError):
    """A technique needs something of a model (gradients, scores, training) that the model does not offer."""


class DataError(PracticumError, ValueError):
    """Data broke a rule of its column: a bad row, a ragged image, a lone surrogate, a duplicate id."""


class TargetError(DataError):
    """An operation cannot carry a target along (spans, boxes, masks), or would break it."""


class TechniqueFailed(PracticumError, RuntimeError):
    """A technique raised, or returned something its contract forbids; the original error is the cause."""


class KernelUnavailable(PracticumError, RuntimeError):
    """A kernel implementation was asked for by name and can't run here; the message gives the reason."""


class ModelOutputError(PracticumError, ValueError):
    """A model returned scores of the wrong shape, type or length."""


class RunError(PracticumError, RuntimeError):
    """A run directory is missing, damaged, locked, or belongs to another recipe."""


class ContractViolation(PracticumError, AssertionError):
    """A technique broke a check of :mod:`practicum.testing`."""
