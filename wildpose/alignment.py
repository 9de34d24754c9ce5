"""Pose alignment: skeletons of any camera, place and size in one common representation.

Le Roux 2017, section 4.2.2: the torso to the origin in every frame, one rotation and one scale
for the whole sequence. Body axes: x from the right to the left shoulder, y up the trunk, z out of
the chest. A proper rotation (determinant +1), so a left hand stays a left hand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wildpose.bone_lengths import length_ratio
from wildpose.joints import joint_set, torso
from wildpose.types import Axes, SkeletonSequence

Array = npt.NDArray[np.floating]
HALF_TURN = np.array([-1.0, -1.0, 1.0])  # camera axes <-> kinect axes: by pi about z
UP: dict[Axes, Array] = {
    "camera": np.array([0.0, -1.0, 0.0]),
    "kinect": np.array([0.0, 1.0, 0.0]),
    "body": np.array([0.0, 1.0, 0.0]),
}
MIN_SCORE = 0.5  # of the least sure of the four torso joints
LIKE_USUAL = 0.6  # shoulder and trunk length over the sequence's median, or the reverse
USUAL_WIDTH = (0.4, 1.2)  # of the trunk's length; shoulders of an adult are about 0.7 of it wide
MIN_SINE = 0.5  # 30 degrees between the shoulder line and the spine
TURN_PER_S = 15.0  # a dancer's pirouette; 1/s, as the chord of the turn of a unit vector
MIN_TURN = 0.5  # between two frames at any rate: 29 degrees
NEARLY_BEST = 0.9  # where no frame is reliable: the first that is nearly as good as the best
TINY = 1e-6  # m; a line shorter than this has no direction


@dataclass(frozen=True)
class Alignment:
    """How a sequence was aligned: body = scale * rotation @ (joint - origin)."""

    rotation: Array
    """(3, 3) turns the input's axes into body axes; determinant +1."""
    scale: float
    """Aligned size over the input's size; positive."""
    origins: Array
    """(T, 3) m, the input's axes: the torso of every frame."""
    axes: Axes
    """The input's axes."""
    frame: int | None
    """The row that gave the rotation; None where the sequence is empty."""
    reliable: bool
    """False where no frame passed the checks and the best one was taken."""


def aligned(
    sequence: SkeletonSequence,
    *,
    reference: npt.ArrayLike | None = None,
    upright: bool = False,
    min_score: float = MIN_SCORE,
) -> tuple[SkeletonSequence, Alignment]:
    """The sequence in body axes, and what undoes it.

    The thesis takes the rotation from frame 0. A first frame seen from the side, half hidden or
    filled in would turn the whole sequence wrongly, so we take the first reliable frame: observed,
    the four torso joints scored at least `min_score`, shoulder line and trunk about as long as
    usual in this sequence, clearly not parallel, hips facing the same way as the shoulders to
    within a right angle, and no jump of the shoulder line from or to the frames beside it. All
    limits are relative, so turning, moving or scaling the input never changes the choice. Where no
    frame passes: the first that comes within 10 % of the best product of those measures.

    As in the thesis up follows the trunk: whoever lies, or bows, in that frame stands upright
    afterwards. With `upright` the sequence is only turned about the vertical of its own axes: a
    lying person stays lying, which tells a fall's end from standing, but a tilted camera shows.

    Args:
        sequence: in any axes, of any joint set; need not be torso-centred.
        reference: (E,) m, a training set's length of each edge of the joint set, as
            `wildpose.bone_lengths.bone_lengths` gives it; None leaves the size as it is.
        upright: keep the vertical: camera axes' -y, kinect and body axes' +y.
        min_score: in [0, 1].

    Returns:
        The sequence in float64, body axes. Its times, scores and pixels are the input's; so is its
        root, which is in camera axes always.

    Raises:
        ValueError: `reference` has another shape than the edges, or holds NaN or a negative.
    """
    origins = torso(sequence.joints.astype(float), sequence.joint_set)
    centred = sequence.joints - origins
    sure = sequence.observed[:, None] & (sequence.scores >= min_score)
    scale = 1.0
    if reference is not None:
        scale = length_ratio(reference, centred, sequence.joint_set, counted=sure)
    rotation, frame, reliable = np.eye(3), None, False
    if len(sequence):
        trunk = _trunk(sequence)
        frame, reliable = _rotation_frame(sequence, trunk, min_score)
        rotation = _body_axes(trunk[frame], UP[sequence.axes])
        if upright:
            rotation = _upright_axes(rotation, UP[sequence.axes])
    joints = scale * centred @ rotation.T
    alignment = Alignment(rotation, scale, origins[:, 0], sequence.axes, frame, reliable)
    return replace(sequence, joints=joints, axes="body"), alignment


def restored(sequence: SkeletonSequence, alignment: Alignment) -> SkeletonSequence:
    """The aligned sequence back in the axes, at the places and in the size that it came with.

    Args:
        sequence: in body axes, as `aligned` gave it or changed since, with the same frames.
        alignment: of the same call of `aligned`.

    Raises:
        ValueError: the sequence is not in body axes, or has another number of frames.
    """
    if sequence.axes != "body":
        raise ValueError(f"restored takes a sequence in body axes, got {sequence.axes} axes")
    if len(sequence) != len(alignment.origins):
        raise ValueError(
            f"the alignment is of {len(alignment.origins)} frames, the sequence has {len(sequence)}"
        )
    turned = sequence.joints @ alignment.rotation / alignment.scale
    joints = turned + alignment.origins[:, None]
    return replace(sequence, joints=joints, axes=alignment.axes)


