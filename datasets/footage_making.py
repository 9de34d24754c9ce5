"""From a recording to footage: pictures cut, made small, and squares around the hands."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from datasets.recordings import Recording
from wildpose.footage import Footage, Kept, Making, Picture, squares
from wildpose.geometry import Array
from wildpose.joints import joint_set

MARGIN = 0.15  # of the people's box on each side: joints end at wrists and ankles
HANDS = ("left_hand", "right_hand")
WRISTS = ("left_wrist", "right_wrist")


def made(recording: Recording, making: Making) -> Footage:
    """The footage of a recording, read once from beginning to end.

    Args:
        recording: of a clip.
        making: how.

    Raises:
        VideoError: see `Recording.pictures`.
    """
    pictures: list[Picture] = []
    hands: list[npt.NDArray[np.uint8]] = []
    window, places = np.zeros(4), recording.joints_2d
    for t, picture in enumerate(recording.pictures()):
        height, width = picture.shape[:2]
        if t == 0:
            places = recording.joints_2d * _scale(recording.size, width, height)
            window = _window(places, recording.seen_2d, making.kept, width, height)
        if making.hand_px:
            known = recording.seen_2d[:, t]
            hands.append(_hands(picture, places[:, t], known, recording.joint_set, making.hand_px))
        pictures.append(_cut(picture, window, making.size))
    low, high = window[:2], window[2:]
    inside = (places - low) / np.maximum(high - low, 1) * making.size
    return Footage(
        pictures,
        np.where(recording.seen_2d[..., None], inside, 0.0).astype(np.float32),
        recording.seen_2d,
        hands if making.hand_px else None,
    )


def hand_joints(joint_set_name: str) -> list[int]:
    """Left and right hand of a joint set; wrists where it has no hands.

    Raises:
        ValueError: it has neither.
    """
    names = joint_set(joint_set_name).names
    for pair in (HANDS, WRISTS):
        if set(pair) <= set(names):
            return [names.index(name) for name in pair]
    raise ValueError(f"joint set {joint_set_name} has neither hands nor wrists")


def _scale(size: tuple[int, int] | None, width: int, height: int) -> Array:
    """(2,) from the size that places are in to the video's."""
    return np.ones(2) if size is None else np.array([width / size[0], height / size[1]])


def _window(
    places: Array, seen: npt.NDArray[np.bool_], kept: Kept, width: int, height: int
) -> npt.NDArray[np.floating]:
    """(4,) px x0 y0 x1 y1 of what is kept."""
    known = places[seen]
    if kept == "whole" or not len(known):
        return np.array([0, 0, width, height], dtype=float)
    low, high = known.min(axis=0), known.max(axis=0)
    half = (0.5 + MARGIN) * max(float((high - low).max()), 1.0)
    centre = (low + high) / 2
    return np.concatenate([centre - half, centre + half])


def _cut(picture: Picture, window: npt.NDArray[np.floating], size: tuple[int, int]) -> Picture:
    """A part of a picture, at a size; black beyond its edges."""
    low = np.floor(window[:2]).astype(int)
    high = np.maximum(np.ceil(window[2:]).astype(int), low + 1)
    height, width = picture.shape[:2]
    inner = np.clip([low, high], 0, [width, height])
    part = picture[inner[0, 1] : inner[1, 1], inner[0, 0] : inner[1, 0]]
    before, after = inner[0] - low, high - inner[1]
    padded = np.pad(part, [(before[1], after[1]), (before[0], after[0]), (0, 0)])
    smaller = padded.shape[0] > size[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(padded, size, interpolation=how), dtype=np.uint8)


def _hands(
    picture: Picture, places: Array, seen: npt.NDArray[np.bool_], joint_set_name: str, side: int
) -> npt.NDArray[np.uint8]:
    """(2 M, S, S, 3) squares, black where a hand's place is not known."""
    hands = hand_joints(joint_set_name)
    cut = squares(picture, places[:, hands].reshape(-1, 2), side)
    known = seen[:, hands].reshape(-1, 1, 1, 1)
    return np.stack(cut) * known.astype(np.uint8)
