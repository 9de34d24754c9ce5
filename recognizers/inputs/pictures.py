"""Which pictures of a clip are shown to a network, and how they are cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wildpose.footage import Footage, Making

Array = npt.NDArray[np.floating]
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Pictures(Making):
    """What a network asks for besides joints: footage that is made so, and how it is shown.

    Squares around hands are asked for where `hand_px` is given; where none were kept, `shown`
    raises an error.
    """

    shown: int = 224
    """Side px of the part of a picture that is shown, cut out at random; 0: no pictures are."""
    frames: int | None = None
    """F pictures that follow each other, from anywhere in the clip: every second one where it has
    twice as many, and from the start again where it has fewer (Das et al., VPN, ECCV 2020). None:
    those of the poses."""
    crops: int | None = None
    """Of tests: so many cuts of each moment, spread along the longer side (x of a square), of
    moments spread over the clip; `sampling.views` is a multiple of it. Three cuts of ten moments
    are the fully convolutional inference of VPN's paper (as in Wang et al., Non-local Neural
    Networks, CVPR 2018). None: cuts and moments are drawn together."""
    hand_features: bool = False
    """Trainings and their tests read from files what the network's own image network makes of those
    squares, which tools/prepare_features.py keeps: it must be frozen, and begin with weights of a
    file, and `Augmentation.colours` changes none of them. Where footage brings none, as a video's,
    squares are shown as ever."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.hand_features and self.hand_px is None:
            raise ValueError(
                "hand_features are of squares around hands, of which hand_px is the side: give it, "
                "or hand_features=False"
            )
        if self.crops is not None and self.crops < 1:
            raise ValueError(f"crops must be 1 or more, or None, got {self.crops}")
        if not 0 <= self.shown <= min(self.size):
            raise ValueError(
                f"shown must be 0 to {min(self.size)} px, the size of what is kept, got "
                f"{self.shown}"
            )

    def place(self, view: int, views: int) -> Place | None:
        """Where a view of so many is cut out; None where chance decides, or there is one alone."""
        if self.crops is None or views == 1:
            return None
        moment, cut = divmod(view, self.crops)
        return Place(_spread(cut, self.crops), _spread(moment, views // self.crops))


class Place(NamedTuple):
    """Of a view: shares of the room that there is."""

    cut: float
    """0 to 1, from left to right or from top to bottom."""
    moment: float
    """0 to 1, from the earliest to the latest."""


class Shown(NamedTuple):
    """What is seen of one clip; None where nothing was asked for."""

    frames: Bytes | None
    """(F, 3, H, W) RGB."""
    joints_2d: Array | None
    """(M, F, J, 2) in the shown pictures, from -1 to 1 between their edges."""
    seen_2d: Mask | None
    """(M, F, J); False also for what is cut off."""
    hands: Bytes | None
    """(T, 2 M, 3, S, S) RGB."""
    hand_features: Array | None = None
    """(T, 2 M, D) float32, in place of those where the footage brings them."""


def shown(
    footage: Footage,
    asked: Pictures,
    positions: Positions,
    *,
    rng: np.random.Generator | None = None,
    place: Place | None = None,
) -> Shown:
    """The pictures at some moments of a clip, cut alike.

    Args:
        footage: of the clip.
        asked: what for.
        positions: (T,) frames of the clip at which poses are shown.
        rng: of the place of the cut, and of the pictures that follow each other; None: the middle.
        place: of both, in place of chance.

    Raises:
        ValueError: squares around hands are asked for, and none were kept.
    """
    hands = features = None
    if asked.hand_px is not None and footage.hand_features is not None:
        features = np.stack([footage.hand_features[t] for t in positions]).astype(np.float32)
    elif asked.hand_px is not None:
        hands = shown_hands(footage, positions, asked.hand_px)
    if not asked.shown:
        return Shown(None, None, None, hands, features)
    moments = positions
    if asked.frames is not None:
        moments = following(len(footage.pictures), asked.frames, rng, place)
    slack = np.array(asked.size) - asked.shown
    corner = slack // 2
    if place is not None:
        longer = int(slack.argmax())
        corner[longer] = round(place.cut * slack[longer])
    elif rng is not None:
        corner = rng.integers(0, slack + 1)
    x, y = int(corner[0]), int(corner[1])
    pictures = [footage.pictures[t][y : y + asked.shown, x : x + asked.shown] for t in moments]
    places = 2 * (footage.joints_2d[:, moments] - corner) / asked.shown - 1
    seen = footage.seen_2d[:, moments] & (np.abs(places) <= 1).all(axis=-1)
    places = np.where(seen[..., None], places, 0.0).astype(np.float32)
    return Shown(_channels_first(np.stack(pictures)), places, seen, hands, features)


def _spread(index: int, count: int) -> float:
    """Of so many places spread from 0 to 1, in the middle where there is one."""
    return index / (count - 1) if count > 1 else 0.5


def shown_hands(footage: Footage, positions: Positions, side: int) -> Bytes:
    """(T, 2 M, 3, S, S) RGB squares around hands, as image networks read them.

    Args:
        footage: of a clip.
        positions: (T,) frames of the clip.
        side: px that are asked for.

    Raises:
        ValueError: none were kept.
    """
    return _channels_first(np.stack([_hands(footage, t, side) for t in positions]))


def following(
    length: int, frames: int, rng: np.random.Generator | None, place: Place | None = None
) -> Positions:
    """(frames,) frames of a clip, one after the other, see `Pictures.frames`."""
    step = 2 if length > 2 * frames else 1
    span = step * (frames - 1) + 1
    slack = max(length - span, 0)
    start = slack // 2
    if place is not None:
        start = round(place.moment * slack)
    elif rng is not None:
        start = int(rng.integers(0, slack + 1))
    return (start + step * np.arange(frames)) % length


def _hands(footage: Footage, frame: int, side: int) -> Bytes:
    """(2 M, S, S, 3)."""
    if footage.hands is None:
        raise ValueError(f"squares of {side} px around hands are asked for, and none were kept")
    return footage.hands[frame]


def _channels_first(pictures: Bytes) -> Bytes:
    """(..., 3, H, W) of (..., H, W, 3)."""
    return np.ascontiguousarray(np.moveaxis(pictures, -1, -3))
