"""Training samples of the lifter: looks at mannequins, and any number of virtual views.

A virtual view puts the errors of a look onto another pose: those of a look at a similar pose from
a similar side. So every capture is seen from all sides with the noise that the backend has there.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from datasets.detector_errors import SIZE_PX, Looks
from datasets.kinematics import random_body
from datasets.pose_sources import SHARES, Motion
from datasets.pose_variety import (
    LIMBERED_SHARE,
    LYING_SHARE,
    TUMBLING_SHARE,
    limbered,
    lying,
    tumbling,
)
from datasets.retargeting import retargeted
from datasets.virtual_cameras import random_views
from wildpose.geometry import Array
from wildpose.joints import convert
from wildpose.lifting.lcr_input import JOINT_SET, MIRRORED, aside_of
from wildpose.lifting.lcr_samples import LiftingSamples, centred

DONORS = 6  # looks at the most similar poses, of which one lends its errors
NEAREST_M = 0.3  # a person around whom the camera stands is no closer
POOL_STEP = 3  # of a motion's frames every third is drawn from: neighbours are nearly the same


def samples_of(looks: Looks) -> LiftingSamples:
    """The looks themselves as samples."""
    return LiftingSamples(
        joints_2d=looks.found_2d,
        scores=looks.scores,
        joints_3d=looks.found_3d,
        aside=_aside(looks.joints_2d, SIZE_PX),
        truth_2d=looks.joints_2d,
        truth=centred(looks.joints),
        legs=_legs_in_picture(looks),
    )


def virtual_samples(
    motions: list[Motion], looks: Looks, count: int, rng: np.random.Generator
) -> LiftingSamples:
    """Poses of captures seen by virtual cameras, with errors lent by looks.

    Whether the legs count as in the picture is lent too: errors and scores of hidden legs are those
    of legs that were hidden.

    Args:
        motions: where poses come from.
        looks: lend their errors and scores.
        count: N.
        rng: seeded.
    """
    joints = _drawn_poses(motions, count, rng)
    low, high = joints.min(axis=1), joints.max(axis=1)
    tall = np.maximum((high - low).max(axis=1) + 0.15, 1.0)
    views = random_views((low + high) / 2, tall, rng, size_px=SIZE_PX)
    seen = views.to_camera(joints)
    truth_2d = views.project(seen)
    metre_px = views.focal_px / np.maximum(seen[..., 2].mean(axis=1), NEAREST_M)
    truth = centred(seen)
    lenders = similar_looks(truth, looks, rng)
    error_2d = (looks.found_2d - looks.joints_2d) / looks.metre_px[:, None, None]
    error_3d = centred(looks.found_3d) - centred(looks.joints)
    return LiftingSamples(
        joints_2d=truth_2d + error_2d[lenders] * metre_px[:, None, None],
        scores=looks.scores[lenders],
        joints_3d=truth + error_3d[lenders],
        aside=_aside(truth_2d, SIZE_PX),
        truth_2d=truth_2d,
        truth=truth,
        legs=_legs_in_picture(looks)[lenders],
    )


def similar_looks(truth: Array, looks: Looks, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """For each pose one of the looks at the most similar poses, sides and all.

    Args:
        truth: (N, 13, 3) m, camera axes, torso-centred.
        looks: to choose from.
        rng: seeded.

    Returns:
        (N,) indices.
    """
    known = torch.from_numpy(centred(looks.joints).reshape(len(looks), -1).astype(np.float32))
    poses = torch.from_numpy(truth.reshape(len(truth), 39).astype(np.float32))
    count = min(DONORS, len(looks))
    nearest = torch.cat(
        [torch.cdist(part, known).topk(count, largest=False).indices for part in poses.split(2048)]
    ).numpy()
    return nearest[np.arange(len(truth)), rng.integers(count, size=len(truth))]


def _drawn_poses(motions: list[Motion], count: int, rng: np.random.Generator) -> Array:
    """(count, 13, 3) poses, world axes, on random bodies, half of them mirrored, some lying."""
    sources = sorted({motion.source for motion in motions})
    shares = np.array([SHARES[source] for source in sources])
    drawn = rng.multinomial(count, shares / shares.sum())
    parts = []
    for source, share in zip(sources, drawn, strict=True):
        pool = np.concatenate([_acted(m, rng) for m in motions if m.source == source])
        parts.append(pool[rng.integers(len(pool), size=share)])
    joints = np.concatenate(parts)[rng.permutation(count)]
    joints = centred(joints)
    mirrors = rng.random(count) < 0.5
    joints[mirrors] = joints[mirrors][:, MIRRORED] * (-1, 1, 1)
    drawn = rng.random(count)
    for share, turn in ((LYING_SHARE, lying), (LYING_SHARE + TUMBLING_SHARE, tumbling)):
        chosen = np.flatnonzero(drawn < share)
        for row in chosen:
            joints[row] = joints[row] @ turn(rng).T
        drawn[chosen] = 1.0
    return joints


def _acted(motion: Motion, rng: np.random.Generator) -> Array:
    """(T, 13, 3) poses of a motion by somebody else, some with limbs held another way."""
    joints = retargeted(motion.joints[::POOL_STEP], random_body(rng))
    if rng.random() < LIMBERED_SHARE:
        joints = limbered(joints, rng)
    return convert(joints, "kinect25", JOINT_SET)


def _legs_in_picture(looks: Looks) -> npt.NDArray[np.bool_]:
    """(N,) True where at least two of the knees and ankles are in the picture."""
    legs = looks.joints_2d[:, :4]
    return ((legs >= 0) & (legs <= SIZE_PX)).all(axis=-1).sum(axis=1) >= 2


def _aside(joints_2d: Array, size_px: int) -> Array:
    """(N, 2) as `aside_of`, in a square picture."""
    found = aside_of(joints_2d, (size_px, size_px))
    assert found is not None  # the size is known
    return found
