"""Motions come on one skeleton, at one rate, upright on the floor, without a tracker's leaps."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from datasets import pose_sources
from datasets.acting import Style
from datasets.kinematics import JOINT, Body
from datasets.motions import MOTIONS
from datasets.pose_sources import SENSOR_TILT, SHARES, SOURCES, Motion, motions_of, read_motions
from wildpose.geometry import Array, rotation_x
from wildpose.joints import convert, joint_set
from wildpose.types import Clip


def person(T: int = 30, *, frame_rate: float = 30.0) -> Array:
    """(T, 25, 3) m, y up: somebody who waves."""
    return MOTIONS["wave"](np.arange(T) / frame_rate, Body(), Style())


def clip_of(
    people: Array,
    *,
    joint_set_name: str = "kinect25",
    mask: np.ndarray | None = None,
    **others: Any,
) -> Clip:
    seen = np.ones(people.shape[:2], dtype=bool) if mask is None else mask.astype(bool)
    values: dict = {"frame_rate": 30.0, "name": "a clip", **others}
    return Clip(people.astype(np.float32), seen, joint_set_name, **values)


def kinect20_clip(T: int = 30, **others: Any) -> Clip:
    joints = convert(person(T), "kinect25", "kinect20")
    return clip_of(joints[None], joint_set_name="kinect20", **others)


# One clip


@pytest.mark.parametrize(("frame_rate", "step"), [(30.0, 1), (60.0, 2), (120.0, 4), (20.0, 1)])
def test_faster_captures_are_thinned_out_to_30_hz(frame_rate: float, step: int) -> None:
    joints = person(120, frame_rate=frame_rate)
    (motion,) = motions_of(clip_of(joints[None], frame_rate=frame_rate))
    assert len(motion.joints) == 120 // step
    drop = joints[::step] - motion.joints
    np.testing.assert_allclose(drop - (0, drop[0, 0, 1], 0), 0, atol=1e-5)  # nothing but lowered


@pytest.mark.parametrize("height", [-1.0, 0.0, 2.5])
def test_the_lowest_joint_is_on_the_floor(height: float) -> None:
    (motion,) = motions_of(clip_of(person()[None] + (0, height, 0)))
    assert np.percentile(motion.joints[..., 1].min(axis=1), 2) == pytest.approx(0, abs=1e-6)
    assert np.ptp(motion.joints[0, :, 1]) > 1.5


def test_a_single_outlier_does_not_lift_the_person_off_the_floor() -> None:
    joints = person(100)
    joints[50, JOINT["left_hand_tip"], 1] = -3.0
    (motion,) = motions_of(clip_of(joints[None]))
    (calm,) = motions_of(clip_of(person(100)[None]))
    np.testing.assert_allclose(motion.joints[:50], calm.joints[:50], atol=0.01)


def test_all_people_of_a_clip_come_one_by_one() -> None:
    both = np.stack([person(), person() + np.array([1, 0, 2])])
    first, second = motions_of(clip_of(both), "bandai")
    np.testing.assert_allclose(
        second.joints - first.joints, np.tile((1, 0, 2), (30, 25, 1)), atol=1e-5
    )
    assert (first.source, first.name) == ("bandai", "a clip")


def test_of_a_person_with_holes_the_longest_stretch_is_taken() -> None:
    mask = np.ones((1, 40))
    mask[0, 10:20] = 0
    joints = person(40)[None] * mask[..., None, None]
    (motion,) = motions_of(clip_of(joints, mask=mask))
    assert len(motion.joints) == 20
    (alone,) = motions_of(clip_of(person(40)[None, 20:]))
    np.testing.assert_allclose(motion.joints, alone.joints, atol=1e-6)
    assert np.ptp(motion.joints[..., 1], axis=1).min() > 1.5  # nobody is all zeros


@pytest.mark.parametrize("joint_set_name", ["kinect25", "kinect20"])
@pytest.mark.parametrize("seen", [0, 1, 8])
def test_who_is_hardly_seen_is_no_motion(joint_set_name: str, seen: int) -> None:
    joints = convert(person(40), "kinect25", joint_set_name)
    mask = (np.arange(40) < seen)[None]
    clip = clip_of(joints[None] * mask[..., None, None], joint_set_name=joint_set_name, mask=mask)
    assert motions_of(clip) == []


def test_leaps_of_a_kinects_skeleton_cut_it_to_the_longest_part() -> None:
    clip = kinect20_clip(60)
    joints = clip.joints.copy()
    joints[0, 15:40, 5] += (0, 0, 1.0)  # one elbow, away and back again
    (motion,) = motions_of(clip_of(joints, joint_set_name="kinect20"))
    assert len(motion.joints) == 25
    elbow = joint_set("kinect20").names[5]
    shoulder = joint_set("kinect20").names[4]
    reach = motion.joints[:, JOINT[elbow]] - motion.joints[:, JOINT[shoulder]]
    np.testing.assert_allclose(reach, joints[0, 15:40, 5] - joints[0, 15:40, 4], atol=1e-5)


def test_quick_people_are_not_cut() -> None:
    joints = kinect20_clip(40).joints + np.arange(40)[:, None, None] * (0.0, 0, 0.2)  # 6 m/s
    (motion,) = motions_of(clip_of(joints, joint_set_name="kinect20"))
    assert len(motion.joints) == 40


def test_a_kinect_v1_skeleton_keeps_its_joints_and_gets_the_missing_ones() -> None:
    clip = kinect20_clip()
    (motion,) = motions_of(clip)
    assert motion.joints.shape == (30, 25, 3)
    lowered = clip.joints[0, 0, 0, 1] - motion.joints[0, JOINT["spine_base"], 1]
    for i, name in enumerate(joint_set("kinect20").names):
        np.testing.assert_allclose(
            motion.joints[:, JOINT[name]], clip.joints[0, :, i] - (0, lowered, 0), atol=1e-5
        )
    for name in ("neck", "left_thumb", "right_hand_tip"):
        np.testing.assert_allclose(
            motion.joints[:, JOINT[name]] + (0, lowered, 0), person()[:, JOINT[name]], atol=0.08
        )


def test_sensors_that_look_down_are_put_upright() -> None:
    # In the axes of a sensor that looks down, people's heads are nearer to it than their feet.
    tilt = SENSOR_TILT["nw_ucla"]
    seen = kinect20_clip().joints @ rotation_x(-tilt).T
    head, foot = (seen[0, 0, joint_set("kinect20").index(n), 2] for n in ("head", "left_foot"))
    assert head < foot - 0.2  # z points away from the sensor
    (motion,) = motions_of(clip_of(seen, joint_set_name="kinect20"), "nw_ucla")
    (upright,) = motions_of(kinect20_clip())
    difference = motion.joints - upright.joints
    np.testing.assert_allclose(
        difference, np.broadcast_to(difference[:1, :1], (30, 25, 3)), atol=1e-5
    )


def test_a_clip_is_not_changed_by_what_is_made_of_it() -> None:
    clip = clip_of(person()[None] + (0, 1.0, 0))
    before = clip.joints.copy()
    motions_of(clip, "nw_ucla")
    np.testing.assert_array_equal(clip.joints, before)


# Whole sources


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A loader in place of all: of each folder a clip per split; the folders that it was given."""
    asked: list[Path] = []

    def clips(folder: Path) -> list[Clip]:
        asked.append(folder)
        return [
            clip_of(person()[None], name=f"{folder.name} {s}") for s in ("train", "val", "test")
        ]

    loader = SimpleNamespace(clips=clips, split_of=lambda clip: clip.name.split()[1])
    monkeypatch.setattr(pose_sources, "import_module", lambda name: loader)
    return asked


