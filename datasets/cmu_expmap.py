"""CMU mocap as exponential maps, the way human motion prediction uses it: 96 files, 120 Hz.

The release beside Li et al., Convolutional Sequence to Sequence Model for Human Dynamics, CVPR
2018; recorded by CMU (mocap.cs.cmu.edu). Rows of 117 comma separated numbers: root position,
then a turn vector for each of 38 joints. The first row is a T-pose, no part of the motion.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from datasets.kinect25_rig import rigged
from datasets.reading import usable
from wildpose.geometry import Array
from wildpose.types import Clip

CLASS_NAMES = (
    "basketball",
    "basketball_signal",
    "directing_traffic",
    "jumping",
    "running",
    "soccer",
    "walking",
    "walking_extra",  # more walking, also in curves and by other people
    "washwindow",  # test files only
)
"""The action folders."""

# Not in the files. With lengths in metres a body in flight must fall with 9.81 m/s^2: parabolas
# through the middle of the body give, over 18 flights of the jumping files, 116 to 127 frames per
# second, median 123: CMU's usual 120.
FRAME_RATE = 120.0

# The last file of each training folder. Subjects are not named, so whole files are all that can
# be kept apart; files of one folder may share a subject.
VALIDATION = frozenset(
    {
        "train/basketball/basketball_5",
        "train/basketball_signal/basketball_signal_5",
        "train/directing_traffic/directing_traffic_4",
        "train/jumping/jumping_5",
        "train/running/running_5",
        "train/soccer/soccer_5",
        "train/walking/walking_5",
        "train/walking_extra/walking_52",
    }
)

UNIT = 0.0254 / 0.45  # metres; CMU's files count in inches over 0.45

# Joint, its parent, and where it sits on it in CMU's units, x to the left, y up, z forward. In the
# order of the files. Offsets are of one subject; every file gets a size of its own, see `_size`.
# The usual table puts the neck and collar bones on top of the upper back, and the hands on top of
# the twist joint below the elbow: the thorax and the second third of the forearm are lost, and
# the trunk is 12 cm and the forearm 9 cm too short. Here the thorax goes on as the two vertebrae
# below it do, and the twist bone is half the first part of the forearm: lengths that make an adult,
# inferred, not read from CMU's own skeleton files.
# Hands and thumbs there end at markers: theirs are an adult's, as in datasets.kinect25_rig. The
# thumb is kept beside the hand, as its own turns flip by 180 degrees from frame to frame.
_THORAX = (0.0, 2.07, 0.02)
_LEFT_TWIST = (3.35554 / 2, 0.0, 0.0)
_RIGHT_TWIST = (-3.36431 / 2, 0.0, 0.0)
_KNUCKLES, _FINGERS, _THUMB = 0.075 / UNIT, 0.085 / UNIT, (0.07 / UNIT, 0.055 / UNIT)
SKELETON = (
    ("root", "", (0.0, 0.0, 0.0)),
    ("left_pelvis", "root", (0.0, 0.0, 0.0)),
    ("left_hip", "left_pelvis", (1.65674, -1.80282, 0.62477)),
    ("left_knee", "left_hip", (2.59720, -7.13576, 0.0)),
    ("left_ankle", "left_knee", (2.49236, -6.84770, 0.0)),
    ("left_foot", "left_ankle", (0.19704, -0.54136, 2.14581)),
    ("left_toes", "left_foot", (0.0, 0.0, 1.11249)),
    ("right_pelvis", "root", (0.0, 0.0, 0.0)),
    ("right_hip", "right_pelvis", (-1.61070, -1.80282, 0.62476)),
    ("right_knee", "right_hip", (-2.59502, -7.12977, 0.0)),
    ("right_ankle", "right_knee", (-2.46780, -6.78024, 0.0)),
    ("right_foot", "right_ankle", (-0.23024, -0.63258, 2.13368)),
    ("right_toes", "right_foot", (0.0, 0.0, 1.11569)),
    ("lower_back", "root", (0.0, 0.0, 0.0)),
    ("upper_back", "lower_back", (0.01961, 2.05450, -0.14112)),
    ("thorax", "upper_back", (0.01021, 2.06436, -0.05921)),
    ("lower_neck", "thorax", _THORAX),
    ("upper_neck", "lower_neck", (0.00713, 1.56711, 0.14968)),
    ("head_base", "upper_neck", (0.03429, 1.56041, -0.10006)),
    ("head_end", "head_base", (0.01305, 1.62560, -0.05265)),
    ("left_collar", "thorax", _THORAX),
    ("left_shoulder", "left_collar", (3.54205, 0.90436, -0.17364)),
    ("left_elbow", "left_shoulder", (4.86513, 0.0, 0.0)),
    ("left_twist", "left_elbow", (3.35554, 0.0, 0.0)),
    ("left_wrist", "left_twist", _LEFT_TWIST),
    ("left_hand", "left_wrist", (_KNUCKLES, 0.0, 0.0)),
    ("left_hand_tip", "left_hand", (_FINGERS, 0.0, 0.0)),
    ("left_thumb_base", "left_twist", _LEFT_TWIST),
    ("left_thumb", "left_wrist", (_THUMB[0], 0.0, _THUMB[1])),
    ("right_collar", "thorax", _THORAX),
    ("right_shoulder", "right_collar", (-3.49802, 0.75994, -0.32616)),
    ("right_elbow", "right_shoulder", (-5.02649, 0.0, 0.0)),
    ("right_twist", "right_elbow", (-3.36431, 0.0, 0.0)),
    ("right_wrist", "right_twist", _RIGHT_TWIST),
    ("right_hand", "right_wrist", (-_KNUCKLES, 0.0, 0.0)),
    ("right_hand_tip", "right_hand", (-_FINGERS, 0.0, 0.0)),
    ("right_thumb_base", "right_twist", _RIGHT_TWIST),
    ("right_thumb", "right_wrist", (-_THUMB[0], 0.0, _THUMB[1])),
)
COLUMNS = 3 + 3 * len(SKELETON)
_KEPT = "hip knee ankle foot shoulder elbow wrist hand hand_tip thumb".split()
_SOLES = ("left_ankle", "left_foot", "left_toes", "right_ankle", "right_foot", "right_toes")

SOLE = 0.01  # metres from the lowest foot joint to the floor, by eye: 0 to 0.015 fit, see _size
SIZES = (0.8, 1.25)  # of the skeleton above; outside nobody stands on the floor

# Turns were stored as Euler angles once. Where an actor turns past the x axis those of the pelvis
# are singular: it tumbles for some tenths of a second, and afterwards faces where nobody walks.
# Nine files have that, most of people who walk in curves or on a diagonal; they are left out.
_MOST_TILT = np.radians(45)  # of the pelvis
_MOST_SPIN = np.radians(1100)  # of the pelvis, per second; kicks and sprints reach 1060
# Wrists flip for single frames in the same way; they are put right. A kicking knee is slower.
_MOST_LIMB_SPIN = np.radians(3000)  # per second

log = logging.getLogger(__name__)


def files(root: Path) -> list[Path]:
    """The files, sorted by folder and then by their number.

    Raises:
        FileNotFoundError: there are none under `root`.
    """
    found = [path for split in ("test", "train") for path in root.glob(f"{split}/*/*.txt")]
    if not found:
        raise FileNotFoundError(
            f"no train/ACTION/*.txt or test/ACTION/*.txt in {root}: get the CMU mocap set as "
            "datasets/README.md says"
        )
    return sorted(found, key=lambda path: (path.parent, _number(path)))


def read(path: Path) -> Clip:
    """One file as (1, T, 25, 3) Kinect joints, y up, metres, the floor at 0, 120 Hz.

    The name is split/action/file; the label indexes `CLASS_NAMES`. Left and right are the
    actor's. Flips of a limb for a frame or two are replaced by an even turn.

    Raises:
        ValueError: the file is no motion, its folder no action, nobody stands in it, or the
            pelvis tumbles; the line names it.
    """
    if path.parent.name not in CLASS_NAMES:
        raise ValueError(f"{path}: folder is none of {', '.join(CLASS_NAMES)}")
    try:
        joints = rigged(_kept(_motion(_rows(path)[1:])))[None].astype(np.float32)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    mask = np.ones(joints.shape[:2], dtype=bool)
    name = "/".join((*path.parts[-3:-1], path.stem))
    label = CLASS_NAMES.index(path.parent.name)
    return Clip(joints, mask, "kinect25", FRAME_RATE, "kinect", name, label=label)


def clips(root: Path) -> Iterator[Clip]:
    """All files in order; one that holds no valid motion is left out with a warning.

    Raises:
        FileNotFoundError: there are no files.
    """
    return usable(files(root), read, log)


def split_of(clip: Clip) -> Literal["train", "val", "test"]:
    """The test folder is test; of the train folder, the last file of each action is val."""
    if clip.name.startswith("test/"):
        return "test"
    return "val" if clip.name in VALIDATION else "train"


def _number(path: Path) -> int:
    digits = re.search(r"(\d+)$", path.stem)
    return int(digits[1]) if digits else -1


def _rows(path: Path) -> Array:
    """(T, 117) numbers of a file, at least a T-pose and two frames.

    Raises:
        ValueError: too few rows, another number of columns, a value that is no finite number.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of an empty file; the check below tells
        rows = np.loadtxt(path, delimiter=",", ndmin=2)
    if len(rows) < 3:
        raise ValueError(f"{len(rows)} rows, at least 3 are needed")
    if rows.shape[1] != COLUMNS:
        raise ValueError(f"rows must hold {COLUMNS} numbers, got {rows.shape[1]}")
    if not np.isfinite(rows).all():
        raise ValueError("NaN or infinity among the values")
    return rows


