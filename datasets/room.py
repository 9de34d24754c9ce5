"""A plain room seen by a camera: plank floor, four walls with a skirting board, ceiling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from wildpose.geometry import Array, Camera

SAMPLES = 3  # per pixel in x and y; drawn once per camera, so it may cost


@dataclass(frozen=True)
class Room:
    """A box around the world's origin with the floor at y = 0.

    Walls between a camera outside and the room are left out, as on a stage.
    """

    half_size: tuple[float, float] = (5.0, 5.0)
    """Half the width (x) and half the depth (z), metres."""
    wall_height: float = 2.8
    """Metres."""
    wall_colour: tuple[float, float, float] = (0.80, 0.82, 0.80)
    """RGB in [0, 1]."""
    floor_colour: tuple[float, float, float] = (0.66, 0.53, 0.40)
    """RGB in [0, 1] of the average plank."""
    skirting_colour: tuple[float, float, float] = (0.94, 0.94, 0.92)
    """RGB in [0, 1]."""
    plank: tuple[float, float] = (0.18, 1.5)
    """Width (x) and length (z) of a plank, metres."""
    wall_texture: Callable[[Array, Array], Array] | None = None
    """(N, 3) RGB by which the walls' colour is multiplied, from (N,) metres along the wall and (N,)
    metres of height; plain walls if None."""


def ray_directions(camera: Camera, *, samples: int = 1) -> Array:
    """(H * samples, W * samples, 3) float32 world directions per metre of depth."""
    x = (np.arange(camera.width * samples) + 0.5) / samples - camera.principal_px[0]
    y = (np.arange(camera.height * samples) + 0.5) / samples - camera.principal_px[1]
    right, down, forward = camera.rotation.astype(np.float32)
    x, y = (x / camera.focal_px).astype(np.float32), (y / camera.focal_px).astype(np.float32)
    return x[None, :, None] * right + (y[:, None, None] * down + forward)


def floor_points(camera: Camera) -> Array:
    """(H, W, 2) float32 world x and z of the floor behind each pixel centre, metres.

    Infinite where the ray does not meet the floor.
    """
    rays = ray_directions(camera)
    with np.errstate(divide="ignore"):
        depth = np.where(rays[..., 1] < -1e-4, -camera.position[1] / rays[..., 1], np.inf)
    depth = np.where(depth > 0, depth, np.inf).astype(np.float32)
    with np.errstate(invalid="ignore"):
        points = rays[..., [0, 2]] * depth[..., None] + camera.position[[0, 2]]
    return np.nan_to_num(points, nan=np.inf, posinf=np.inf, neginf=np.inf).astype(np.float32)


def room_image(camera: Camera, room: Room) -> NDArray[np.uint8]:
    """(H, W, 3) RGB of the empty room."""
    rays = ray_directions(camera, samples=SAMPLES)
    nearest = np.full(rays.shape[:2], np.inf, np.float32)
    image = np.full(rays.shape, 0.75, np.float32)
    planes = [(1, 0.0, 1), (1, room.wall_height, -1)]  # axis, position, side the room is on
    for axis, half in zip((0, 2), room.half_size, strict=True):
        planes += [(axis, -half, 1), (axis, half, -1)]
    for axis, place, side in planes:
        if (camera.position[axis] - place) * side > 0:
            _draw_plane(image, nearest, rays, camera, room, (axis, place))
    image = cv2.resize(image, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    return np.clip(image * 255 + 0.5, 0, 255).astype(np.uint8)


def _draw_plane(
    image: Array, nearest: Array, rays: Array, camera: Camera, room: Room, plane: tuple[int, float]
) -> None:
    """Draws one bounding plane into `image` wherever it is the nearest so far."""
    axis, place = plane
    with np.errstate(divide="ignore"):
        depth = (place - camera.position[axis]) / rays[..., axis]
    seen = (depth > 0) & (depth < nearest)
    points = rays[seen] * depth[seen][:, None].astype(np.float32) + camera.position.astype("f4")
    footprint = depth[seen] / (camera.focal_px * SAMPLES)  # metres per sample, face on
    nearest[seen] = depth[seen]
    if axis == 1:
        floor = place == 0.0
        image[seen] = _floor_colours(points, footprint, room) if floor else _ceiling(points)
    else:
        image[seen] = _wall_colours(points, axis, place, room)


def _floor_colours(points: Array, footprint: Array, room: Room) -> Array:
    """(N, 3) RGB of the planks at (N, 3) points; seams are never thinner than a sample."""
    width, length = room.plank
    column = np.floor(points[:, 0] / width)
    along = points[:, 2] / length + 0.37 * np.mod(column * 7, 5)  # staggered rows
    row = np.floor(along)
    random = np.mod(np.sin(column * 12.9898 + row * 78.233) * 43758.5453, 1.0)
    tone = 0.92 + 0.14 * random + 0.015 * np.sin(points[:, 0] * 160 + 6 * np.sin(points[:, 2] * 3))
    seam = np.minimum(_edge_distance(points[:, 0] / width) * width, _edge_distance(along) * length)
    thickness = np.maximum(0.0022, footprint)
    dark = 0.35 * (0.0022 / thickness) * np.clip(1.5 - seam / thickness, 0, 1)
    fade = 1.0 - 0.03 * np.hypot(points[:, 0], points[:, 2])  # the light hangs in the middle
    return (tone * (1 - dark) * fade)[:, None] * np.array(room.floor_colour)


def _edge_distance(cells: Array) -> Array:
    """Distance to the nearest whole number."""
    return np.abs(cells - np.round(cells))


def _ceiling(points: Array) -> Array:
    """(N, 3) RGB of the ceiling."""
    tone = 0.97 - 0.03 * np.hypot(points[:, 0], points[:, 2])
    return np.repeat(tone[:, None], 3, axis=1)


def _wall_colours(points: Array, axis: int, place: float, room: Room) -> Array:
    """(N, 3) RGB of a wall at (N, 3) points, with its skirting board."""
    light = {0: 0.93, 2: 1.0}[axis] * (1.02 if place < 0 else 0.97)
    height = points[:, 1]
    corner = np.maximum(room.half_size[1 if axis == 0 else 0] - np.abs(points[:, 2 - axis]), 0)
    tone = light * (0.90 + 0.10 * np.clip(height / room.wall_height, 0, 1))
    tone *= 1 - 0.10 * np.exp(-corner / 0.25) - 0.08 * np.exp(-np.maximum(height, 0) / 0.3)
    skirting = height < 0.11
    walls = np.asarray(room.wall_colour)
    if room.wall_texture is not None:
        walls = walls * room.wall_texture(points[:, 2 - axis], height)
    colours = np.where(skirting[:, None], room.skirting_colour, walls)
    edge = np.where(np.abs(height - 0.105) < 0.008, 0.80, 1.0)
    return (tone * edge)[:, None] * colours
