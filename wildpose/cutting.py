"""What is cut out of a picture for networks: people, made small, and squares around hands."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from wildpose.footage import Kept, Picture, squares
from wildpose.joints import joint_set

Array = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
MARGIN = 0.15  # of the people's box on each side: joints end at wrists and ankles
SIDES = ("left", "right")
SEEN_SCORE = 0.3  # a joint less sure is not known to be where it is; overlays draw it faintly
# Of the forearm's length, how far beyond the wrist a hand is, along the forearm. On six samples of
# NTU RGB+D hands are 0.28 forearms away from wrists, since they bend; along the forearm that is
# 0.23 in space and 0.27 in the picture, and 0.25 comes nearest to them in the picture.
HAND_SHARE = 0.25
UPRIGHT = 0.9  # quantile of a trunk's length: who bends to the camera looks shorter, never longer
# Of the trunk's length, how far shoulders are apart: 0.69 in the lcr13 skeletons of 131 videos of
# push-ups. Kinect's are 0.85 apart, on a trunk that is shorter, since its hips are higher up.
SHOULDERS = 0.7


def part_kept(places: Array, seen: Mask, kept: Kept, width: int, height: int) -> Array:
    """(4,) px x0 y0 x1 y1 of what is kept of a clip's pictures; it may reach beyond them.

    Args:
        places: (..., J, 2) px, of everybody in all frames.
        seen: (..., J) False where nobody knows the place.
        kept: whole or people.
        width: px of the pictures.
        height: px of the pictures.
    """
    known = places[seen]
    if kept == "whole" or not len(known):
        return np.array([0, 0, width, height], dtype=float)
    size = np.array([width, height])
    known = np.clip(known, -size, 2 * size)  # a joint that is wrong by far must not widen it so
    low, high = known.min(axis=0), known.max(axis=0)
    half = (0.5 + MARGIN) * max(float((high - low).max()), 1.0)
    centre = (low + high) / 2
    return np.concatenate([centre - half, centre + half])


def cut(picture: Picture, part: Array, size: tuple[int, int]) -> Picture:
    """A part of a picture, at a size; black beyond its edges.

    Args:
        picture: (H, W, 3).
        part: (4,) px x0 y0 x1 y1.
        size: width and height px.

    Returns:
        (height, width, 3).
    """
    low = np.floor(part[:2]).astype(int)
    high = np.maximum(np.ceil(part[2:]).astype(int), low + 1)
    height, width = picture.shape[:2]
    inner = np.clip([low, high], 0, [width, height])
    if (inner[1] <= inner[0]).any():  # none of it is in the picture
        return np.zeros((size[1], size[0], 3), dtype=np.uint8)
    inside = picture[inner[0, 1] : inner[1, 1], inner[0, 0] : inner[1, 0]]
    before, after = inner[0] - low, high - inner[1]
    padded = np.pad(inside, [(before[1], after[1]), (before[0], after[0]), (0, 0)])
    return resized(padded, size)


def resized(picture: Picture, size: tuple[int, int]) -> Picture:
    """(height, width, 3) of a picture, squashed to a width and height."""
    how = cv2.INTER_AREA if picture.shape[0] > size[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=how), dtype=np.uint8)


def places_in(places: Array, part: Array, size: tuple[int, int]) -> Array:
    """Places in a picture as places in what `cut` makes of it.

    Args:
        places: (..., 2) px.
        part: as of `cut`.
        size: as of `cut`.

    Returns:
        (..., 2) px.
    """
    low, high = part[:2], part[2:]
    return (places - low) / np.maximum(high - low, 1) * size


def hand_places(places: Array, seen: Mask, joint_set_name: str) -> tuple[Array, Mask]:
    """Where the left and the right hand are.

    Of a joint set without hands, HAND_SHARE beyond the wrist, as the forearm points; at the wrist
    where nobody knows the elbow.

    Args:
        places: (..., J, 2) px.
        seen: (..., J).
        joint_set_name: of the joints.

    Returns:
        (..., 2, 2) px and (..., 2), whether it is known.

    Raises:
        ValueError: the joint set has neither hands nor wrists.
    """
    names = joint_set(joint_set_name).names
    for end in ("hand", "wrist"):
        if {f"{side}_{end}" for side in SIDES} <= set(names):
            break
    else:
        raise ValueError(f"joint set {joint_set_name} has neither hands nor wrists")
    ends = [names.index(f"{side}_{end}") for side in SIDES]
    found, known = places[..., ends, :], seen[..., ends]
    if end == "wrist":
        elbows = [names.index(f"{side}_elbow") for side in SIDES]
        beyond = HAND_SHARE * (found - places[..., elbows, :])
        found = found + np.where((known & seen[..., elbows])[..., None], beyond, 0.0)
    return found, known


def hand_squares(
    picture: Picture, places: Array, known: Mask, *, side: float, shown: int
) -> npt.NDArray[np.uint8]:
    """Squares around hands, black where a hand's place is not known, or beyond the picture.

    Args:
        picture: (H, W, 3).
        places: (N, 2) px.
        known: (N,).
        side: px of the picture that a square holds.
        shown: S, px to which it is brought.

    Returns:
        (N, S, S, 3).
    """
    found = np.zeros((len(places), shown, shown, 3), dtype=np.uint8)
    for n in np.flatnonzero(known):
        (square,) = squares(picture, places[n : n + 1], side)
        found[n] = square if len(square) == shown else resized(square, (shown, shown))
    return found


def trunk_length(places: Array, seen: Mask, joint_set_name: str) -> float | None:
    """Px between the middle of the shoulders and that of the hips: how large a person is.

    Or what it were if shoulders are SHOULDERS of it apart, where that is more: of who bends forward
    or lies, seen from the front, the trunk is short in the picture.

    Args:
        places: (T, J, 2) px, of one person.
        seen: (T, J).
        joint_set_name: of the joints.

    Returns:
        What a tenth of the frames exceeds; None where the trunk is seen in none.
    """
    of = joint_set(joint_set_name)
    shoulders, hips = (
        [of.index(f"{side}_{joint}") for side in SIDES] for joint in ("shoulder", "hip")
    )
    whole = seen[:, [*shoulders, *hips]].all(axis=1)
    if not whole.any():
        return None
    trunks = places[whole][:, shoulders].mean(axis=1) - places[whole][:, hips].mean(axis=1)
    across = places[whole][:, shoulders[0]] - places[whole][:, shoulders[1]]
    lengths = np.linalg.norm(trunks, axis=-1), np.linalg.norm(across, axis=-1) / SHOULDERS
    return float(max(np.quantile(each, UPRIGHT) for each in lengths))
