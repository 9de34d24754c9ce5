"""The body of a mannequin: coloured solids around the 25 Kinect joints of one actor.

The joints alone place every part, so motion capture can drive a mannequin as well as our own
motions. Each part lies in the axes of a bone, see `datasets.bone_axes`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.bone_axes import body_size, bone_axes
from datasets.kinematics import SIDES
from datasets.raycast import Solids
from wildpose.geometry import Array

Colour = tuple[float, float, float]
Point = tuple[float, float, float]

SKINS = ((0.94, 0.76, 0.64), (0.88, 0.66, 0.52), (0.74, 0.52, 0.39), (0.52, 0.35, 0.26))
SHIRTS = (
    (0.80, 0.25, 0.22), (0.16, 0.42, 0.72), (0.20, 0.55, 0.40), (0.92, 0.72, 0.25),
    (0.55, 0.30, 0.60), (0.88, 0.88, 0.86), (0.93, 0.50, 0.25),
)  # fmt: skip
TROUSERS = ((0.17, 0.22, 0.36), (0.24, 0.24, 0.26), (0.45, 0.40, 0.33), (0.33, 0.40, 0.50))
SHOES = ((0.15, 0.15, 0.16), (0.90, 0.90, 0.90), (0.45, 0.26, 0.16), (0.70, 0.20, 0.20))
HAIRS = ((0.13, 0.09, 0.07), (0.32, 0.20, 0.12), (0.62, 0.44, 0.20), (0.45, 0.45, 0.46))


@dataclass(frozen=True)
class Appearance:
    """What one actor looks like; colours are RGB in [0, 1]."""

    skin: Colour = SKINS[0]
    shirt: Colour = SHIRTS[1]
    trousers: Colour = TROUSERS[0]
    shoes: Colour = SHOES[0]
    hair: Colour = HAIRS[1]
    long_hair: bool = False
    """A bob that covers the ears and the nape, instead of short hair."""
    long_sleeves: bool = False
    """Sleeves to the wrists, instead of to the middle of the upper arms."""
    girth: float = 1.0
    """Thickness of trunk and limbs over the average."""


def random_appearance(rng: np.random.Generator) -> Appearance:
    """An appearance drawn from a seeded generator."""
    palettes = (SKINS, SHIRTS, TROUSERS, SHOES, HAIRS)
    skin, shirt, trousers, shoes, hair = (
        palette[int(rng.integers(len(palette)))] for palette in palettes
    )
    long_hair, long_sleeves = bool(rng.uniform() < 0.4), bool(rng.uniform() < 0.3)
    girth = float(np.clip(rng.normal(1.0, 0.05), 0.9, 1.12))
    return Appearance(skin, shirt, trousers, shoes, hair, long_hair, long_sleeves, girth)


@dataclass(frozen=True)
class Part:
    """One solid between two points, each in the axes of a bone; see `bone_axes` for the names.

    Limb bones measure y in bone lengths (0 at the nearer joint, -1 at the farther), all else
    is metres of an adult of 1.75 m.
    """

    colour: str
    start: tuple[str, Point]
    stop: tuple[str, Point]
    radii: tuple[float, float]
    stretch: Point = (1.0, 1.0, 1.0)
    """Thickness along x, y, z of the start's bone, over the radius."""


def _blob(colour: str, bone: str, centre: Point, radii: Point) -> Part:
    """An ellipsoid with radii along x, y, z."""
    return Part(colour, (bone, centre), (bone, centre), (1.0, 1.0), radii)


def _limb(
    colour: str,
    bone: str,
    start: Point,
    stop: Point,
    radii: tuple[float, float],
    stretch: Point = (1.0, 1.0, 1.0),
) -> Part:
    """A rounded cone within one bone."""
    return Part(colour, (bone, start), (bone, stop), radii, stretch)


def _trunk_parts() -> list[Part]:
    flat = (1.0, 1.0, 0.74)  # the trunk is wider than deep
    neck = (("chest", (0.0, -0.03, -0.012)), ("head", (0.0, -0.06, -0.02)))
    waist = (("chest", (0.0, -0.27, 0.0)), ("pelvis", (0.0, 0.05, 0.0)))
    hem = (("pelvis", (0.0, 0.06, 0.0)), ("pelvis", (0.0, -0.005, 0.0)))
    return [
        _limb("shirt", "chest", (0, -0.035, -0.008), (0, -0.15, 0.006), (0.100, 0.149), flat),
        _limb("shirt", "chest", (0, -0.15, 0.006), (0, -0.30, 0.002), (0.149, 0.131), flat),
        Part("shirt", *waist, (0.132, 0.141), flat),
        Part("shirt", *hem, (0.141, 0.150), flat),
        _limb("trousers", "pelvis", (0, 0.02, 0), (0, -0.055, 0), (0.138, 0.150), flat),
        Part("skin", *neck, (0.058, 0.052)),
        _limb("shirt", "chest", (0, -0.012, -0.010), (0, 0.004, -0.008), (0.066, 0.060)),
    ]


