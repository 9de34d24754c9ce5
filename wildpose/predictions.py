"""Files of 2D poses that mmpose writes of a video, and that we export: read, checked, in lcr13.

Two forms: the inferencer's list of frames, `[{"frame_id": 0, "instances": [...]}, ...]`, counted
from 0; and that of its demos, `{"meta_info": ..., "instance_info": [...]}`, counted from 1. Frames
may be missing. Our own keys `track_id`, `time_s`, `observed` and `head` are understood, `bbox` and
3D joints are not looked at: boxes follow from the joints, and 3D is made anew, with all frames
around.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wildpose.predicted_joints import (
    BY_NUMBER,
    H36M,
    PIXEL_CENTRE,
    Names,
    can_be_ours,
    in_our_joints,
    looks_like_h36m,
)

Array = npt.NDArray[np.floating]
FARTHEST_PX = 1e6  # from the picture's corner; no joint that anybody means
EXPORT = "predictions.json"  # as `--save mmpose` writes it beside a result
SMALLEST_PX = 1.0  # longer side of a body; mmpose writes people whom it gave up as one point


@dataclass(frozen=True)
class PredictedPerson:
    """One person in one frame."""

    joints_2d: Array
    """(13, 2) px, lcr13."""
    scores: Array
    """(13,) in [0, 1]; 0 for a joint that the file does not have."""
    track_id: int | None = None
    """Who it is, where the file says."""
    time: float | None = None
    """Seconds, where the file says."""


@dataclass(frozen=True)
class Predictions:
    """People of a video, frame by frame, as a file says."""

    path: Path
    """The file."""
    frames: Mapping[int, tuple[PredictedPerson, ...]]
    """By zero-based index among all frames of the video; frames may be missing or empty."""

    @property
    def people(self) -> Iterator[PredictedPerson]:
        """Everyone in every frame."""
        return (person for people in self.frames.values() for person in people)

    @property
    def are_named(self) -> bool:
        """Whether everyone has a track id."""
        return all(person.track_id is not None for person in self.people)

    @property
    def are_timed(self) -> bool:
        """Whether everyone has a time."""
        return all(person.time is not None for person in self.people)


def predictions_for(path: Path, video: Path) -> Path:
    """The file of a video's predictions: as named, or that with the video's stem in a folder.

    In a folder of our own results it is <stem>/predictions.json, where there is no <stem>.json.
    """
    if not path.is_dir():
        return path
    named, ours = path / f"{video.stem}.json", path / video.stem / EXPORT
    return ours if ours.is_file() and not named.exists() else named


def check_one_video_each(path: Path, videos: Sequence[Path]) -> None:
    """See that no file of predictions is taken for those of two videos.

    Raises:
        ValueError: it would be.
    """
    owners: dict[Path, Path] = {}
    for video in videos:
        owner = owners.setdefault(predictions_for(path, video), video)
        if owner != video and path.is_dir():
            raise ValueError(
                f"{owner} and {video} have one name, and {path} has one {video.stem}.json: run "
                "them one by one, each with its own file of poses"
            )
        if owner != video:
            raise ValueError(
                f"{path} has the poses of one video, and there are {len(videos)}: give a folder "
                "with <stem>.json for each"
            )


def read_predictions(path: Path) -> Predictions:
    """The people in a file of mmpose's, or of ours.

    Someone without any hip or any shoulder, or with all joints in one point, is left out.

    Raises:
        ValueError: no such file, not JSON, not of these forms; one line says where and what.
    """
    entries, first, meta = _frames_of(_parsed(path), path)
    found: dict[int, list[_Instance]] = {}
    for position, entry in enumerate(entries):
        frame, instances = _frame(entry, position, path)
        if frame - first < 0:
            raise ValueError(f"{path}: frame_id {frame} is below {first}, where this form begins")
        if frame - first in found:
            raise ValueError(f"{path}: frame {frame} is there twice")
        found[frame - first] = [
            _instance(tree, f"{path}: frame {frame}, person {k}")
            for k, tree in enumerate(instances, start=1)
        ]
        _check_ids(found[frame - first], f"{path}: frame {frame}")
    names = _names(found, meta, path)
    frames = {
        frame: tuple(p for one in found[frame] if (p := _person(one, names)) is not None)
        for frame in sorted(found)
    }
    return Predictions(path, frames)


@dataclass(frozen=True)
class _Instance:
    """One person in one frame, in the file's own joints."""

    joints_2d: Array
    scores: Array
    track_id: int | None
    time: float | None
    head: Array | None
    """(3,) x, y, score; COCO has no place for it."""
    observed: bool


def _parsed(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"no predictions {path}: no such file") from None
    except OSError as error:
        raise ValueError(f"cannot read predictions {path}: {error.strerror or error}") from error
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{path}: not JSON ({error})") from error


def _frames_of(tree: object, path: Path) -> tuple[list[Any], int, dict[str, Any]]:
    """The entries of frames, the number of the first, and what the file says of its joints."""
    if isinstance(tree, dict) and isinstance(tree.get("instance_info"), list):
        meta = tree.get("meta_info")
        return tree["instance_info"], 1, meta if isinstance(meta, dict) else {}
    if not isinstance(tree, list):
        raise ValueError(
            f"{path}: neither a list of frames, as mmpose's inferencer writes, nor an object with "
            "instance_info, as its demos do"
        )
    if tree and isinstance(tree[0], dict) and "keypoints" in tree[0]:
        raise ValueError(
            f"{path}: these are predictions of one picture, a list of people: give those of a "
            "video, a list of frames"
        )
    return tree, 0, {}


