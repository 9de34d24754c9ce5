"""Cameras as they are held in the wild: any side, tilted, near or far, not always well aimed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wildpose.geometry import Array, Camera, rotation_x, rotation_y, rotation_z

CLOSE_SHARE = 0.25  # of the views come so near that a part of the body is cut off
HIGH_SHARE = 0.08  # look down steeply, like cameras under a ceiling
NEAREST_M = 1.0
LOWEST_M = 0.05  # of the camera of one person, above the floor
WORLD_TO_CAMERA = np.diag([1.0, -1.0, -1.0])  # at yaw 0 the camera looks along world -z


@dataclass(frozen=True)
class Views:
    """N cameras, each with its own person in or near the picture; pictures are square."""

    rotation: Array
    """(N, 3, 3) turns world axes into camera axes."""
    position: Array
    """(N, 3) metres, world axes."""
    focal_px: Array
    """(N,) focal length in pixels."""
    size_px: int
    """Width and height of every picture."""

    def to_camera(self, points: Array) -> Array:
        """(N, J, 3) metres in camera axes of (N, J, 3) world points."""
        return np.einsum("nij,nkj->nki", self.rotation, points - self.position[:, None])

    def project(self, points: Array) -> Array:
        """(N, J, 2) px of (N, J, 3) points in camera axes, in front of the camera."""
        scaled = points[..., :2] / np.maximum(points[..., 2:], 0.05)
        return scaled * self.focal_px[:, None, None] + self.size_px / 2

    def camera(self, index: int) -> Camera:
        """One of them."""
        middle = np.full(2, self.size_px / 2)
        return Camera(
            self.position[index],
            self.rotation[index],
            float(self.focal_px[index]),
            middle,
            self.size_px,
            self.size_px,
        )


def random_views(
    targets: Array, heights: Array, rng: np.random.Generator, *, size_px: int = 384
) -> Views:
    """A camera for each person, drawn from what hand-held and fixed cameras do.

    Yaw is uniform; elevation is around 5 degrees above the horizon, sometimes steep; the roll has
    a deviation of 5 degrees, the vertical field of view is 25 to 60 degrees; the person fills 35
    to 95 % of the picture's height, in a quarter of the views more than all of it, and stands off
    centre as far as there is room.

    Args:
        targets: (N, 3) metres, world axes (y up), the middle of each person.
        heights: (N,) metres from head to foot, or across, whichever is longer.
        rng: seeded.
        size_px: width and height of the pictures.
    """
    N = len(targets)
    field = np.radians(rng.uniform(25, 60, N))
    focal = size_px / 2 / np.tan(field / 2)
    close = rng.random(N) < CLOSE_SHARE
    fill = np.where(close, rng.uniform(1.1, 2.4, N), rng.uniform(0.35, 0.95, N))
    distance = np.maximum(focal * heights / (fill * size_px), NEAREST_M)
    yaw = rng.uniform(-np.pi, np.pi, N)
    steep = rng.random(N) < HIGH_SHARE
    elevation = np.where(steep, rng.uniform(30, 65, N), np.clip(rng.normal(5, 11, N), -20, 35))
    elevation = np.radians(elevation)
    # Aiming: in pixels from the picture's centre to where the target appears.
    room = 0.5 * np.maximum(1 - fill, 0.1) * size_px
    aside = rng.uniform(-1, 1, (N, 2)) * np.stack([np.maximum(room, 0.15 * size_px), room], -1)
    # A close-up shows the upper body: faces are what people film.
    aside[:, 1] += np.where(close, rng.uniform(0.0, 0.55, N) * (fill - 0.8) * size_px, 0.0)
    aimed = rotation_x(-np.arctan(aside[:, 1] / focal)) @ rotation_y(np.arctan(aside[:, 0] / focal))
    rolled = rotation_z(np.radians(rng.normal(0, 5, N))) @ aimed
    facing = rotation_x(elevation) @ WORLD_TO_CAMERA @ rotation_y(-yaw)
    back = np.stack(
        [np.sin(yaw) * np.cos(elevation), np.sin(elevation), np.cos(yaw) * np.cos(elevation)], -1
    )
    return Views(rolled @ facing, targets + distance[:, None] * back, focal, size_px)


def camera_on(joints: Array, rng: np.random.Generator, *, size_px: int) -> Camera:
    """A random camera on all of one person's motion, above the floor.

    Args:
        joints: (T, J, 3) m, world axes (y up), the floor at y = 0.
        rng: seeded.
        size_px: width and height of the picture.
    """
    low, high = joints.min(axis=(0, 1)), joints.max(axis=(0, 1))
    # Bodies reach beyond their joints; one that crouches is no reason to come near.
    tall = max(float((high - low).max()) + 0.15, 1.0)
    views = random_views((low + high)[None] / 2, np.array([tall]), rng, size_px=size_px)
    above = np.maximum(views.position, [-np.inf, LOWEST_M, -np.inf])
    return replace(views, position=above).camera(0)
