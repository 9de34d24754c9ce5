"""BlazePose's person detector: the face and the circle around the body, in a 224-pixel square."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from wildpose import regions, weights
from wildpose.detection.suppression import keep_best
from wildpose.litert import Network
from wildpose.types import Detections

Array = npt.NDArray[np.floating]
SIZE = 224
CIRCLE_SCALE = 1.25  # MediaPipe's pose_detection_to_roi: the landmark network sees a margin


@cache
def anchor_centres() -> Array:
    """Centres of the detector's anchors in order of its outputs.

    Strides 8, 16, 32, 32, 32, two anchors per cell and layer; layers of the same stride share one
    grid, cell by cell: 28 x 28 x 2 + 14 x 14 x 2 + 7 x 7 x 6 = 2254.

    Returns:
        (2254, 2) x, y in [0, 1] of the square.
    """
    centres = []
    for stride, per_cell in ((8, 2), (16, 2), (32, 6)):
        n = SIZE // stride
        y, x = np.mgrid[:n, :n]
        grid = (np.stack([x, y], axis=-1).reshape(-1, 2) + 0.5) / n
        centres.append(np.repeat(grid, per_cell, axis=0))
    return np.concatenate(centres)


def letterbox(image: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], float, Array]:
    """The picture in the middle of a black 224-pixel square.

    Returns:
        (1, 224, 224, 3) in [-1, 1]; pixels of the picture per pixel of the square; (2,) px, the
        picture's point at the square's corner.
    """
    H, W = image.shape[:2]
    scale = max(H, W) / SIZE
    size = (max(1, round(W / scale)), max(1, round(H / scale)))
    small = _resized(image, size, scale)
    left, top = (SIZE - size[0]) // 2, (SIZE - size[1]) // 2
    square = np.full((1, SIZE, SIZE, 3), -1, dtype=np.float32)
    square[0, top : top + size[1], left : left + size[0]] = small * np.float32(2 / 255) - 1
    return square, scale, -scale * np.array([left, top], dtype=float)


def _resized(
    image: npt.NDArray[np.uint8], size: tuple[int, int], scale: float
) -> npt.NDArray[np.uint8]:
    """The picture at another size, every pixel counted: small faces must not fall between samples.

    OpenCV averages by whole numbers twenty times faster than by a fraction. So: by a whole number
    to at least twice the size, by bilinear sampling to just twice, and by two to the end.
    """
    W, H = size
    factor = int(scale / 2)
    if factor >= 2:
        part = (max(1, image.shape[1] // factor), max(1, image.shape[0] // factor))
        image = cv2.resize(image, part, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    if scale > 1:
        image = cv2.resize(image, (2 * W, 2 * H), interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
        return cv2.resize(image, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


class BlazePoseDetector:
    """People whose face or upper body can be seen, several at once."""

    def __init__(
        self,
        *,
        weights_dir: Path | None = None,
        offline: bool = False,
        threads: int | None = None,
        min_score: float = 0.3,
    ):
        """Load the network.

        Args:
            weights_dir: folder with the network's file, before the cache is looked at.
            offline: never download.
            threads: for the network; None for the machine's cores.
            min_score: MediaPipe stops at 0.5; here the landmarks confirm each detection, so that
                doubtful ones may be tried too.
        """
        path = weights.find("blazepose_detector", weights_dir=weights_dir, offline=offline)
        self._network = Network(path, outputs=("Identity", "Identity_1"), threads=threads)
        self._min_score = min_score

    def detect(self, image: npt.NDArray[np.uint8]) -> Detections:
        """People in one picture, best first, each once.

        Args:
            image: (H, W, 3) RGB.
        """
        square, scale, corner = letterbox(image)
        outputs = self._network(square)
        logits = np.clip(outputs["Identity_1"][0, :, 0], -100, 100)
        scores = 1 / (1 + np.exp(-logits.astype(float)))
        found = np.flatnonzero(scores >= self._min_score)
        if not len(found):
            return Detections.none()
        values = outputs["Identity"][0, found].astype(float) / SIZE
        # Box centre and four points are all relative to the anchor's centre.
        points = values[:, 4:].reshape(-1, 4, 2) + anchor_centres()[found, None]
        points = points * SIZE * scale + corner
        rois = regions.region_from_circle(points[:, 0], points[:, 1], scale=CIRCLE_SCALE)
        radius = rois[:, 2] / (2 * CIRCLE_SCALE)
        boxes = np.concatenate(
            [points[:, 0] - radius[:, None], points[:, 0] + radius[:, None]], axis=1
        )
        kept = keep_best(boxes, scores[found])
        return Detections(boxes[kept], scores[found][kept], rois[kept])
