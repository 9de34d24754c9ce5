"""Clips for tests of recognizers: bodies that stand, wave or squat, with a little noise."""

from __future__ import annotations

import numpy as np

from datasets.acting import random_style
from datasets.kinematics import random_body
from datasets.motions import squat, wave
from wildpose.types import Clip


def waving_or_squatting(
    count: int, *, frames: int = 24, seed: int = 0, frame_rate: float = 30.0
) -> list[Clip]:
    """Clips of one person, kinect25, kinect axes; label 0 waves and label 1 squats, in turns."""
    rng = np.random.default_rng(seed)
    made = []
    for i in range(count):
        times = np.arange(frames) / frame_rate + rng.uniform(0.5, 2.0)
        joints = (wave, squat)[i % 2](times, random_body(rng), random_style(rng))
        joints = joints + rng.normal(0, 0.005, joints.shape)
        made.append(
            Clip(
                joints=joints[None].astype(np.float32),
                mask=np.ones((1, frames), dtype=bool),
                joint_set="kinect25",
                frame_rate=frame_rate,
                axes="kinect",
                name=f"clip{i:03}",
                subject=f"s{i % 4}",
                label=i % 2,
            )
        )
    return made
