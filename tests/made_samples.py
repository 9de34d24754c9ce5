"""People as a lifter is trained on them, made of the procedural motions, for several tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from datasets.motions import MOTIONS
from tests.made_sequences import FACING, acted
from wildpose.geometry import Array, rotation_y
from wildpose.lifting.anchors import Anchors, find_anchors
from wildpose.lifting.lcr_network import LcrNetwork
from wildpose.lifting.lcr_samples import LiftingSamples, centred

FOCAL_PX, SIZE_PX, DISTANCE_M = 300.0, 320, 4.0


def some_poses(count: int, seed: int = 0) -> Array:
    """(count, 13, 3) m, camera axes, torso-centred: upright people, turned anywhere."""
    rng = np.random.default_rng(seed)
    poses = np.concatenate([acted(motion, "lcr13") for motion in MOTIONS])
    turns = FACING @ rotation_y(rng.uniform(-np.pi, np.pi, count))
    drawn = poses[rng.integers(len(poses), size=count)]
    return centred(np.einsum("nij,nkj->nki", turns, drawn))


def pixels_of(poses: Array, distance: float = DISTANCE_M) -> Array:
    """(N, 13, 2) px of torso-centred poses straight ahead of the camera."""
    seen = poses + np.array([0, 0, distance])
    return seen[..., :2] / seen[..., 2:] * FOCAL_PX + SIZE_PX / 2


def some_people(count: int, seed: int = 0) -> LiftingSamples:
    """People whom the backend sees some pixels and some centimetres off; some without legs."""
    rng = np.random.default_rng(seed)
    truth = some_poses(count, seed)
    truth_2d = pixels_of(truth)
    return LiftingSamples(
        joints_2d=truth_2d + rng.normal(0, 3, truth_2d.shape),
        scores=rng.uniform(0.5, 1, (count, 13)),
        joints_3d=truth + rng.normal(0, 0.03, truth.shape) + (0.5, -0.2, 3.0),
        aside=rng.uniform(-0.3, 0.3, (count, 2)),
        truth_2d=truth_2d,
        truth=truth,
        legs=rng.random(count) < 0.7,
    )


def some_anchors(K: int, seed: int = 0) -> Anchors:
    """Of the poses of `some_people`."""
    poses = some_poses(20 * K, seed)
    return find_anchors(poses, pixels_of(poses), K, np.random.default_rng(seed))


def tiny_network(classes: int, seed: int = 0) -> LcrNetwork:
    """Small enough to train in a moment."""
    with seeded(seed):
        return LcrNetwork(classes, width=32, bottleneck=16, blocks=1)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch's own random state as of a seed, and on one thread; both are put back."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
