"""What the camera saw of a clip: its pictures, and where its people are in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

Picture: TypeAlias = npt.NDArray[np.uint8]
"""(H, W, 3) RGB, upright: right hands are right hands, not as in a mirror."""
Kept = Literal["whole", "people"]
"""whole: all that the camera saw. people: the square around everybody in the whole clip, so that
people move in it as they did."""


@dataclass(frozen=True)
class Making:
    """How footage is made of a video."""

    size: tuple[int, int] = (256, 256)
    """Width and height px of the pictures, which are squashed to it as they are."""
    kept: Kept = "whole"
    """What of each picture."""
    hand_px: int | None = None
    """Side px, in the video, of the squares around hands; None: none are kept."""
    trunk_px: float | None = None
    """How large people are, see `wildpose.cutting.trunk_length`, whose hands' squares hold
    `hand_px` of the video. Squares of others are larger or smaller with them, and brought to
    `hand_px`. None: all have as many px of the video."""

    def __post_init__(self) -> None:
        if self.kept not in get_args(Kept):
            raise ValueError(f"kept {self.kept!r} is none of {', '.join(get_args(Kept))}")
        if min(self.size) < 1 or (self.hand_px is not None and self.hand_px < 1):
            raise ValueError(
                f"size and hand_px must be 1 px or more, got {self.size} and {self.hand_px}"
            )
        if self.trunk_px is not None and (self.trunk_px <= 0 or self.hand_px is None):
            raise ValueError(
                f"trunk_px must be positive, and is for squares of hand_px; got {self.trunk_px} "
                f"and hand_px {self.hand_px}"
            )

    @property
    def folder(self) -> str:
        """A name that tells it: whole_256x256_hands50, or _hands50of130 with trunk_px."""
        of = f"of{self.trunk_px:g}" if self.trunk_px else ""
        hands = f"_hands{self.hand_px}{of}" if self.hand_px else ""
        return f"{self.kept}_{self.size[0]}x{self.size[1]}{hands}"


@dataclass(frozen=True)
class Footage:
    """A picture for each frame of a clip; of files, read when it is asked for."""

    pictures: Sequence[Picture]
    """T of them, all of one size."""
    joints_2d: npt.NDArray[np.floating]
    """(M, T, J, 2) px from the top-left corner of the pictures; zeros where `seen_2d` is False."""
    seen_2d: npt.NDArray[np.bool_]
    """(M, T, J) False where nobody knows the place."""
    hands: Sequence[npt.NDArray[np.uint8]] | None = None
    """T of (2 M, S, S, 3) RGB: squares around the hands, taken from pictures of full size, left
    and right of the first person, then of the next; zeros where the place is not known. None: none
    were kept, and a network that asks for them cannot be shown the clip."""
    hand_features: Sequence[npt.NDArray[np.floating]] | None = None
    """T of (2 M, D): what an image network made of those squares before, which is then shown in
    their place. None: nothing was kept."""

    def __post_init__(self) -> None:
        T = len(self.pictures)
        places, seen = self.joints_2d.shape, self.seen_2d.shape
        fits = len(places) == 4 and places[1] == T and places[3] == 2 and seen == places[:3]
        of_hands = {"hands": self.hands, "hand_features": self.hand_features}
        counts = {name: len(part) for name, part in of_hands.items() if part is not None}
        if not fits or any(count != T for count in counts.values()):
            also = ", ".join(f"{count} {name}" for name, count in counts.items()) or "no hands"
            raise ValueError(
                "Footage: expected T pictures, joints_2d (M, T, J, 2), seen_2d (M, T, J), T hands; "
                f"got {T} pictures, joints_2d {places}, seen_2d {seen}, {also}"
            )

    def __repr__(self) -> str:
        M, T, J, _ = self.joints_2d.shape
        return f"Footage({T} pictures, {M} people of {J} joints)"


def squares(picture: Picture, centres: npt.NDArray[np.floating], side: float) -> list[Picture]:
    """Squares of a picture around points, black where they reach beyond it.

    Args:
        picture: (H, W, 3).
        centres: (N, 2) px.
        side: px; rounded, at least one.

    Returns:
        N of (side, side, 3).
    """
    side = max(1, round(side))
    return [_square(picture, centre, side) for centre in centres]


def _square(picture: Picture, centre: npt.NDArray[np.floating], side: int) -> Picture:
    height, width = picture.shape[:2]
    # Far outside it is black anyhow; without a limit a wild coordinate would overflow.
    x, y = np.clip(centre, -2.0 * side, [width + 2.0 * side, height + 2.0 * side]) - side / 2
    left, top = round(float(x)), round(float(y))
    cut = np.zeros((side, side, 3), dtype=np.uint8)
    x0, x1 = np.clip([left, left + side], 0, width)
    y0, y1 = np.clip([top, top + side], 0, height)
    cut[y0 - top : y1 - top, x0 - left : x1 - left] = picture[y0:y1, x0:x1]
    return cut
