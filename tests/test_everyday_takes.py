"""Takes are one person's joints at 30 Hz on the floor, from clips of any of the sets."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest

from datasets.everyday_takes import FASTEST, HELD_OUT, Take, takes, takes_of
from datasets.kinematics import JOINT
from datasets.pose_sources import SENSOR_TILT
from tests.conftest import SHARED
from tests.test_everyday_windows import acted, standing
from wildpose.geometry import Array, rotation_x
from wildpose.joints import convert
from wildpose.types import Clip
from wildpose.windows import BACKGROUND

needs_ucla = pytest.mark.skipif(
    not (SHARED / "nw_ucla.tar.xz").exists(), reason="NW-UCLA is not beside this checkout"
)


def kinect(
    joints: Array, *, frame_rate: float = 30.0, name: str = "a clip", mask: Array | None = None
) -> Clip:
    """(T, 25, 3) joints as a Kinect v1 gives them."""
    seen = np.ones(len(joints), dtype=bool) if mask is None else mask.astype(bool)
    found = convert(joints, "kinect25", "kinect20") * seen[:, None, None]
    return Clip(
        found[None].astype(np.float32), seen[None], "kinect20", frame_rate, name=name, subject="s1"
    )


def capture(joints: Array, *, frame_rate: float = 30.0, name: str = "a capture") -> Clip:
    seen = np.ones((1, len(joints)), dtype=bool)
    return Clip(joints[None].astype(np.float32), seen, "kinect25", frame_rate, name=name)


def only(clip: Clip, source: str = "utd_mhad", class_name: str = "wave") -> Take:
    (take,) = takes_of(clip, source, class_name, "train")
    return take


# Clips of single actions


def test_a_take_says_where_it_is_from_and_what_it_shows() -> None:
    take = only(kinect(acted("walk", 2.5), name="a22_s1_t1_skeleton"), class_name="jog")
    assert take.name == "utd_mhad/train/a22_s1_t1_skeleton/whole"
    assert (take.subject, take.action) == ("s1", "run")


def test_clips_of_single_actions_stay_whole_and_lose_nothing() -> None:
    joints = acted("wave", 5.0)
    take = only(kinect(joints + np.array([0.3, -0.7, 2.5])))
    assert (take.part, len(take.joints)) == ("whole", 150)
    assert np.percentile(take.joints[..., 1].min(axis=1), 2) == pytest.approx(0, abs=1e-6)
    # One frame alone in its place is an extreme, which becomes like its neighbours.
    wrist = JOINT["right_wrist"]
    drop = (take.joints - joints)[:, wrist]
    np.testing.assert_allclose(drop - np.median(drop, axis=0), 0, atol=0.03)


def test_slow_sensors_give_takes_at_30_hz() -> None:
    joints = acted("wave", 2.0)
    take = only(kinect(joints[::2], frame_rate=15.0), "msr_action3d", "high arm wave")
    assert len(take.joints) == 59
    drop = take.joints - joints[:59]
    np.testing.assert_allclose(drop - np.median(drop, axis=0), 0, atol=0.03)


@pytest.mark.parametrize("frames", [1, 2, 8])
def test_a_moment_is_no_take(frames: int) -> None:
    assert not list(takes_of(kinect(acted("wave")[:frames]), "utd_mhad", "wave", "train"))


def test_who_leans_towards_a_tilted_sensor_stands_upright() -> None:
    tilted = standing(1.0) @ rotation_x(-SENSOR_TILT["nw_ucla"]).T
    take = only(kinect(tilted), "nw_ucla", "throw")
    trunk = take.joints[0, JOINT["spine_shoulder"]] - take.joints[0, JOINT["spine_base"]]
    assert trunk[1] / np.linalg.norm(trunk) > 0.995
    untilted = only(kinect(tilted), "utd_mhad", "throw")
    trunk = untilted.joints[0, JOINT["spine_shoulder"]] - untilted.joints[0, JOINT["spine_base"]]
    assert trunk[1] / np.linalg.norm(trunk) < 0.98


def test_a_joint_that_leaps_away_for_a_frame_stays() -> None:
    joints = acted("walk", 1.0)
    leapt = joints.copy()
    leapt[12, JOINT["left_elbow"]] += 0.8
    np.testing.assert_allclose(
        only(kinect(leapt)).joints[:, JOINT["left_elbow"]],
        only(kinect(joints)).joints[:, JOINT["left_elbow"]],
        atol=0.1,  # where it may be between its neighbours
    )


def test_where_frames_were_lost_nobody_is_faster_than_people_are() -> None:
    joints = acted("walk", 2.0)
    joints[30:] += (1.5, 0, 0)  # what lies between was not recorded
    take = only(kinect(joints))
    assert len(take.joints) == pytest.approx(59 + 1.5 / FASTEST * 30, abs=1)
    speed = 30 * np.linalg.norm(np.diff(take.joints, axis=0), axis=-1)
    assert speed.max() < 2 * FASTEST  # a curve through the points is steeper in places


def test_short_holes_are_filled_and_at_long_ones_the_longer_part_is_taken() -> None:
    joints = acted("wave", 4.0)
    hole = np.ones(120)
    hole[50:55] = 0
    assert len(only(kinect(joints, mask=hole)).joints) == 120
    hole[40:70] = 0
    assert len(only(kinect(joints, mask=hole)).joints) == 50


def test_actions_that_go_on_are_cut_where_they_are_long() -> None:
    found = list(takes_of(kinect(acted("walk", 7.0)), "nw_ucla", "carry", "val"))
    assert [take.part for take in found] == ["at0.00", "at2.50", "at5.00"]
    assert {len(take.joints) for take in found} == {60}


# What is left out, and rest


def test_what_is_left_out_gives_its_rest_alone() -> None:
    joints = np.concatenate([standing(1.0), acted("throw", 1.0)])
    take = only(kinect(joints), "utd_mhad", "tennis serve")
    assert (take.part, take.action, len(take.joints)) == ("rest", BACKGROUND, 60)
    assert not list(takes_of(kinect(joints), "nw_ucla", "drop trash", "train"))
    assert not list(takes_of(capture(joints), "bandai", "slash", "train"))


def test_who_sits_down_rests_too() -> None:
    joints = np.concatenate([standing(1.0), acted("sit_down")])
    found = list(takes_of(kinect(joints), "utd_mhad", "stand to sit", "train"))
    assert [(take.part, take.action) for take in found] == [
        ("whole", "sit down"),
        ("rest", BACKGROUND),
    ]


# Captures


def test_captures_are_thinned_out_and_cut() -> None:
    joints = np.repeat(acted("walk", 6.0), 4, axis=0)
    found = list(takes_of(capture(joints, frame_rate=120.0), "cmu_expmap", "walking_extra", "test"))
    assert [take.part for take in found] == ["at0.00", "at2.00", "at4.00"]
    assert {take.joints.shape for take in found} == {(60, 25, 3)}


def test_captures_of_an_action_give_the_windows_that_show_it() -> None:
    joints = np.concatenate([standing(4.0), acted("jump", 2.0), standing(4.0)])
    found = list(takes_of(capture(joints), "cmu_expmap", "jumping", "train"))
    assert found
    for take in found:
        assert take.joints[:, JOINT["left_ankle"], 1].max() > 0.25


# All of a set


@needs_ucla
def test_people_of_the_real_set_are_on_one_side_only(tmp_path: Path) -> None:
    with tarfile.open(SHARED / "nw_ucla.tar.xz") as archive:
        for member in archive:
            if "a05_" in member.name:
                archive.extract(member, tmp_path, filter="data")
    (folder,) = {path.parent for path in tmp_path.rglob("a05_*.json")}
    assert folder.name == "nw_ucla"
    found = list(takes(folder.parent, "nw_ucla"))
    assert len(found) > 140
    assert {take.action for take in found} == {"sit down"}
    by_subject = {(take.subject, take.split) for take in found}
    assert len(by_subject) == 10
    assert {s: split for s, split in by_subject if split != "train"} == HELD_OUT["nw_ucla"]
    for take in found:
        assert np.isfinite(take.joints).all() and len(take.joints) >= 9


def test_a_set_that_is_not_there_is_missed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="UTD-MHAD"):
        list(takes(tmp_path, "utd_mhad"))
