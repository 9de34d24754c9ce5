"""Variants of a take of an everyday action: its true joints, and views as the pipeline has them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np

from datasets.as_seen import Lenders, as_seen
from datasets.everyday import CLASS_NAMES, TRUE
from datasets.everyday_takes import Take
from datasets.everyday_windows import FRAME_RATE, stretched
from wildpose.alignment import HALF_TURN
from wildpose.geometry import Array
from wildpose.joints import convert
from wildpose.lifting import Lifter
from wildpose.lifting.lcr_input import JOINT_SET
from wildpose.types import Clip, SkeletonSequence
from wildpose.windows import Span
from wildpose.windows import clips as windowed

# Training takes of actions with few of them get so many times the views: about as many as of 120
# takes, six times at most.
MORE_VIEWS = {
    "squat": 6, "lunge": 6, "jump": 6, "bow": 4, "kick": 4, "clap": 3, "punch": 2,
    "swing bat or racket": 2,
}  # fmt: skip
# Speeds, of the nominal one, that a video of a take shows. N-UCLA lost frames, so that people who
# walk take a stride in half a second: in each view it is slowed down by some amount.
PACES = {"nw_ucla": (0.5, 1.0)}


def names_of(take: Take, views: int) -> list[str]:
    """The names of a take's variants: its true joints, then its views.

    Args:
        take: of an action.
        views: of a common action; training takes of rare ones get more, see MORE_VIEWS.
    """
    more = MORE_VIEWS.get(take.action, 1) if take.split == "train" else 1
    return [f"{take.name}/{v}" for v in (TRUE, *(f"seen{i}" for i in range(views * more)))]


def variants(
    take: Take, names: list[str], lenders: Lenders, lifter: Lifter, *, seed: int = 0
) -> Iterator[Clip]:
    """A take's variants by their names; a view in which no pose was found is left out.

    Args:
        take: of an action.
        names: some of `names_of`; each is made alike whichever others are.
        lenders: of errors of the pose backend, of the take's split.
        lifter: the default one.
        seed: of bodies, cameras and errors.
    """
    for name in names:
        if name.endswith(f"/{TRUE}"):
            joints = convert(take.joints, "kinect25", JOINT_SET) * HALF_TURN
        else:
            rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
            seen = as_seen(_paced(take, rng), lenders, lifter, rng)
            if seen is None:
                continue
            joints = _steady(seen)
        yield _clip(take, name, joints)


def _paced(take: Take, rng: np.random.Generator) -> Array:
    """(T, 25, 3) of the take at a speed that a video might show."""
    pace = rng.uniform(*PACES.get(take.source, (1.0, 1.0)))
    return stretched(take.joints, round(len(take.joints) / pace))


def _steady(seen: SkeletonSequence) -> Array:
    """(T, 13, 3) m, camera axes, as the pipeline gives a window to recognizers."""
    span = Span(float(seen.times[0]), float(seen.times[-1]) + 1 / FRAME_RATE)
    return next(windowed(seen, [span], frame_rate=FRAME_RATE)).joints[0]


def _clip(take: Take, name: str, joints: Array) -> Clip:
    return Clip(
        joints=joints[None].astype(np.float32),
        mask=np.ones((1, len(joints)), dtype=bool),
        joint_set=JOINT_SET,
        frame_rate=FRAME_RATE,
        axes="camera",
        name=name,
        subject=take.subject and f"{take.source}/{take.subject}",
        label=CLASS_NAMES.index(take.action),
    )
