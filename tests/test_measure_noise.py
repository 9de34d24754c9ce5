"""Errors of skeletons are told apart: a turn, what stays, what changes, what trembles."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from datasets.clip_cache import ClipCacheWriter
from tests.made_samples import some_poses
from tools.measure_noise import errors, main
from wildpose.geometry import Array
from wildpose.types import Clip

T, J = 400, 13


@pytest.fixture
def true() -> Array:
    return some_poses(T)


@pytest.mark.parametrize("angle", [(0.2, 0.0, 0.0), (0.0, 3.0, 0.0), (0.1, -0.4, -0.2)])
def test_a_turn_is_no_other_error(angle: tuple[float, float, float], true: Array) -> None:
    x, y, z = angle
    turn = Rotation.from_euler("yxz", [y, x, z])
    found = errors(turn.apply(true.reshape(-1, 3)).reshape(true.shape), true)
    np.testing.assert_allclose(found.turn, angle, atol=1e-9)
    np.testing.assert_allclose(found.staying, 0, atol=1e-9)
    assert found.changing < 1e-9 > found.trembling


def test_what_is_added_to_the_truth_is_found(true: Array) -> None:
    rng = np.random.default_rng(1)
    offset = rng.normal(0, 0.03, (J, 3))
    found = errors(true + offset + rng.normal(0, 0.01, true.shape), true)
    # Some of the offset is a turn.
    assert np.sqrt(np.mean(found.staying**2)) == pytest.approx(0.03, rel=0.3)
    assert found.changing == pytest.approx(0.01, rel=0.05)
    assert found.trembling == pytest.approx(0.01, rel=0.05)


def test_a_slow_error_changes_and_does_not_tremble(true: Array) -> None:
    wave = 0.05 * np.sin(np.linspace(0, 4 * np.pi, T))[:, None, None]
    found = errors(true + wave, true)
    assert found.changing == pytest.approx(0.05 / np.sqrt(2), rel=0.05)
    assert found.trembling < 0.002


def test_the_tool_compares_views_of_training_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with ClipCacheWriter(tmp_path / "everyday", settings={}) as cache:
        for split in ("train", "test"):
            for take in ("a", "b", "slower"):
                joints = some_poses(20)
                cache.add(_clip(f"bandai/{split}/{take}/whole/true", joints))
                seen = joints[: 15 if take == "slower" else 20]
                cache.add(_clip(f"bandai/{split}/{take}/whole/seen0", seen))
    assert main(["--data", str(tmp_path)]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["clips"] == 2
    assert found["staying"] == pytest.approx(0, abs=1e-3)
    assert found["taken_for_back"] == 0


def test_without_clips_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path)]) == 2
    assert "everyday" in capsys.readouterr().err


def _clip(name: str, joints: Array) -> Clip:
    return Clip(
        joints=joints[None].astype(np.float32), mask=np.ones((1, len(joints)), dtype=bool),
        joint_set="lcr13", frame_rate=30.0, axes="camera", name=name, label=0,
    )  # fmt: skip
