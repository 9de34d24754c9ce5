"""What the loaders of all data sets do alike: go on after a bad file, and mask missing people."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wildpose.geometry import Array
from wildpose.types import Clip

# What JSON may end in that is damaged, or not of the layout that is expected: also lists in lists
# by the thousand, and numbers too large for a float.
DAMAGED_JSON = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)


def usable(
    paths: Iterable[Path], read: Callable[[Path], Clip], log: logging.Logger
) -> Iterator[Clip]:
    """The clips of files, in their order; one that cannot be used is left out with a warning.

    Args:
        paths: of the files.
        read: one file; a ValueError says why it cannot be used. The warning names the file, also
            where the error does not.
        log: of the data set's module.
    """
    for path in paths:
        try:
            clip = read(path)
        except ValueError as error:
            named = str(error).startswith(str(path))
            log.warning("left out: %s", error if named else f"{path}: {error}")
            continue
        yield clip


def single_precision(path: Path, joints: Array) -> npt.NDArray[np.float32]:
    """The same as float32, as clips hold them.

    Args:
        path: of the file, for the message.
        joints: of any shape.

    Raises:
        ValueError: one is not a finite number, or too large for a float32.
    """
    with np.errstate(over="ignore"):  # a number too large becomes infinite
        single = joints.astype(np.float32)
    if not np.isfinite(single).all():
        raise ValueError(f"{path}: a joint is not a finite number")
    return single


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
