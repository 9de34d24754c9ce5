"""Videos of mannequins in a room, with exact ground truth for every joint.

rng = np.random.default_rng(0)
clip = MannequinClip((random_actor("wave", rng),), orbit_camera(), np.arange(60) / 30)
for time, image in clip.frames(): ...
clip.joints_2d    # (M, T, 25, 2) pixels, the same convention as wildpose.geometry
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from datasets.acting import Style, random_style
from datasets.bone_axes import body_size
from datasets.figure import Appearance, figure_solids, random_appearance
from datasets.kinematics import JOINT, Body, random_body
from datasets.motions import MOTIONS, SEAT_BACK, SEAT_HEIGHT
from datasets.raycast import Solids, capsules, join_solids
from datasets.renderer import Renderer
from datasets.room import Room
from wildpose.geometry import Array, Camera, rotation_y

# How deep a joint may lie behind the surface in front of it and still count as seen: the
# flesh around it, metres for an adult of 1.75 m, for the joints in Kinect order.
FLESH = np.array([
    0.18, 0.17, 0.12, 0.15, 0.13, 0.11, 0.08, 0.08, 0.13, 0.11, 0.08, 0.08,
    0.16, 0.12, 0.10, 0.10, 0.16, 0.12, 0.10, 0.10, 0.17, 0.05, 0.06, 0.05, 0.06,
])  # fmt: skip


@dataclass(frozen=True)
class Actor:
    """One person of a clip: what they do, where, and what they are like."""

    motion: str
    """A name in datasets.motions.MOTIONS."""
    position: tuple[float, float] = (0.0, 0.0)
    """World x and z where the actor stands, metres."""
    heading: float = 0.0
    """Radians to the left; 0 faces world +z."""
    body: Body = field(default_factory=Body)
    style: Style = field(default_factory=Style)
    appearance: Appearance = field(default_factory=Appearance)

    def __post_init__(self) -> None:
        if self.motion not in MOTIONS:
            raise ValueError(f"unknown motion {self.motion!r}; there are {', '.join(MOTIONS)}")

    def joints(self, times: Array) -> Array:
        """(T, 25, 3) joints at (T,) seconds, metres, world axes."""
        return self.placed(MOTIONS[self.motion](np.asarray(times, float), self.body, self.style))

    def placed(self, points: Array) -> Array:
        """(..., 3) points of actor axes in world axes."""
        x, z = self.position
        return points @ rotation_y(self.heading).T + np.array([x, 0.0, z])

    def props(self) -> Solids | None:
        """What the motion needs around it, world axes: a stool to sit on."""
        return _stool(self) if self.motion == "sit_down" else None


def random_actor(
    motion: str,
    rng: np.random.Generator,
    *,
    position: tuple[float, float] = (0.0, 0.0),
    heading: float = 0.0,
) -> Actor:
    """An actor whose body, style and looks are drawn from a seeded generator."""
    body, style, appearance = random_body(rng), random_style(rng), random_appearance(rng)
    return Actor(motion, position, heading, body, style, appearance)


@dataclass(frozen=True)
class SceneFrame:
    """One frame of a rendered scene."""

    time: float
    """Seconds."""
    image: NDArray[np.uint8]
    """(H, W, 3) RGB."""
    visible: NDArray[np.bool_]
    """(M, 25) see `visible_joints`."""


def render_scene(
    joints: Array,
    appearances: Sequence[Appearance],
    camera: Camera,
    times: Array,
    *,
    room: Room | None = None,
    props: Sequence[Solids] = (),
    supersample: int = 2,
) -> Iterator[SceneFrame]:
    """Frames of actors given by their joints, whatever moved them.

    Args:
        joints: (M, T, 25, 3) Kinect v2 joints, metres, world axes.
        appearances: M looks.
        camera: from where.
        times: (T,) seconds, passed on to the frames.
        room: what stands around; the default room if None.
        props: solids that stand still, world axes.
        supersample: samples per pixel in x and in y on the actors; 1 is fast and jagged.
    """
    if joints.ndim != 4 or joints.shape[2:] != (25, 3):
        raise ValueError(f"joints must have shape (M, T, 25, 3), got {joints.shape}")
    if (len(appearances), len(times)) != joints.shape[:2]:
        raise ValueError(
            f"joints are of {joints.shape[0]} actors at {joints.shape[1]} times, "
            f"but there are {len(appearances)} appearances and {len(times)} times"
        )
    renderer = Renderer(camera, room=room, supersample=supersample)
    figures = [figure_solids(own, look) for own, look in zip(joints, appearances, strict=True)]
    sizes = [body_size(own) for own in joints]
    for t, time in enumerate(times):
        solids = join_solids([*(figure[t] for figure in figures), *props])
        shadows = np.concatenate([floor_shadows(own[t]) for own in joints])
        picture = renderer.render(solids, shadows=shadows)
        visible = visible_joints(joints[:, t], sizes, picture.depth, camera)
        yield SceneFrame(float(time), picture.image, visible)


@dataclass(frozen=True)
class MannequinClip:
    """Actors in a room seen by a camera at given times: images and ground truth."""

    actors: tuple[Actor, ...]
    camera: Camera
    times: Array
    """(T,) seconds, in order, at any spacing."""
    room: Room = field(default_factory=Room)

    @cached_property
    def joints_world(self) -> Array:
        """(M, T, 25, 3) metres, world axes."""
        return np.stack([actor.joints(self.times) for actor in self.actors])

    @cached_property
    def joints_camera(self) -> Array:
        """(M, T, 25, 3) metres, camera axes."""
        return self.camera.to_camera(self.joints_world)

    @cached_property
    def joints_2d(self) -> Array:
        """(M, T, 25, 2) pixels from the image's top-left corner; may lie outside."""
        return self.camera.project_camera(self.joints_camera)

    def scene(self, *, supersample: int = 2) -> Iterator[SceneFrame]:
        """Time, image and visible joints of each frame."""
        props = [solids for actor in self.actors if (solids := actor.props()) is not None]
        looks = [actor.appearance for actor in self.actors]
        return render_scene(
            self.joints_world,
            looks,
            self.camera,
            self.times,
            room=self.room,
            props=props,
            supersample=supersample,
        )

    def frames(self) -> Iterator[tuple[float, NDArray[np.uint8]]]:
        """Time in seconds and (H, W, 3) RGB image of each frame."""
        return ((frame.time, frame.image) for frame in self.scene())


