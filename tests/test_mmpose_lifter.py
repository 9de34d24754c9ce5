"""Lifters of mmpose with a stub in the network's place: what each frame of a track is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.made_samples import pixels_of
from tests.made_sequences import FACING, acted
from wildpose.joints import torso
from wildpose.lifting import mmpose
from wildpose.lifting.h36m_codecs import codec_of
from wildpose.lifting.h36m_joints import as_h36m
from wildpose.lifting.mmpose import codec_and_look, lifted
from wildpose.lifting.track_windows import Look, middles

Array = npt.NDArray[np.floating]
PICTURE = (1000, 1000)
VIDEO_POSE = {"type": "VideoPoseLifting", "num_keypoints": 17}
MOTIONBERT = {"type": "MotionBERTLabel", "num_keypoints": 17, "concat_vis": True, "rootrel": False}
RATE = 25.0
LOOK = Look(27, 1 / 50)


def walked(motion: str = "throw") -> tuple[Array, Array]:
    """(T,) s and (T, 13, 2) px: the true 2D joints of a mannequin that moves across the picture."""
    joints = pixels_of(acted(motion, "lcr13") @ FACING.T)
    times = np.arange(len(joints)) / RATE
    return times, joints + np.stack([40 * times, 0 * times], axis=-1)[:, None]


def of_frame(index: int) -> Callable[[Array], Array]:
    """A network that says, flat, where the joints of a frame of the window are."""

    def said(given: Array) -> Array:
        N, _, L = given.shape
        frame = given.reshape(N, 17, 2, L)[..., index % L]
        return np.concatenate([frame, np.zeros((N, 17, 1))], axis=-1)

    return said


def shape_of(joints: Array) -> Array:
    """(T, 13, 2) torso-centred, of size 1."""
    within = joints[..., :2] - torso(joints[..., :2], "lcr13")
    return within / np.linalg.norm(within, axis=(1, 2), keepdims=True)


@pytest.mark.parametrize("motion", ["walk", "throw", "kick", "squat"])
def test_each_frame_is_the_middle_of_its_own_window(motion: str) -> None:
    times, joints = walked(motion)
    found = lifted(times, joints, LOOK, codec_of(VIDEO_POSE, PICTURE), of_frame(13))
    np.testing.assert_allclose(shape_of(found), shape_of(joints), atol=1e-6)
    assert (found[..., 2] == 0).all()


@pytest.mark.parametrize(("index", "rows"), [(0, 13), (26, -13), (5, 8), (17, -4)])
def test_before_it_is_the_past_and_behind_it_the_future(index: int, rows: int) -> None:
    """As no lifter of mmpose's video inferencer sees them: it is given copies of one frame."""
    times, joints = walked()
    fast = Look(27, 1 / RATE)
    found = lifted(times, joints, fast, codec_of(VIDEO_POSE, PICTURE), of_frame(index))
    shown = np.clip(np.arange(len(times)) - rows, 0, len(times) - 1)
    np.testing.assert_allclose(shape_of(found), shape_of(joints[shown]), atol=1e-6)


def test_motion_within_a_window_is_that_of_the_person() -> None:
    times, joints = walked()
    ahead, behind = of_frame(14), of_frame(12)
    codec = codec_of(VIDEO_POSE, PICTURE)
    found = lifted(
        times, joints, Look(27, 1 / RATE), codec, lambda given: ahead(given) - behind(given)
    )
    within = joints - torso(joints, "lcr13")
    true = within[2:] - within[:-2]
    moved = found[1:-1, :, :2]
    # Alike but for the scale of each window.
    alike = (moved * true).sum(axis=(1, 2)) / (
        np.linalg.norm(moved, axis=(1, 2)) * np.linalg.norm(true, axis=(1, 2))
    )
    assert alike.min() > 0.999


