"""Which captures show which action, and what counts as said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from datasets.everyday_actions import ACTIONS
from tools import evaluate_unseen
from tools.evaluate_unseen import GROUPS, group_of, said
from wildpose.types import Axes, Clip, SkeletonSequence
from wildpose.windows import BACKGROUND


@dataclass(frozen=True)
class InTurns:
    """Says something else of every window: sure, unsure, and background."""

    class_names: tuple[str, ...] = ("walk", "run", BACKGROUND)
    joint_set: str = "lcr13"
    axes: Axes = "body"
    frame_rate: float = 30.0
    window_s: float = 2.0
    min_score: float = 0.6
    needs_rgb: bool = False

    def predict(self, clips: Sequence[Clip]) -> np.ndarray:
        rows = [[0.9, 0.1, 0.0], [0.1, 0.5, 0.4], [0.0, 0.1, 0.9]]
        return np.array([rows[i % 3] for i in range(len(clips))])


@pytest.mark.parametrize(
    ("source", "name", "group"),
    [
        ("cmu_bvh", "007_12", "walk"),
        ("cmu_bvh", "005_01", None),  # a walk that trained the lifter
        ("cmu_bvh", "005_02", "ballet"),
        ("cmu_bvh", "005_20", "ballet"),
        ("cmu_bvh", "001_02", None),  # climbs, and more
        ("cmu_bvh", "002_07", "swordplay"),
        ("deepmimic", "humanoid3d_long_walk1_mirror", "walk"),
        ("deepmimic", "humanoid3d_zombie_walk", "walk as a thief or a zombie"),
        ("deepmimic", "humanoid3d_spinkick", "kick, spinning kick"),
        ("deepmimic", "humanoid3d_spin", "flips, rolls, spins"),
        ("deepmimic", "humanoid3d_getup_faceup", None),
    ],
)
def test_takes_belong_to_groups(source: str, name: str, group: str | None) -> None:
    assert group_of(source, name) == group


def test_groups_are_of_the_list_or_of_none_of_it() -> None:
    for action, _ in GROUPS.values():
        assert action is None or (action in ACTIONS and action != BACKGROUND)


def test_what_is_unsure_or_background_is_not_said() -> None:
    T = 30 * 4  # windows at 0, 1 and 2 s
    sequence = SkeletonSequence(
        joints=np.zeros((T, 13, 3)), scores=np.ones((T, 13)), times=np.arange(T) / 30
    )
    assert said(sequence, InTurns()) == ["walk", None, None]


def test_missing_sets_are_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert evaluate_unseen.main(["--data", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "cmu_bvh" in line


def test_a_device_that_is_not_there_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert evaluate_unseen.main(["--data", str(tmp_path), "--device", "cuda:99"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "device 'cuda:99'" in line
