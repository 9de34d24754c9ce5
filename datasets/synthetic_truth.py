"""What is known of a synthetic clip and is in none of NTU's files: which hand holds what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from datasets.synthetic_actions import Object
from datasets.synthetic_takes import Hold
from wildpose.atomic import writing


@dataclass(frozen=True)
class Truth:
    """The truth of one clip; people are counted as in the `Clip` that is read from it."""

    object: Object | None
    """What is held; None: nothing."""
    both_hands: bool
    """Both hands do the same, so that poses do not tell which holds it; else one hand acts, and
    that is the one that holds. Of captured motions without an object it says nothing."""
    holds: tuple[Hold, ...]
    """Who holds it and when, in order of time; nobody while it flies."""
    seen_px: tuple[int, ...]
    """T; how many pixels of the video's frame show the object, 0 where it is hidden."""
    captured: bool
    """The motion is from a capture."""

    def holding(self, people: int = 2) -> npt.NDArray[np.bool_]:
        """(T, M, 2) whether each person's left and right hand holds the object.

        Args:
            people: M, at least as many as the clip has.
        """
        held = np.zeros((len(self.seen_px), people, 2), dtype=bool)
        for hold in self.holds:
            held[hold.start : hold.stop, hold.person, hold.hand] = True
        return held


def write_truth(path: Path, truth: Truth) -> None:
    """Keep a truth in a file, which appears when it is whole."""
    with writing(path) as temporary:
        temporary.write_text(json.dumps(asdict(truth)))


def read_truth(path: Path) -> Truth:
    """The truth of a file.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is damaged.
    """
    try:
        return _truth(json.loads(path.read_text()))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path}: damaged ({error}); delete it and run tools/make_synthetic_ntu.py again"
        ) from None


def _truth(record: Mapping[str, Any]) -> Truth:
    return Truth(
        record["object"],
        record["both_hands"],
        tuple(Hold(**hold) for hold in record["holds"]),
        tuple(record["seen_px"]),
        record["captured"],
    )
