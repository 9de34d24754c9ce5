"""A body of fixed bone lengths, and the 25 Kinect joints of a posture by two-bone IK.

Actor axes (the body axes of DESIGN.md, but with the origin on the floor): x to the actor's
left, y up, z forward, metres; the actor stands at the origin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wildpose.geometry import Array, rotation_x, rotation_y, rotation_z, unit
from wildpose.joints import joint_set

JOINT = {name: index for index, name in enumerate(joint_set("kinect25").names)}
BONES = tuple(
    (JOINT[parent], JOINT[child])
    for parent, child in (
        pair.split(">")
        for pair in (
            "spine_base>spine_mid spine_mid>spine_shoulder spine_shoulder>neck neck>head "
            "spine_shoulder>left_shoulder left_shoulder>left_elbow left_elbow>left_wrist "
            "left_wrist>left_hand left_hand>left_hand_tip left_wrist>left_thumb "
            "spine_shoulder>right_shoulder right_shoulder>right_elbow right_elbow>right_wrist "
            "right_wrist>right_hand right_hand>right_hand_tip right_wrist>right_thumb "
            "spine_base>left_hip left_hip>left_knee left_knee>left_ankle left_ankle>left_foot "
            "spine_base>right_hip right_hip>right_knee right_knee>right_ankle "
            "right_ankle>right_foot"
        ).split()
    )
)
SIDES = ("left", "right")  # index 0 and 1 of every array with a side axis
SIGN = np.array([1.0, -1.0])  # x of the left and of the right side
REFERENCE_HEIGHT = 1.75  # metres; lengths below are of an adult of this height


@dataclass(frozen=True)
class Body:
    """Bone lengths of one actor, from a height and a few ratios to the average adult.

    Segment lengths are fractions of height after Drillis & Contini 1966 (in Winter,
    Biomechanics and Motor Control of Human Movement, 4th ed., fig. 4.1); trunk joints sit
    where Kinect v2 reports them.
    """

    height: float = 1.75
    """Metres, without shoes."""
    arm_ratio: float = 1.0
    """Arm length over the average for this height."""
    leg_ratio: float = 1.0
    """Leg length over the average; the trunk makes up for it, so height stays."""
    shoulder_ratio: float = 1.0
    """Shoulder width over the average."""
    hip_ratio: float = 1.0
    """Hip width over the average."""

    @property
    def scale(self) -> float:
        """Height over the reference height."""
        return self.height / REFERENCE_HEIGHT

    @property
    def thigh(self) -> float:
        """Hip to knee, metres."""
        return 0.245 * self.height * self.leg_ratio

    @property
    def shin(self) -> float:
        """Knee to ankle, metres."""
        return 0.246 * self.height * self.leg_ratio

    @property
    def upper_arm(self) -> float:
        """Shoulder to elbow, metres."""
        return 0.172 * self.height * self.arm_ratio

    @property
    def forearm(self) -> float:
        """Elbow to wrist, metres."""
        return 0.146 * self.height * self.arm_ratio

    @property
    def foot(self) -> Array:
        """(3,) from the ball of a flat foot to its ankle, metres, foot axes."""
        return np.array([0.0, 0.067, -0.125]) * self.scale

    @property
    def ball_height(self) -> float:
        """The foot joint above the floor when the foot is flat, metres."""
        return 0.026 * self.scale

    @property
    def spine(self) -> float:
        """Spine base to spine mid, and spine mid to spine shoulder, metres."""
        longer_legs = (self.leg_ratio - 1.0) * 0.491 * self.height
        return 0.229 * self.scale - longer_legs / 2

    @property
    def shoulder(self) -> Array:
        """(3,) from spine shoulder to the left shoulder, metres, chest axes."""
        return np.array([0.172 * self.shoulder_ratio, -0.010, 0.0]) * self.scale

    @property
    def hip(self) -> Array:
        """(3,) from spine base to the left hip, metres, pelvis axes."""
        return np.array([0.092 * self.hip_ratio, -0.057, 0.0]) * self.scale

    @property
    def stance(self) -> Array:
        """(3,) ball of the left foot of the standing actor, metres, actor axes."""
        return np.array([1.15 * self.hip[0], self.ball_height, -self.foot[2]])


def random_body(rng: np.random.Generator) -> Body:
    """A plausible adult: heights and ratios of about one standard deviation's spread."""
    ratios = np.clip(rng.normal(1.0, (0.02, 0.015, 0.04, 0.05)), 0.92, 1.08)
    height = float(np.clip(rng.normal(1.72, 0.08), 1.5, 1.95))
    return Body(height, *(float(ratio) for ratio in ratios))