@pytest.mark.parametrize("frames_at_once", [1, 60, 27 * 30])
@pytest.mark.parametrize("settings", [VIDEO_POSE, MOTIONBERT], ids=lambda s: s["type"])
def test_batches_are_as_one_by_one(
    settings: dict[str, Any], frames_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    times, joints = walked()
    codec = codec_of(settings, PICTURE)
    rng = np.random.default_rng(0)
    mix = rng.normal(size=(27, 5))

    def network(given: Array) -> Array:
        """Something of all frames and joints of a window."""
        if codec.tells_all:
            return np.cumsum(given, axis=1) + given.mean(axis=2, keepdims=True)
        N = len(given)
        return np.tanh(given @ mix).reshape(N, -1)[:, :51].reshape(N, 17, 3)

    look = Look(27, 1 / 50, every_s=0.1 if codec.tells_all else 0.0)
    whole = lifted(times, joints, look, codec, network)
    monkeypatch.setattr(mmpose, "FRAMES_AT_ONCE", frames_at_once)
    sizes = []

    def counted(given: Array) -> Array:
        sizes.append(len(given))
        return network(given)

    np.testing.assert_allclose(lifted(times, joints, look, codec, counted), whole, atol=1e-9)
    assert max(sizes) <= max(1, frames_at_once // 27)


@pytest.mark.parametrize("every_s", [0.0, 0.5])
def test_a_network_that_tells_of_all_frames_is_asked_of_each_rows_own(every_s: float) -> None:
    times = np.arange(60) / 50.0  # the windows' own rate: nothing is between frames
    joints = np.concatenate([walked("throw")[1], walked("squat")[1]])
    look = Look(81, 1 / 50, every_s=every_s)
    shown: list[int] = []

    def network(given: Array) -> Array:
        shown.append(len(given))
        return np.concatenate([given[..., :2], np.zeros_like(given[..., :1])], axis=-1)

    found = lifted(times, joints, look, codec_of(MOTIONBERT, PICTURE), network)
    np.testing.assert_allclose(shape_of(found), shape_of(joints), atol=1e-5)
    assert sum(shown) == (60 if every_s == 0 else 4)


@pytest.mark.parametrize("motion", ["walk", "sit_down", "squat", "wave"])
def test_people_are_as_large_as_they_are_however_large_they_look(motion: str) -> None:
    """The network sees them as they are, in pixels, from far away: who sits is no giant."""
    joints = acted(motion, "lcr13") @ FACING.T
    true = as_h36m(joints)  # which works in 3D too
    times = np.arange(len(true)) / RATE
    look = Look(81, 1 / RATE, every_s=0.3)
    turn = iter(middles(times, look)[0])

    def network(given: Array) -> Array:
        """x and y as given, z of the true pose in their measure."""
        windows = []
        for window in given:
            rows = np.clip(next(turn) + np.arange(81) - 40, 0, len(true) - 1)
            scale = np.ptp(window[..., 1]) / np.ptp(true[rows][..., 1])
            windows.append(np.concatenate([window[..., :2], true[rows][..., 2:] * scale], axis=-1))
        return np.stack(windows)

    pixels = 90 * joints[..., :2] + 300
    found = lifted(times, pixels, look, codec_of(MOTIONBERT, PICTURE), network)
    np.testing.assert_allclose(found, joints - torso(joints, "lcr13"), atol=0.02)  # m


CONFIG: dict[str, Any] = {
    "model": {"type": "PoseLifter", "head": {"decoder": VIDEO_POSE}},
    "test_dataloader": {
        "dataset": {"ann_file": "annotation_body3d/fps50/h36m_test.npz", "seq_len": 81}
    },
}


def config(*, model: dict[str, Any] | None = None, **dataset: Any) -> dict[str, Any]:
    own = {**CONFIG["test_dataloader"]["dataset"], **dataset}
    return {
        "model": {**CONFIG["model"], **(model or {})},
        "test_dataloader": {"dataset": own},
    }


def test_a_config_tells_how_much_is_looked_at() -> None:
    assert codec_and_look(config())[1] == Look(81, 1 / 50)
    assert codec_and_look(config(causal=True, seq_step=2))[1] == Look(81, 2 / 50, causal=True)
    assert codec_and_look(config(ann_file="fps10/x.npz"))[1].step_s == 1 / 10
    assert codec_and_look(config(ann_file="x.npz"))[1].step_s == 1 / 50
    all_frames = config(
        model={"head": {"decoder": MOTIONBERT}}, seq_len=1, multiple_target=243, causal=False
    )
    codec, look = codec_and_look(all_frames)
    assert (look.frames, look.causal, codec.tells_all) == (243, False, True)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"type": "TopdownPoseEstimator"}, "its network is a TopdownPoseEstimator, and no PoseLif"),
        ({"head": {}}, "its codec None is none of VideoPoseLifting, ImagePoseLifting, MotionBERT"),
        ({"head": {"decoder": {"type": "Hand3DHeatmap"}}}, "its codec Hand3DHeatmap is none of"),
        (
            {"head": {"decoder": {**VIDEO_POSE, "num_keypoints": 133}}},
            "it is for 133 joints, and not for Human3.6M's 17",
        ),
    ],
)
def test_what_is_no_lifter_of_these_joints_is_told(model: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        codec_and_look(config(model=model))
