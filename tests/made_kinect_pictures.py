"""People before a Kinect v1, and what its colour camera stores: a mirror image of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from datasets.acting import Style
from datasets.kinematics import Body
from datasets.motions import MOTIONS
from datasets.recordings import Recording
from wildpose.footage import Picture
from wildpose.geometry import Array, rotation_y
from wildpose.joints import convert, joint_set

RED, BLUE = (225, 25, 25), (25, 25, 225)
REACH = 9  # px from a hand's middle to the edges of its square


def waving(T: int, joint_set_name: str, *, place: tuple[float, float, float]) -> Array:
    """(T, J, 3) m, kinect axes: somebody who faces the sensor, feet at a place."""
    joints = MOTIONS["wave"](np.arange(T) / 15, Body(), Style()) @ rotation_y(np.pi).T
    return convert(joints, "kinect25", joint_set_name) + place


def stored_picture(people: Array, joint_set_name: str) -> Picture:
    """(480, 640, 3) RGB in which left hands are red and right hands are blue squares.

    As Microsoft's SDK draws skeletons over pictures: x to the right, y up, 531 px wide at 1 m.

    Args:
        people: (M, J, 3) m, kinect axes.
        joint_set_name: of the joints.
    """
    picture = np.full((480, 640, 3), 110, dtype=np.uint8)
    for pose in people:
        for side, colour in (("left", RED), ("right", BLUE)):
            x, y, z = pose[joint_set(joint_set_name).index(f"{side}_hand")]
            u, v = round(320 + 531.15 * x / z), round(240 - 531.15 * y / z)
            picture[v - REACH : v + REACH + 1, u - REACH : u + REACH + 1] = colour
    return picture


def is_of(colour: tuple[int, int, int], picture: Picture, place: npt.NDArray) -> bool:
    """Whether a picture has a colour at a place, px."""
    x, y = np.floor(place).astype(int)
    return bool(np.abs(picture[y, x].astype(int) - colour).max() < 70)


def hands_are_found(recording: Recording) -> bool:
    """Whether red is at everybody's left hand in every picture, and blue at the right one.

    Of people who were seen in all frames.
    """
    joints = joint_set(recording.joint_set)
    hands = [(joints.index("left_hand"), RED), (joints.index("right_hand"), BLUE)]
    found = []
    for t, picture in enumerate(recording.pictures()):
        size = picture.shape[1], picture.shape[0]
        scale = np.ones(2) if recording.size is None else np.divide(size, recording.size)
        found += [
            is_of(colour, picture, scale * person[t, joint])
            for person in recording.joints_2d
            for joint, colour in hands
        ]
    return bool(found) and all(found)
