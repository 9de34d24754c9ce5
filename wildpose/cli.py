"""The command line: one command after `wildpose`, of which only the module is loaded."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from wildpose import __version__
from wildpose.exit_codes import INTERRUPTED
from wildpose.usage import Parser

# Name, module and help of each. The module's `add_parser` declares the command, and sets
# `handler`, which takes the parsed options and returns the exit code.
COMMANDS = (
    ("run", "wildpose.run_cli", "find people and their skeletons in videos"),
    ("label", "wildpose.archive.command", "label an archive, each video once"),
    ("find", "wildpose.archive.find_command", "find what people do in the videos of an archive"),
    ("models", "wildpose.models_cli", "list, fetch or verify the networks' weights"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 all done, 1 some failed, 2 usage, 130 interrupted."""
    try:
        return _run(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt:  # while it loads, or where a command has nothing to say of it
        sys.stderr.write("wildpose: interrupted\n")
        return INTERRUPTED


def _run(given: Sequence[str]) -> int:
    asked = next((word for word in given if not word.startswith("-")), None)
    parser = Parser(
        prog="wildpose", description="Any video to 3D skeletons, per person and per moment."
    )
    parser.add_argument("--version", action="version", version=f"wildpose {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module, text in COMMANDS:
        if name == asked:  # the others would load networks and video libraries for nothing
            import_module(module).add_parser(commands)
        else:
            commands.add_parser(name, help=text)
    options = parser.parse_args(given)
    return options.handler(options)


if __name__ == "__main__":
    sys.exit(main())
