"""Options that tools with a config share."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

WORDS = {"true": True, "false": False, "none": None}


class _Changes(argparse.Action):
    """key=value as mmengine's tools take it, but for paths, which stay as they are."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        changes = dict(getattr(namespace, self.dest) or {})
        for change in values or ():
            key, equals, text = str(change).partition("=")
            if not key or not equals:
                raise argparse.ArgumentError(
                    self, f"expected key=value, as in schedule.epochs=10, got {change!r}"
                )
            try:
                changes[key] = value_of(text)
            except (ValueError, SyntaxError):
                raise argparse.ArgumentError(
                    self,
                    f"expected a list, as in 'key=[1, 2]' or \"key=['a', 'b']\", got {change!r}",
                ) from None
        setattr(namespace, self.dest, changes)


def value_of(text: str) -> Any:  # noqa: ANN401
    """A number, True, False, None, a list, or else the text: 1,2 is a list, a,b is not.

    Raises:
        ValueError, SyntaxError: what begins as a list or a tuple is none.
    """
    if text.startswith(("[", "(")):
        return ast.literal_eval(text)
    parts = [_single(part.strip()) for part in text.split(",")]
    if any(isinstance(part, str) for part in parts):
        return text
    return parts if len(parts) > 1 else parts[0]


def _single(text: str) -> int | float | bool | str | None:
    with suppress(ValueError):
        return int(text)
    with suppress(ValueError):
        return float(text)
    return WORDS.get(text.lower(), text)


def add_config_changes(parser: argparse.ArgumentParser) -> None:
    """`--cfg-options key=value ...`: what is to be otherwise than the config has it."""
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=_Changes,
        metavar="KEY=VALUE",
        help="over the config's: schedule.epochs=10 network.width=64",
    )


def part_at(values: object, names: Sequence[str]) -> Mapping[str, Any] | None:
    """The part of a config to which names lead, one within the other; None where there is none."""
    for name in names:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values if isinstance(values, Mapping) else None


def words_of(changes: Mapping[str, Any] | None) -> list[str]:
    """What is typed for changes of a config; nothing where there are none."""
    return ["--cfg-options", *(f"{k}={v}" for k, v in changes.items())] if changes else []
