"""Labelled videos as clips: what our own pipeline sees in a folder of videos for each class.

`tools/prepare_videos.py VIDEOS --out DATA/NAME` finds the person in each VIDEOS/CLASS/FILE and
keeps what it found, see `labelled_video_files`; the videos stay where they are. A data set of such
videos is parted by file, see `own_videos`; or by a module that names its classes and protocols, and
a line in `catalogue.py`: `datasets/pushups.py` is one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from datasets.labelled_video_files import (
    INDEX,
    read_skeleton,
    skeleton_path,
    whole_index,
)
from datasets.protocols import Protocol, Split
from datasets.reading import single_precision, usable
from datasets.recordings import Recording
from wildpose.cutting import SEEN_SCORE
from wildpose.geometry import Array
from wildpose.types import Clip

log = logging.getLogger(__name__)

VALIDATED = 5  # of the files that a fold does not test every so many-th validates


class Steady(NamedTuple):
    """T moments of a person at equal distances, from the first frame in view to the last."""

    rows: Array
    """(T,) positions between the person's rows, which are one for each frame in view."""
    frames: npt.NDArray[np.int64]
    """(T,) of the video, nearest in time."""
    seen: npt.NDArray[np.bool_]
    """(T,) False where the person was out of sight."""


def files(root: Path) -> list[Path]:
    """The skeletons of the set, sorted by name.

    Args:
        root: folder of the set.

    Raises:
        FileNotFoundError: nothing was made there.
        ValueError: what was made is not complete, or its index is damaged.
    """
    return [skeleton_path(root, clip.name) for clip in whole_index(root).used]


def read(path: Path) -> Clip:
    """One clip: a person in lcr13 joints, in metres, in camera axes, placed in the scene.

    The scene is the one that the pipeline places people in when it shows them to a recognizer. The
    clip has as many frames per second as its video on average, at equal distances; those in which
    the person was out of sight are masked.

    Raises:
        FileNotFoundError, ValueError: as of `files`, or the file is none of the set's, or damaged.
    """
    labels = {clip.name: clip.label for clip in whole_index(path.parent.parent).used}
    if path.stem not in labels:
        raise ValueError(f"{path}: {INDEX} beside its folder does not know it")
    return _clip(path, labels[path.stem])


def clips(root: Path, *, class_names: Sequence[str] | None = None) -> Iterator[Clip]:
    """All clips by name; one that cannot be used is left out with a warning.

    Args:
        root: folder of the set.
        class_names: those that the set's module names; None: whatever they are.

    Raises:
        FileNotFoundError, ValueError: as of `files`, or the folder has other classes.
    """
    index = whole_index(root)
    if class_names is not None and tuple(class_names) != index.class_names:
        raise ValueError(
            f"{root}: its videos are of {', '.join(index.class_names)}; expected the classes "
            f"{', '.join(class_names)}"
        )
    labels = {clip.name: clip.label for clip in index.used}
    paths = [skeleton_path(root, clip.name) for clip in index.used]
    return usable(paths, lambda path: _clip(path, labels[path.stem]), log)


def recordings(root: Path) -> Iterator[tuple[str, Callable[[], Recording]]]:
    """All clips, each of which has a video, by name.

    Args:
        root: folder of the set.

    Returns:
        Names, and what reads where the clip is in its video: it raises as `read` does.

    Raises:
        FileNotFoundError, ValueError: as of `files`.
    """
    index = whole_index(root)
    return (
        (clip.name, partial(_recording, skeleton_path(root, clip.name), index.videos / clip.video))
        for clip in index.used
    )


