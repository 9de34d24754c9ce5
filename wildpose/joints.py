"""Joint sets by name, their bones and left-right pairs, and conversions between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class JointSet:
    """Ordered joint names with the bones that join them."""

    name: str
    names: tuple[str, ...]
    """Joint names in order, e.g. 'right_ankle'; a side is always a prefix."""
    edges: tuple[tuple[int, int], ...]
    """Bones to draw, as index pairs (parent, child)."""

    def __len__(self) -> int:
        return len(self.names)

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """(left, right) index pairs of the joints that have a twin."""
        index = {name: i for i, name in enumerate(self.names)}
        return tuple(
            (index[name], index["right_" + name[5:]])
            for name in self.names
            if name.startswith("left_")
        )

    @property
    def mirrored(self) -> tuple[int, ...]:
        """Order of the joints seen in a mirror: left and right change places."""
        order = list(range(len(self)))
        for left, right in self.pairs:
            order[left], order[right] = right, left
        return tuple(order)

    def index(self, name: str) -> int:
        """Position of a joint.

        Raises:
            KeyError: the set has no such joint.
        """
        if name not in self.names:
            raise KeyError(f"{self.name} has no joint {name!r}: it has {', '.join(self.names)}")
        return self.names.index(name)


def _make(name: str, names: str, bones: str) -> JointSet:
    """A joint set from space-separated names and 'parent-child' bones."""
    ordered = tuple(names.split())
    index = {joint: i for i, joint in enumerate(ordered)}
    edges = tuple((index[a], index[b]) for a, b in (bone.split("-") for bone in bones.split()))
    return JointSet(name, ordered, edges)


_LIMBS = " ".join(
    f"{side}_shoulder-{side}_elbow {side}_elbow-{side}_wrist "
    f"{side}_hip-{side}_knee {side}_knee-{side}_ankle"
    for side in ("right", "left")
)
_KINECT_SPINE = (
    "spine_base-spine_mid spine_base-left_hip spine_base-right_hip "
    "left_wrist-left_hand right_wrist-right_hand left_ankle-left_foot right_ankle-right_foot"
)
_TORSO = (
    "right_shoulder-left_shoulder right_hip-left_hip right_shoulder-right_hip "
    "left_shoulder-left_hip"
)

_SETS = (
    # The thesis' 13 joints in LCR-Net's order.
    _make(
        "lcr13",
        "right_ankle left_ankle right_knee left_knee right_hip left_hip right_wrist left_wrist "
        "right_elbow left_elbow right_shoulder left_shoulder head",
        f"{_TORSO} right_shoulder-head left_shoulder-head {_LIMBS}",
    ),
    # Kinect v2, as in NTU RGB+D.
    _make(
        "kinect25",
        "spine_base spine_mid neck head left_shoulder left_elbow left_wrist left_hand "
        "right_shoulder right_elbow right_wrist right_hand left_hip left_knee left_ankle left_foot "
        "right_hip right_knee right_ankle right_foot spine_shoulder left_hand_tip left_thumb "
        "right_hand_tip right_thumb",
        f"{_KINECT_SPINE} {_LIMBS} spine_mid-spine_shoulder spine_shoulder-neck neck-head "
        "spine_shoulder-left_shoulder spine_shoulder-right_shoulder left_hand-left_hand_tip "
        "left_hand-left_thumb right_hand-right_hand_tip right_hand-right_thumb",
    ),
    # Kinect v1, as in NW-UCLA; the set names its hip centre spine_base and its spine spine_mid.
    _make(
        "kinect20",
        "spine_base spine_mid spine_shoulder head left_shoulder left_elbow left_wrist left_hand "
        "right_shoulder right_elbow right_wrist right_hand left_hip left_knee left_ankle left_foot "
        "right_hip right_knee right_ankle right_foot",
        f"{_KINECT_SPINE} {_LIMBS} spine_mid-spine_shoulder spine_shoulder-head "
        "spine_shoulder-left_shoulder spine_shoulder-right_shoulder",
    ),
    _make(
        "coco17",
        "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow "
        "right_elbow left_wrist right_wrist left_hip right_hip left_knee right_knee left_ankle "
        "right_ankle",
        f"{_TORSO} {_LIMBS} nose-left_eye nose-right_eye left_eye-left_ear right_eye-right_ear",
    ),
    _make(
        "h36m17",
        "spine_base right_hip right_knee right_ankle left_hip left_knee left_ankle spine_mid "
        "spine_shoulder nose head_top left_shoulder left_elbow left_wrist right_shoulder "
        "right_elbow right_wrist",
        f"{_LIMBS} spine_base-right_hip spine_base-left_hip spine_base-spine_mid "
        "spine_mid-spine_shoulder spine_shoulder-nose nose-head_top "
        "spine_shoulder-left_shoulder spine_shoulder-right_shoulder",
    ),
    _make(
        "blazepose33",
        "nose left_eye_inner left_eye left_eye_outer right_eye_inner right_eye right_eye_outer "
        "left_ear right_ear left_mouth right_mouth left_shoulder right_shoulder left_elbow "
        "right_elbow left_wrist right_wrist left_pinky right_pinky left_index right_index "
        "left_thumb right_thumb left_hip right_hip left_knee right_knee left_ankle right_ankle "
        "left_heel right_heel left_foot right_foot",
        f"{_TORSO} {_LIMBS} left_ankle-left_heel left_heel-left_foot right_ankle-right_heel "
        "right_heel-right_foot left_wrist-left_index right_wrist-right_index left_wrist-left_thumb "
        "right_wrist-right_thumb left_mouth-right_mouth nose-left_eye nose-right_eye "
        "left_eye-left_ear right_eye-right_ear",
    ),
    # SBU Kinect Interaction, 15 joints.
    _make(
        "sbu15",
        "head neck spine_mid left_shoulder left_elbow left_hand right_shoulder right_elbow "
        "right_hand left_hip left_knee left_foot right_hip right_knee right_foot",
        "head-neck neck-spine_mid neck-left_shoulder neck-right_shoulder spine_mid-left_hip "
        "spine_mid-right_hip left_shoulder-left_elbow left_elbow-left_hand "
        "right_shoulder-right_elbow right_elbow-right_hand left_hip-left_knee left_knee-left_foot "
        "right_hip-right_knee right_knee-right_foot",
    ),
)
JOINT_SETS = {joints.name: joints for joints in _SETS}

# Where a joint of the target is not in the source by name: the mean of these, first list that fits.
_STAND_INS: dict[str, tuple[tuple[str, ...], ...]] = {
    # The head of lcr13 and Kinect is the centre of the head: midway between the ears.
    "head": (("left_ear", "right_ear"), ("nose", "head_top"), ("nose",)),
    "spine_base": (("left_hip", "right_hip"),),
    "spine_shoulder": (("left_shoulder", "right_shoulder"), ("neck",)),
    "neck": (("spine_shoulder",), ("left_shoulder", "right_shoulder")),
    "spine_mid": (("left_hip", "right_hip", "left_shoulder", "right_shoulder"),),
    # SBU names the ends of its limbs hand and foot where others have wrist and ankle.
    "left_wrist": (("left_hand",),),
    "right_wrist": (("right_hand",),),
    "left_ankle": (("left_foot",),),
    "right_ankle": (("right_foot",),),
    "left_foot": (("left_ankle",),),
    "right_foot": (("right_ankle",),),
    "left_hand": (("left_wrist",),),
    "right_hand": (("right_wrist",),),
}


def joint_set(name: str) -> JointSet:
    """The joint set of that name.

    Raises:
        ValueError: no such set; the line names those there are.
    """
    if name not in JOINT_SETS:
        raise ValueError(f"unknown joint set {name!r}: there are {', '.join(JOINT_SETS)}")
    return JOINT_SETS[name]


@cache
def conversion(source: str, target: str) -> npt.NDArray[np.float64]:
    """Weights that turn joints of one set into joints of another.

    Returns:
        (J_target, J_source), rows sum to 1.

    Raises:
        ValueError: the target has a joint that the source neither has nor can stand in for.
    """
    have, want = joint_set(source), joint_set(target)
    weights = np.zeros((len(want), len(have)))
    for row, name in enumerate(want.names):
        options = ((name,), *_STAND_INS.get(name, ()))
        parts = next((p for p in options if all(n in have.names for n in p)), None)
        if parts is None:
            raise ValueError(f"{source} cannot be converted to {target}: nothing gives {name!r}")
        for part in parts:
            weights[row, have.index(part)] = 1 / len(parts)
    weights.setflags(write=False)
    return weights


def convert(joints: npt.NDArray, source: str, target: str) -> npt.NDArray:
    """Joints of one set as joints of another, by name or as the mean of stand-ins.

    Args:
        joints: (..., J_source, C) positions in any unit and axes.

    Returns:
        (..., J_target, C), same unit and axes.
    """
    if source == target:
        return joints
    return np.einsum("ts,...sc->...tc", conversion(source, target), joints)


def convert_scores(scores: npt.NDArray, source: str, target: str) -> npt.NDArray:
    """Scores of one joint set as scores of another; a mean of joints gets the mean of scores.

    Args:
        scores: (..., J_source) in [0, 1].

    Returns:
        (..., J_target) in [0, 1].
    """
    if source == target:
        return scores
    return np.einsum("ts,...s->...t", conversion(source, target), scores)


def torso(joints: npt.NDArray, joint_set_name: str) -> npt.NDArray:
    """Mean of hips and shoulders, the origin of a torso-centred pose (LCR-Net's torso).

    Args:
        joints: (..., J, C).

    Returns:
        (..., 1, C), so that `joints - torso(joints, ...)` is torso-centred.
    """
    joints_of = joint_set(joint_set_name)
    four = [
        joints_of.index(n) for n in ("left_hip", "right_hip", "left_shoulder", "right_shoulder")
    ]
    return joints[..., four, :].mean(axis=-2, keepdims=True)
