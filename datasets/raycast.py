"""Exact ray casting of rounded cones, each in its own 2D bounding box.

One primitive serves all: a rounded cone (the hull of two spheres) whose lengths are measured
with a metric of its own. With equal centres it is a sphere; with a metric that is not the
identity, an ellipsoid or a squashed limb. Along the ray p = z d, d = (x, y, 1) in camera axes,
every quantity of the intersection is a linear or quadratic form in (x, y), so a primitive
costs about forty array operations on its own box. The rounded cone's equations are those of
Inigo Quilez, https://iquilezles.org/articles/intersectors, with z in place of the ray length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wildpose.geometry import Array, Camera

NEAR = 0.1  # metres; solids that reach closer to the camera are not drawn


@dataclass(frozen=True)
class Solids:
    """P rounded cones."""

    start: Array
    """(P, 3) centre of the first end, metres, world axes."""
    stop: Array
    """(P, 3) centre of the second end, metres, world axes."""
    start_radius: Array
    """(P,) metres."""
    stop_radius: Array
    """(P,) metres."""
    metric: Array
    """(P, 3, 3) symmetric: the squared length of v is v @ metric @ v; identity for round."""
    colour: Array
    """(P, 3) RGB in [0, 1]."""

    def __post_init__(self) -> None:
        P = len(self.start)
        for name, rest in (
            ("start", (3,)), ("stop", (3,)), ("start_radius", ()), ("stop_radius", ()),
            ("metric", (3, 3)), ("colour", (3,)),
        ):  # fmt: skip
            got = np.shape(getattr(self, name))
            if got != (P, *rest):
                raise ValueError(f"Solids.{name} must have shape {(P, *rest)}, got {got}")

    def __len__(self) -> int:
        return len(self.start)


def join_solids(groups: Sequence[Solids]) -> Solids:
    """All solids of the groups, in order."""
    names = Solids.__dataclass_fields__
    return Solids(**{n: np.concatenate([getattr(group, n) for group in groups]) for n in names})


def capsules(start: Array, stop: Array, radius: Array | float, colour: Array | tuple) -> Solids:
    """Round capsules: (P, 3) ends in metres, (P,) or one radius, (P, 3) or one colour.

    With `start` equal to `stop` they are spheres.
    """
    start, stop = np.atleast_2d(start).astype(float), np.atleast_2d(stop).astype(float)
    P = len(start)
    radii = np.broadcast_to(np.asarray(radius, float), (P,))
    metric = np.broadcast_to(np.eye(3), (P, 3, 3))
    return Solids(start, stop, radii, radii, metric, np.broadcast_to(colour, (P, 3)))


@dataclass(frozen=True)
class CameraSolids:
    """Solids in camera axes with what the intersection and the shading need."""

    start: Array
    """(P, 3) metres, camera axes."""
    bone: Array
    """(P, 3) from start to stop, metres."""
    radius: Array
    """(P, 2) of start and stop, metres."""
    metric: Array
    """(P, 3, 3) camera axes."""
    slant: Array
    """(P,) squared length of the bone less the squared difference of the radii (d2); zero
    where the solid is a single sphere."""
    outline: Array
    """(P, 4) x0 y0 x1 y1 of the silhouette, in x and y per metre of depth."""
    visible: NDArray[np.bool_]
    """(P,) wholly in front of the camera."""


def in_camera(solids: Solids, camera: Camera) -> CameraSolids:
    """The solids in camera axes; where one end's sphere holds the other, a single sphere."""
    start, stop = camera.to_camera(solids.start), camera.to_camera(solids.stop)
    metric = camera.rotation @ solids.metric @ camera.rotation.T
    radius = np.stack([solids.start_radius, solids.stop_radius], -1)
    bone = stop - start
    slant = np.einsum("pi,pij,pj->p", bone, metric, bone) - (radius[:, 0] - radius[:, 1]) ** 2
    single = slant < 1e-10
    larger = single & (radius[:, 1] > radius[:, 0])
    start = np.where(larger[:, None], stop, start)
    bone = np.where(single[:, None], 0.0, bone)
    radius = np.where(single[:, None], radius.max(-1, keepdims=True), radius)
    spread = np.linalg.inv(metric)
    boxes, fronts = zip(
        *(_sphere_outline(start + bone * end, radius[:, end], spread) for end in (0, 1)),
        strict=True,
    )
    low = np.minimum(boxes[0][:, :2], boxes[1][:, :2])
    high = np.maximum(boxes[0][:, 2:], boxes[1][:, 2:])
    return CameraSolids(
        start,
        bone,
        radius,
        metric,
        np.where(single, 0.0, slant),
        np.concatenate([low, high], -1),
        fronts[0] & fronts[1],
    )