def visible_joints(
    joints: Array, sizes: Sequence[float], depth: Array, camera: Camera
) -> NDArray[np.bool_]:
    """Which joints the camera sees: in the image, with nothing before them but their flesh.

    Args:
        joints: (M, 25, 3) metres, world axes.
        sizes: M body sizes over that of an adult of 1.75 m.
        depth: (H, W) metres, camera axes.
        camera: which made `depth`.

    Returns:
        (M, 25) True where seen.
    """
    points = camera.to_camera(joints)
    column, row = np.moveaxis(np.floor(camera.project_camera(points)).astype(int), -1, 0)
    inside = (column >= 0) & (column < camera.width) & (row >= 0) & (row < camera.height)
    front = depth[np.clip(row, 0, camera.height - 1), np.clip(column, 0, camera.width - 1)]
    flesh = FLESH * np.asarray(sizes)[:, None]
    return inside & (points[..., 2] > 0) & (points[..., 2] - front < flesh)


def floor_shadows(joints: Array) -> Array:
    """(S, 4) soft shadows (x, z, radius, strength) of (25, 3) world joints on the floor.

    Each joint's shadow widens and fades with its height, so feet look planted.
    """
    weights = {  # radius, strength, height at which a third of it is left
        "left_foot": (0.07, 0.45, 0.3), "right_foot": (0.07, 0.45, 0.3),
        "left_ankle": (0.07, 0.45, 0.3), "right_ankle": (0.07, 0.45, 0.3),
        "left_knee": (0.10, 0.30, 0.6), "right_knee": (0.10, 0.30, 0.6),
        "left_wrist": (0.05, 0.30, 0.4), "right_wrist": (0.05, 0.30, 0.4),
        "spine_base": (0.20, 0.42, 0.8), "spine_shoulder": (0.22, 0.30, 0.8),
    }  # fmt: skip
    points = joints[[JOINT[name] for name in weights]]
    radius, strength, fading = np.array(list(weights.values())).T
    height = np.maximum(points[:, 1], 0.0)
    strength = strength * np.exp(-height / fading)
    return np.stack([points[:, 0], points[:, 2], radius + 0.08 * height, strength], -1)


def _stool(actor: Actor) -> Solids:
    """A round stool behind an actor, sized for their body."""
    scale = actor.body.scale
    seat = np.array([0.0, SEAT_HEIGHT - 0.02, -SEAT_BACK])
    angles = np.pi / 4 + np.pi / 2 * np.arange(4)
    spread = np.stack([np.sin(angles), 0 * angles, np.cos(angles)], -1)
    feet = seat * (1, 0, 1) + 0.19 * spread + (0, 0.012, 0)
    legs = capsules(
        actor.placed(scale * (seat + 0.13 * spread)), actor.placed(scale * feet),
        0.014 * scale, (0.30, 0.25, 0.22),
    )  # fmt: skip
    middle = actor.placed(scale * seat)[None]
    flat = np.diag([1.0, 0.11**-2.0, 1.0])[None]  # a disc: 11 % as thick as wide
    radius = np.array([0.19 * scale])
    cushion = Solids(middle, middle, radius, radius, flat, np.array([[0.55, 0.40, 0.28]]))
    return join_solids([legs, cushion])
