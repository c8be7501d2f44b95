"""``--set FIELD=VALUE``: the fields of a technique on the command line."""

from __future__ import annotations

from typing import Any

from practicum.errors import UsageError


def parse_settings(settings: list[str]) -> dict[str, Any]:
    """``field=value`` pairs; values are YAML scalars or lists.

    Raises:
        UsageError: no ``=`` in a pair, or a malformed value.
    """
    import yaml

    fields = {}
    for item in settings:
        field, sign, value = item.partition("=")
        if not sign or not field:
            raise UsageError(f"--set {item!r} must be FIELD=VALUE")
        try:
            fields[field] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise UsageError(f"--set {field}: {value!r} is no valid YAML value ({error})") from error
    return fields