def test_a_split_has_its_own_clips_of_every_source(folders: list[Path]) -> None:
    motions = read_motions(Path("data"), "val")
    assert [(m.source, m.name) for m in motions] == [(s, f"{s} val") for s in SOURCES]
    assert folders == [Path("data") / source for source in SOURCES]
    assert all(isinstance(m, Motion) and m.joints.shape == (30, 25, 3) for m in motions)


def test_sources_can_be_chosen(folders: list[Path]) -> None:
    motions = read_motions(Path("data"), "train", ("utd_mhad", "bandai"))
    assert [m.source for m in motions] == ["utd_mhad", "bandai"]
    assert len(folders) == 2


def test_an_unknown_split_or_source_is_named_before_anything_is_read(folders: list[Path]) -> None:
    with pytest.raises(ValueError, match="unknown split 'trian': there are train, val, test"):
        read_motions(Path("data"), "trian")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown sources ntu: there are bandai, "):
        read_motions(Path("data"), "train", ("bandai", "ntu"))
    assert folders == []


def test_a_source_that_is_not_there_is_missed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="bandai"):
        read_motions(tmp_path, "train", ("bandai",))


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_has_a_loader_and_a_share(source: str) -> None:
    loader = import_module(SOURCES[source])
    assert callable(loader.clips) and callable(loader.split_of)
    assert SHARES[source] > 0


def test_shares_are_of_one_whole() -> None:
    assert set(SHARES) == set(SOURCES)
    assert sum(SHARES.values()) == pytest.approx(1)
