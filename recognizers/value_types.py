"""Whether values that somebody wrote are of the types that fields ask for."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


def check_types(kind: type, values: Mapping[str, Any]) -> None:
    """See that values suit the fields of a dataclass.

    Args:
        kind: a dataclass.
        values: by names of its fields.

    Raises:
        ValueError: one does not; the line says which, and what it must be.
    """
    hints = get_type_hints(kind)
    for name, value in values.items():
        if not suits(value, hints[name]):
            raise ValueError(f"{name} must be {described(hints[name])}, got {value!r}")


def suits(value: Any, hint: Any) -> bool:  # noqa: ANN401
    """Whether a value is of a type; a whole number is also a float, a bool is no number."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, UnionType):
        return any(suits(value, one) for one in arguments)
    if origin is Literal:  # which of them is for the class to say
        return isinstance(value, type(arguments[0]))
    if hint in (int, float):
        kinds = (int,) if hint is int else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        wanted = arguments[:1] * len(value) if Ellipsis in arguments else arguments
        return len(value) == len(wanted) and all(map(suits, value, wanted))
    if origin is list:
        return isinstance(value, list) and all(suits(one, arguments[0]) for one in value)
    return isinstance(value, origin or hint)


def described(hint: Any) -> str:  # noqa: ANN401
    """A type in words."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " or ".join(described(one) for one in arguments)
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin is tuple:
        count = "some" if Ellipsis in arguments else str(len(arguments))
        return f"{count} of {described(arguments[0])}"
    words = {
        int: "a whole number", float: "a number", bool: "True or False", str: "a text",
        dict: "a dict", list: "a list", NoneType: "None",
    }  # fmt: skip
    kind = origin or hint
    return words.get(kind, getattr(kind, "__name__", str(kind)))
