"""What `wildpose models list | fetch | verify` prints."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from wildpose import weights
from wildpose.exit_codes import DONE, FAILED

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - no other name

Handler = Callable[[argparse.Namespace], int]

HEADER = ("name", "size", "licence", "where")


def add_parser(subparsers: Subparsers) -> None:
    """Add the command `models`; each parsed command holds its function as `handler`.

    A handler takes the parsed arguments and returns an exit code: 0 done, 1 failed.
    """
    parser = subparsers.add_parser("models", help="list, fetch or verify the networks' weights")
    commands = parser.add_subparsers(dest="models_command", required=True, metavar="COMMAND")
    for name, handler, text in (
        ("list", _list, "what there is and where it lies on this machine; connects to nothing"),
        ("fetch", _fetch, "fetch what is missing into the cache"),
        ("verify", _verify, "read every copy and compare its checksum; connects to nothing"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument(
            "--weights-dir",
            type=Path,
            metavar="DIR",
            help="folder to look into first (default: WILDPOSE_WEIGHTS, if set)",
        )
        command.set_defaults(handler=_reporting(handler))


def _reporting(handler: Handler) -> Handler:
    """The handler, with an error as one line on stderr and exit code 1."""

    def run(arguments: argparse.Namespace) -> int:
        try:
            return handler(arguments)
        except weights.WeightsError as error:
            print(f"wildpose models: {error}", file=sys.stderr)
            return FAILED

    return run


def _list(arguments: argparse.Namespace) -> int:
    rows = [_row(state) for state in weights.status(weights_dir=arguments.weights_dir)]
    print(table([HEADER, *rows]))
    return DONE


def _fetch(arguments: argparse.Namespace) -> int:
    for path in weights.fetch(weights_dir=arguments.weights_dir):
        print(path)
    return DONE


def _verify(arguments: argparse.Namespace) -> int:
    """Print each copy's verdict; fail where a weight is missing or a copy of ours is damaged."""
    failed = False
    for state in weights.verify(weights_dir=arguments.weights_dir):
        for copy in state.copies:
            verdict = "ok" if copy.intact else f"DAMAGED (sha256 {copy.sha256})"
            print(f"{state.weight.name}: {verdict}: {copy.place}, {copy.path}")
            failed |= not copy.intact and copy.place in (weights.OWN, weights.CACHE)
        if not state.copies:
            print(f"{state.weight.name}: {_absent(state.weight)}")
        failed |= state.found is None and not state.weight.for_training
    return FAILED if failed else DONE


def _row(state: weights.Status) -> tuple[str, str, str, str]:
    weight = state.weight
    return weight.name, f"{weight.size / 1e6:.1f} MB", weight.licence, _where(state)


def _where(state: weights.Status) -> str:
    if state.found:
        return f"{state.found.place}: {state.found.path}"
    damaged = [copy for copy in state.copies if copy.place in (weights.OWN, weights.CACHE)]
    if damaged:
        return f"damaged: {damaged[0].path}"
    return f"{_absent(state.weight)} ({state.weight.source})"


def _absent(weight: weights.Weight) -> str:
    return "not fetched" + ", trainings fetch it when they need it" * weight.for_training


def table(rows: list[tuple[str, ...]]) -> str:
    """Rows as lines of text, each column as wide as its widest cell."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines)
