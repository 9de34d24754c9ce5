"""predictions.json: 2D joints as mmpose's inferencer writes them of a video, and what we know more.

A list of frames, counted from 0 among those that were analysed; COCO's 17 joints. Of those,
`lcr13` has the 12 of the limbs: nose, eyes and ears are (0, 0) with score 0, COCO's way of saying
that a joint is not there. Pixels count from the centre of the first one, as mmpose's do: half a
pixel less than in result.json. `bbox` is nested once more, as mmpose nests it; `bbox_score` is the
mean score of the person's joints.

More than mmpose writes, of each person: `track_id`; `time_s`, the frame's time; `head`, the centre
of the head: x, y, score; `keypoints_3d`, metres from the torso; `observed`, false where the pose
was filled in. The first frame's `wildpose` says what those are in.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wildpose import __version__
from wildpose.atomic import writing
from wildpose.joints import joint_set
from wildpose.predicted_joints import PIXEL_CENTRE
from wildpose.results import Person, Result, rounded

Array = npt.NDArray[np.floating]
JOINT_SET = "coco17"
AXES = "camera: x right, y down, z forward"


def write_mmpose(path: Path, result: Result) -> None:
    """Write the people of one video, frame by frame."""
    frames = (json.dumps(frame) for frame in predictions(result))
    with writing(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write("[")
        for count, text in enumerate(frames):
            file.write(",\n" if count else "\n")
            file.write(text)
        file.write("\n]\n")


def predictions(result: Result) -> Iterator[dict[str, Any]]:
    """The entries of all frames, those with nobody in them too."""
    rows = [dict(zip(p.frames.tolist(), range(len(p)), strict=True)) for p in result.people]
    for frame in range(result.video.frames):
        entry: dict[str, Any] = {
            "frame_id": frame,
            "instances": [
                _instance(person, row[frame])
                for person, row in zip(result.people, rows, strict=True)
                if frame in row
            ],
        }
        if frame == 0:
            entry["wildpose"] = _about(result)
        yield entry


def _about(result: Result) -> dict[str, Any]:
    """What the numbers are in."""
    ours = joint_set(result.people[0].skeleton.joint_set if result.people else "lcr13")
    return {
        "version": __version__,
        "joint_set": JOINT_SET,
        "joint_set_3d": ours.name,
        "joint_names_3d": ours.names,
        "axes_3d": AXES,
        "units_3d": "m",
        "origin_3d": "torso: the mean of hips and shoulders",
    }


def _instance(person: Person, row: int) -> dict[str, Any]:
    """One person in one frame."""
    skeleton = person.skeleton
    assert skeleton.joints_2d is not None  # every result has them
    joints_2d = rounded(skeleton.joints_2d[row] - PIXEL_CENTRE, "joints_2d")
    scores = rounded(skeleton.scores[row], "scores")
    keypoints, keypoint_scores = _in_coco(joints_2d, scores, skeleton.joint_set)
    head = joint_set(skeleton.joint_set).index("head")
    return {
        "keypoints": keypoints.tolist(),
        "keypoint_scores": keypoint_scores.tolist(),
        "bbox": [rounded(person.boxes[row], "boxes").tolist()],
        "bbox_score": float(rounded(scores.mean(), "scores")),
        "track_id": person.id,
        "time_s": float(rounded(skeleton.times[row], "times")),
        "head": [*joints_2d[head].tolist(), float(scores[head])],
        "keypoints_3d": rounded(skeleton.joints[row], "joints_3d").tolist(),
        "observed": bool(skeleton.observed[row]),
    }


def _in_coco(joints_2d: Array, scores: Array, source: str) -> tuple[Array, Array]:
    """(17, 2) px and (17,) scores, zeros for the joints that are not there."""
    have, want = joint_set(source).names, joint_set(JOINT_SET).names
    rows = [i for i, name in enumerate(want) if name in have]
    own = [have.index(want[i]) for i in rows]
    keypoints, keypoint_scores = np.zeros((len(want), 2)), np.zeros(len(want))
    keypoints[rows], keypoint_scores[rows] = joints_2d[own], scores[own]
    return keypoints, keypoint_scores
