"""Attention over hands: which of them counts in which frame, and which frame in a clip.

As figures 5 and 6 of Baradel et al. 2017.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from datasets.synthetic_truth import Truth
from recognizers.recognizer import ClipRecognizer
from tools.explaining.hand_weights import HandWeights, hand_weights
from tools.explaining.strips import (
    COLOURS,
    Drawing,
    Sheet,
    framed,
    name_row,
    rgb,
    steps_drawn,
    tagged,
    with_band,
)
from tools.explaining.views import Scene, View, nearest
from wildpose.cutting import hand_places
from wildpose.footage import Picture

NAMES = ("left hand", "right hand", "left hand, 2nd", "right hand, 2nd")
SHORT = ("L", "R", "L2", "R2")
UNKNOWN_SIDE = 0.1  # of a picture's height, of squares whose size nobody knows
THIN, THICK = 1, 6  # px of the frame of a hand of weight 0 and 1
HOLDS = "*"  # mark of the hand that holds the object


def drawn(
    recognizer: ClipRecognizer, view: View, scene: Scene, truth: Truth | None, title: str
) -> Drawing:
    """A strip and a video of the weights that hands get in a clip.

    Args:
        recognizer: of a PoseConditionedAttention that attends.
        view: of the clip.
        scene: its pictures.
        truth: of the clip; None: nothing is known.
        title: above the strip.

    Raises:
        ValueError: the truth is of other frames.
    """
    weights = hand_weights(recognizer, view, truth)
    footage = scene.footage
    places, seen = hand_places(footage.joints_2d, footage.seen_2d, recognizer.joint_set)
    T = len(footage.pictures)  # places are (M, T, 2, 2) so far
    places = places.swapaxes(0, 1).reshape(T, -1, 2)
    marker = _Marker(weights, scene, places, seen.swapaxes(0, 1).reshape(T, -1))
    return Drawing(_sheet(weights, view, marker, title), _video(weights, view, marker))


class _Marker:
    """Draws the weights of a step on a picture."""

    def __init__(
        self,
        weights: HandWeights,
        scene: Scene,
        places: npt.NDArray[np.floating],
        seen: npt.NDArray[np.bool_],
    ):
        """Set up.

        Args:
            weights: of a clip.
            scene: its pictures.
            places: (frames, 2 M, 2) px of the hands in these.
            seen: (frames, 2 M).
        """
        self._weights, self._scene, self._places, self._seen = weights, scene, places, seen

    def __call__(self, frame: int, step: int) -> Picture:
        """The picture of a frame, with the weights of a step."""
        picture = np.ascontiguousarray(self._scene.footage.pictures[frame]).copy()
        sides = self._scene.hand_sides
        for hand in np.flatnonzero(self._seen[frame] & self._present(step)):
            half = (UNKNOWN_SIDE * len(picture) if sides is None else sides[hand // 2]) / 2
            weight = float(self._weights.spatial[step, hand])
            low, high = (np.round(self._places[frame, hand] + d).astype(int) for d in (-half, half))
            thick = round(THIN + (THICK - THIN) * weight)
            colour = rgb(COLOURS[hand])
            cv2.rectangle(picture, low.tolist(), high.tolist(), colour, thick, cv2.LINE_AA)
            mark = HOLDS if self._weights.held[step, hand] else ""
            text = f"{SHORT[hand]}{mark} {weight:.2f}"
            below = hand % 2  # right hands are named below their square, or both could overlap
            tagged(picture, text, (int(low[0]), int(high[1] + 16 if below else low[1] - 7)), colour)
        return picture

    def _present(self, step: int) -> npt.NDArray[np.bool_]:
        return self._weights.present[step, : self._seen.shape[1]]


def _video(weights: HandWeights, view: View, marker: _Marker) -> Iterator[Picture]:
    for frame in range(len(view.clip)):
        step = nearest(frame, view.positions)
        yield with_band(
            marker(frame, step),
            [
                f"{frame / view.clip.frame_rate:.2f} s; weight of this moment "
                f"{weights.temporal[step]:.2f}",
                f"{HOLDS} holds the object" if weights.held.any() else "",
            ],
        )


def _sheet(weights: HandWeights, view: View, marker: _Marker, title: str) -> Figure:
    T = len(weights.temporal)
    steps = steps_drawn(T)
    hands = np.flatnonzero(weights.present.any(axis=0))
    sheet = Sheet(len(steps), [1.0, *[0.55] * len(hands), 1.5, 0.7], title)
    frames = view.positions[steps]
    sheet.strip(
        [marker(int(frame), int(step)) for frame, step in zip(frames, steps, strict=True)],
        [f"{frame / view.clip.frame_rate:.2f} s" for frame in frames],
    )
    for hand in hands:
        _crops(sheet, weights, view, steps, int(hand))
    _spatial(sheet.curves("weight of a hand", T), weights, hands)
    axes = sheet.curves("weight\nof a frame", T)
    axes.bar(np.arange(T) + 0.5, weights.temporal, 0.8, color="#555555")
    axes.axhline(1 / T, color="grey", linewidth=0.8, linestyle=":")
    return sheet.figure


def _crops(
    sheet: Sheet, weights: HandWeights, view: View, steps: npt.NDArray[np.int64], hand: int
) -> None:
    """A row of what the network saw of a hand, framed as it counted."""
    assert view.batch.hands is not None
    crops = view.batch.hands[0, :, hand].permute(0, 2, 3, 1).cpu().numpy()
    row = sheet.strip([crops[step] if weights.present[step, hand] else None for step in steps])
    for axes, step in zip(row, steps, strict=True):
        framed(axes, COLOURS[hand], 0.4 + 5 * weights.spatial[step, hand])
        if weights.held[step, hand]:
            axes.text(
                0.97, 0.95, HOLDS, color="white", fontsize=14, ha="right", va="top",
                transform=axes.transAxes, bbox={"color": "black", "pad": 0.5},
            )  # fmt: skip
    name_row(row[0], NAMES[hand], COLOURS[hand])


def _spatial(axes: Axes, weights: HandWeights, hands: npt.NDArray[np.intp]) -> None:
    """Curves of the hands' weights, marked where one holds the object."""
    at = np.arange(len(weights.temporal)) + 0.5
    for hand in hands:
        there = np.where(weights.present[:, hand], weights.spatial[:, hand], np.nan)
        axes.plot(at, there, color=COLOURS[hand], linewidth=1.5, marker=".", label=NAMES[hand])
        held = weights.held[:, hand]
        if held.any():
            axes.plot(
                at[held], there[held], linestyle="", marker="*", markersize=11,
                markerfacecolor=COLOURS[hand], markeredgecolor="black", label="holds the object",
            )  # fmt: skip
    if weights.first is not None:
        axes.axvline(
            weights.first + 0.5, color="grey", linestyle="--", linewidth=1, label="first shown"
        )
    axes.set_ylim(-0.03, 1.03)
    lines = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    axes.legend(
        lines.values(), lines.keys(), fontsize=7, ncols=6, loc="lower right",
        bbox_to_anchor=(1, 0.97), frameon=False,
    )  # fmt: skip
