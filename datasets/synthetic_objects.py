"""Things in the hands of mannequins: what they look like, and how a hand holds them.

Each is larger than life by a little and of colours of its own, so that a small picture of the hand
shows which it is. Object axes: x, y, z as the builder of each says; the origin is where the palm
holds it, z points out of the palm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from datasets.bone_axes import body_size, bone_axes
from datasets.kinematics import SIDES
from datasets.raycast import Solids
from datasets.synthetic_actions import Object
from wildpose.geometry import Array, unit

Colour = tuple[float, float, float]
Point = tuple[float, float, float]
PALM = (-0.085, 0.012)
"""Where the palm's surface is: along the hand from the wrist, out of it; metres of 1.75 m."""
UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class Thing:
    """P rounded cones in object axes."""

    start: Array
    """(P, 3) metres."""
    stop: Array
    """(P, 3) metres."""
    radius: Array
    """(P, 2) of start and stop, metres."""
    stretch: Array
    """(P, 3) thickness along x, y, z over the radius."""
    colour: Array
    """(P, 3) RGB in [0, 1]."""
    upright: bool = False
    """Its y stays up, whichever way the hand turns; else y points to the thumb."""

    def solids(self, origin: Array, axes: Array) -> Solids:
        """The thing at a place.

        Args:
            origin: (3,) metres, world axes.
            axes: (3, 3) x, y, z of the object in columns, world axes.
        """
        metric = np.einsum("ij,pj,kj->pik", axes, self.stretch**-2.0, axes)
        start, stop = origin + self.start @ axes.T, origin + self.stop @ axes.T
        return Solids(start, stop, self.radius[:, 0], self.radius[:, 1], metric, self.colour)


def _cone(
    colour: Colour,
    start: Point,
    stop: Point,
    radii: tuple[float, float],
    stretch: Point = (1.0, 1.0, 1.0),
) -> Thing:
    """One rounded cone."""
    a, b, c, d, e = (np.array([row], float) for row in (start, stop, radii, stretch, colour))
    return Thing(a, b, c, d, e)


def _blob(colour: Colour, centre: Point, radii: Point) -> Thing:
    """An ellipsoid."""
    return _cone(colour, centre, centre, (1.0, 1.0), radii)


def _slab(colour: Colour, centre: Point, half: Point, strips: int = 4) -> Thing:
    """A flat box of half sizes along x, y, z: strips along y that overlap, with blunt ends."""
    x, y, z = half
    wide = 1.9 * x / strips
    blunt = 0.15 * y
    places = np.linspace(wide - x, x - wide, strips)
    return _joined([
        _cone(
            colour,
            (centre[0] + place, centre[1] - y + blunt, centre[2]),
            (centre[0] + place, centre[1] + y - blunt, centre[2]),
            (1.0, 1.0),
            (wide, blunt, z),
        )
        for place in places
    ])  # fmt: skip


def _joined(parts: Sequence[Thing], *, upright: bool = False) -> Thing:
    """All parts as one."""
    names = ("start", "stop", "radius", "stretch", "colour")
    return Thing(
        *(np.concatenate([getattr(part, n) for part in parts]) for n in names), upright=upright
    )


def _varied(rng: np.random.Generator, colours: Sequence[Colour]) -> Colour:
    """One of some colours, a little lighter or darker."""
    colour = np.array(colours[int(rng.integers(len(colours)))])
    red, green, blue = np.clip(colour * rng.uniform(0.85, 1.12), 0.0, 1.0).tolist()
    return (red, green, blue)


def cup(rng: np.random.Generator) -> Thing:
    """A mug with a handle; y up."""
    colour = _varied(rng, ((0.92, 0.16, 0.14), (0.95, 0.30, 0.20), (0.90, 0.12, 0.08)))
    white = (0.97, 0.97, 0.94)
    ring = [(0.0, 0.045, 0.05), (0.0, 0.040, 0.085), (0.0, -0.025, 0.085), (0.0, -0.035, 0.05)]
    ring = [(x, y, z + 0.05) for x, y, z in ring]
    body = (0.0, 0.0, 0.052)
    return _joined(
        [
            _cone(colour, _at(body, -0.060), _at(body, 0.062), (0.043, 0.053), (1, 0.12, 1)),
            _cone(white, _at(body, -0.012), _at(body, 0.022), (0.0495, 0.0525), (1, 0.12, 1)),
            _blob((0.20, 0.12, 0.08), _at(body, 0.066), (0.046, 0.006, 0.046)),
            *(_cone(colour, a, b, (0.010, 0.010)) for a, b in pairwise(ring)),
        ],
        upright=True,
    )


def _at(point: Point, height: float) -> Point:
    """A point moved up by some metres."""
    return (point[0], point[1] + height, point[2])


def phone(rng: np.random.Generator) -> Thing:
    """A large phone, lit; y along it."""
    case = _varied(rng, ((0.07, 0.07, 0.09), (0.10, 0.10, 0.14)))
    screen = _varied(rng, ((0.35, 0.85, 1.00), (0.45, 0.95, 0.95)))
    return _joined([
        _slab(case, (0, 0.02, 0.014), (0.052, 0.105, 0.012), strips=3),
        _slab(screen, (0, 0.02, 0.021), (0.044, 0.090, 0.0075), strips=3),
        _slab(screen, (0, 0.085, 0.008), (0.030, 0.016, 0.0065), strips=2),  # the camera's side
    ])  # fmt: skip