def _motion(rows: Array) -> dict[str, Array]:
    """(T, 3) metres of all 38 joints, feet on the floor, from (T, 117) rows."""
    vectors = rows[:, 3:].reshape(len(rows), -1, 3)
    # The files turn the other way round: they hold the inverse of a joint's turn.
    turns = {
        name: Rotation.from_rotvec(-vectors[:, index])
        for index, (name, _, _) in enumerate(SKELETON)
    }
    _check_pelvis(turns["root"])
    turns = {name: _steadied(turn) if name != "root" else turn for name, turn in turns.items()}
    body = _body(turns)
    root = rows[:, :3] * UNIT
    size = _size(root, body)
    return {name: root + size * points for name, points in body.items()}


def _body(turns: dict[str, Rotation]) -> dict[str, Array]:
    """(T, 3) metres of every joint from the root, of the skeleton's own size."""
    at: dict[str, Array] = {"root": np.zeros((len(turns["root"]), 3))}
    world = {"root": turns["root"]}
    for name, parent, offset in SKELETON[1:]:
        at[name] = at[parent] + world[parent].apply(np.multiply(offset, UNIT))
        world[name] = world[parent] * turns[name]
    return at


def _size(root: Array, body: dict[str, Array]) -> float:
    """How big this actor is, the skeleton being 1: so that the lower foot stands on the floor.

    Root positions are true, but the offsets are of one subject and the files of many. Sizes at
    which feet slip least in walking agree to about 2 % for most people, to 5 % for a few.

    Raises:
        ValueError: out of `SIZES`.
    """
    below = -np.min([body[name][:, 1] for name in _SOLES], axis=0)
    size = float(np.median((root[:, 1] - SOLE) / np.maximum(below, 0.1)))
    if not SIZES[0] <= size <= SIZES[1]:
        raise ValueError(f"nobody stands on the floor: an actor would be {size:.2f} times normal")
    return size


