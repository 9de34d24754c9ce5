"""The evaluation of 3D poses: its clips, a run through the real pipeline, the tool's options."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import evaluate_pose
import numpy as np
import numpy.typing as npt
import pytest
from scipy.spatial.transform import Rotation

from datasets.acting import Style
from datasets.kinematics import Body
from datasets.motions import MOTIONS
from datasets.pose_sources import Motion
from tools.evaluation import captures, mannequin_clips, plots, report, runs, tracks, variants
from tools.evaluation.compare import summary
from wildpose.joints import joint_set, torso
from wildpose.types import Track

Array = npt.NDArray[np.floating]
LCR13 = joint_set("lcr13")


def acted(name: str, seconds: float) -> Motion:
    """A procedural motion in place of a capture."""
    times = np.arange(round(seconds * 30)) / 30
    return Motion("made", name, MOTIONS[name](times, Body(), Style()))


# Clips


@pytest.mark.parametrize("view", mannequin_clips.VIEWS)
@pytest.mark.parametrize("motion", ["walk", "jump"])
def test_the_actor_stays_in_the_picture(motion: str, view: int) -> None:
    joints = acted(motion, 3.0).joints
    camera = mannequin_clips.whole_path_camera(joints, view, np.random.default_rng(view))
    pixels = camera.project(joints)
    assert (pixels > 0).all() and (pixels < [640, 480]).all()


def test_view_0_is_from_the_front_whichever_way_the_actor_faces() -> None:
    joints = acted("wave", 1.0).joints @ Rotation.from_rotvec([0, 2.1, 0]).as_matrix().T
    at = joint_set("kinect25").index
    for view, right_is_left_of_it in ((0, True), (180, False)):
        camera = mannequin_clips.whole_path_camera(joints, view, np.random.default_rng(0))
        pixels = camera.project(joints)
        left_of = pixels[:, at("right_shoulder"), 0] < pixels[:, at("left_shoulder"), 0]
        assert (left_of == right_is_left_of_it).all()


def test_only_the_middle_of_a_long_motion_is_acted() -> None:
    motion = replace(acted("wave", 1.0), joints=np.arange(100.0)[:, None, None] * np.ones((25, 3)))
    assert captures.middle(motion, 1.0).joints[[0, -1], 0, 0].tolist() == [35, 64]
    assert len(captures.middle(motion, 9.0).joints) == 100


def test_smaller_sets_keep_the_proportions_of_their_sources() -> None:
    assert captures._shares({"a": 29, "b": 16}, None) == {"a": 29, "b": 16}
    assert captures._shares({"a": 29, "b": 16}, 9) == {"a": 6, "b": 3}
    assert captures._shares({"a": 8, "b": 8}, 1) in ({"a": 0, "b": 1}, {"a": 1, "b": 0})


@pytest.fixture(scope="module")
def small_clip(tmp_path_factory: pytest.TempPathFactory) -> mannequin_clips.ClipPlan:
    """One motion from one side, half a second, 320x240."""
    folder = tmp_path_factory.mktemp("evaluation")
    (plan,) = mannequin_clips.plans([acted("wave", 0.5)], folder / "clips", views=[0])
    mannequin_clips.render(plan, size=(320, 240))
    return plan


def test_a_tiny_clip_goes_through_the_real_pipeline_to_a_report(
    small_clip: mannequin_clips.ClipPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = [small_clip]
    runs.prepare_all(plans, tmp_path, workers=1, name="tiny")
    weights = runs.fitted(plans, tmp_path)
    monkeypatch.setattr(runs, "_pipeline", pytest.fail)  # everything is kept, nothing is made
    names = [variants.BASE, "blazepose_world+track2d"]
    clips = runs.compare_all(plans, names, tmp_path, weights=weights)
    metrics = {"tiny": summary(clips)}
    found = metrics["tiny"]["variants"]
    assert list(found) == [variants.FITTED, *names]
    assert metrics["tiny"]["frames"] == 15
    assert found[variants.BASE]["mpjpe_mm"] < 120
    assert found[variants.FITTED]["mpjpe_mm"] < found[variants.BASE]["mpjpe_mm"]
    report.write(tmp_path, metrics, command="python tools/evaluate_pose.py")
    plots.draw(tmp_path, "tiny", clips, metrics["tiny"])
    assert json.loads((tmp_path / "metrics.json").read_text("utf-8"))["sets"] == metrics
    assert variants.FITTED in report.table(metrics)
    pictures = {path.name for path in tmp_path.glob("*.png")}
    assert pictures == {f"tiny_{n}.png" for n in ("motions", "views", "joints", "worst_clip")}


def test_a_clip_that_is_there_is_kept(small_clip: mannequin_clips.ClipPlan) -> None:
    before = small_clip.path.stat().st_mtime_ns
    mannequin_clips.render(small_clip, size=(320, 240))
    assert small_clip.path.stat().st_mtime_ns == before


def test_the_truth_lies_on_the_mannequin(small_clip: mannequin_clips.ClipPlan) -> None:
    truth = mannequin_clips.read_truth(small_clip.path)
    assert truth.joints.shape == (15, 13, 3)
    np.testing.assert_allclose(torso(truth.joints, "lcr13"), 0, atol=1e-9)
    head, ankle = LCR13.index("head"), LCR13.index("left_ankle")
    assert (truth.joints[:, head, 1] < -0.3).all() and (truth.joints[:, ankle, 1] > 0.8).all()
    assert truth.visible[:, head].all()  # it is seen from the front


JOINTS_3D = np.random.default_rng(0).normal(size=(2, 13, 3))


def test_a_kept_track_comes_back_as_it_was(tmp_path: Path) -> None:
    track = Track(
        id=3,
        frames=np.array([0, 2]),
        times=np.array([0.0, 0.1]),
        boxes=np.array([[0.0, 0, 9, 9]] * 2),
        joints_2d=np.zeros((2, 13, 2)),
        scores=np.ones((2, 13)),
        joint_set="lcr13",
        joints_3d=JOINTS_3D,
        picture=(640, 480),
    )
    tracks.save(tmp_path / "track.npz", track, np.arange(3) / 20)
    again, clock = tracks.load(tmp_path / "track.npz")
    assert again is not None
    assert (again.id, again.joint_set, again.picture) == (3, "lcr13", (640, 480))
    np.testing.assert_array_equal(again.joints_3d, JOINTS_3D)
    assert again.appearance is None
    np.testing.assert_array_equal(clock, np.arange(3) / 20)


def test_nobody_is_kept_as_nobody(tmp_path: Path) -> None:
    tracks.save(tmp_path / "track.npz", None, np.arange(3.0))
    assert tracks.load(tmp_path / "track.npz")[0] is None


# The tool


def refused(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """The one line that the tool ends with."""
    monkeypatch.setattr(sys, "argv", ["evaluate_pose.py", *arguments])
    with pytest.raises(SystemExit) as left:
        evaluate_pose.main()
    out, err = capsys.readouterr()
    assert (left.value.code, out) == (2, "")
    assert err.startswith("evaluate_pose.py: error: ")
    assert len(err.splitlines()) == 1
    return err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--variant", "blazepose_world"], "a variant is LIFTER+SMOOTHER"),
        (["--variant", "blazepose_wrld+none"], "Did you mean 'blazepose_world'?"),
        (["--variant", "blazepose_world+nones"], "unknown smoother 'nones'"),
        (["--motions", "0"], "--motions must be positive, got 0"),
        (["--seconds", "nan"], "--seconds must be positive, got nan"),
        (["--set", "stills"], "unpack the stills there"),
        (["--set", "ntu"], "unpack the NTU samples"),
        (["--set", "mannequins"], "bandai"),
    ],
)
def test_bad_options_are_one_clear_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    folders = ["--data", str(tmp_path / "data"), "--out", str(tmp_path / "out")]
    assert message in refused([*folders, *options], monkeypatch, capsys)


def test_the_tool_runs_from_any_folder(tmp_path: Path) -> None:
    command = [sys.executable, evaluate_pose.__file__, "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--variant" in done.stdout