def book(rng: np.random.Generator) -> Thing:
    """A closed book with a title on either cover; y along its back."""
    cover = _varied(rng, ((0.10, 0.52, 0.22), (0.05, 0.42, 0.30), (0.22, 0.50, 0.10)))
    pages = (0.96, 0.94, 0.86)
    title = (0.95, 0.88, 0.35)
    out = 0.028
    return _joined([
        _slab(pages, (0.004, 0.03, out), (0.092, 0.124, 0.014)),
        _slab(cover, (0, 0.03, out - 0.016), (0.095, 0.130, 0.005)),
        _slab(cover, (0, 0.03, out + 0.016), (0.095, 0.130, 0.005)),
        _slab(title, (0, 0.07, out - 0.019), (0.060, 0.022, 0.004), strips=3),
        _slab(title, (0, 0.07, out + 0.019), (0.060, 0.022, 0.004), strips=3),
        _cone(cover, (-0.09, -0.095, out), (-0.09, 0.155, out), (0.021, 0.021), (0.5, 0.15, 1)),
    ])  # fmt: skip


def ball(rng: np.random.Generator) -> Thing:
    """A ball with a stripe around it."""
    colour = _varied(rng, ((1.00, 0.78, 0.10), (1.00, 0.62, 0.08)))
    stripe = _varied(rng, ((0.15, 0.20, 0.70), (0.25, 0.15, 0.60)))
    r = 0.092
    tilt = rng.uniform(-1, 1)
    thin = (1.02 * r, 0.30 * r, 1.02 * r) if tilt > 0 else (0.30 * r, 1.02 * r, 1.02 * r)
    centre = (0.0, 0.0, r)
    return _joined([_blob(colour, centre, (r, r, r)), _blob(stripe, centre, thin)])


def bag(rng: np.random.Generator) -> Thing:
    """A bag that hangs from its handles; y up."""
    colour = _varied(rng, ((0.42, 0.16, 0.62), (0.52, 0.22, 0.62)))
    strap = (0.55 * colour[0], 0.55 * colour[1], 0.55 * colour[2])
    top = -0.075
    loop = [(0.075, top, 0.0), (0.050, -0.015, 0.0), (0.0, 0.0, 0.0)]
    loop += [(-x, y, z) for x, y, z in reversed(loop[:-1])]
    return _joined(
        [
            _slab(colour, (0, top - 0.115, 0), (0.135, 0.115, 0.055)),
            _slab((0.95, 0.80, 0.55), (0, top - 0.10, 0), (0.137, 0.022, 0.057)),
            *(_cone(strap, a, b, (0.011, 0.011)) for a, b in pairwise(loop)),
        ],
        upright=True,
    )


OBJECTS: dict[Object, Callable[[np.random.Generator], Thing]] = {
    "cup": cup,
    "phone": phone,
    "book": book,
    "ball": ball,
    "bag": bag,
}


@dataclass(frozen=True)
class Grip:
    """Where a hand holds something, through time."""

    origin: Array
    """(T, 3) metres, world axes."""
    axes: Array
    """(T, 3, 3) of what it holds, in columns, world axes."""


def grip(joints: Array, hand: int, thing: Thing) -> Grip:
    """How a hand holds a thing.

    Args:
        joints: (T, 25, 3) Kinect v2 joints, metres, world axes.
        hand: 0 left, 1 right.
        thing: what.
    """
    size = body_size(joints)
    names, origins, axes, _ = bone_axes(joints, size)
    own = axes[:, names[f"{SIDES[hand]}_hand"]]  # x to the thumb, y to the wrist
    palm = own[..., 2] if hand == 0 else -own[..., 2]
    along, out = PALM
    origin = origins[:, names[f"{SIDES[hand]}_hand"]] + size * (along * own[..., 1] + out * palm)
    y = np.broadcast_to(UP, palm.shape) if thing.upright else own[..., 0]
    z = unit(palm - (palm * y).sum(-1, keepdims=True) * y + 1e-6 * own[..., 1])
    return Grip(origin, np.stack([np.cross(y, z), y, z], -1))


def handed_over(first: Grip, second: Grip, frame: float, *, frames: float = 3.0) -> Grip:
    """A thing that goes from one hand to another about a frame, along a line.

    Args:
        first: as if it stayed in the first hand.
        second: as if it had always been in the second.
        frame: in the middle of its way.
        frames: how long it takes.
    """
    share = np.clip((np.arange(len(first.origin)) - frame) / frames + 0.5, 0.0, 1.0)
    origin = first.origin + share[:, None] * (second.origin - first.origin)
    return Grip(origin, np.where(share[:, None, None] < 0.5, first.axes, second.axes))


GRAVITY = np.array([0.0, -9.81, 0.0])  # m/s2


def thrown(held: Grip, frame: int, velocity: Array, *, frame_rate: float, floor: float) -> Grip:
    """A thing that leaves the hand at a frame and flies until it lies on the floor.

    Args:
        held: as if it stayed in the hand.
        frame: the first in which it flies.
        velocity: (3,) m/s with which it leaves.
        frame_rate: Hz.
        floor: metres; how high its origin is when it lies.
    """
    time = np.maximum(np.arange(len(held.origin)) - frame, 0)[:, None] / frame_rate
    flight = held.origin[min(frame, len(time) - 1)] + velocity * time + GRAVITY / 2 * time**2
    flight[:, 1] = np.maximum(flight[:, 1], floor)
    flies = np.arange(len(time)) >= frame
    rows = np.minimum(np.arange(len(time)), frame)
    return Grip(np.where(flies[:, None], flight, held.origin), held.axes[rows])
