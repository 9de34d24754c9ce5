"""What has to be made before a training, each with the command that makes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Step(NamedTuple):
    """Something to be made."""

    what: str
    """Is missing, as the beginning of a line."""
    command: str
    """That makes it."""


class MissingError(FileNotFoundError):
    """Files are not there, which tools make."""

    def __init__(self, *steps: Step):
        """Say so: of one in a line, of several as lines that can be pasted into a shell.

        Args:
            steps: one or more, in the order in which they are made.
        """
        self.steps = steps
        if len(steps) == 1:
            said = f"{steps[0].what}: first run {steps[0].command}"
        else:
            commands = "".join(f"\n  # {step.what}\n  {step.command}" for step in steps)
            said = f"first run, in this order:{commands}"
        super().__init__(said)


def missing_in(check: Callable[[], object]) -> tuple[Step, ...]:
    """What a check says is missing; what else it raises is raised."""
    try:
        check()
    except MissingError as error:
        return error.steps
    return ()
