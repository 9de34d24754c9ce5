"""From a skeleton to what its person does, by recognizers that are found by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import wildpose
from wildpose import recognition
from wildpose.recognition import check_recognizer, load_recognizer, recognized
from wildpose.types import Axes, Clip, SkeletonSequence
from wildpose.windows import Windows


@dataclass(frozen=True)
class ByHeight:
    """Says of each clip how high its joints are."""

    class_names: tuple[str, ...] = ("low", "high")
    joint_set: str = "lcr13"
    axes: Axes = "camera"
    frame_rate: float = 15.0
    window_s: float = 1.0
    min_score: float = 0.0
    needs_rgb: bool = False

    def predict(self, clips: Sequence[Clip]) -> np.ndarray:
        assert all(clip.frame_rate == 15.0 for clip in clips)
        high = np.array([float(clip.joints[..., 1].mean() < 0) for clip in clips])
        return np.stack([0.9 - 0.8 * high, 0.1 + 0.8 * high], axis=1)


def rising(seconds: float = 4.0) -> SkeletonSequence:
    """Low for the first half, high for the second; y points down."""
    times = np.arange(round(30 * seconds)) / 30
    joints = np.zeros((len(times), 13, 3))
    joints[..., 1] = np.where(times < seconds / 2, 0.5, -0.5)[:, None]
    return SkeletonSequence(joints=joints, scores=np.ones((len(times), 13)), times=times)


def test_a_change_is_found_where_it_is() -> None:
    found = recognized(rising(), ByHeight(), Windows(window_s=0.5, stride_s=0.25))
    assert [segment.label for segment in found] == ["low", "high"]
    assert found[0].start == 0
    assert found[0].stop == found[1].start == pytest.approx(2.0, abs=0.26)
    assert found[1].stop == pytest.approx(4.0)


def test_one_call_does_it_for_any_skeleton() -> None:
    found = wildpose.recognize(rising(), recognizer=ByHeight(), window=0.5, stride=0.25, top_k=1)
    assert found == recognized(rising(), ByHeight(), Windows(0.5, 0.25, top_k=1))
    assert found[0].top == (("low", pytest.approx(0.9, abs=0.05)),)
    sure = wildpose.recognize(rising(), recognizer=ByHeight(), min_score=0.95)
    assert sure == ()
    with pytest.raises(ValueError, match="unknown recognizer 'nobody'"):
        wildpose.recognize(rising(), recognizer="nobody")


def test_somebody_seen_for_four_frames_does_nothing() -> None:
    assert recognized(rising(4 / 30), ByHeight(), Windows()) == ()


def test_unknown_names_tell_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"unknown recognizer 'stgnc': give default, 'none'"):
        check_recognizer("stgnc")
    with pytest.raises(ValueError, match=r"no recognizer file .*gone\.safetensors"):
        check_recognizer(str(tmp_path / "gone.safetensors"))


def test_a_file_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    path.write_bytes(b"no model")
    with pytest.raises(ValueError, match="no safetensors file") as caught:
        load_recognizer(str(path))
    assert "\n" not in str(caught.value)


def test_packages_may_bring_recognizers_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    class Entry:
        name = "by_height"

        def load(self) -> type[ByHeight]:
            return ByHeight

    monkeypatch.setattr(recognition, "entry_points", lambda group: [Entry()])
    assert recognition.names() == ["by_height"]
    assert isinstance(load_recognizer("by_height"), ByHeight)
    with pytest.raises(ValueError, match="Did you mean 'by_height'"):
        check_recognizer("by_heigth")
