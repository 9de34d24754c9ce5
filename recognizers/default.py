"""The recognizer that comes with wildpose: everyday actions of one person, on 13 joints."""

from __future__ import annotations

from pathlib import Path

from recognizers.recognizer import ClipRecognizer
from wildpose import weights

WEIGHT = "everyday_recognizer"


def load(*, weights_dir: Path | None = None) -> ClipRecognizer:
    """The trained recognizer, from the user's folder or from wildpose itself.

    Args:
        weights_dir: the user's folder; None: the one in WILDPOSE_WEIGHTS, if set.

    Raises:
        WeightsError: its file is missing or damaged.
    """
    return ClipRecognizer.load(weights.find(WEIGHT, weights_dir=weights_dir, offline=True))
