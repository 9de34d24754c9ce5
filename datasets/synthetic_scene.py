"""Where synthetic clips are filmed: textured rooms with furniture, their light, three cameras.

As in NTU RGB+D, a setup is a place with cameras at one height and distance: the first straight in
front, the second and the third 45 degrees to either side of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from datasets.raycast import Solids, capsules, join_solids
from datasets.renderer import Light
from datasets.room import Room
from wildpose.geometry import Array, Camera, orbit_camera

COLOUR_SIZE = (1920, 1080)  # px, of the pictures that colour coordinates are in
FOCAL_PX = 1058.0  # of the Kinect's colour camera, see datasets.ntu_writing
# Degrees around the actors, who face 0; seen from above to the left, which is to their left.
YAWS = {1: 0.0, 2: 45.0, 3: -45.0}
TARGET = (0.0, 0.97, 0.0)  # metres; what the cameras point at
WALLS = (
    (0.84, 0.85, 0.82), (0.74, 0.80, 0.86), (0.88, 0.82, 0.72), (0.72, 0.82, 0.74),
    (0.86, 0.76, 0.76), (0.62, 0.66, 0.72), (0.80, 0.78, 0.60), (0.70, 0.64, 0.60),
)  # fmt: skip
FLOORS = ((0.66, 0.53, 0.40), (0.48, 0.36, 0.27), (0.60, 0.60, 0.58), (0.75, 0.66, 0.52))
WOODS = ((0.52, 0.36, 0.22), (0.36, 0.26, 0.20), (0.78, 0.68, 0.52), (0.80, 0.80, 0.80))
CLOTHS = ((0.45, 0.25, 0.22), (0.28, 0.34, 0.46), (0.42, 0.46, 0.32), (0.55, 0.50, 0.44))


@dataclass(frozen=True)
class Setup:
    """A place, how it is lit, and how far away and how high the cameras are."""

    room: Room
    furniture: Solids
    """World axes; behind the actors for all three cameras."""
    light: Light
    distance: float
    """Metres from the cameras to the middle of the room, along the floor."""
    height: float
    """Metres of the cameras above the floor."""
    turned: tuple[float, float, float]
    """Degrees by which each camera is off its place around the actors."""

    def camera(self, number: int, size: tuple[int, int]) -> Camera:
        """One of the three cameras.

        Args:
            number: 1 to 3.
            size: px, width and height of its pictures.
        """
        width, height = size
        return orbit_camera(
            yaw=np.radians(YAWS[number] + self.turned[number - 1]),
            distance=self.distance,
            camera_height=self.height,
            target=TARGET,
            focal_px=FOCAL_PX * width / COLOUR_SIZE[0],
            width=width,
            height=height,
        )


def random_setup(rng: np.random.Generator) -> Setup:
    """A setup drawn from a seeded generator."""
    room = Room(
        half_size=(float(rng.uniform(2.4, 3.4)), float(rng.uniform(2.2, 3.2))),
        wall_height=float(rng.uniform(2.5, 2.9)),
        wall_colour=WALLS[int(rng.integers(len(WALLS)))],
        floor_colour=FLOORS[int(rng.integers(len(FLOORS)))],
        plank=(float(rng.uniform(0.10, 0.45)), float(rng.uniform(0.45, 1.6))),
        wall_texture=_random_texture(rng),
    )
    warm = float(rng.uniform(-0.06, 0.06))
    gain = float(rng.uniform(0.88, 1.06))
    light = Light(
        key=float(rng.uniform(0.34, 0.54)),
        fill=float(rng.uniform(0.14, 0.28)),
        ambient=float(rng.uniform(0.40, 0.50)),
        turn=float(rng.uniform(-np.pi / 3, np.pi / 3)),
        colour=(gain * (1 + warm), gain, gain * (1 - warm)),
    )
    return Setup(
        room,
        _furniture(room, rng),
        light,
        distance=float(rng.uniform(2.5, 2.9)),
        height=float(rng.uniform(1.1, 1.6)),
        turned=tuple(rng.uniform(-4.0, 4.0, 3).tolist()),
    )


Texture = Callable[[Array, Array], Array]


def _random_texture(rng: np.random.Generator) -> Texture:
    """What is on the walls: stripes, tiles, bricks or boards, each with a pale tint of its own."""
    pattern = (_stripes, _tiles, _bricks, _boards)[int(rng.integers(4))]
    size = float(rng.uniform(0.8, 1.4))
    tint = np.clip(1 + rng.uniform(-0.22, 0.10, 3), 0.0, 1.1)

    def texture(along: Array, height: Array) -> Array:
        share = pattern(along / size, height / size)[:, None]
        return 1 + share * (tint - 1)

    return texture


def _stripes(along: Array, height: Array) -> Array:
    """(N,) in [0, 1]: broad upright stripes."""
    return ((along / 0.24) % 1.0 < 0.5) + 0.0 * height


def _tiles(along: Array, height: Array) -> Array:
    """(N,) in [0, 1]: a chessboard up to the shoulders, with a border."""
    dark = ((along // 0.22) + (height // 0.22)) % 2.0
    return np.where(height < 1.32, dark, np.abs(height - 1.36) < 0.04)


def _bricks(along: Array, height: Array) -> Array:
    """(N,) in [0, 1]: bricks of uneven tone in rows."""
    row = height // 0.10
    column = (along / 0.30 + 0.5 * (row % 2.0)) // 1.0
    tone = (np.sin(row * 12.9898 + column * 78.233) * 43758.5453) % 1.0
    return 0.35 + 0.65 * tone


def _boards(along: Array, height: Array) -> Array:
    """(N,) in [0, 1]: upright boards up to the hips, plain above."""
    board = 0.6 + 0.4 * ((along // 0.15) % 2.0)
    return np.where(height < 0.95, board, 0.0)


def _furniture(room: Room, rng: np.random.Generator) -> Solids:
    """Some pieces of furniture along the back wall and in the corners behind the actors."""
    half_x, half_z = room.half_size
    wood, cloth = (p[int(rng.integers(len(p)))] for p in (WOODS, CLOTHS))
    pieces = [
        _shelf(rng, wood), _sofa(cloth), _table(wood), _plant(rng), _lamp(cloth), _pictures(rng)
    ]  # fmt: skip
    order = rng.permutation(len(pieces))[: int(rng.integers(3, 5))]
    places = np.linspace(-0.7, 0.7, len(order)) * half_x + rng.uniform(-0.15, 0.15, len(order))
    against_wall = [(float(x), 0.0, -half_z) for x in places]
    return join_solids([
        _moved(pieces[piece], place) for piece, place in zip(order, against_wall, strict=True)
    ])  # fmt: skip


def _moved(solids: Solids, by: tuple[float, float, float]) -> Solids:
    return Solids(
        solids.start + by, solids.stop + by, solids.start_radius, solids.stop_radius,
        solids.metric, solids.colour,
    )  # fmt: skip


def _flat(start: Array, stop: Array, radii: tuple[float, float, float], colour: tuple) -> Solids:
    """Capsules between (P, 3) points, as thick as `radii` along x, y, z."""
    bare = capsules(start, stop, 1.0, colour)
    metric = np.broadcast_to(np.diag(np.array(radii) ** -2.0), bare.metric.shape)
    return Solids(bare.start, bare.stop, bare.start_radius, bare.stop_radius, metric, bare.colour)


def _boards_at(
    heights: Array, half: float, out: float, radii: tuple[float, float, float], colour: tuple
) -> Solids:
    """Level boards from -half to half metres along the wall, `out` metres before it."""
    left, right = (
        np.stack([0 * heights + x, heights, 0 * heights + out], -1) for x in (-half, half)
    )
    return _flat(left, right, radii, colour)


def _shelf(rng: np.random.Generator, wood: tuple) -> Solids:
    """A shelf with books of many colours, against the wall z = 0."""
    heights = np.array([0.25, 0.70, 1.15, 1.60])
    boards = _boards_at(heights, 0.45, 0.16, (0.03, 0.018, 0.15), wood)
    sides = [[x, y, 0.16] for y in (0.0, 1.75) for x in (-0.47, 0.47)]
    posts = _flat(np.array(sides[:2]), np.array(sides[2:]), (0.02, 0.02, 0.15), wood)
    x = np.tile(np.linspace(-0.38, 0.38, 9), 3) + rng.uniform(-0.02, 0.02, 27)
    foot = np.repeat(heights[:3], 9) + 0.03
    tall = rng.uniform(0.12, 0.26, 27)
    bottom, top = (np.stack([x, y, 0 * x + 0.2], -1) for y in (foot, foot + tall))
    books = _flat(bottom, top, (0.034, 0.012, 0.10), (0.5, 0.5, 0.5))
    colours = rng.uniform(0.15, 0.75, (27, 3))
    books = Solids(
        books.start, books.stop, books.start_radius, books.stop_radius, books.metric, colours
    )
    return join_solids([boards, posts, books])


def _sofa(cloth: tuple) -> Solids:
    """A sofa for two."""
    seat = _boards_at(np.array([0.28, 0.28]), 0.6, 0.42, (0.12, 0.16, 0.32), cloth)
    back = _boards_at(np.array([0.55]), 0.6, 0.16, (0.12, 0.32, 0.12), cloth)
    ends = np.array([[x, 0.42, z] for z in (0.15, 0.65) for x in (-0.72, 0.72)])
    arms = _flat(ends[:2], ends[2:], (0.11, 0.18, 0.08), tuple(0.85 * c for c in cloth))
    return join_solids([seat, back, arms])


def _table(wood: tuple) -> Solids:
    """A table with a box on it."""
    top = _boards_at(np.array([0.74]), 0.5, 0.35, (0.04, 0.02, 0.30), wood)
    feet = np.array([[x, 0.02, z] for x in (-0.45, 0.45) for z in (0.12, 0.58)])
    legs = capsules(feet, feet + np.array([0.0, 0.70, 0.0]), 0.022, wood)
    box = _boards_at(np.array([0.86]), 0.12, 0.30, (0.03, 0.11, 0.12), (0.66, 0.55, 0.42))
    return join_solids([top, legs, box])


def _plant(rng: np.random.Generator) -> Solids:
    """A plant in a pot."""
    pot = capsules(np.array([0.0, 0.14, 0.3]), np.array([0.0, 0.22, 0.3]), 0.14, (0.62, 0.36, 0.26))
    leaves = np.array([0.0, 0.85, 0.3]) + rng.normal(0, (0.16, 0.24, 0.10), (14, 3))
    crown = capsules(leaves, leaves + rng.normal(0, 0.06, (14, 3)), 0.10, (0.20, 0.42, 0.20))
    stem = capsules(np.array([0.0, 0.2, 0.3]), np.array([0.0, 0.9, 0.3]), 0.02, (0.35, 0.28, 0.18))
    return join_solids([pot, stem, crown])


def _lamp(cloth: tuple) -> Solids:
    """A lamp on a stand."""
    foot = np.array([0.0, 0.02, 0.3])
    low, high = foot + np.array([0.0, 1.50, 0.0]), foot + np.array([0.0, 1.68, 0.0])
    stand = capsules(foot, low, 0.015, (0.25, 0.25, 0.26))
    shade = capsules(low, high, 0.15, cloth)
    return join_solids([stand, shade])


def _pictures(rng: np.random.Generator) -> Solids:
    """Two pictures in frames."""
    places = np.array([[-0.35, 1.55, 0.02], [0.40, 1.45, 0.02]])
    half = np.array([0.0, 0.20, 0.0])
    frames = _flat(places - half, places + half, (0.22, 0.05, 0.012), (0.24, 0.20, 0.18))
    inner = _flat(places - 0.8 * half, places + 0.8 * half, (0.18, 0.03, 0.018), (0.5, 0.5, 0.5))
    return join_solids([
        frames,
        Solids(
            inner.start, inner.stop, inner.start_radius, inner.stop_radius, inner.metric,
            rng.uniform(0.2, 0.9, (2, 3)),
        ),
    ])  # fmt: skip