def _frame(entry: object, position: int, path: Path) -> tuple[int, list[Any]]:
    """Number and people of one entry."""
    where = f"{path}: entry {position}"
    if not isinstance(entry, dict) or "frame_id" not in entry or "instances" not in entry:
        raise ValueError(f"{where} is no frame: it needs frame_id and instances")
    frame, instances = entry["frame_id"], entry["instances"]
    if not _is_integer(frame):
        raise ValueError(f"{where}: frame_id must be a whole number, got {frame!r:.50}")
    if not isinstance(instances, list):
        raise ValueError(f"{path}: frame {frame}: instances must be a list, got {instances!r:.50}")
    return frame, instances


def _instance(tree: object, where: str) -> _Instance:
    """One person, checked."""
    if not isinstance(tree, dict) or not {"keypoints", "keypoint_scores"} <= tree.keys():
        raise ValueError(f"{where}: a person needs keypoints and keypoint_scores")
    joints = _numbers(tree["keypoints"], f"{where}: keypoints")
    scores = _numbers(tree["keypoint_scores"], f"{where}: keypoint_scores")
    if joints.ndim == 2 and joints.shape[1] == 3:
        raise ValueError(
            f"{where}: keypoints of three numbers each, and 3D joints do not say where in the "
            "picture somebody is: give the 2D poses, as mmpose's 2D inferencer writes them"
        )
    if joints.ndim != 2 or joints.shape[1] != 2 or scores.shape != joints.shape[:1]:
        raise ValueError(
            f"{where}: keypoints must be pairs x, y with a score each, got shapes {joints.shape} "
            f"and {scores.shape}"
        )
    if np.abs(joints).max(initial=0) > FARTHEST_PX:
        raise ValueError(f"{where}: a joint lies more than {FARTHEST_PX:,.0f} px away")
    id, time, head = (tree.get(key) for key in ("track_id", "time_s", "head"))
    if id is not None and not (_is_integer(id) and id >= 0):
        raise ValueError(f"{where}: track_id must be a whole number, 0 or more, got {id!r:.50}")
    if time is not None:
        time = float(_numbers(time, f"{where}: time_s", shape=()))
    if head is not None:
        head = _numbers(head, f"{where}: head", shape=(3,))
    return _Instance(
        joints, np.clip(scores, 0, 1), id, time, head, tree.get("observed", True) is not False
    )


def _numbers(
    value: object,
    where: str,
    shape: tuple[int, ...] | None = None,
) -> Array:
    """A nested list of finite numbers as an array."""
    try:
        array = np.array(value)
    except ValueError:  # ragged
        array = np.array(None)
    if array.size and array.dtype.kind not in "iuf":
        raise ValueError(f"{where} must be numbers, as many for each joint, got {value!r:.80}")
    array = array.astype(float)
    if not np.isfinite(array).all():
        raise ValueError(f"{where} hold NaN or infinity")
    if shape is not None and array.shape != shape:
        raise ValueError(f"{where} must have shape {shape}, got {array.shape}")
    return array


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_ids(people: Sequence[_Instance], where: str) -> None:
    ids = [person.track_id for person in people if person.track_id is not None]
    twice = next((id for id in ids if ids.count(id) > 1), None)
    if twice is not None:
        raise ValueError(f"{where}: two people have the track_id {twice}")


def _names(found: Mapping[int, Sequence[_Instance]], meta: Mapping[str, Any], path: Path) -> Names:
    """What the joints are, by what the file says of them, or by their number."""
    counts = {len(one.joints_2d): frame for frame, people in found.items() for one in people}
    if not counts:
        return ()
    if len(counts) > 1:
        (one, first), (other, second) = list(counts.items())[:2]
        raise ValueError(
            f"{path}: {one} joints in entry of frame {first} and {other} in that of frame {second}"
        )
    (count,) = counts
    told = _told_names(meta, count)
    if told is not None:
        lacking = can_be_ours(told)
        if lacking is None:
            return told
        raise ValueError(f"{path}: none of the joints that meta_info names gives the {lacking}")
    if count not in BY_NUMBER:
        numbers = ", ".join(map(str, BY_NUMBER))
        raise ValueError(
            f"{path}: poses of {count} joints, which are not known: joints are known by their "
            f"number ({numbers}), or by their names in meta_info, as mmpose's demos write it"
        )
    everyone = [one.joints_2d for people in found.values() for one in people]
    if count == len(H36M) and looks_like_h36m(np.stack(everyone)):
        return H36M
    return BY_NUMBER[count]


def _told_names(meta: Mapping[str, Any], count: int) -> Names | None:
    """The joints' names in mmpose's description of a data set."""
    told = meta.get("keypoint_id2name")
    if not isinstance(told, dict):
        return None
    names = tuple(str(told.get(str(i), "")) for i in range(count))
    return names if any(names) else None


def _person(one: _Instance, names: Names) -> PredictedPerson | None:
    """A person in our joints; None where there is too little of them, or none was seen."""
    if not one.observed or np.ptp(one.joints_2d, axis=0).max(initial=0) < SMALLEST_PX:
        return None
    ours = in_our_joints(one.joints_2d, one.scores, names)
    if ours is None:
        return None
    joints_2d, scores = ours
    if one.head is not None:
        joints_2d[-1], scores[-1] = one.head[:2], float(np.clip(one.head[2], 0, 1))
    return PredictedPerson(joints_2d + PIXEL_CENTRE, scores, one.track_id, one.time)
