"""Lifters: a person's track in, candidate 3D poses of every frame out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from wildpose.types import Hypotheses, Track


class Lifter(Protocol):
    """What the pipeline asks of a lifter; made with `weights_dir`, `offline` and `threads`."""

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
}