def to_axes(sequence: SkeletonSequence, axes: Axes) -> SkeletonSequence:
    """The sequence in camera or kinect axes: half a turn about z from one to the other, exact.

    The root stays in camera axes, as everywhere.

    Raises:
        ValueError: into or out of body axes, which needs `aligned` or `restored`.
    """
    if axes not in UP:
        raise ValueError(f"axes {axes!r} is none of {', '.join(UP)}")
    if axes == sequence.axes:
        return sequence
    if "body" in (axes, sequence.axes):
        raise ValueError(
            f"no fixed turn leads from {sequence.axes} to {axes} axes: use `aligned` to get body "
            "axes and `restored` to leave them"
        )
    return replace(sequence, joints=sequence.joints * HALF_TURN, axes=axes)


def _trunk(sequence: SkeletonSequence) -> Array:
    """(T, 3, 3) m: the shoulder line, right to left, the spine upwards and the hip line."""
    joints_of = joint_set(sequence.joint_set)

    def joint(name: str) -> Array:
        return sequence.joints[:, joints_of.index(name)].astype(float)

    left, right = joint("left_shoulder"), joint("right_shoulder")
    left_hip, right_hip = joint("left_hip"), joint("right_hip")
    spine = (left + right - left_hip - right_hip) / 2
    return np.stack([left - right, spine, left_hip - right_hip], axis=1)


def _rotation_frame(sequence: SkeletonSequence, trunk: Array, min_score: float) -> tuple[int, bool]:
    """The row that gives the rotation, and whether it passed all checks."""
    merits = _merits(sequence, trunk)
    least = [1.0, min_score, LIKE_USUAL, LIKE_USUAL, MIN_SINE, 0.5, 1.0]
    reliable = (merits >= least).all(axis=1)
    if reliable.any():
        return int(np.argmax(reliable)), True
    quality = np.maximum(merits, 1e-3).prod(axis=1)  # one failed check does not hide the others
    return int(np.argmax(quality >= NEARLY_BEST * quality.max())), False


def _merits(sequence: SkeletonSequence, trunk: Array) -> Array:
    """(T, 7) in [0, 1], how far each frame can be trusted: the measures named in `aligned`."""
    lengths = np.linalg.norm(trunk, axis=-1)  # (T, 3)
    lines = trunk / np.maximum(lengths, TINY)[..., None]
    shoulders, spine, hips = np.moveaxis(lines, 1, 0)
    seen = sequence.observed if sequence.observed.any() else slice(None)
    usual = np.median(lengths[seen], axis=0)
    # Shoulders that are a point in most frames are not what is usual.
    usual_width = np.clip(usual[0], *(share * usual[1] for share in USUAL_WIDTH))
    joints_of = joint_set(sequence.joint_set)
    four = [
        joints_of.index(f"{side}_{j}") for side in ("left", "right") for j in ("shoulder", "hip")
    ]
    merits = [
        sequence.observed.astype(float),
        sequence.scores[:, four].min(axis=1),
        _likeness(lengths[:, 0], usual_width),
        _likeness(lengths[:, 1], usual[1]),
        np.linalg.norm(np.cross(shoulders, spine), axis=-1),
        (1 + (shoulders * hips).sum(axis=-1)) / 2,  # 0.5 is a right angle
        _steadiness(shoulders, sequence.times),
    ]
    return np.stack(merits, axis=-1)


def _likeness(lengths: Array, usual: float) -> Array:
    """(T,) the shorter over the longer of each length and the usual one."""
    return np.minimum(lengths, usual) / np.maximum(np.maximum(lengths, usual), TINY)


def _steadiness(directions: Array, times: Array) -> Array:
    """(T,) 1 where a direction goes no further, to and from the frames beside, than people turn.

    A shoulder line seen end on flips front to back with the noise of its depth; its length then
    looks right.
    """
    turn = np.linalg.norm(np.diff(directions, axis=0), axis=-1)  # (T - 1,) chords
    allowed = np.maximum(MIN_TURN, TURN_PER_S * np.diff(times))
    steady = np.minimum(1.0, allowed / np.maximum(turn, TINY))
    return np.minimum(np.append(steady, 1.0), np.insert(steady, 0, 1.0))


def _body_axes(trunk: Array, up: Array) -> Array:
    """(3, 3) whose rows are body x, y and z of one frame, right-handed.

    x along the shoulders, y the spine made perpendicular to it. Lines without a direction give way
    to the hip line, the vertical, and what is left: never NaN.

    Args:
        trunk: (3, 3) shoulder line, spine and hip line.
        up: (3,) the vertical of the same axes.
    """
    shoulders, spine, hips = trunk
    across = np.cross(up, (0.0, 0.0, 1.0))  # any line; one of three always serves
    if np.linalg.norm(shoulders) >= TINY:
        x = shoulders / np.linalg.norm(shoulders)
    else:
        x = _perpendicular((hips, across, up), spine)
    y = _perpendicular((spine, up, across), x)
    return np.stack([x, y, np.cross(x, y)])


def _perpendicular(candidates: tuple[Array, ...], line: Array) -> Array:
    """(3,) the first candidate with a part perpendicular to the line; that part, of length one."""
    along = line / max(float(np.linalg.norm(line)), TINY)
    for candidate in candidates:
        part = candidate - (candidate @ along) * along
        length = np.linalg.norm(part)
        if length >= TINY:
            return part / length
    raise AssertionError("the last candidates must not be parallel")


def _upright_axes(rotation: Array, up: Array) -> Array:
    """(3, 3) body axes turned until y is the vertical: the yaw alone.

    Whoever lies on a side has a vertical shoulder line: there the chest tells the yaw.
    """
    x, _, chest = rotation
    if np.linalg.norm(np.cross(x, up)) < MIN_SINE:
        x = np.cross(up, chest)
    x = _perpendicular((x,), up)
    return np.stack([x, up, np.cross(x, up)])
