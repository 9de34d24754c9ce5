"""What has to be made before a training, each with the command that makes it."""

from __future__ import annotations

from collections.abc import Sequence


class MissingError(FileNotFoundError):
    """Files are not there, which a tool makes."""

    def __init__(self, what: str, command: str):
        """Say so in a line.

        Args:
            what: is missing, as the beginning of a line.
            command: that makes it.
        """
        super().__init__(f"{what}: first run {command}")
        self.command = command


def all_missing(found: Sequence[MissingError]) -> FileNotFoundError:
    """Several such as one error.

    Args:
        found: one or more, in the order in which they are made.

    Returns:
        Of one, its own; else a line for each command.
    """
    if len(found) == 1:
        return found[0]
    commands = "".join(f"\n  {one.command}" for one in found)
    return FileNotFoundError(f"first run, in this order:{commands}")
