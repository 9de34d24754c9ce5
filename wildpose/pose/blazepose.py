"""BlazePose's landmark network: 33 joints in 2D and in metres from one person's square."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from wildpose import regions, weights
from wildpose.litert import Network
from wildpose.types import Detections, Keypoints

Array = npt.NDArray[np.floating]
SIZE = 256
CIRCLE_SCALE = 1.25  # MediaPipe's pose_landmarks_to_roi
LANDMARKS, PRESENCE, HEATMAP, WORLD = "Identity", "Identity_1", "Identity_3", "Identity_4"
JOINTS = 33  # of 39 landmarks; 33 and 34 are the centre and the rim of the body's circle


def sigmoid(logits: Array) -> Array:
    """Logits as probabilities."""
    return 1 / (1 + np.exp(-np.clip(logits, -60, 60)))


def refine(points: Array, heatmap: Array, *, window: int = 7) -> Array:
    """Regressed points moved to the centre of mass of their heat map nearby.

    As MediaPipe's RefineLandmarksFromHeatmap does for this network; a point whose heat map is
    below one half in the whole window stays. Cell i lies at i * 4 px of the crop, not at
    (i + 0.5) * 4: on mannequins the latter is 2 px off in x and in y, the former is not.

    Args:
        points: (J, 2) px in the crop.
        heatmap: (h, w, J) logits.
        window: cells on a side.

    Returns:
        (J, 2) px in the crop.
    """
    height, width, J = heatmap.shape
    cell = SIZE / width
    reach = np.arange(window) - window // 2
    columns = np.round(points[:, 0] / cell).astype(int)[:, None] + reach  # (J, window)
    rows = np.round(points[:, 1] / cell).astype(int)[:, None] + reach
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[
        :, None
    ]
    heat = sigmoid(
        heatmap[
            np.clip(rows, 0, height - 1)[:, :, None],
            np.clip(columns, 0, width - 1)[:, None],
            np.arange(J)[:, None, None],
        ]
    )
    heat = np.where(inside, heat, 0)  # (J, window, window)
    total = heat.sum(axis=(1, 2))
    centre = np.stack(
        [
            (heat.sum(axis=1) * columns).sum(axis=1),
            (heat.sum(axis=2) * rows).sum(axis=1),
        ],
        axis=-1,
    )
    trusted = heat.max(axis=(1, 2)) >= 0.5
    moved = cell * centre / np.maximum(total, 1e-6)[:, None]
    return np.where(trusted[:, None], moved, points)


class BlazePose:
    """33 landmarks of each person, in the picture and in metres around the mid-hip."""

    joint_set = "blazepose33"

    def __init__(
        self,
        *,
        weights_dir: Path | None = None,
        offline: bool = False,
        threads: int | None = None,
        min_presence: float = 0.5,
    ):
        """Load the network.

        Args:
            weights_dir: folder with the network's file, before the cache is looked at.
            offline: never download.
            threads: for the network; None for the machine's cores.
            min_presence: below it there is nobody in the square; 0.5 as MediaPipe.
        """
        path = weights.find("blazepose_landmarks", weights_dir=weights_dir, offline=offline)
        self._network = Network(
            path, outputs=(LANDMARKS, PRESENCE, HEATMAP, WORLD), threads=threads
        )
        self._min_presence = min_presence

    def estimate(self, image: npt.NDArray[np.uint8], people: Detections) -> list[Keypoints | None]:
        """Landmarks of each detected person, None where there is nobody after all.

        Args:
            image: (H, W, 3) RGB.
            people: only `rois` are read.
        """
        return [self._one(image, roi) for roi in people.rois]

    def _one(self, image: npt.NDArray[np.uint8], roi: Array) -> Keypoints | None:
        crop = regions.cut_out(image, roi, SIZE)
        outputs = self._network(np.multiply(crop[None], 1 / 255, dtype=np.float32))
        presence = float(outputs[PRESENCE][0, 0])
        if presence < self._min_presence:
            return None
        landmarks = outputs[LANDMARKS].reshape(39, 5).astype(float)
        in_crop = refine(landmarks[:, :2], outputs[HEATMAP][0])
        points = regions.to_image(in_crop, roi, SIZE)
        c, s = np.cos(roi[3]), np.sin(roi[3])
        upright = outputs[WORLD].reshape(39, 3)[:JOINTS].astype(float)
        return Keypoints(
            joints_2d=points[:JOINTS],
            scores=sigmoid(landmarks[:JOINTS, 3]),
            joint_set=self.joint_set,
            presence=presence,
            joints_3d=upright @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]),
            roi=regions.region_from_circle(points[33], points[34], scale=CIRCLE_SCALE),
        )
