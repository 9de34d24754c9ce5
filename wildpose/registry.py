"""Backends by name, imported when asked for, so that the others need not be installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib import import_module
from inspect import Parameter, signature
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


def made(kind: str, name: str, table: Mapping[str, str], **options: Any) -> Any:  # noqa: ANN401
    """An object of the class that a table names, given those of the options that it takes.

    A class with a parameter `network` stands for many: what the user types behind its name and a
    colon is given to it, as 'rtmdet-m' of 'mmdet:rtmdet-m'.

    Args:
        kind: what it is, for the message: 'detector'.
        name: as the user typed it, NAME or NAME:NETWORK.
        table: names to places.
        **options: for all backends of the kind, whether they have a use for them or not.

    Raises:
        ValueError: no such name, or a network where there is no choice, or none where there is.
    """
    own, colon, network = name.partition(":")
    backend = load(kind, own if colon else name, table)
    if "network" in _parameters(backend):
        if not network:
            raise ValueError(f"{kind} {name!r} stands for many networks: name one, {own}:NETWORK")
        options["network"] = network
    elif colon:
        raise ValueError(f"{kind} {own!r} is one network: {name!r} is none")
    return backend(**taken(backend, options))


def taken(function: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the options that a function has parameters for."""
    named = _parameters(function)
    return {name: value for name, value in options.items() if name in named}


def _parameters(function: Callable[..., Any]) -> set[str]:
    """Names of the parameters that a function can be given by name."""
    try:
        parameters = signature(function).parameters.values()
    except (TypeError, ValueError):  # it does not tell, as some written in C
        return set()
    kinds = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    return {parameter.name for parameter in parameters if parameter.kind in kinds}
