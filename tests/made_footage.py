"""People whose hands have colours, and a recognizer that keeps what it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from wildpose.cutting import HAND_SHARE
from wildpose.footage import Making, Picture
from wildpose.joints import joint_set
from wildpose.types import Axes, Clip, Frame, SkeletonSequence

Array = npt.NDArray[np.floating]
LCR = joint_set("lcr13")
RED, BLUE = (220, 30, 30), (30, 30, 220)
WIDTH, HEIGHT = 200, 160
STANDING = {  # px from the middle of the shoulders, of a person whose trunk has 40 px
    "head": (0, -15), "left_shoulder": (10, 0), "right_shoulder": (-10, 0),
    "left_elbow": (20, 15), "right_elbow": (-20, 15), "left_wrist": (28, 23),
    "right_wrist": (-28, 23), "left_hip": (7, 40), "right_hip": (-7, 40),
    "left_knee": (8, 60), "right_knee": (-8, 60), "left_ankle": (8, 80), "right_ankle": (-8, 80),
}  # fmt: skip


def standing(middles: Array, *, size: float = 1.0) -> Array:
    """(T, 13, 2) px of somebody who faces the camera, by the (T, 2) middles of the shoulders."""
    pose = np.array([STANDING[name] for name in LCR.names], dtype=float)
    return np.asarray(middles, dtype=float)[:, None] + size * pose


def walker(
    times: Array, *, start: tuple[float, float] = (60.0, 50.0), speed: float = 20.0, **others: float
) -> SkeletonSequence:
    """Somebody who moves to the right, px/s; x of all joints in space is the time, s."""
    middles = np.array(start) + np.stack([speed * times, np.zeros(len(times))], axis=1)
    joints = np.zeros((len(times), 13, 3))
    joints[..., 0] = times[:, None]
    return SkeletonSequence(
        joints=joints,
        scores=np.full((len(times), 13), 0.9),
        times=times,
        joints_2d=standing(middles, **others),
    )


def hands_of(joints_2d: Array) -> tuple[Array, Array]:
    """(2,) px of the left and of the right hand of a (13, 2) pose: beyond the wrists."""
    at = {name: joints_2d[LCR.index(name)] for name in LCR.names}
    left, right = (
        at[f"{side}_wrist"] + HAND_SHARE * (at[f"{side}_wrist"] - at[f"{side}_elbow"])
        for side in ("left", "right")
    )
    return left, right


def drawn(poses: Sequence[Array], *, background: int = 100, reach: int = 3) -> Picture:
    """An even picture with people's left hands as red squares, and their right hands as blue ones.

    Args:
        poses: (13, 2) px each.
        background: gray.
        reach: px from a hand's middle to its edges.
    """
    picture = np.full((HEIGHT, WIDTH, 3), background, dtype=np.uint8)
    for pose in poses:
        for hand, colour in zip(hands_of(pose), (RED, BLUE), strict=True):
            x, y = np.floor(hand).astype(int)
            picture[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1] = colour
    return picture


def frames_of(sequences: Sequence[SkeletonSequence], times: Array) -> Iterator[Frame]:
    """A video of people, each frame a shade brighter, 2 of 255, up to white."""
    for index, time in enumerate(times):
        poses = [
            sequence.joints_2d[int(np.argmin(np.abs(sequence.times - time)))]
            for sequence in sequences
            if sequence.joints_2d is not None
        ]
        yield Frame(drawn(poses, background=min(20 + 2 * index, 255)), index, float(time))


def is_colour(pixels: npt.NDArray[np.uint8], colour: tuple[int, int, int]) -> bool:
    """Whether pixels (..., 3) are of a colour, roughly, on average."""
    return bool(np.abs(pixels.reshape(-1, 3).mean(axis=0) - colour).max() < 60)


@dataclass
class Witness:
    """A recognizer that says one thing of everything, and keeps the clips that it is shown."""

    pictures: Making = field(default_factory=lambda: Making(size=(80, 80), hand_px=12))
    trunk_px: float | None = None
    class_names: tuple[str, ...] = ("stands", "moves")
    joint_set: str = "lcr13"
    axes: Axes = "camera"
    frame_rate: float = 10.0
    window_s: float = 1.0
    min_score: float = 0.0
    needs_rgb: bool = True
    shown: list[Clip] = field(default_factory=list)

    def predict(self, clips: Sequence[Clip]) -> Array:
        self.shown += clips
        return np.tile([0.1, 0.9], (len(clips), 1))
