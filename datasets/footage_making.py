"""From a recording to footage: pictures cut, made small, and squares around the hands."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from datasets.recordings import Recording
from wildpose.cutting import (
    cut,
    hand_places,
    hand_squares,
    part_kept,
    places_in,
    trunk_length,
)
from wildpose.footage import Footage, Making, Picture
from wildpose.geometry import Array

Bytes = npt.NDArray[np.uint8]


class Plan(NamedTuple):
    """How the pictures of a recording are cut, which is known when the first is there."""

    places: Array
    """(M, T, J, 2) px of the video."""
    part: Array
    """(4,) of each picture, see `wildpose.cutting.part_kept`."""
    sides: list[float]
    """M px of the video that squares around each person's hands hold."""


def footage_of_recording(recording: Recording, making: Making) -> Footage:
    """The footage of a recording, read once from beginning to end.

    Args:
        recording: of a clip.
        making: how.

    Raises:
        ValueError: squares around hands are wanted, and its joints are without hands and wrists.
        VideoError: see `Recording.pictures`.
    """
    pictures: list[Picture] = []
    hands: list[Bytes] = []
    plan = Plan(recording.joints_2d, np.zeros(4), [])
    for t, picture in enumerate(recording.pictures()):
        if t == 0:
            height, width = picture.shape[:2]
            plan = _plan(recording, making, width, height)
        if making.hand_px:
            hands.append(_hands(picture, t, recording, plan, shown=making.hand_px))
        pictures.append(cut(picture, plan.part, making.size))
    seen = recording.seen_2d
    inside = places_in(plan.places, plan.part, making.size)
    return Footage(
        pictures,
        np.where(seen[..., None], inside, 0.0).astype(np.float32),
        seen,
        hands if making.hand_px else None,
    )


def _plan(recording: Recording, making: Making, width: int, height: int) -> Plan:
    """For a video of width and height px."""
    places, seen = recording.joints_2d * _scale(recording.size, width, height), recording.seen_2d
    longest = max(width, height)  # of a place far off, a square would be huge
    sides = [min(side, longest) for side in _sides(places, seen, recording.joint_set, making)]
    return Plan(places, part_kept(places, seen, making.kept, width, height), sides)


def _hands(picture: Picture, t: int, recording: Recording, plan: Plan, *, shown: int) -> Bytes:
    """(2 M, shown, shown, 3) squares around hands of a recording's frame."""
    found, known = hand_places(plan.places[:, t], recording.placed[:, t], recording.joint_set)
    squares = [
        hand_squares(picture, *own, side=side, shown=shown)
        for *own, side in zip(found, known, plan.sides, strict=True)
    ]
    return np.concatenate(squares)


def _sides(
    places: Array, seen: npt.NDArray[np.bool_], joint_set_name: str, making: Making
) -> list[float]:
    """Px of the video that the squares around each person's hands hold."""
    if not making.hand_px or not making.trunk_px:
        return [float(making.hand_px or 0)] * len(places)
    people = zip(places, seen, strict=True)
    trunks = [trunk_length(*person, joint_set_name) for person in people]
    return [making.hand_px * (trunk or making.trunk_px) / making.trunk_px for trunk in trunks]


def _scale(size: tuple[int, int] | None, width: int, height: int) -> Array:
    """(2,) from the size that places are in to the video's."""
    return np.ones(2) if size is None else np.array([width / size[0], height / size[1]])
