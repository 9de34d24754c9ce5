"""From a recording to footage: pictures cut, made small, and squares around the hands."""

from __future__ import annotations

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


def made(recording: Recording, making: Making) -> Footage:
    """The footage of a recording, read once from beginning to end.

    Args:
        recording: of a clip.
        making: how.

    Raises:
        ValueError: squares around hands are wanted, and its joints are without hands and wrists.
        VideoError: see `Recording.pictures`.
    """
    pictures: list[Picture] = []
    hands: list[npt.NDArray[np.uint8]] = []
    part, places, seen = np.zeros(4), recording.joints_2d, recording.seen_2d
    sides: list[float] = []
    for t, picture in enumerate(recording.pictures()):
        if t == 0:
            height, width = picture.shape[:2]
            places = recording.joints_2d * _scale(recording.size, width, height)
            part = part_kept(places, seen, making.kept, width, height)
            longest = max(width, height)  # of a place far off, a square would be huge
            sides = [min(s, longest) for s in _sides(places, seen, recording.joint_set, making)]
        if making.hand_px:
            found, known = hand_places(places[:, t], recording.placed[:, t], recording.joint_set)
            squares = [
                hand_squares(picture, *own, side=side, shown=making.hand_px)
                for *own, side in zip(found, known, sides, strict=True)
            ]
            hands.append(np.concatenate(squares))
        pictures.append(cut(picture, part, making.size))
    inside = places_in(places, part, making.size)
    return Footage(
        pictures,
        np.where(seen[..., None], inside, 0.0).astype(np.float32),
        seen,
        hands if making.hand_px else None,
    )


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
