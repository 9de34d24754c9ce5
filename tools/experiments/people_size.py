"""How large people are in the videos of a training, of which networks see squares around hands."""

from __future__ import annotations

import logging
from collections.abc import Callable, Set
from pathlib import Path

import numpy as np

from datasets.catalogue import dataset_named
from datasets.recordings import Recording
from tools.experiments.samples import Samples
from wildpose.cutting import trunk_length
from wildpose.video import probe

CLIPS = 100  # that are measured, for a median: all of a large set would take an hour
log = logging.getLogger(__name__)


def trunk_px(name: str, samples: Samples) -> float | None:
    """Median length of people's trunks in the training clips' videos, see `trunk_length`.

    Args:
        name: of the data set.
        samples: of it, with footage.

    Returns:
        Px of the videos; None, and a line in the log, where the videos are not there any more.
    """
    assert samples.footage is not None  # networks without pictures do not ask
    root = samples.footage.folder.parents[1]
    lengths: list[float] = []
    why = f"none of the training clips has a video in {root}"
    try:
        readers = _readers(name, root, {clip.name for clip in samples.clips["train"]})
        lengths = [length for read in readers for length in _lengths(read)]
    except (OSError, ValueError) as error:
        why = str(error)
    if lengths:
        return round(float(np.median(lengths)), 2)
    log.warning(
        "how large people are in the videos is not known (%s): in other videos squares around "
        "hands will be of as many pixels, however large people are",
        why,
    )
    return None


def _readers(name: str, root: Path, wanted: Set[str]) -> list[Callable[[], Recording]]:
    """Of at most CLIPS of the wanted clips, evenly chosen by name.

    Raises:
        FileNotFoundError, ValueError: the data set is not there.
    """
    recordings = dataset_named(name, root.parent).recordings
    found = [] if recordings is None else [one for one in recordings(root) if one[0] in wanted]
    step = max(len(found) / CLIPS, 1.0)
    return [found[int(i * step)][1] for i in range(min(len(found), CLIPS))]


def _lengths(read: Callable[[], Recording]) -> list[float]:
    """Of each person of a clip; of one that cannot be read, none."""
    try:
        recording = read()
        scale = np.ones(2)
        if recording.size is not None:
            video = probe(recording.video)
            scale = np.array([video.width, video.height]) / recording.size
    except (OSError, ValueError):
        return []
    people = zip(recording.joints_2d * scale, recording.seen_2d, strict=True)
    found = [trunk_length(places, seen, recording.joint_set) for places, seen in people]
    return [length for length in found if length]
