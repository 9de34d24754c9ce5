"""What a config may give a network: only what its class takes, of the kind that it takes."""

from __future__ import annotations

from collections.abc import Container, Mapping
from inspect import signature
from math import isnan
from typing import Any, get_type_hints

from torch import nn

from recognizers.value_types import described, suits

SIZES = ("units", "features", "hidden", "width", "layers", "frames", "steps", "channels")
"""Words in names of arguments that say how large a part is: whole numbers from 1."""


def check_arguments(
    network: type[nn.Module],
    arguments: Mapping[str, Any],
    *,
    given: Container[str] = (),
    part: str = "network",
) -> None:
    """See that a class takes some arguments, before its own checks.

    mmengine leaves words as they are: without this, `conditioned=no` would be a text, and true.

    Args:
        network: the class.
        arguments: of a config.
        given: what the data says, and a config must not.
        part: of the config, for the message.

    Raises:
        ValueError: an argument that it does not take, a text for a switch, a size below 1, or a
            number that is none; the line tells what is taken.
    """
    known, hints = list(signature(network).parameters), get_type_hints(network.__init__)
    for name, value in arguments.items():
        if name not in known or name in given:
            free = ", ".join(name for name in known if name not in given)
            raise ValueError(f"{part}.{name}: {network.__name__} takes {free}")
        hint = hints.get(name, Any)
        if hint is bool and not suits(value, hint):
            raise ValueError(f"{part}.{name} must be {described(hint)}, got {value!r}")
        if isinstance(value, float) and isnan(value):
            raise ValueError(f"{part}.{name} must be a number, got {value}")
        if _is_size(name) and hint is int and isinstance(value, int) and value < 1:
            raise ValueError(f"{part}.{name} must be 1 or more, got {value}")


def _is_size(name: str) -> bool:
    return any(word in SIZES for word in name.split("_"))
