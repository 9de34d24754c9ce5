"""Which frames of a clip are shown: in training some at random, in tests always the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from recognizers.inputs.sampling import at_rate, part

Array = npt.NDArray[np.floating]
Moments = Literal["even", "bins"]
Together = Literal["mean", "max"]


@dataclass(frozen=True)
class Sampling:
    """Which frames of a clip are shown."""

    frames: int | None = None
    """So many, spread evenly over each clip; None: as many as the clip has at `frame_rate`."""
    frame_rate: float | None = None
    """Hz, to which clips are brought; None: the frames that they have."""
    longest: int = 300
    """Frames at most, where `frames` is None; of longer clips the middle is taken."""
    moments: Moments = "even"
    """even: spread evenly. bins: a random frame out of each of `frames` equal parts, in tests with
    one view the middle ones (Baradel et al., 2017 and CVPR 2018)."""
    window: int | None = None
    """Of bins: frames that they cover at most, from anywhere in a longer clip."""
    left_out: int = 0
    """Of bins: frames at the end that are never shown."""
    views: int = 1
    """Times that a clip is looked at in tests, at other random moments each (bins), or other random
    parts of its pictures."""
    together: Together = "mean"
    """How views become one answer: the mean of their logits (Baradel et al.), or of each class the
    max of its probabilities (Das et al., VPN)."""
    derivatives: bool = False
    """Show speeds and accelerations too, taken at the clip's own rate."""

    def __post_init__(self) -> None:
        for name in ("frames", "frame_rate", "longest", "window", "views"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise ValueError(f"{name} must be positive, got {value}")
        if self.moments not in get_args(Moments):
            raise ValueError(f"moments {self.moments!r} is none of {', '.join(get_args(Moments))}")
        if self.together not in get_args(Together):
            raise ValueError(f"together {self.together!r} is none of mean, max")
        if self.moments == "bins" and self.frames is None:
            raise ValueError("moments 'bins' needs a number of frames")
        for name in ("window", "left_out"):
            if self.moments != "bins" and getattr(self, name):
                raise ValueError(
                    f"{name} is of moments 'bins' alone: give moments='bins', or leave it out; got "
                    f"{getattr(self, name)} with moments {self.moments!r}"
                )

    def positions(
        self,
        length: int,
        rate: float,
        rng: np.random.Generator | None = None,
        *,
        shortest: float = 1.0,
        held_s: float = 0.0,
    ) -> Array:
        """Positions between the frames of a clip, also before its first and after its last.

        Args:
            length: frames of the clip.
            rate: of the clip, Hz.
            rng: a random part of the clip; None: all of it.
            shortest: share of the clip that a part has at least.
            held_s: seconds, up to which a part goes on before and after.
        """
        if self.moments == "bins":
            return self._in_bins(length, rng, shortest)
        start, stop = 0.0, float(max(length - 1, 0))
        if rng is not None:
            start, stop = part(length, 2, shortest, rng)
            before, after = rng.uniform(0.0, held_s * rate, 2)
            start, stop = start - before, stop + after
        if self.frames is not None:
            return np.linspace(start, stop, self.frames)
        count = int(stop - start) + 1
        return start + at_rate(count, rate, self.frame_rate or rate, self.longest)

    def _in_bins(self, length: int, rng: np.random.Generator | None, shortest: float) -> Array:
        """(frames,) whole frames."""
        frames = self.frames or 1
        length = max(length - self.left_out, 1)
        span = min(length, self.window or length)
        if rng is not None:
            span = max(round(span * rng.uniform(shortest, 1.0)), 1)
        slack = length - span
        start = slack // 2 if rng is None else int(rng.integers(0, slack + 1))
        inside = 0.5 if rng is None else rng.random(frames)
        places = (np.arange(frames) + inside) * (span / frames)
        return start + np.minimum(np.floor(places), span - 1)
