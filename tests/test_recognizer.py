"""A recognizer's file brings back the recognizer, and says what is wrong with other files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from recognizers.moments import Sampling
from recognizers.networks import network_of
from recognizers.preparation import Preparation
from recognizers.recognizer import ClipRecognizer
from tests.made_clips import waving_or_squatting

CONFIG = {"type": "SkeletonRnn", "units": 8, "layers": 1}
CLIPS = waving_or_squatting(5)


@pytest.fixture
def recognizer() -> ClipRecognizer:
    torch.manual_seed(0)
    preparation = Preparation().fitted(CLIPS)
    network = network_of(CONFIG, joint_set_name="lcr13", people=1, classes=3)
    return ClipRecognizer(
        network=network.eval(),
        config=CONFIG,
        class_names=("wave", "squat", "neither"),
        preparation=preparation,
        sampling=Sampling(frames=16),
        temperature=1.7,
        frame_rate=15.0,
        window_s=1.5,
    )


def test_scores_are_probabilities_of_each_clip(recognizer: ClipRecognizer) -> None:
    scores = recognizer.predict(CLIPS)
    assert scores.shape == (5, 3)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-9)
    np.testing.assert_allclose(recognizer.predict(CLIPS[2:3]), scores[2:3], atol=1e-6)
    assert recognizer.predict([]).shape == (0, 3)


def test_a_file_brings_it_back(recognizer: ClipRecognizer, tmp_path: Path) -> None:
    path = tmp_path / "recognizer.safetensors"
    recognizer.save(path)
    back = ClipRecognizer.load(path)
    np.testing.assert_allclose(back.predict(CLIPS), recognizer.predict(CLIPS), atol=2e-3)
    for name in ("config", "class_names", "preparation", "sampling", "temperature"):
        assert getattr(back, name) == getattr(recognizer, name)
    assert (back.joint_set, back.axes, back.frame_rate, back.window_s) == ("lcr13", "body", 15, 1.5)
    assert not back.network.training


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda path: path.write_bytes(b"no model"), "no safetensors file"),
        (lambda path: save_file({"a": torch.zeros(1)}, path), "not a wildpose recognizer"),
        (
            lambda path: save_file(
                {"a": torch.zeros(1)}, path, metadata={"format": "wildpose/recognizer/1"}
            ),
            "not whole",
        ),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path: Path, change, wrong: str) -> None:  # noqa: ANN001
    path = tmp_path / "other.safetensors"
    change(path)
    with pytest.raises(ValueError, match=wrong) as caught:
        ClipRecognizer.load(path)
    assert "\n" not in str(caught.value)


def test_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no wildpose recognizer"):
        ClipRecognizer.load(tmp_path / "none.safetensors")


def test_unknown_networks_and_arguments_name_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"unknown network 'SkeletonRn'.*Did you mean"):
        network_of({"type": "SkeletonRn"}, joint_set_name="lcr13", people=1, classes=2)
    with pytest.raises(ValueError, match=r"network\.unit: SkeletonRnn takes .*units"):
        network_of({"type": "SkeletonRnn", "unit": 3}, joint_set_name="lcr13", people=1, classes=2)
