"""Options of a command, whose complaint is one line."""

from __future__ import annotations

import argparse
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