@dataclass(frozen=True)
class Posture:
    """Where an actor's pelvis, trunk, hands and feet are at T times; IK finds the rest.

    Lengths are metres of an adult of the reference height and grow with the body. The
    defaults are a relaxed standing posture. Each field is (T, ...) or broadcasts to it.
    """

    pelvis: Array | tuple = (0.0, 0.0, 0.0)
    """(T, 3) offset of the spine base from standing, actor axes."""
    pelvis_turn: Array | tuple = (0.0, 0.0, 0.0)
    """(T, 3) degrees of pitch (forward), yaw (to the left), roll (to the right)."""
    chest_turn: Array | tuple = (2.0, 0.0, 0.0)
    """(T, 3) degrees like `pelvis_turn`, also against the actor axes."""
    head_turn: Array | tuple = (4.0, 0.0, 0.0)
    """(T, 3) degrees like `pelvis_turn`, also against the actor axes."""
    wrists: Array | tuple = ((0.17, -0.95, 0.12), (0.17, -0.95, 0.12))
    """(T, 2, 3) left and right wrist from its shoulder, chest axes with x *outwards*, in arm
    lengths (shoulder to wrist)."""
    elbows: Array | tuple = ((0.35, 0.0, -1.0), (0.35, 0.0, -1.0))
    """(T, 2, 3) where the elbows point, same axes; any length."""
    palms: Array | tuple = (0.0, 0.0)
    """(T, 2) degrees of forearm roll; 0 has the thumb on the inner side of the elbow's bend,
    positive turns it towards the body."""
    balls: Array | tuple = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    """(T, 2, 3) offsets of the balls of the feet from standing, actor axes."""
    foot_pitch: Array | tuple = (0.0, 0.0)
    """(T, 2) degrees that the heel is above the toes."""
    foot_yaw: Array | tuple = (8.0, 8.0)
    """(T, 2) degrees that the toes point outwards."""
    heading: Array | float = 0.0
    """(T,) radians to the left, turns feet and trunk with all their offsets."""


REACH = 0.995  # share of a limb's length from where on straightening is softened


def soft_reach(distance: Array, limit: float) -> Array:
    """Distances kept below `limit`, smoothly, and unchanged up to REACH of it."""
    start = REACH * limit
    room = limit * 0.999 - start
    beyond = np.maximum(distance - start, 0.0)
    return np.minimum(distance, start) + room * (1.0 - np.exp(-beyond / room))


def two_bone(
    root: Array, target: Array, pole: Array, upper: float, lower: float
) -> tuple[Array, Array]:
    """Middle and end joint of a two-bone limb that reaches from root towards target.

    Args:
        root: (T, 3) shoulder or hip, metres.
        target: (T, 3) wrist or ankle wanted; out of reach, the limb points at it.
        pole: (T, 3) the direction in which the middle joint bends out.
        upper: length of the first bone, metres.
        lower: length of the second bone, metres.

    Returns:
        (T, 3) elbow or knee, (T, 3) wrist or ankle.
    """
    along = unit(target - root)
    distance = soft_reach(np.linalg.norm(target - root, axis=-1), upper + lower)
    # At least a 30 degree angle between the bones: no elbow or knee folds further.
    folded = np.sqrt(upper**2 + lower**2 - 2 * upper * lower * np.cos(np.radians(30)))
    distance = np.maximum(distance, folded)[..., None]
    out = unit(pole - (pole * along).sum(-1, keepdims=True) * along)
    share = (upper**2 - lower**2 + distance**2) / (2 * distance)
    bend = np.sqrt(np.maximum(upper**2 - share**2, 0.0))
    return root + share * along + bend * out, root + distance * along


def _turn(degrees: Array, heading: Array) -> Array:
    """(T, 3, 3) rotations of (T, 3) degrees of pitch, yaw, roll after (T,) heading."""
    pitch, yaw, roll = np.radians(np.moveaxis(degrees, -1, 0))
    return rotation_y(yaw + heading) @ rotation_x(pitch) @ rotation_z(-roll)


def _apply(rotation: Array, vector: Array) -> Array:
    """(T, 3) vectors turned by (T, 3, 3) rotations; one (3,) vector serves all times."""
    return np.einsum("tij,...tj->...ti", rotation, np.broadcast_to(vector, rotation.shape[:-1]))


def joints_of(body: Body, posture: Posture, times: Array) -> Array:
    """The 25 joints of a posture.

    Returns:
        (T, 25, 3) metres, actor axes, Kinect v2 order.
    """
    joints = np.empty((len(times), 25, 3))
    pelvis, chest = _trunk(joints, body, posture)
    for side in range(2):
        _leg(joints, body, posture, pelvis, side)
        _arm(joints, body, posture, chest, side)
    return joints


