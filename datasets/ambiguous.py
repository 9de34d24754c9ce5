"""A distant person who might face us or turn the back: 2D joints that do not tell, and the truth.

From far away depth is lost, and a person whose arms rise and sink sideways has the same outline
from the front and from behind, but for the names of the sides. A pose backend names them anew in
every picture, and now and then the wrong way round. So it does here, drawn from a seed: a single
picture cannot say whether that was a mistake or a back. Time can.

clip = distant_person(np.random.default_rng(0))
clip.track           # what a backend without 3D would say
clip.joints          # where the joints are
clip.pictures([0])   # what it looks like
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from datasets.acting import REST, Style, cycle, finished
from datasets.figure import Appearance
from datasets.kinematics import Body, Posture
from datasets.mannequin import render_scene
from datasets.room import Room
from wildpose.geometry import Array, Camera, orbit_camera
from wildpose.joints import convert, joint_set
from wildpose.regions import body_box
from wildpose.types import Track

LCR13 = joint_set("lcr13")
FRAME_RATE = 60.0  # frames/s
DISTANCE = 40.0  # metres: one side of the body appears 1 % larger than the other at most
METRE_PX = 108.0  # px that a metre takes up at that distance
PICTURE = (220, 230)  # width and height, px
YAW = np.radians(12.0)  # of the camera round the actor: not quite from the front
NOISE_PX = 1.0  # deviation of 2D joints in x and in y: 9 mm
LONGEST_EXCHANGE = 3  # frames in a row in which sides are named the wrong way round
REST_FRAMES = (4, 14)  # fewest and most frames from one such mistake to the next
CYCLE_S = 2.0  # seconds in which the arms rise and sink once
ARM_LIFT = (-50.0, 55.0)  # degrees of the straight arms over the horizontal, lowest and highest


@dataclass(frozen=True)
class AmbiguousClip:
    """One person of whom a single picture cannot say whether it shows the front or the back."""

    track: Track
    """T rows of 2D joints in lcr13, no 3D: what the backend says."""
    joints: Array
    """(T, 13, 3) m, camera axes, from the camera: where the joints are."""
    exchanged: npt.NDArray[np.bool_]
    """(T,) True where the backend takes left for right."""
    camera: Camera
    """From where the person is seen."""
    joints_world: Array
    """(T, 25, 3) m, kinect25, world axes: what moves the mannequin."""

    def pictures(self, rows: Sequence[int]) -> Iterator[npt.NDArray[np.uint8]]:
        """(H, W, 3) RGB of each of these rows."""
        wanted = np.asarray(rows, dtype=int)
        room = Room(half_size=(12.0, 4.0), wall_height=6.0)
        scene = render_scene(
            self.joints_world[None, wanted], [Appearance()], self.camera, self.track.times[wanted],
            room=room,
        )  # fmt: skip
        return (frame.image for frame in scene)


def distant_person(rng: np.random.Generator, *, seconds: float = CYCLE_S) -> AmbiguousClip:
    """A person 40 m away who faces the camera and moves the arms up and down at the sides.

    Args:
        rng: seeded; draws the noise of the 2D joints and the frames with exchanged sides.
        seconds: how long, at 60 frames a second.
    """
    times = np.arange(round(seconds * FRAME_RATE)) / FRAME_RATE
    world = arm_raises(times, Body(), Style())
    camera = _camera()
    exchanged = exchanges(len(times), rng)
    joints_2d = convert(camera.project(world), "kinect25", "lcr13")
    joints_2d = joints_2d + rng.normal(0, NOISE_PX, joints_2d.shape)
    joints_2d[exchanged] = joints_2d[exchanged][:, LCR13.mirrored]
    return AmbiguousClip(
        track=_track(times, joints_2d),
        joints=convert(camera.to_camera(world), "kinect25", "lcr13"),
        exchanged=exchanged,
        camera=camera,
        joints_world=world,
    )


def arm_raises(times: Array, body: Body, style: Style) -> Array:
    """Straight arms rise and sink at the sides, in the plane of the body; 2 s.

    A motion as those in `datasets.motions`.
    """
    low, high = ARM_LIFT
    keys = {
        0.0: _arms_at(low), 0.25: _arms_at((low + high) / 2),
        0.5: _arms_at(high), 0.75: _arms_at((low + high) / 2),
    }  # fmt: skip
    return finished(cycle(keys, times * style.tempo / CYCLE_S + style.phase), times, body, style)


def _arms_at(degrees: float) -> Posture:
    """Standing with both arms so far over the horizontal."""
    angle = np.radians(degrees)
    wrist = (0.93 * np.cos(angle), 0.93 * np.sin(angle), 0.10)  # nearly straight
    elbow = (0.2, -1.0, -0.2)
    return replace(REST, wrists=(wrist, wrist), elbows=(elbow, elbow))


def _camera() -> Camera:
    width, height = PICTURE
    return orbit_camera(
        yaw=YAW,
        distance=DISTANCE,
        camera_height=0.95,
        target=(0.0, 0.95, 0.0),
        focal_px=METRE_PX * DISTANCE,
        width=width,
        height=height,
    )


def _track(times: Array, joints_2d: Array) -> Track:
    T = len(times)
    return Track(
        id=1,
        frames=np.arange(T),
        times=times,
        boxes=np.array([body_box(own) for own in joints_2d]).reshape(T, 4),
        joints_2d=joints_2d,
        scores=np.ones((T, len(LCR13))),
        joint_set="lcr13",
        picture=PICTURE,
    )


def exchanges(T: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """(T,) frames in which a backend takes left for right: now and then, never for long.

    Neither the first frames nor the last are among them: every mistake begins and ends.
    """
    fewest, most = REST_FRAMES
    exchanged = np.zeros(T, dtype=bool)
    start = int(rng.integers(fewest, most + 1))
    while start + LONGEST_EXCHANGE + fewest <= T:
        stop = start + int(rng.integers(1, LONGEST_EXCHANGE + 1))
        exchanged[start:stop] = True
        start = stop + int(rng.integers(fewest, most + 1))
    return exchanged


def facing(joints: Array) -> Array:
    """Where the chest points, seen from above: 0 at the camera, plus or minus pi away from it.

    The chest's direction is (left shoulder - right shoulder) x up.

    Args:
        joints: (..., 13, 3) m, lcr13, camera axes.

    Returns:
        (...) radians in [-pi, pi]; positive to the right in the picture.
    """
    left, right = LCR13.index("left_shoulder"), LCR13.index("right_shoulder")
    across = joints[..., left, :] - joints[..., right, :]
    chest = np.cross(across, (0.0, -1.0, 0.0))  # y points down
    return np.arctan2(chest[..., 0], -chest[..., 2])


def towards_camera(joints: Array) -> npt.NDArray[np.bool_]:
    """(...) True where the chest of (..., 13, 3) joints points to the camera's side."""
    return np.cos(facing(joints)) > 0


def flips(joints: Array) -> int:
    """How often the chest turns between the camera's side and the other.

    Args:
        joints: (T, 13, 3) m, lcr13, camera axes.
    """
    towards = towards_camera(joints)
    return int((towards[1:] != towards[:-1]).sum())
