"""Smoothers: a person's hypotheses in, one skeleton through time out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from wildpose.smoothing.chosen import SmoothedTrack
from wildpose.types import Hypotheses, Track


class Smoother(Protocol):
    """What the pipeline asks of a smoother."""

    def __call__(
        self, track: Track, hypotheses: Iterable[Hypotheses], clock: npt.NDArray[np.floating]
    ) -> SmoothedTrack | None:
        """One pose per frame, short gaps filled and marked; None where no pose was admissible.

        Args:
            track: the person, T rows.
            hypotheses: of each of the T rows, in lcr13.
            clock: (F,) s, of all frames of the video.
        """
        ...


# What `--smooth` offers; one line each, imported when asked for.
SMOOTHERS = {
    "viterbi": "wildpose.smoothing.viterbi:smooth_viterbi",
    "track2d": "wildpose.smoothing.track2d:smooth_track2d",
    "none": "wildpose.smoothing.track2d:smooth_none",
}
