"""Writing .skeleton files as NTU RGB+D has them: for synthetic clips, and to test the reader."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from datasets.ntu import COLOUR_WIDTH
from datasets.ntu_skeleton_file import SkeletonFile, TrackedBody
from datasets.ntu_skeleton_lines import HIGHEST_STATE, JOINTS
from wildpose.geometry import Array

NEWLINE = "\r\n"  # of most files of the set
# How the Kinect's cameras see a point, fitted to six files of the set: centre px, focal length px,
# and px metres for how far the colour camera is from the depth camera's place; medians. They are
# off by less than a pixel in depth and, from one sensor to the next, by a few in colour.
DEPTH_CAMERA = ((256.3, 366.6, 0.0), (208.2, -366.8, 0.0))
COLOUR_CAMERA = ((957.0, 1058.0, 60.0), (565.0, -1057.0, 3.0))
_JOINT = " ".join(["%.7g"] * 7 + ["0 0 0 0", "%d"])  # no orientations
_BODY = NEWLINE.join([_JOINT] * JOINTS)


def tracked_body(
    joints: Array,
    *,
    id: str,
    frames: npt.NDArray[np.integer] | None = None,
    pixels: Array | None = None,
) -> TrackedBody:
    """A body that was tracked without a doubt.

    Args:
        joints: (t, 25, 3) m, kinect25, kinect axes.
        id: a whole number, another for each body of a file.
        frames: (t,) zero-based, increasing; None: from the first one on.
        pixels: (t, 25, 2) px from the top-left corner of a 1920 x 1080 picture that shows the body
            as it is, not mirrored; None: where the Kinect's colour camera sees the joints.
    """
    colour = _seen_by(COLOUR_CAMERA, joints) if pixels is None else mirrored(pixels)
    colour_known = np.all(np.isfinite(colour), axis=-1)
    return TrackedBody(
        id=id,
        frames=np.arange(len(joints)) if frames is None else np.asarray(frames, dtype=np.int64),
        joints=joints,
        joints_known=np.ones(joints.shape[:2], dtype=bool),
        colour=np.where(colour_known[..., None], colour, 0.0),
        colour_known=colour_known,
        states=np.full(joints.shape[:2], HIGHEST_STATE, dtype=np.uint8),
    )


def mirrored(pixels: Array) -> Array:
    """Places in a picture as a file's colour coordinates; undoes `datasets.ntu.unmirrored`.

    Args:
        pixels: (..., 2) px from the top-left corner of a picture of 1920 x 1080.

    Returns:
        (..., 2) px in the mirrored picture, where whole numbers are pixel centres.
    """
    return np.stack([COLOUR_WIDTH - pixels[..., 0] - 0.5, pixels[..., 1] - 0.5], axis=-1)


def write_skeleton_file(path: Path, file: SkeletonFile) -> None:
    """Write a file of seven significant digits, as the set's are; NaN where nothing is known."""
    lines = [str(file.frame_count)]
    for frame in range(file.frame_count):
        present = [(body, r) for body in file.bodies for r in np.flatnonzero(body.frames == frame)]
        lines.append(str(len(present)))
        for body, row in present:
            lines += [f"{body.id} 0 0 0 0 0 0 0 0 2", str(JOINTS), _joint_lines(body, row)]
    path.write_bytes((NEWLINE.join(lines) + NEWLINE).encode("ascii"))


def _joint_lines(body: TrackedBody, row: np.intp) -> str:
    joints = np.where(body.joints_known[row][:, None], body.joints[row], np.nan)
    colour = np.where(body.colour_known[row][:, None], body.colour[row], np.nan)
    columns = [joints, _seen_by(DEPTH_CAMERA, joints), colour, body.states[row][:, None]]
    text = _BODY % tuple(np.concatenate(columns, axis=1).ravel().tolist())
    return text.replace("e", "E").replace("nan", "NaN")


def _seen_by(camera: Iterable[tuple[float, float, float]], joints: Array) -> Array:
    """(..., 2) px in a file's manner: x grows to the sensor's left."""
    depth = np.where(joints[..., 2] > 0, joints[..., 2], np.nan)
    return np.stack(
        [c + (f * joints[..., k] + b) / depth for k, (c, f, b) in enumerate(camera)], axis=-1
    )
