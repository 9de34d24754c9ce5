"""Lifters: a person's track in, candidate 3D poses of every frame out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from wildpose.registry import made
from wildpose.types import Hypotheses, Track


class Lifter(Protocol):
    """What the pipeline asks of a lifter."""

    def lift(self, track: Track) -> Iterator[Hypotheses]:
        """Hypotheses of each row of the track, in order, in lcr13.

        A lifter that looks at neighbouring frames takes its window around each row from the track
        itself; one that does not, reads that row alone.
        """
        ...


# One line per backend: its name and where it is; imported when asked for.
LIFTERS = {
    "lcr": "wildpose.lifting.lcr:Lcr",
    "blazepose_world": "wildpose.lifting.blazepose_world:BlazePoseWorld",
    "mmpose": "wildpose.lifting.mmpose:MmposeLifter",
}


def lifter_named(name: str, **options: Any) -> Lifter:
    """A lifter by name, or the LCR lifter of a file that tools/train_lifter.py wrote.

    Args:
        name: in LIFTERS, or the path of a .safetensors file.
        **options: what backends are made with; each takes those that it has a use for.

    Raises:
        ValueError: no such name or file, or the file holds no lifter.
    """
    if not name.endswith(".safetensors"):
        return made("lifter", name, LIFTERS, **options)
    if not Path(name).is_file():
        raise ValueError(f"no lifter file {name}")
    return made("lifter", "lcr", LIFTERS, **options, model=Path(name))