def _half_trunk_parts() -> list[Part]:
    """Shoulder, breast and buttock of the left side."""
    deep = (1.0, 1.0, 0.88)  # flush with the trunk
    return [
        _limb("shirt", "chest", (0.02, 0.000, -0.012), (0.140, -0.016, -0.002), (0.058, 0.058)),
        _limb(
            "shirt", "chest", (0.045, -0.19, 0.005), (0.140, -0.022, -0.002), (0.104, 0.058), deep
        ),
        _blob("trousers", "pelvis", (0.068, -0.075, -0.035), (0.084, 0.088, 0.086)),
    ]


def _head_parts() -> list[Part]:
    """Skull, jaw, nose and short hair."""
    return [
        _blob("skin", "head", (0, 0.020, -0.012), (0.075, 0.100, 0.094)),
        _limb("skin", "head", (0, -0.005, 0.026), (0, -0.062, 0.040), (0.064, 0.044)),
        _limb("skin", "head", (0, 0.004, 0.090), (0, -0.022, 0.101), (0.0075, 0.0125)),
        _blob("hair", "head", (0, 0.044, -0.026), (0.083, 0.090, 0.096)),
        _limb("hair", "head", (0, 0.02, -0.045), (0, -0.045, -0.055), (0.074, 0.052)),
    ]


def _half_head_parts() -> list[Part]:
    """Eye, brow, half the mouth and ear of the left side."""
    return [
        _blob("white", "head", (0.030, 0.012, 0.0745), (0.0145, 0.0095, 0.012)),
        _blob("pupil", "head", (0.0295, 0.012, 0.0835), (0.0072, 0.0078, 0.006)),
        _limb("hair", "head", (0.015, 0.036, 0.082), (0.030, 0.040, 0.077), (0.0036, 0.0042)),
        _limb("hair", "head", (0.030, 0.040, 0.077), (0.044, 0.035, 0.069), (0.0042, 0.0030)),
        _limb("lips", "head", (0.0, -0.0575, 0.083), (0.021, -0.0510, 0.077), (0.0060, 0.0045)),
        _blob("skin", "head", (0.078, -0.002, -0.006), (0.011, 0.028, 0.018)),
    ]


def _half_bob_parts() -> list[Part]:
    """The left half of long hair, which covers ear and nape."""
    return [
        _limb("hair", "head", (0.012, 0.02, -0.05), (0.012, -0.11, -0.055), (0.078, 0.064)),
        _limb("hair", "head", (0.068, 0.03, -0.01), (0.075, -0.10, -0.01), (0.024, 0.030)),
        _blob("hair", "head", (0.078, -0.002, -0.006), (0.013, 0.030, 0.020)),
    ]


def _arm_parts(side: str, cloth: str) -> list[Part]:
    """An arm in a short sleeve; `cloth` covers the rest of it, to the wrist."""
    upper, fore, hand = f"{side}_upper_arm", f"{side}_forearm", f"{side}_hand"
    parts = [
        _limb("shirt", upper, (0, -0.01, 0), (0, -0.55, 0), (0.058, 0.053)),
        _limb(cloth, upper, (0, -0.2, 0), (0, -1, 0), (0.050, 0.041)),
        _limb(cloth, fore, (0, 0, 0), (0, -0.3, 0), (0.041, 0.042)),
        _limb(cloth, fore, (0, -0.3, 0), (0, -0.98, 0), (0.042, 0.029)),
        Part("skin", (fore, (0, -0.85, 0)), (hand, (0, -0.02, 0)), (0.027, 0.027)),
        _limb("skin", hand, (0, -0.03, 0), (0, -0.075, 0), (0.034, 0.039), (1, 1, 0.5)),
        _limb("skin", hand, (0.015, -0.02, 0), (0.045, -0.07, 0.0), (0.016, 0.013)),
        _limb("skin", hand, (0.045, -0.07, 0), (0.052, -0.095, 0.004), (0.013, 0.0105)),
    ]
    for place, tip in ((0.030, -0.155), (0.010, -0.168), (-0.010, -0.162), (-0.029, -0.142)):
        root, end = (place, -0.085, 0.0), (place * 1.1, tip, 0.006)
        parts.append(_limb("skin", hand, root, end, (0.0105, 0.0085)))
    if cloth == "shirt":
        parts.append(_limb("shirt", fore, (0, -0.88, 0), (0, -0.96, 0), (0.035, 0.036)))
    return parts


