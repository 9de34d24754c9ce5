"""Overlapping square tiles: a detector with a small input sees small people on them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from wildpose.detection import Detector
from wildpose.detection.suppression import keep_best
from wildpose.types import Detections

Array = npt.NDArray[np.floating]
OVERLAP = 0.35  # of a tile's side, so that a face cut by one tile is whole in the next
AUTO_ROWS = 2
SMALL = 0.5  # side of a person's region by the picture's shorter side: tiles are worth it
MANY = 3  # people in view: tiles are worth it
WORTH_IT_EVERY_S = 1 / 3
EXPLORE_EVERY_S, EXPLORE_AT_LEAST_EVERY_S = 1 / 3, 8.0
RARER = 2  # after exploring in vain


class TileSchedule:
    """When the detector looks at tiles, which costs as much as several frames.

    By itself: where small or many people are followed, and now and then to find out; soon again
    where that showed small people, ever more rarely where it did not.
    """

    def __init__(self, rows: int | None):
        """Start a video.

        Args:
            rows: tiles along the shorter side in every detection; None to decide by itself.
        """
        self._fixed = rows
        self._tiled = self._explored = -np.inf
        self._explore_every = EXPLORE_EVERY_S
        self._exploring = False

    def rows(self, time: float, sides: list[float], short: int) -> int:
        """Rows of tiles for a detection now; 1 for the whole picture alone.

        Args:
            time: s.
            sides: px, of the regions of those who are followed.
            short: px, the picture's shorter side.
        """
        if self._fixed is not None:
            return self._fixed
        self._exploring = time - self._explored >= self._explore_every
        if self._exploring:
            self._explored = time
        worth_it = min(sides, default=np.inf) < SMALL * short or len(sides) >= MANY
        if not self._exploring and (not worth_it or time - self._tiled < WORTH_IT_EVERY_S):
            return 1
        self._tiled = time
        return AUTO_ROWS

    def learn(self, sides: list[float], short: int) -> None:
        """Take in what the detection found.

        Args:
            sides: px, of the newcomers' regions.
            short: px, the picture's shorter side.
        """
        if not self._exploring:
            return
        if min(sides, default=np.inf) < SMALL * short:
            self._explore_every = EXPLORE_EVERY_S
        else:
            self._explore_every = min(RARER * self._explore_every, EXPLORE_AT_LEAST_EVERY_S)


def tile_corners(width: int, height: int, rows: int) -> list[tuple[int, int, int]]:
    """Square tiles that cover a picture, `rows` of them along its shorter side.

    Returns:
        (x0, y0, side) px; tiles at the right and bottom are pushed back inside.
    """
    short = min(width, height)
    # rows * side - (rows - 1) * OVERLAP * side = short
    # Rounded up: a pixel too few would need one more row.
    side = min(short, math.ceil(short / (rows - (rows - 1) * OVERLAP)))
    return [(x0, y0, side) for y0 in _starts(height, side) for x0 in _starts(width, side)]


def _starts(length: int, side: int) -> list[int]:
    """Where tiles begin along one side of the picture."""
    if side >= length:
        return [0]
    count = 1 + int(np.ceil((length - side) / (side * (1 - OVERLAP))))
    return [round(s) for s in np.linspace(0, length - side, count)]


def detect_on_tiles(
    detector: Detector, image: npt.NDArray[np.uint8], rows: int
) -> tuple[Detections, npt.NDArray[np.bool_]]:
    """People found on the whole picture and on its tiles, each once.

    Args:
        detector: keeps the `Detector` protocol.
        image: (H, W, 3) RGB.
        rows: tiles along the shorter side; 1 for the whole picture alone.

    Returns:
        Everyone, and (N,) whether only a tile showed them.
    """
    found = [detector.detect(image)]
    if rows > 1:
        H, W = image.shape[:2]
        for x0, y0, side in tile_corners(W, H, rows):
            part = _smaller_than(detector.detect(image[y0 : y0 + side, x0 : x0 + side]), side)
            shift = np.array([x0, y0])
            found.append(
                Detections(
                    part.boxes + np.tile(shift, 2),
                    part.scores,
                    part.rois + np.pad(shift, (0, 2)),
                )
            )
    boxes = np.concatenate([d.boxes for d in found])
    scores = np.concatenate([d.scores for d in found])
    rois = np.concatenate([d.rois for d in found])
    kept = keep_best(boxes, scores)
    return Detections(boxes[kept], scores[kept], rois[kept]), kept >= len(found[0])


def _smaller_than(detections: Detections, side: int) -> Detections:
    """Those who fit into a tile; of a larger person a tile shows a part, often mistaken."""
    fits = (detections.boxes[:, 2:] - detections.boxes[:, :2]).max(axis=1, initial=0) <= side
    return Detections(detections.boxes[fits], detections.scores[fits], detections.rois[fits])
