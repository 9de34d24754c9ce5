"""Pinhole camera and rotations: world to camera axes, metres to pixels.

World axes: right-handed, y up, metres, the floor at y = 0. Camera axes: x right, y down,
z forward. Both are right-handed, so every rotation between them has determinant +1.

Pixels are continuous and count from the top-left *corner* of the image: the image spans
[0, width] x [0, height] and the centre of the first pixel is (0.5, 0.5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.floating]

NEAREST_DEPTH = 1e-3  # metres; points behind the camera project as if they were this near


def unit(vectors: ArrayLike) -> Array:
    """Vectors of length one along the last axis; a zero vector stays zero."""
    vectors = np.asarray(vectors, dtype=float)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, 1e-12)


def _rotation(angle: ArrayLike, first: int, second: int) -> Array:
    """Rotations that turn axis `first` towards axis `second`."""
    angle = np.asarray(angle, dtype=float)
    rotation = np.zeros((*angle.shape, 3, 3))
    rotation[..., 3 - first - second, 3 - first - second] = 1.0
    rotation[..., first, first] = rotation[..., second, second] = np.cos(angle)
    rotation[..., second, first] = np.sin(angle)
    rotation[..., first, second] = -np.sin(angle)
    return rotation


def rotation_x(angle: ArrayLike) -> Array:
    """(..., 3, 3) rotations about x by (...) radians: y towards z."""
    return _rotation(angle, 1, 2)


def rotation_y(angle: ArrayLike) -> Array:
    """(..., 3, 3) rotations about y by (...) radians: z towards x."""
    return _rotation(angle, 2, 0)


def rotation_z(angle: ArrayLike) -> Array:
    """(..., 3, 3) rotations about z by (...) radians: x towards y."""
    return _rotation(angle, 0, 1)


@dataclass(frozen=True)
class Camera:
    """A pinhole camera without distortion, square pixels."""

    position: Array
    """(3,) metres, world axes."""
    rotation: Array
    """(3, 3) turns world axes into camera axes: camera = rotation @ (world - position)."""
    focal_px: float
    """Focal length in pixels."""
    principal_px: Array
    """(2,) x and y of the optical axis, pixels from the image's top-left corner."""
    width: int
    """Image width, pixels."""
    height: int
    """Image height, pixels."""

    def __post_init__(self) -> None:
        for name, shape in (("position", (3,)), ("rotation", (3, 3)), ("principal_px", (2,))):
            value = np.asarray(getattr(self, name), dtype=float)
            if value.shape != shape:
                raise ValueError(f"Camera.{name} must have shape {shape}, got {value.shape}")
            object.__setattr__(self, name, value)
        if not np.allclose(self.rotation @ self.rotation.T, np.eye(3), atol=1e-6):
            raise ValueError("Camera.rotation must be orthonormal")
        if np.linalg.det(self.rotation) < 0:
            raise ValueError("Camera.rotation mirrors (determinant -1): it must only rotate")
        if min(self.focal_px, self.width, self.height) <= 0:
            raise ValueError(
                f"Camera needs a positive focal length and size, got focal_px={self.focal_px}, "
                f"width={self.width}, height={self.height}"
            )

    def to_camera(self, points: Array) -> Array:
        """(..., 3) world points in camera axes, metres."""
        return (points - self.position) @ self.rotation.T

    def to_world(self, points: Array) -> Array:
        """(..., 3) camera points in world axes, metres: the inverse of `to_camera`."""
        return points @ self.rotation + self.position

    def project_camera(self, points: Array) -> Array:
        """(..., 2) pixels of (..., 3) points in camera axes, metres."""
        depth = np.maximum(points[..., 2:], NEAREST_DEPTH)
        return points[..., :2] / depth * self.focal_px + self.principal_px

    def project(self, points: Array) -> Array:
        """(..., 2) pixels of (..., 3) points in world axes, metres."""
        return self.project_camera(self.to_camera(points))


def look_at(
    position: ArrayLike,
    target: ArrayLike,
    *,
    focal_px: float = 550.0,
    width: int = 640,
    height: int = 480,
) -> Camera:
    """The upright camera at `position` with `target` in the middle of its image.

    Args:
        position: (3,) metres, world axes.
        target: (3,) metres, world axes; not straight above or below `position`.
        focal_px: focal length in pixels.
        width: image width, pixels.
        height: image height, pixels.
    """
    position = np.asarray(position, dtype=float)
    forward = unit(np.asarray(target, dtype=float) - position)
    right = np.cross(forward, (0.0, 1.0, 0.0))
    if np.linalg.norm(right) < 1e-6:
        raise ValueError("look_at needs a target beside the camera, got one above, below or at it")
    right = unit(right)
    rotation = np.stack([right, np.cross(forward, right), forward])
    centre = np.array([width / 2, height / 2])
    return Camera(position, rotation, float(focal_px), centre, width, height)


def orbit_camera(
    *,
    yaw: float = 0.0,
    distance: float = 4.0,
    camera_height: float = 1.4,
    target: ArrayLike = (0.0, 0.9, 0.0),
    focal_px: float = 550.0,
    width: int = 640,
    height: int = 480,
) -> Camera:
    """A camera on a circle around `target`, looking at it.

    Args:
        yaw: radians; 0 looks at the front of an actor who faces world +z, pi / 2 at the
            actor's left side, pi at the back.
        distance: horizontal distance to the target, metres.
        camera_height: metres above the floor.
        target: (3,) metres, world axes.
        focal_px: focal length in pixels.
        width: image width, pixels.
        height: image height, pixels.
    """
    target = np.asarray(target, dtype=float)
    position = target + distance * np.array([np.sin(yaw), 0.0, np.cos(yaw)])
    position[1] = camera_height
    return look_at(position, target, focal_px=focal_px, width=width, height=height)