def _sphere_outline(centre: Array, radius: Array, spread: Array) -> tuple[Array, NDArray[np.bool_]]:
    """(P, 4) exact boxes of projected ellipsoids, and (P,) whether they are in front.

    A plane x = k z through the camera touches the ellipsoid with covariance S where
    (cx - k cz)^2 = Sxx - 2 k Sxz + k^2 Szz; the box is the two roots k, for x and for y.
    """
    shape = spread * radius[:, None, None] ** 2
    szz, cz = shape[:, 2, 2], centre[:, 2]
    front = cz - np.sqrt(szz) > NEAR
    second = np.where(front, cz**2 - szz, 1.0)
    edges = []
    for axis in (0, 1):
        half = (centre[:, axis] * cz - shape[:, axis, 2]) / second
        rest = (centre[:, axis] ** 2 - shape[:, axis, axis]) / second
        root = np.sqrt(np.maximum(half**2 - rest, 0.0))
        edges.append((half - root, half + root))
    (x0, x1), (y0, y1) = edges
    return np.stack([x0, y0, x1, y1], -1), front


@dataclass(frozen=True)
class RayForms:
    """Forms in (x, y), developed around each outline's middle so that float32 suffices."""

    middle: list[list[float]]
    """(P, 2) where the forms are developed, x and y per metre of depth."""
    quadratic: list[list[list[float]]]
    """(P, 4, 6) of d.d, and the discriminants of body, start sphere and stop sphere."""
    linear: list[list[list[float]]]
    """(P, 4, 3) of bone.d, start.d, stop.d and the body's k1."""
    constant: list[list[float]]
    """(P, 2) d2, and y at the camera."""


def ray_forms(solids: CameraSolids) -> RayForms:
    """Every coefficient of the intersections, in float64 and then as Python floats.

    Python floats, unlike float64 scalars, leave float32 arrays float32.
    """
    Q, a, bone, d2 = solids.metric, solids.start, solids.bone, solids.slant
    ra, rb = solids.radius.T
    b = a + bone
    qa, qb, g = (np.einsum("pij,pj->pi", Q, v) for v in (a, b, bone))
    m0, m1 = (bone * g).sum(-1), -(bone * qa).sum(-1)
    taper = (ra - rb) * ra
    k0 = d2 * (a * qa).sum(-1) - m1**2 + 2 * m1 * taper - m0 * ra**2
    k1 = -d2[:, None] * qa + (taper - m1)[:, None] * g
    k2 = d2[:, None, None] * Q - _outer(g)
    body = _outer(k1) - k0[:, None, None] * k2
    caps = [
        _outer(qc) - ((c * qc).sum(-1) - r**2)[:, None, None] * Q
        for c, qc, r in ((a, qa, ra), (b, qb, rb))
    ]
    middle = (solids.outline[:, :2] + solids.outline[:, 2:]) / 2
    ray = np.concatenate([middle, np.ones((len(a), 1))], -1)
    quadratic = np.stack([_developed(form, ray) for form in (Q, body, *caps)], 1)
    linear = np.stack([g, qa, qb, k1], 1)
    at_middle = np.einsum("pkj,pj->pk", linear, ray)
    linear = np.concatenate([at_middle[..., None], linear[..., :2]], -1)
    return RayForms(
        middle.tolist(),
        quadratic.tolist(),
        linear.tolist(),
        np.stack([d2, m1 - taper], -1).tolist(),
    )


def _outer(vectors: Array) -> Array:
    """(P, 3, 3) products of (P, 3) vectors with themselves."""
    return vectors[:, :, None] * vectors[:, None, :]


def _developed(form: Array, ray: Array) -> Array:
    """(P, 6) of (P, 3, 3) forms around (P, 3) rays: 1, dx, dy, dx dx, dx dy, dy dy."""
    slope = 2 * np.einsum("pij,pj->pi", form, ray)
    value = np.einsum("pi,pi->p", slope, ray) / 2
    parts = [value, slope[:, 0], slope[:, 1], form[:, 0, 0], 2 * form[:, 0, 1], form[:, 1, 1]]
    return np.stack(parts, -1)


def hit_depth(forms: RayForms, index: int, x: Array, y: Array) -> Array:
    """Depth at which rays first meet one solid.

    Args:
        forms: from `ray_forms`.
        index: which solid.
        x: (w,) float32 ray directions, x per metre of depth.
        y: (h,) float32 ray directions, y per metre of depth.

    Returns:
        (h, w) float32 z in metres; NaN where the ray misses.
    """
    dx, dy = x - forms.middle[index][0], (y - forms.middle[index][1])[:, None]
    square, body, start_cap, stop_cap = (_quadratic(c, dx, dy) for c in forms.quadratic[index])
    along, start, stop, k1 = ((c[0] + c[1] * dx) + c[2] * dy for c in forms.linear[index])
    d2, origin = forms.constant[index]
    z = start - np.sqrt(start_cap)
    if d2 == 0.0:  # a single sphere
        return z / square
    z = np.fmin(z, stop - np.sqrt(stop_cap)) / square
    side = -(np.sqrt(body) + k1) / (d2 * square - along * along)
    share = origin + side * along  # 0 at the start, d2 at the stop
    on_side = (share > 0) & (share < d2)
    np.copyto(z, side, where=on_side)
    return z


def _quadratic(c: list[float], dx: Array, dy: Array) -> Array:
    """(h, w) of the developed form `c` at (w,) dx and (h, 1) dy."""
    value = (c[0] + (c[1] + c[3] * dx) * dx) + (c[2] + c[5] * dy) * dy
    return value + dx * (c[4] * dy) if c[4] else value
