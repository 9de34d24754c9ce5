"""The recognizer that comes with wildpose: everyday actions of one person, on 13 joints."""

from __future__ import annotations

from recognizers.recognizer import ClipRecognizer
from wildpose import weights

WEIGHT = "everyday_recognizer"


def load() -> ClipRecognizer:
    """The trained recognizer, from the folder in WILDPOSE_WEIGHTS or from wildpose itself.

    Raises:
        WeightsError: its file is missing or damaged.
    """
    return ClipRecognizer.load(weights.find(WEIGHT, offline=True))
