"""DeepMimic's humanoid motions: flips, rolls, kicks, get-ups, for testing what training never saw.

Peng et al., DeepMimic, SIGGRAPH 2018. A motion file is JSON text; a frame is its duration (s),
the position of the root (m), its quaternion (w, x, y, z), and per joint a quaternion or, for
knees and elbows, an angle about z. Right-handed, y up, at rest x forward and z to the right.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from datasets.kinect25_rig import rigged
from datasets.reading import usable
from wildpose.geometry import Array
from wildpose.types import Clip

FRAME_RATE = 30.0
"""Frames per second that motions are resampled to; their own times vary, 16 to 120 a second."""

# Joint, its parent, and where it sits on it in metres: AttachX, AttachY, AttachZ of the "Joints"
# in humanoid3d.txt. In the order in which a frame lists their rotations.
SKELETON = (
    ("root", "", (0.0, 0.0, 0.0)),
    ("chest", "root", (0.0, 0.236151, 0.0)),
    ("neck", "chest", (0.0, 0.223894, 0.0)),
    ("right_hip", "root", (0.0, 0.0, 0.084887)),
    ("right_knee", "right_hip", (0.0, -0.421546, 0.0)),
    ("right_ankle", "right_knee", (0.0, -0.409870, 0.0)),
    ("right_shoulder", "chest", (-0.02405, 0.24350, 0.18311)),
    ("right_elbow", "right_shoulder", (0.0, -0.274788, 0.0)),
    ("left_hip", "root", (0.0, 0.0, -0.084887)),
    ("left_knee", "left_hip", (0.0, -0.421546, 0.0)),
    ("left_ankle", "left_knee", (0.0, -0.409870, 0.0)),
    ("left_shoulder", "chest", (-0.02405, 0.24350, -0.18311)),
    ("left_elbow", "left_shoulder", (0.0, -0.274788, 0.0)),
)
_WRIST = (0.0, -0.258947, 0.0)  # the fixed joint at the end of the forearm
_HEAD = (0.0, 0.175, 0.0)  # centre of the sphere on the neck
# Middle of the front face of the box on the ankle (its centre plus half its length). The box is
# shorter than a foot: it ends where the ball of a foot is.
_FOOT = (0.045 + 0.177 / 2, -0.0225, 0.0)
POINTS = (
    ("head", "neck", _HEAD),
    *((f"{side}_wrist", f"{side}_elbow", _WRIST) for side in ("left", "right")),
    *((f"{side}_foot", f"{side}_ankle", _FOOT) for side in ("left", "right")),
)
"""Points of the body that are no joints in a frame: name, the joint they move with, offset."""

_HINGES = ("right_knee", "right_elbow", "left_knee", "left_elbow")
COLUMNS = 4 + sum(1 if name in _HINGES else 4 for name, _, _ in SKELETON)
# Hand-made frames hold blended quaternions of length 0.58 to 1.12 (kick, roll, sideflip), which
# DeepMimic scales to 1 as it reads them. More off than this is no quaternion.
_WORST_NORM = 0.5

log = logging.getLogger(__name__)


def files(root: Path) -> list[Path]:
    """The motion files, sorted by path.

    Raises:
        FileNotFoundError: there are none under `root`/motions.
    """
    found = sorted((root / "motions").rglob("humanoid3d_*.txt"))
    if not found:
        raise FileNotFoundError(
            f"no humanoid3d_*.txt under {root / 'motions'}: get DeepMimic's data/motions as "
            "datasets/README.md says"
        )
    return found


def read(path: Path) -> Clip:
    """One motion, once through, as (1, T, 25, 3) Kinect joints at 30 frames per second.

    Turns, not positions, are interpolated, so limbs keep their length between the frames of a
    fast flip. The world is as in the file: y up, the floor at 0, the actor facing x at rest.

    Raises:
        ValueError: the file is no motion; the line names it and what is wrong.
    """
    try:
        frames = _frames(path)
        times, root, turns = _parts(frames)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    at = np.arange(int(np.floor(times[-1] * FRAME_RATE + 1e-6)) + 1) / FRAME_RATE
    at = np.minimum(at, times[-1])
    root = np.stack([np.interp(at, times, column) for column in root.T], axis=1)
    named = _placed(root, {name: Slerp(times, turn)(at) for name, turn in turns.items()})
    joints = rigged(named)[None].astype(np.float32)
    mask = np.ones(joints.shape[:2], dtype=bool)
    return Clip(joints, mask, "kinect25", FRAME_RATE, "kinect", path.stem)


def clips(root: Path) -> Iterator[Clip]:
    """All motions in order; a file that holds none is left out with a warning.

    Raises:
        FileNotFoundError: there are no files.
    """
    return usable(files(root), read, log)


def split_of(clip: Clip) -> Literal["train", "val", "test"]:  # noqa: ARG001  # as every set has it
    """Always test: these motions say how a lifter does on what it was never trained on."""
    return "test"


def _frames(path: Path) -> Array:
    """(T, 44) numbers of a motion file, at least two rows.

    Raises:
        ValueError: not JSON, no frames, a frame of another length, a value that is no number.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(data, dict) or not isinstance(data.get("Frames"), list):
        raise ValueError("no list named Frames")
    rows = data["Frames"]
    if len(rows) < 2:
        raise ValueError(f"{len(rows)} frames, at least 2 are needed")
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != COLUMNS:
            came = len(row) if isinstance(row, list) else type(row).__name__
            raise ValueError(f"frame {index} must hold {COLUMNS} numbers, got {came}")
    try:
        frames = np.array(rows, dtype=float)
    except TypeError as error:
        raise ValueError(f"a value is no number: {error}") from error
    if not np.isfinite(frames).all():
        raise ValueError("NaN or infinity among the values")
    return frames


def _parts(frames: Array) -> tuple[Array, Array, dict[str, Rotation]]:
    """(T,) times in s, (T, 3) root in m, and T turns per joint of (T, 44) frames.

    Raises:
        ValueError: a duration is not positive, or a quaternion is far from length one.
    """
    if not (frames[:-1, 0] > 0).all():
        raise ValueError("a frame's duration is not positive")
    # A duration tells how long its frame lasts, so the last one's is of no use.
    times = np.concatenate([[0.0], np.cumsum(frames[:-1, 0])])
    turns: dict[str, Rotation] = {}
    column = 4
    for name, _, _ in SKELETON:
        if name in _HINGES:
            turns[name] = Rotation.from_rotvec(frames[:, column, None] * (0.0, 0.0, 1.0))
            column += 1
            continue
        quaternions = frames[:, column : column + 4]
        if (np.abs(np.linalg.norm(quaternions, axis=1) - 1) > _WORST_NORM).any():
            raise ValueError(f"a quaternion of {name} is far from length one")
        turns[name] = Rotation.from_quat(quaternions[:, [1, 2, 3, 0]])
        column += 4
    return times, frames[:, 1:4], turns


def _placed(root: Array, turns: dict[str, Rotation]) -> dict[str, Array]:
    """(T, 3) positions by Kinect name, from (T, 3) root and the joints' turns."""
    at = {"root": root}
    world = {"root": turns["root"]}
    for name, parent, offset in SKELETON[1:]:
        at[name] = at[parent] + world[parent].apply(offset)
        world[name] = world[parent] * turns[name]
    for name, parent, offset in POINTS:
        at[name] = at[parent] + world[parent].apply(offset)
    at["spine_mid"] = at.pop("chest")
    # The rig has its own: this neck is below the shoulders, this root between the hips.
    return {name: points for name, points in at.items() if name not in ("root", "neck")}
