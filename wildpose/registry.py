"""Backends by name, imported when asked for, so that the others need not be installed."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any


def load(kind: str, name: str, table: Mapping[str, str]) -> Any:  # noqa: ANN401
    """The class that a table names as 'module:attribute'.

    Args:
        kind: what it is, for the message: 'detector'.
        name: as the user typed it.
        table: names to places.

    Raises:
        ValueError: no such name; the line tells those there are and the nearest.
    """
    if name not in table:
        near = get_close_matches(name, table, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"unknown {kind} {name!r}: there are {', '.join(table)}.{hint}")
    module, attribute = table[name].split(":")
    return getattr(import_module(module), attribute)
