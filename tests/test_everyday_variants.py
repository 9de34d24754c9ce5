"""A take's variants: its joints as they are, and views that depend on nothing but their names."""

from __future__ import annotations

import numpy as np
import pytest

from datasets import everyday_variants
from datasets.as_seen import Lenders
from datasets.everyday import CLASS_NAMES, PROTOCOLS
from datasets.everyday_takes import Take
from datasets.everyday_variants import MORE_VIEWS, PACES, names_of, variants
from datasets.protocols import Split
from tests.test_everyday_windows import acted
from tests.test_lifting_samples import true_looks
from wildpose.joints import convert, joint_set
from wildpose.lifting.lcr import Lcr
from wildpose.types import Clip

JOINT = {name: i for i, name in enumerate(joint_set("lcr13").names)}


pytestmark = pytest.mark.usefixtures("one_thread")


def take(
    motion: str = "wave", action: str = "wave", source: str = "utd_mhad", split: Split = "train"
) -> Take:
    return Take(source, split, f"a {motion}", "whole", "s1", action, acted(motion, 1.0))


def made(one: Take, names: list[str], lifter: Lcr, *, seed: int = 0) -> list[Clip]:
    return list(variants(one, names, Lenders(true_looks()), lifter, seed=seed))


def test_a_take_has_its_true_joints_and_so_many_views() -> None:
    names = names_of(take(), 3)
    assert names == [
        f"utd_mhad/train/a wave/whole/{v}" for v in ("true", "seen0", "seen1", "seen2")
    ]
    assert all(PROTOCOLS["xsub"].rule(name) == "train" for name in names)


def test_rare_actions_get_more_views_to_train_on_but_none_more_to_test() -> None:
    assert set(MORE_VIEWS) < set(CLASS_NAMES)
    assert len(names_of(take("squat", "squat"), 4)) == 1 + 4 * MORE_VIEWS["squat"]
    assert len(names_of(take("squat", "squat", split="test"), 4)) == 1 + 4


def test_true_joints_are_the_takes_in_camera_axes(lifter: Lcr) -> None:
    one = take()
    (clip,) = made(one, names_of(one, 1)[:1], lifter)
    joints = clip.joints[0]
    np.testing.assert_allclose(
        joints * (-1, -1, 1), convert(one.joints, "kinect25", "lcr13"), atol=1e-6
    )
    assert (joints[:, JOINT["head"], 1] < joints[:, JOINT["left_ankle"], 1]).all()  # y points down


def test_clips_say_what_they_are(lifter: Lcr) -> None:
    one = take()
    for clip, name in zip(made(one, names_of(one, 1), lifter), names_of(one, 1), strict=True):
        assert (clip.name, clip.subject) == (name, "utd_mhad/s1")
        assert clip.label is not None and CLASS_NAMES[clip.label] == "wave"
        assert (clip.joint_set, clip.axes, clip.frame_rate) == ("lcr13", "camera", 30.0)
        assert clip.joints.dtype == np.float32 and clip.mask.all()
        assert clip.joints.shape == (1, 30, 13, 3)


def test_a_view_is_the_same_whichever_others_are_made(lifter: Lcr) -> None:
    one = take()
    names = names_of(one, 2)
    _, first, second = made(one, names, lifter)
    (again,) = made(one, names[2:], lifter)
    np.testing.assert_array_equal(second.joints, again.joints)
    assert np.abs(first.joints - second.joints).max() > 0.05
    (other,) = made(one, names[2:], lifter, seed=1)
    assert np.abs(other.joints - again.joints).max() > 0.05


def test_views_of_a_set_that_lost_frames_are_slower(lifter: Lcr) -> None:
    one = take(source="nw_ucla")
    lengths = [len(clip) for clip in made(one, names_of(one, 6), lifter)]
    slowest, fastest = PACES["nw_ucla"]
    assert lengths[0] == 30
    assert all(30 / fastest <= length <= 30 / slowest for length in lengths[1:])
    assert len(set(lengths)) > 3


def test_a_view_without_a_pose_is_left_out(lifter: Lcr, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(everyday_variants, "as_seen", lambda *_: None)
    one = take()
    assert [clip.name for clip in made(one, names_of(one, 2), lifter)] == names_of(one, 0)
