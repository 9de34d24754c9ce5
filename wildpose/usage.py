"""Options of a command, whose complaint is one line, and commands to paste into a shell."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn

from wildpose.exit_codes import USAGE


class Parser(argparse.ArgumentParser):
    """As argparse's, but a wrong option gives one line, not the list of all."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, and end with exit code 2.

        Args:
            message: without the name of the command.
        """
        text = message.removesuffix(".")
        joint = "" if text.endswith("?") else ";"
        self.exit(USAGE, f"{self.prog}: {text}{joint} --help tells all options\n")


def python_here() -> str:
    """This Python as it is called in the working folder: .venv/bin/python where it lies below."""
    own, here = Path(sys.executable), Path.cwd()
    return str(own.relative_to(here)) if own.is_relative_to(here) else "python"
