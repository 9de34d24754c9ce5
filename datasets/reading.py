"""What the loaders of all data sets do alike: go on after a bad file, and mask missing people."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from wildpose.geometry import Array
from wildpose.types import Clip


def usable(
    paths: Iterable[Path], read: Callable[[Path], Clip], log: logging.Logger
) -> Iterator[Clip]:
    """The clips of files, in their order; one that cannot be used is left out with a warning.

    Args:
        paths: of the files.
        read: one file; a ValueError says why it cannot be used.
        log: of the data set's module.
    """
    for path in paths:
        try:
            clip = read(path)
        except ValueError as error:
            log.warning("left out: %s", error)
            continue
        yield clip


def kinect_v1_clip(
    path: Path, joints: Array, *, frame_rate: float, subject: str, label: int
) -> Clip:
    """One person seen by a Kinect v1, masked in frames in which nobody was tracked: all zero.

    Args:
        path: of the file; its stem is the clip's name.
        joints: (T, 20, 3) m, kinect20, kinect axes.
        frame_rate: frames per second.
        subject: the data set's actor id.
        label: class index.

    Raises:
        ValueError: nobody was tracked in any frame.
    """
    mask = np.any(joints != 0, axis=(1, 2))
    if not np.any(mask):
        raise ValueError(f"{path}: every joint of every frame is zero: nobody was tracked")
    return Clip(
        joints=joints[None],
        mask=mask[None],
        joint_set="kinect20",
        frame_rate=frame_rate,
        axes="kinect",
        name=path.stem,
        subject=subject,
        label=label,
    )
