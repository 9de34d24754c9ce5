"""From a skeleton to what its person does, by recognizers that are found by name."""

from __future__ import annotations

import operator
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wildpose
from wildpose import recognition, weights
from wildpose.labelling import windows_of
from wildpose.recognition import (
    check_can_read,
    check_recognizer,
    load_recognizer,
    longest_window,
    recognized,
)
from wildpose.results import Settings
from wildpose.types import Axes, Clip, SkeletonSequence
from wildpose.windows import Windows


class Entry:
    """An entry point: a name, and what makes the recognizer."""

    def __init__(self, name: str, make: Callable[..., Any]):
        self.name = name
        self.load = lambda: make


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
    notes: tuple[str, ...] = ()

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
    monkeypatch.setattr(recognition, "entry_points", lambda group: [Entry("by_height", ByHeight)])
    assert recognition.names() == ["by_height"]
    assert isinstance(load_recognizer("by_height"), ByHeight)
    with pytest.raises(ValueError, match="Did you mean 'by_height'"):
        check_recognizer("by_heigth")


def test_options_reach_the_functions_that_take_them(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, Any]] = []

    def some(*, weights_dir: Path | None, threads: int | None, device: str) -> ByHeight:
        given.append({"weights_dir": weights_dir, "threads": threads, "device": device})
        return ByHeight()

    def nothing_by_name(**other: Any) -> ByHeight:
        assert not other
        return ByHeight()

    makers = {"some": some, "none": ByHeight, "other": nothing_by_name, "c": operator.itemgetter}
    entries = [Entry(name, make) for name, make in makers.items()]
    monkeypatch.setattr(recognition, "entry_points", lambda group: entries)
    for name in ("some", "none", "other"):
        options = {"weights_dir": Path("own"), "offline": True, "threads": 1, "device": "cuda"}
        made = load_recognizer(name, **options)
        assert isinstance(made, ByHeight)
    assert given == [{"weights_dir": Path("own"), "threads": 1, "device": "cuda"}]
    with pytest.raises(TypeError, match="itemgetter expected"):  # called as it stands
        load_recognizer("c", weights_dir=Path("own"))


def test_the_default_recognizer_is_looked_for_in_the_users_folder(tmp_path: Path) -> None:
    shipped = weights.find("everyday_recognizer", offline=True)
    shutil.copy(shipped, tmp_path / shipped.name)
    assert load_recognizer("default", weights_dir=tmp_path).min_score > 0
    (tmp_path / shipped.name).write_bytes(b"another one")
    with pytest.raises(weights.WeightsMismatchError, match="is not everyday_recognizer"):
        load_recognizer("default", weights_dir=tmp_path)
    with pytest.raises(weights.WeightsMismatchError, match="is not everyday_recognizer"):
        wildpose.recognize(rising(), weights_dir=tmp_path)


def test_a_device_that_is_not_there_is_refused_whatever_recognizer_it_is_for() -> None:
    with pytest.raises(ValueError, match="device 'cuda:99'"):
        wildpose.recognize(rising(), device="cuda:99")


def test_without_entry_points_the_installation_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "own.safetensors"
    path.write_bytes(b"")
    monkeypatch.setattr(recognition, "entry_points", lambda group: [])
    for name in ("default", str(path)):
        with pytest.raises(ValueError, match=r"entry points are not installed.*pip install -e \."):
            check_recognizer(name)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"joint_set": "kinect25"}, "'mine' reads kinect25, and lcr13 cannot be converted to kine"),
        ({"joint_set": "coco17"}, "nothing gives 'nose'"),
        ({"needs_rgb": True}, "'mine' looks at pictures and does not say at which"),
    ],
)
def test_a_recognizer_that_asks_for_more_than_there_is_is_refused(
    change: dict[str, Any], wrong: str
) -> None:
    asking = replace(ByHeight(), **change)
    with pytest.raises(ValueError, match=wrong) as caught:
        check_can_read(asking, "lcr13", name="mine")
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match=r"^recognizer 'ByHeight' "):
        wildpose.recognize(rising(), recognizer=asking)


@pytest.mark.parametrize("joints", ["lcr13", "sbu15", "kinect20", "a set of its own"])
def test_a_recognizer_whose_joints_can_be_made_is_not(joints: str) -> None:
    check_can_read(replace(ByHeight(), joint_set=joints), "lcr13", name="mine")


# Windows


@dataclass(frozen=True)
class ShortSighted(ByHeight):
    longest_s: float = 3.0


def test_a_window_is_as_long_as_the_recognizer_was_trained_for() -> None:
    assert windows_of(Settings(), replace(ByHeight(), window_s=1.25)).window_s == 1.25
    assert windows_of(Settings(window=4), ByHeight()).window_s == 4
    assert windows_of(Settings()).window_s == 2
    seen: list[float] = []

    class Counting(ByHeight):
        def predict(self, clips: Sequence[Clip]) -> np.ndarray:
            seen.extend(len(clip) / clip.frame_rate for clip in clips)
            return super().predict(clips)

    wildpose.recognize(rising(), recognizer=Counting(window_s=1.2))
    assert seen == pytest.approx([1.2] * len(seen), abs=0.07)  # a frame


def test_a_window_of_its_own_leaves_out_no_time_and_goes_no_farther_than_it_looks() -> None:
    assert windows_of(Settings(stride=0.5), replace(ByHeight(), window_s=0.3)).window_s == 0.5
    assert windows_of(Settings(), ShortSighted(window_s=8.0)).window_s == 3
    with pytest.raises(ValueError, match=r"stride of 4.0 s would leave out .* windows of 3.0 s"):
        windows_of(Settings(stride=4), ShortSighted())


def test_a_window_longer_than_the_recognizer_looks_is_refused() -> None:
    assert longest_window(ByHeight()) == np.inf
    assert windows_of(Settings(window=3), ShortSighted()).window_s == 3
    with pytest.raises(ValueError, match=r"a window of 3.5 s is longer than the 3 s"):
        windows_of(Settings(window=3.5), ShortSighted())
    with pytest.raises(ValueError, match="longer than the 2 s"):
        wildpose.recognize(rising(), window=2.5)


def test_the_default_recognizer_is_shown_two_seconds() -> None:
    loaded = load_recognizer("default")
    assert longest_window(loaded) == pytest.approx(2)
    assert windows_of(Settings(), loaded).window_s == pytest.approx(2)


def test_a_recognizer_that_will_say_nothing_is_told_in_a_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    silent = ByHeight(min_score=1.0)
    skeleton = rising()
    assert wildpose.recognize(skeleton, recognizer=silent) == ()
    (line,) = caplog.messages
    assert line.startswith("recognizer 'ByHeight' will say nothing: ") and "--min-score 0.5" in line
    caplog.clear()
    assert wildpose.recognize(skeleton, recognizer=silent, min_score=0.4)
    assert wildpose.recognize(skeleton, recognizer=ByHeight(min_score=0.4))
    assert not caplog.messages


def test_what_a_training_found_wrong_with_scores_is_told_where_it_is_used(
    caplog: pytest.LogCaptureFixture,
) -> None:
    doubtful = ByHeight(notes=("its scores say nothing", "four clips validate"))
    assert wildpose.recognize(rising(), recognizer=doubtful)
    line = "recognizer 'ByHeight': its scores say nothing; four clips validate"
    assert caplog.messages == [line]