def _leg_parts(side: str) -> list[Part]:
    thigh, shin, foot = f"{side}_thigh", f"{side}_shin", f"{side}_foot"
    return [
        _limb("trousers", thigh, (0, 0.02, 0), (0, -0.45, 0.004), (0.080, 0.075)),
        _limb("trousers", thigh, (0, -0.45, 0.004), (0, -1, 0), (0.075, 0.059)),
        _limb("trousers", shin, (0, 0, 0.002), (0, -0.92, 0), (0.059, 0.046)),
        _limb("trousers", shin, (0, -0.12, -0.012), (0, -0.42, -0.012), (0.050, 0.050)),
        _limb("shoes", foot, (0, -0.027, -0.012), (0, -0.052, -0.030), (0.040, 0.040)),
        _limb("shoes", foot, (0, -0.034, 0.010), (0, -0.064, 0.120), (0.042, 0.034), (1, 0.8, 1)),
        _limb("shoes", foot, (0, -0.062, 0.120), (0, -0.068, 0.165), (0.043, 0.034), (1, 0.75, 1)),
        _limb("sole", foot, (0, -0.080, -0.032), (0, -0.080, 0.160), (0.037, 0.042), (1, 0.32, 1)),
    ]


def _other_side(part: Part) -> Part:
    """A left part of the trunk or the head, on the right."""
    (bone, (x, y, z)), (end_bone, (u, v, w)) = part.start, part.stop
    return Part(part.colour, (bone, (-x, y, z)), (end_bone, (-u, v, w)), part.radii, part.stretch)


def body_parts(appearance: Appearance) -> list[Part]:
    """All parts of one actor, about seventy."""
    halves = _half_trunk_parts() + _half_head_parts()
    halves += _half_bob_parts() if appearance.long_hair else []
    parts = _trunk_parts() + _head_parts() + halves + [_other_side(part) for part in halves]
    cloth = "shirt" if appearance.long_sleeves else "skin"
    for side in SIDES:
        parts += _arm_parts(side, cloth) + _leg_parts(side)
    return parts


def figure_solids(joints: Array, appearance: Appearance) -> list[Solids]:
    """The mannequin's solids at each time.

    Args:
        joints: (T, 25, 3) Kinect v2 joints in metres, world axes.
        appearance: colours and thickness.

    Returns:
        T groups of solids, world axes.
    """
    T = len(joints)
    size = body_size(joints)
    names, origins, axes, units = bone_axes(joints, size)
    parts = body_parts(appearance)
    ends = []
    for end in ("start", "stop"):
        bone = [names[getattr(part, end)[0]] for part in parts]
        local = np.array([getattr(part, end)[1] for part in parts]) * units[bone]
        ends.append(origins[:, bone] + np.einsum("tpij,pj->tpi", axes[:, bone], local))
    turned = axes[:, [names[part.start[0]] for part in parts]]
    thickness = np.array([size * (1.0 if _is_fixed(part) else appearance.girth) for part in parts])
    stretch = np.array([part.stretch for part in parts]) * thickness[:, None]
    metric = np.einsum("tpij,pj,tpkj->tpik", turned, stretch**-2.0, turned)
    radii = np.array([part.radii for part in parts])
    colours = np.array([_colour(appearance, part.colour) for part in parts])
    return [
        Solids(ends[0][t], ends[1][t], radii[:, 0], radii[:, 1], metric[t], colours)
        for t in range(T)
    ]


def _is_fixed(part: Part) -> bool:
    """Whether a part stays as it is on thicker actors: head, hands and feet."""
    return part.start[0].endswith(("head", "hand", "foot"))


def _colour(appearance: Appearance, name: str) -> Colour:
    """RGB of a part's colour name: a field of the appearance, or one of the fixed colours."""
    skin, shoes = np.array(appearance.skin), np.array(appearance.shoes)
    fixed = {
        "white": (0.95, 0.95, 0.95),
        "pupil": (0.10, 0.08, 0.08),
        "lips": tuple(skin * (0.82, 0.55, 0.55)),
        "sole": tuple(0.5 * shoes + 0.35),
    }
    return fixed[name] if name in fixed else getattr(appearance, name)
