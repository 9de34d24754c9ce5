"""Clips of any length as so many frames: the whole clip, or a part of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]


def part(length: int, frames: int, shortest: float, rng: np.random.Generator) -> Array:
    """(frames,) positions that spread over some part of a clip: begun late, ended early, or both.

    Args:
        length: frames of the clip.
        frames: so many positions.
        shortest: share of the clip that the part has at least.
        rng: seeded.
    """
    share = rng.uniform(shortest, 1.0)
    span = share * max(length - 1, 0)
    start = rng.uniform(0.0, max(length - 1, 0) - span)
    return np.linspace(start, start + span, frames)


def at_rate(length: int, frame_rate: float, wanted: float, longest: int) -> Array:
    """Positions as if the clip had been taken at another rate, `longest` of them at most.

    Of a longer clip the middle is taken.

    Args:
        length: frames of the clip.
        frame_rate: of the clip, Hz.
        wanted: Hz.
        longest: positions.
    """
    step = frame_rate / wanted
    count = int((length - 1) / step) + 1 if length else 0
    start = max(count - longest, 0) // 2
    return step * np.arange(start, start + min(count, longest))


def resampled(joints: Array, mask: Mask, positions: Array) -> tuple[Array, Mask]:
    """A clip at positions between its frames, joints in a straight line from one to the next.

    Args:
        joints: (M, T, J, 3), zeros where the mask is False.
        mask: (M, T).
        positions: (S,) in frames.

    Returns:
        (M, S, J, 3) and (M, S): a person is there where the nearer of the frames beside a position
        has them; where that one alone has, its joints are taken as they are.
    """
    T = mask.shape[1]
    positions = np.clip(positions, 0, T - 1)
    before = np.floor(positions).astype(int)
    after = np.minimum(before + 1, T - 1)
    share = (positions - before)[None, :] * np.ones((len(mask), 1))
    there, then = mask[:, before], mask[:, after]
    share = np.where(there & then, share, np.where(there, 0.0, 1.0))
    # A position on a frame, or nearer to one that shows nobody, is that frame's.
    nearest = np.where(positions - before < 0.5, before, after)
    seen = mask[:, nearest]
    weight = share.astype(joints.dtype)[..., None, None]
    mixed = (1 - weight) * joints[:, before] + weight * joints[:, after]
    return np.where(seen[..., None, None], mixed, np.zeros((), joints.dtype)), seen