def steady(frames: npt.NDArray[np.integer], times: Array, frame_rate: float) -> Steady:
    """Equal distances in time for a person whose frames are apart as the video has them.

    Args:
        frames: (N,) of the video in which the person is in view, increasing.
        times: (N,) s, of these.
        frame_rate: Hz wanted.
    """
    moments = np.arange(times[0], times[-1] + 0.5 / frame_rate, 1 / frame_rate)
    rows = np.interp(moments, times, np.arange(len(times)))
    before = np.floor(rows).astype(int)
    after = np.minimum(before + 1, len(times) - 1)
    nearest = np.where(rows - before < 0.5, before, after)
    # Frames may be far apart in time, and yet none is missing in between.
    in_view = frames[after] - frames[before] <= 1
    on_a_frame = np.abs(times[nearest] - moments) < 0.5 / frame_rate
    shown = np.floor(np.interp(moments, times, frames) + 0.5).astype(np.int64)
    return Steady(np.where(in_view, rows, nearest), shown, in_view | on_a_frame)


def folds(
    groups: Sequence[Sequence[str]],
    class_names: tuple[str, ...],
    *,
    source: str,
    of: str,
    count: int = 5,
) -> list[Protocol]:
    """Protocols each of which tests its share of every group, and validates on a fifth of the rest.

    Of a group the first name and then every `count`-th is tested by the first.

    Args:
        groups: of names of clips: one for each class, so that folds have as much of each.
        class_names: that the protocols are about.
        source: who set them; each adds which it is.
        of: name of the set, for messages.
        count: of folds.
    """
    made = []
    for fold in range(count):
        splits: dict[str, Split] = {}
        for group in groups:
            rest = [name for i, name in enumerate(group) if i % count != fold]
            splits |= dict.fromkeys(group[fold::count], "test")
            splits |= {name: "train" if i % VALIDATED else "val" for i, name in enumerate(rest)}
        text = f"{source}; fold {fold + 1} of {count} tests, of the others every fifth validates"
        made.append(Protocol(partial(split_of, splits, of=of), class_names, text))
    return made


def split_of(splits: Mapping[str, Split], name: str, *, of: str) -> Split:
    """The split of a clip.

    Raises:
        ValueError: it is none of the set's.
    """
    if name not in splits:
        raise ValueError(f"{name!r} is not a name of a clip of {of}")
    return splits[name]


def _clip(path: Path, label: int) -> Clip:
    kept = read_skeleton(path)
    rate = float(kept["video_fps"])
    rows, _, seen = steady(kept["frames"], kept["times"], rate)
    placed = kept["joints_3d"] + kept["root"][:, None]
    joints = np.where(seen[:, None, None], _between(placed, rows), 0.0)
    return Clip(
        joints=single_precision(path, joints[None]),
        mask=seen[None],
        joint_set=str(kept["joint_set"]),
        frame_rate=rate,
        axes="camera",
        name=path.stem,
        label=label,
    )


def _recording(path: Path, video: Path) -> Recording:
    kept = read_skeleton(path)
    frames = kept["frames"]
    _, shown, _ = steady(frames, kept["times"], float(kept["video_fps"]))
    # Places are those in the very picture that is shown, not between two.
    rows = np.minimum(np.searchsorted(frames, shown), len(frames) - 1)
    there = ((frames[rows] == shown) & kept["observed"][rows])[:, None]
    scores = kept["scores"][rows]
    placed = np.broadcast_to(there, scores.shape)
    places = np.where(placed[..., None], kept["joints_2d"][rows], 0.0)
    return Recording(
        video,
        shown,
        places[None],
        (there & (scores >= SEEN_SCORE))[None],
        joint_set=str(kept["joint_set"]),
        placed_2d=placed[None],  # as at run time, see `wildpose.filmed_windows`
    )


def _between(values: Array, rows: Array) -> Array:
    """(T, ...) of (N, ...) at positions between rows, in a straight line from one to the next."""
    before = np.floor(rows).astype(int)
    after = np.minimum(before + 1, len(values) - 1)
    share = (rows - before).reshape(-1, *[1] * (values.ndim - 1))
    return (1 - share) * values[before] + share * values[after]