def _spinning(turns: Rotation, most: float) -> np.ndarray:
    """(T,) True in frames before and after a step faster than `most` radians per second."""
    fast = (turns[1:] * turns[:-1].inv()).magnitude() * FRAME_RATE > most
    return np.concatenate([fast, [False]]) | np.concatenate([[False], fast])


def _check_pelvis(pelvis: Rotation) -> None:
    """Raise ValueError where the pelvis tips over or spins as nobody's does in this set."""
    tilted = pelvis.apply((0.0, 1.0, 0.0))[:, 1] < np.cos(_MOST_TILT)
    wrong = np.flatnonzero(tilted | _spinning(pelvis, _MOST_SPIN))
    if len(wrong):
        raise ValueError(f"the pelvis tumbles in {len(wrong)} frames, the first is {wrong[0]}")


def _steadied(turns: Rotation) -> Rotation:
    """T turns of a limb; around steps too fast for one they are even between the good frames."""
    wrong = _spinning(turns, _MOST_LIMB_SPIN)
    times = np.flatnonzero(~wrong)
    if not wrong.any() or len(times) < 2:
        return turns
    good = Rotation.from_quat(turns.as_quat()[times])
    # Before the first and after the last good frame there is nothing to turn to: it stays.
    return Slerp(times, good)(np.clip(np.arange(len(wrong)), times[0], times[-1]))


def _kept(at: dict[str, Array]) -> dict[str, Array]:
    """What the Kinect has of the 38 joints, by its names."""
    named = {f"{side}_{part}": at[f"{side}_{part}"] for side in ("left", "right") for part in _KEPT}
    named["head"] = (at["head_base"] + at["head_end"]) / 2
    named["neck"] = at["upper_neck"]
    named["spine_mid"] = (at["upper_back"] + at["thorax"]) / 2
    return named
