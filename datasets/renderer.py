"""An offscreen renderer without a graphics library: solids in a room, shaded, anti-aliased.

Depth and owner of each sample come from `datasets.raycast`; colours are found once per
visible sample, solid by solid. A frame of two mannequins at 640x480 takes tens of
milliseconds on one core.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.raycast import CameraSolids, Solids, hit_depth, in_camera, ray_forms
from datasets.room import Room, floor_points, room_image
from wildpose.geometry import Array, Camera, rotation_y, unit

# Towards the lights, world axes. They stand still, so every side of an actor is lit.
LIGHTS = unit([[0.0, 1.0, 0.0], [0.45, 0.75, 0.55], [-0.55, 0.35, -0.65]])
RIM = 0.22  # how much darker a surface seen edge on is: keeps limbs apart

NEAR_FLOOR = 0.3  # metres; shadows that reach closer to the camera are left out

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Light:
    """How a scene is lit; defaults by eye, and their sum is above 1, so that highlights clip."""

    sky: float = 0.20
    """Strength of the light from above."""
    key: float = 0.44
    """Strength of the main light."""
    fill: float = 0.22
    """Strength of the light from the other side."""
    ambient: float = 0.46
    """Strength of the light from everywhere."""
    turn: float = 0.0
    """Radians to the left by which main light and fill are turned about the vertical."""
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """RGB by which all that is drawn is multiplied."""


@dataclass(frozen=True)
class Picture:
    """One rendered view."""

    image: NDArray[np.uint8]
    """(H, W, 3) RGB."""
    depth: Array
    """(H, W) float32, z of the nearest solid, metres, camera axes; infinite where only the
    room is seen. Sampled at pixel centres if `supersample` is odd, else a quarter pixel off."""


class Renderer:
    """Draws solids in a room for one camera; the room is drawn once and kept."""

    def __init__(
        self,
        camera: Camera,
        *,
        room: Room | None = None,
        furniture: Solids | None = None,
        light: Light | None = None,
        supersample: int = 2,
    ) -> None:
        """Prepares the background.

        Args:
            camera: where from.
            room: what stands around; the default room if None.
            furniture: solids that are behind all that will be rendered, world axes; drawn once.
            light: how it is lit; the default light if None.
            supersample: samples per pixel in x and in y, where there are solids.
        """
        self.camera = camera
        self.light = light or Light()
        self.supersample = supersample
        self.background = _tinted(room_image(camera, room or Room()), self.light)
        self._floor = floor_points(camera)
        self._x, self._y = _sample_rays(camera, supersample)
        if furniture is not None:
            self.background = self.render(furniture).image

    def render(self, solids: Solids, *, shadows: Array | None = None) -> Picture:
        """The room with the solids in it.

        Args:
            solids: world axes.
            shadows: (S, 4) soft blobs on the floor: x, z, radius in metres, strength in [0, 1].
        """
        image = self.background.copy()
        for shadow in () if shadows is None else shadows:
            _darken_floor(image, self._floor, self.camera, shadow)
        near = in_camera(solids, self.camera)
        depth, owner, box = self._cast(near)
        if box[2] > box[0] and box[3] > box[1]:
            samples = self._shaded(near, solids.colour, depth, owner, box)
            _blend(image, samples, box, self.supersample)
        return Picture(image, self._per_pixel(depth))

    def depth(self, solids: Solids) -> Array:
        """(H, W) depth as in `Picture`, without drawing."""
        return self._per_pixel(self._cast(in_camera(solids, self.camera))[0])

    def _per_pixel(self, depth: Array) -> Array:
        """The sample at, or next to, each pixel's centre."""
        middle = self.supersample // 2
        return depth[middle :: self.supersample, middle :: self.supersample].copy()

    def _cast(self, solids: CameraSolids) -> tuple[Array, NDArray[np.int16], Box]:
        """Depth and owner (-1: none) of each sample, and the box that holds all solids."""
        depth = np.full((len(self._y), len(self._x)), np.inf, np.float32)
        owner = np.full(depth.shape, -1, np.int16)
        boxes = self._boxes(solids)
        drawn = np.flatnonzero(
            solids.visible & (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
        )
        forms = ray_forms(solids)
        with np.errstate(invalid="ignore", divide="ignore"):
            for index in drawn.tolist():
                x0, y0, x1, y1 = boxes[index].tolist()
                z = hit_depth(forms, index, self._x[x0:x1], self._y[y0:y1])
                window = depth[y0:y1, x0:x1]
                nearer = z < window  # False where z is NaN: the ray misses
                np.copyto(window, z, where=nearer)
                np.copyto(owner[y0:y1, x0:x1], index, where=nearer)
        return depth, owner, self._union(boxes[drawn])

    def _boxes(self, solids: CameraSolids) -> NDArray[np.intp]:
        """(P, 4) half-open x0 y0 x1 y1 of each solid, in samples."""
        focal = self.camera.focal_px * self.supersample
        middle = np.tile(self.camera.principal_px * self.supersample, 2)
        # Sample i lies at i + 0.5: the first one inside is ceil(x0 - 0.5).
        edges = np.ceil(solids.outline * focal + middle - 0.5)
        limits = np.tile([len(self._x), len(self._y)], 2)
        return np.clip(edges, 0, limits).astype(np.intp)

    def _union(self, boxes: NDArray[np.intp]) -> Box:
        """The box around all boxes, grown to whole pixels, in samples."""
        if not len(boxes):
            return (0, 0, 0, 0)
        s = self.supersample
        x0, y0 = boxes[:, :2].min(0) // s * s
        x1, y1 = -(-boxes[:, 2:].max(0) // s) * s
        return int(x0), int(y0), int(x1), int(y1)

    def _shaded(
        self, solids: CameraSolids, colours: Array, depth: Array, owner: NDArray[np.int16], box: Box
    ) -> NDArray[np.uint8]:
        """(h, w, 4) RGBA samples of a box; zero where there is no solid."""
        x0, y0, x1, y1 = box
        owners = owner[y0:y1, x0:x1].ravel()
        covered = np.flatnonzero(owners >= 0)
        # Sorted by owner, each solid's samples lie together and share its scalars.
        covered = covered[np.argsort(owners[covered], kind="stable")]
        counts = np.bincount(owners[covered], minlength=len(colours))
        rows, columns = np.divmod(covered, x1 - x0)
        z = depth[y0:y1, x0:x1].ravel()[covered]
        points = np.stack([self._x[x0:x1][columns] * z, self._y[y0:y1][rows] * z, z])
        light = np.empty(len(z), np.float32)
        stops = np.cumsum(counts)
        lights = LIGHTS @ rotation_y(self.light.turn).T
        towards = (lights @ self.camera.rotation.T).astype(np.float32)
        for index in np.flatnonzero(counts).tolist():
            span = slice(stops[index] - counts[index], stops[index])
            light[span] = _brightness(solids, index, points[:, span], towards, self.light)
        colours = colours * np.asarray(self.light.colour)
        tints = np.repeat((colours * 255).astype(np.float32), counts, axis=0)
        samples = np.zeros((len(owners), 4), np.uint8)
        samples[covered, :3] = np.minimum(tints * light[:, None], 255)
        samples[covered, 3] = 255
        return samples.reshape(y1 - y0, x1 - x0, 4)


def _sample_rays(camera: Camera, supersample: int) -> tuple[Array, Array]:
    """(W * s,) x and (H * s,) y per metre of depth of the samples' rays, float32."""
    x = (np.arange(camera.width * supersample) + 0.5) / supersample - camera.principal_px[0]
    y = (np.arange(camera.height * supersample) + 0.5) / supersample - camera.principal_px[1]
    return (x / camera.focal_px).astype(np.float32), (y / camera.focal_px).astype(np.float32)


def _tinted(image: NDArray[np.uint8], light: Light) -> NDArray[np.uint8]:
    """A picture under light of a colour."""
    if light.colour == (1.0, 1.0, 1.0):
        return image
    return np.minimum(image * np.asarray(light.colour) + 0.5, 255).astype(np.uint8)


def _brightness(
    solids: CameraSolids, index: int, points: Array, towards: Array, lights: Light
) -> Array:
    """(n,) light on (3, n) surface points of one solid under (3, 3) light directions.

    The normal of a rounded cone points away from the centre of the sphere, on the bone, that
    touches there; a metric turns it like any gradient.
    """
    metric, bone = solids.metric[index].astype(np.float32), solids.bone[index].astype(np.float32)
    offset = points - solids.start[index].astype(np.float32)[:, None]
    if solids.slant[index] > 0:
        ra, rb = solids.radius[index]
        share = (metric @ bone) @ offset - np.float32(ra * (ra - rb))
        offset -= bone[:, None] * np.clip(share / np.float32(solids.slant[index]), 0, 1)
    normal = metric @ offset
    normal /= np.sqrt((normal * normal).sum(0))
    sky, key, fill = towards @ normal
    facing = np.clip(-(normal * points).sum(0) / np.sqrt((points * points).sum(0)), 0, 1)
    light = lights.ambient + lights.sky * sky
    light = light + lights.key * np.maximum(key, 0) + lights.fill * np.maximum(fill, 0)
    return light * (1 - RIM * (1 - facing) ** 2)


def _darken_floor(image: NDArray[np.uint8], floor: Array, camera: Camera, shadow: Array) -> None:
    """Draws one soft shadow (x, z, radius, strength) onto the floor in place."""
    x, z, radius, strength = (float(value) for value in shadow)
    reach = 2.5 * radius
    corners = np.array([[x + i * reach, 0.0, z + j * reach] for i in (-1, 1) for j in (-1, 1)])
    if camera.to_camera(corners)[:, 2].min() < NEAR_FLOOR:
        return
    pixels = camera.project(corners)
    x0, y0 = np.clip(np.floor(pixels.min(0)), 0, (camera.width, camera.height)).astype(int)
    x1, y1 = np.clip(np.ceil(pixels.max(0)), 0, (camera.width, camera.height)).astype(int)
    if x0 >= x1 or y0 >= y1:
        return
    ground = floor[y0:y1, x0:x1]
    squared = (ground[..., 0] - x) ** 2 + (ground[..., 1] - z) ** 2
    shade = 1 - strength * np.exp(squared * (-0.5 * (2.5 / reach) ** 2))
    window = image[y0:y1, x0:x1]
    window[:] = window * shade[..., None]


def _blend(
    image: NDArray[np.uint8], samples: NDArray[np.uint8], box: Box, supersample: int
) -> None:
    """Averages RGBA samples (colour times alpha) per pixel and lays them over the image."""
    x0, y0, x1, y1 = (edge // supersample for edge in box)
    over = cv2.resize(samples, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
    window = image[y0:y1, x0:x1]
    through = (255 - over[..., 3:]).astype(np.uint16)
    window[:] = over[..., :3] + (window * through + 127) // 255
