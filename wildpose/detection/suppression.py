"""Keeping the best of the boxes that show the same person."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wildpose.boxes import overlap

Array = npt.NDArray[np.floating]


def keep_best(boxes: Array, scores: Array, *, max_overlap: float = 0.5) -> npt.NDArray[np.intp]:
    """Indices of the boxes that no better one overlaps by more than `max_overlap`, best first.

    Args:
        boxes: (N, 4) px.
        scores: (N,).
    """
    order = np.argsort(-scores, kind="stable")
    shared = overlap(boxes, boxes)
    kept: list[int] = []
    for i in order:
        if all(shared[i, j] <= max_overlap for j in kept):
            kept.append(int(i))
    return np.array(kept, dtype=np.intp)