def _full(value: Array | tuple | float, *shape: int) -> Array:
    """A field of a posture as an array of its full shape."""
    return np.broadcast_to(np.asarray(value, dtype=float), shape)


def _trunk(joints: Array, body: Body, posture: Posture) -> tuple[Array, Array]:
    """Fills spine, neck and head; returns (T, 3, 3) pelvis and chest rotations."""
    T = len(joints)
    heading = _full(posture.heading, T)
    turns = [
        _full(turn, T, 3) for turn in (posture.pelvis_turn, posture.chest_turn, posture.head_turn)
    ]
    pelvis, chest, head = (_turn(turn, heading) for turn in turns)
    loin = _turn((turns[0] + turns[1]) / 2, heading)
    up = np.array([0.0, 1.0, 0.0])
    hip_height = 0.994 * (body.thigh + body.shin) + body.foot[1] + body.ball_height - body.hip[1]
    base = _apply(rotation_y(heading), _full(posture.pelvis, T, 3) * body.scale) + hip_height * up
    middle = base + _apply(loin, body.spine * up)
    collar = middle + _apply(chest, body.spine * up)
    neck = collar + _apply(chest, np.array([0.0, 0.055, 0.004]) * body.scale)
    joints[:, JOINT["spine_base"]] = base
    joints[:, JOINT["spine_mid"]] = middle
    joints[:, JOINT["spine_shoulder"]] = collar
    joints[:, JOINT["neck"]] = neck
    joints[:, JOINT["head"]] = neck + _apply(head, np.array([0.0, 0.122, 0.018]) * body.scale)
    return pelvis, chest


def _leg(joints: Array, body: Body, posture: Posture, pelvis: Array, side: int) -> None:
    """Fills hip, knee, ankle and foot of one side."""
    T = len(joints)
    outwards = np.array([SIGN[side], 1.0, 1.0])
    heading = _full(posture.heading, T)
    offset = _full(posture.balls, T, 2, 3)[:, side] * body.scale
    ball = _apply(rotation_y(heading), body.stance * outwards + offset)
    yaw = heading + np.radians(_full(posture.foot_yaw, T, 2)[:, side]) * SIGN[side]
    foot = rotation_y(yaw) @ rotation_x(np.radians(_full(posture.foot_pitch, T, 2)[:, side]))
    hip = joints[:, JOINT["spine_base"]] + _apply(pelvis, body.hip * outwards)
    # Up as well as forward, so that the knee of a leg kicked to the front bends upwards.
    pole = _apply(rotation_y(yaw), np.array([0.0, 0.5, 1.0]))
    knee, ankle = two_bone(hip, ball + _apply(foot, body.foot), pole, body.thigh, body.shin)
    name = SIDES[side]
    joints[:, JOINT[f"{name}_hip"]] = hip
    joints[:, JOINT[f"{name}_knee"]] = knee
    joints[:, JOINT[f"{name}_ankle"]] = ankle
    joints[:, JOINT[f"{name}_foot"]] = ankle - _apply(foot, body.foot)


def _arm(joints: Array, body: Body, posture: Posture, chest: Array, side: int) -> None:
    """Fills shoulder, elbow, wrist, hand, tip and thumb of one side."""
    T = len(joints)
    outwards = np.array([SIGN[side], 1.0, 1.0])
    shoulder = joints[:, JOINT["spine_shoulder"]] + _apply(chest, body.shoulder * outwards)
    length = body.upper_arm + body.forearm
    target = shoulder + _apply(chest, _full(posture.wrists, T, 2, 3)[:, side] * outwards * length)
    pole = _apply(chest, _full(posture.elbows, T, 2, 3)[:, side] * outwards)
    elbow, wrist = two_bone(shoulder, target, pole, body.upper_arm, body.forearm)
    along = unit(wrist - elbow)
    inner = -unit(pole - (pole * along).sum(-1, keepdims=True) * along)
    roll = np.radians(_full(posture.palms, T, 2)[:, side])[:, None] * SIGN[side]
    thumb = np.cos(roll) * inner + np.sin(roll) * np.cross(inner, along)
    name = SIDES[side]
    joints[:, JOINT[f"{name}_shoulder"]] = shoulder
    joints[:, JOINT[f"{name}_elbow"]] = elbow
    joints[:, JOINT[f"{name}_wrist"]] = wrist
    joints[:, JOINT[f"{name}_hand"]] = wrist + 0.075 * body.scale * along
    joints[:, JOINT[f"{name}_hand_tip"]] = wrist + 0.16 * body.scale * along
    joints[:, JOINT[f"{name}_thumb"]] = wrist + body.scale * (0.07 * along + 0.055 * thumb)
