"""Options that tools with a config share."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.config import DictAction


class _Changes(DictAction):
    """mmengine's key=value, one line for what is none."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        for value in values or ():
            key, equals, _ = str(value).partition("=")
            if not key or not equals:
                raise argparse.ArgumentError(
                    self, f"expected key=value, as in schedule.epochs=10, got {value!r}"
                )
        super().__call__(parser, namespace, values, option_string or "")


def add_config_changes(parser: argparse.ArgumentParser) -> None:
    """`--cfg-options key=value ...`: what is to be otherwise than the config has it."""
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=_Changes,
        metavar="KEY=VALUE",
        help="over the config's: schedule.epochs=10 network.width=64",
    )


def words_of(changes: Mapping[str, Any] | None) -> list[str]:
    """What is typed for changes of a config; nothing where there are none."""
    return ["--cfg-options", *(f"{k}={v}" for k, v in changes.items())] if changes else []
