"""What stands for a network where a user names one: NAME, NAME@CHECKPOINT or NAME@random."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

RANDOM = "random"  # NAME@random
_PATH = re.compile(r"(.+?\.py)(?:@(.+))?")
_NAME = re.compile(r"([^@]+)(?:@(.+))?")


@dataclass(frozen=True)
class Named:
    """What a user typed, taken apart: NAME, NAME@CHECKPOINT or NAME@random."""

    name: str
    """Config, alias or path."""
    checkpoint: Path | None = None
    """The file that the user named; None where the name says which it is."""
    random: bool = False
    """Whether the weights are to be random."""

    @staticmethod
    def of(text: str) -> Named:
        """Take a name apart. A path of a config may have an @ of its own before its .py.

        Raises:
            ValueError: a part is empty.
        """
        found = _PATH.fullmatch(text) or _NAME.fullmatch(text)
        if found is None:
            raise ValueError(
                f"{text!r} is no network: it is NAME, NAME@CHECKPOINT or NAME@{RANDOM}, with the "
                "name or the path of a config"
            )
        name, weights = found.groups()
        if weights == RANDOM:
            return Named(name, random=True)
        return Named(name, Path(weights).expanduser() if weights else None)

    @property
    def files(self) -> list[Path]:
        """Those that the user named: a config, a checkpoint, both or none."""
        config = [Path(self.name).expanduser()] if self.name.endswith(".py") else []
        return config + ([self.checkpoint] if self.checkpoint else [])
