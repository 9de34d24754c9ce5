"""Toyota Smarthome: people of 60 and more at home, unscripted, their 3D skeletons by LCR-Net.

Das et al., Toyota Smarthome: real-world activities of daily living, ICCV 2019. One JSON file per
trimmed clip and camera: `Walk_p03_r01_v16_c06.json` as published first, or
`Walk_p03_r01_v16_c06_pose3d.json` of version 1.2, whose poses are refined and lifted anew (Yang et
al., WACV 2021). `datasets/README.md` says how to get them.

A file holds `{"K": ..., "njts": 13, "frames": [...]}`; a frame is a list of the people found in
it, empty where nobody was, each with `pose2d`, 26 numbers in pixels of 640x480, and `pose3d`, 39
numbers in metres: all x, then all y, then all z, in the order of lcr13. This was written from what
people who read the files say of them, and not tried on the set itself. So `read` asks a file for
what could be otherwise: that bodies are of a body's size, and which way the axes point.

Videos have the clip's name, `Walk_p03_r01_v16_c06.mp4`; a file has its poses frame by frame. Those
that were published cropped are no use here: nobody tells where in them a joint is.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from datasets.reading import DAMAGED_JSON, single_precision, usable
from datasets.recordings import Recording
from datasets.smarthome_protocols import CLASS_NAMES, NAME, PROTOCOLS
from wildpose.alignment import HALF_TURN
from wildpose.geometry import Array
from wildpose.joints import joint_set
from wildpose.types import Clip
from wildpose.video import VideoError, probe

__all__ = ["CLASS_NAMES", "PROTOCOLS", "clips", "files", "read", "recordings"]

log = logging.getLogger(__name__)

# Nominal: the files name none. Videos of the set that others looked into play at 20 frames/s; the
# authors' code speaks of 30.
FRAME_RATE = 20.0
REFINED = "_pose3d"
WIDTH, HEIGHT = 640, 480  # px that 2D poses are in
J = 13
# m, median of a clip, mid-hip to mid-shoulder; an adult's is about 0.5
TRUNK = (0.2, 1.0)
# Of the size of the person's last box: who is farther away on average is somebody else.
FARTHEST_STEP = 0.5
SURE = 0.5  # correlation of 2D with 3D, from which its sign is believed


def files(root: Path) -> list[Path]:
    """The skeleton files of the set, sorted; those of version 1.2 alone where there are any.

    Args:
        root: folder that holds the JSON files.

    Raises:
        FileNotFoundError: there are none.
    """
    name = "*_p??_r??_v??_c??"
    found = sorted(root.glob(f"{name}{REFINED}.json")) or sorted(root.glob(f"{name}.json"))
    if not found:
        raise FileNotFoundError(
            f"no Toyota Smarthome skeletons (ACTIVITY_pPP_rRR_vVV_cCC.json or ..._cCC{REFINED}"
            f".json) in {root}: datasets/README.md says where to get them"
        )
    return found


def read(path: Path) -> Clip:
    """One clip: lcr13 joints, in metres about the torso of each person, in kinect axes.

    LCR-Net places nobody in the room: people do not move from their place. It does not tell who is
    who either, so people are followed here by where they are in the picture. The label is None
    where the activity is none of the classes (Pour.Fromcup).

    Raises:
        ValueError: the file's name or its content is not as the set's are; the line says what.
    """
    name = _name(path)
    named = NAME.fullmatch(name)
    if named is None:
        raise ValueError(f"{path}: not a name of Toyota Smarthome (ACTIVITY_pPP_rRR_vVV_cCC.json)")
    joints_2d, joints_3d = _detections(path)
    try:
        turned = _in_kinect_axes(joints_2d, joints_3d)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    joints, mask = _by_person(turned, followed(joints_2d))
    activity = named["activity"]
    return Clip(
        joints=joints,
        mask=mask,
        joint_set="lcr13",
        frame_rate=FRAME_RATE,
        axes="kinect",
        name=name,
        subject=f"p{named['subject']}",
        label=CLASS_NAMES.index(activity) if activity in CLASS_NAMES else None,
    )


def clips(root: Path) -> Iterator[Clip]:
    """All clips in the order of `files`; a file that cannot be used is left out with a warning.

    Raises:
        FileNotFoundError: there are no files.
    """
    return usable(files(root), read, log)


def recordings(root: Path) -> Iterator[tuple[str, Callable[[], Recording]]]:
    """The clips that have a video, `NAME.mp4` anywhere in the folder, in the order of `files`.

    Args:
        root: folder that holds the JSON files.

    Returns:
        Names, and what reads where the clip is in its video, see `recording`.

    Raises:
        FileNotFoundError: there are no files, or no videos of them.
    """
    videos = {path.stem: path for path in sorted(root.rglob("*_p??_r??_v??_c??.mp4"))}
    paths = [path for path in files(root) if _name(path) in videos]
    if not paths:
        raise FileNotFoundError(
            f"no videos (ACTIVITY_pPP_rRR_vVV_cCC.mp4) of the skeletons in {root}: "
            "datasets/README.md says where to get them"
        )
    return ((_name(path), partial(recording, path, videos[_name(path)])) for path in paths)


def recording(path: Path, video: Path) -> Recording:
    """Where a clip is in its video.

    Raises:
        ValueError: the file's content is not as the set's are, or the video is a crop.
        VideoError: a ValueError; the video cannot be read.
    """
    joints_2d, _ = _detections(path)
    places, mask = _by_person(joints_2d, followed(joints_2d))
    try:
        shown = probe(video)
    except VideoError as error:
        raise VideoError(f"{video}: {error}") from None
    if abs(shown.width * HEIGHT - shown.height * WIDTH) > HEIGHT:  # more than a px
        raise ValueError(
            f"{video}: {shown.width} x {shown.height} px is not of the shape of {WIDTH} x {HEIGHT},"
            " which poses are in: take the whole videos, not those that were cropped"
        )
    seen = np.repeat(mask[..., None], J, axis=-1)
    frames = np.arange(mask.shape[1])
    return Recording(video, frames, places, seen, "lcr13", size=(WIDTH, HEIGHT))


def _name(path: Path) -> str:
    """Of the clip of a file."""
    return path.stem.removesuffix(REFINED)


def followed(frames: Sequence[Array]) -> list[npt.NDArray[np.intp]]:
    """Who each pose is of: the person whose last pose is nearest in the picture, or somebody new.

    Args:
        frames: of each frame (N, J, 2) px, its poses.

    Returns:
        Of each frame (N,) numbers of people, counted from 0 as they come.
    """
    last = np.zeros((0, *frames[0].shape[1:])) if frames else np.zeros((0, J, 2))
    people = []
    for poses in frames:
        steps = np.linalg.norm(poses[:, None] - last[None], axis=-1).mean(axis=-1)  # (N, M)
        sizes = np.linalg.norm(np.ptp(last, axis=1), axis=-1)  # (M,) diagonals of boxes
        costs = np.minimum(steps / np.maximum(sizes, 1.0), FARTHEST_STEP)
        people.append(np.full(len(poses), -1))
        for n, m in zip(*linear_sum_assignment(costs), strict=True):
            if costs[n, m] < FARTHEST_STEP:
                people[-1][n] = m
        new = people[-1] < 0
        people[-1][new] = len(last) + np.arange(new.sum())
        last = np.concatenate([last, poses[new]])
        last[people[-1]] = poses
    return people


def _detections(path: Path) -> tuple[list[Array], list[Array]]:
    """Of each frame (N, 13, 2) px and (N, 13, 3) m, as the file has them."""
    try:
        content = json.loads(path.read_text())
        frames = content["frames"]
        if content.get("njts", J) != J:
            raise ValueError(f"{content['njts']} joints")
        pair = [_poses(frames, "pose2d", 2), _poses(frames, "pose3d", 3)]
    except DAMAGED_JSON as error:
        raise ValueError(
            f"{path}: no JSON with the key 'frames' and, for each person in a frame, 'pose2d' of "
            f"26 and 'pose3d' of 39 numbers ({error})"
        ) from None
    if not any(len(poses) for poses in pair[1]):
        raise ValueError(f"{path}: nobody was found in any frame")
    for poses in (*pair[0], *pair[1]):
        single_precision(path, poses)  # what is finite in a clip
    return pair[0], pair[1]


def _poses(frames: list[list[dict[str, Any]]], key: str, coordinates: int) -> list[Array]:
    """Of each frame (N, 13, C): numbers come as all x, then all y, then all z."""
    return [
        np.array([person[key] for person in frame], dtype=np.float64)
        .reshape(len(frame), coordinates, J)
        .transpose(0, 2, 1)
        for frame in frames
    ]


def _in_kinect_axes(joints_2d: list[Array], joints_3d: list[Array]) -> list[Array]:
    """3D joints with x to the left of the picture and y up, whichever way the file has them.

    LCR-Net's axes are those already; a lifter's, as behind version 1.2, may be a camera's, with x
    to the right and y down, which is half a turn away. The 2D joints tell the two apart.
    """
    flat, deep = np.concatenate(joints_2d), np.concatenate(joints_3d)
    names = joint_set("lcr13").names
    shoulders, hips = (
        deep[:, [names.index(f"{side}_{part}") for side in ("left", "right")]].mean(axis=1)
        for part in ("shoulder", "hip")
    )
    trunk = float(np.median(np.linalg.norm(shoulders - hips, axis=-1)))
    if not TRUNK[0] < trunk < TRUNK[1]:
        raise ValueError(f"trunks of 3D poses are {trunk:.3g} long: are they in metres?")
    flat, deep = (part - part.mean(axis=1, keepdims=True) for part in (flat, deep))
    along = (flat * deep[..., :2]).sum(axis=(0, 1))  # (2,) of x and of y
    spread = np.sqrt((flat**2).sum(axis=(0, 1)) * (deep[..., :2] ** 2).sum(axis=(0, 1)))
    agreement = along / np.maximum(spread, 1e-9)
    if agreement.prod() < 0 and np.abs(agreement).min() > SURE:
        raise ValueError("3D poses are mirrored against 2D poses")
    return [pose * HALF_TURN for pose in joints_3d] if agreement.sum() > 0 else joints_3d


def _by_person(
    poses: list[Array], people: list[npt.NDArray[np.intp]]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """(M, T, 13, C) joints of every person in every frame, zeros where not seen, and the mask."""
    shape = (1 + max(int(own.max(initial=-1)) for own in people), len(poses))
    joints = np.zeros((*shape, *poses[0].shape[1:]), dtype=np.float32)
    mask = np.zeros(shape, dtype=bool)
    for t, (own, here) in enumerate(zip(people, poses, strict=True)):
        joints[own, t] = here
        mask[own, t] = True
    return joints, mask
