"""Joints of other tools under our names: by name or number, and where some are absent."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from datasets.motions import MOTIONS
from tests.made_predictions import in_coco, in_h36m
from tests.made_samples import pixels_of
from tests.made_sequences import FACING, acted
from wildpose.geometry import rotation_y
from wildpose.joints import convert, joint_set
from wildpose.predicted_joints import COCO, H36M, can_be_ours, in_our_joints, looks_like_h36m

Array = npt.NDArray[np.floating]
LCR = joint_set("lcr13").names
STANDING = pixels_of(acted("walk", "lcr13") @ FACING.T)[0]  # (13, 2) px


def coco(scores: float = 0.9) -> tuple[Array, Array]:
    return in_coco(STANDING), np.full(17, scores)


def without(*names: str) -> tuple[Array, Array]:
    """Somebody of whom some joints are absent, as COCO's annotations tell it."""
    joints, scores = coco()
    rows = [COCO.index(name) for name in names]
    joints[rows], scores[rows] = 0, 0
    return joints, scores


def ours(joints: Array, scores: Array, names: tuple[str, ...] = COCO) -> dict[str, tuple]:
    """Place and score of each of our joints, by name."""
    found = in_our_joints(joints, scores, names)
    assert found is not None
    return {name: (found[0][i], found[1][i]) for i, name in enumerate(LCR)}


def test_joints_keep_places_and_scores() -> None:
    joints, _ = coco()
    scores = np.linspace(0.1, 0.9, 17)
    found = ours(joints, scores)
    for name in LCR[:12]:
        np.testing.assert_allclose(found[name][0], joints[COCO.index(name)])
        assert found[name][1] == pytest.approx(scores[COCO.index(name)])
    np.testing.assert_allclose(found["head"][0], STANDING[12], atol=1e-9)
    assert found["head"][1] == pytest.approx(scores[[3, 4]].mean())


@pytest.mark.parametrize("motion", MOTIONS)
@pytest.mark.parametrize("yaw", [0, 90, 200])
def test_human36m_and_coco_are_told_apart_by_where_joints_lie(motion: str, yaw: float) -> None:
    turn = (FACING @ rotation_y(np.radians(yaw))).T
    rng = np.random.default_rng(0)
    for joints_of, expected in (("h36m17", True), ("coco17", False)):
        seen = pixels_of(acted(motion, joints_of) @ turn)
        assert looks_like_h36m(seen + rng.normal(0, 2, seen.shape)) is expected


def test_nobody_is_not_of_human36m() -> None:
    assert not looks_like_h36m(np.zeros((0, 17, 2)))


def test_human36m_has_the_head_between_face_and_top() -> None:
    found = ours(in_h36m(STANDING), np.full(17, 0.9), H36M)
    np.testing.assert_allclose([place for place, _ in found.values()], STANDING, atol=1e-9)


def test_the_set_of_that_name_is_converted_to_the_same_joints() -> None:
    seen = pixels_of(acted("throw", "h36m17") @ FACING.T)[3]
    found = in_our_joints(seen, np.ones(17), H36M)
    assert found is not None
    np.testing.assert_allclose(found[0], convert(seen, "h36m17", "lcr13"), atol=1e-9)


@pytest.mark.parametrize(
    ("absent", "joint", "stand_in"),
    [
        (("left_wrist",), "left_wrist", "left_elbow"),
        (("left_wrist", "left_elbow"), "left_wrist", "left_shoulder"),
        (("right_ankle", "right_knee"), "right_ankle", "right_hip"),
        (("right_hip",), "right_hip", "left_hip"),
        (("right_hip", "right_knee"), "right_knee", "left_hip"),
        (("left_shoulder", "left_elbow"), "left_elbow", "right_shoulder"),
    ],
)
def test_an_absent_joint_is_not_seen_and_lies_towards_the_torso(
    absent: tuple[str, ...], joint: str, stand_in: str
) -> None:
    found = ours(*without(*absent))
    np.testing.assert_allclose(found[joint][0], STANDING[LCR.index(stand_in)])
    assert found[joint][1] == 0
    assert sum(score == 0 for _, score in found.values()) == len(absent)


def test_the_head_is_taken_from_what_is_there_of_it() -> None:
    joints, _ = coco()
    found = ours(*without("left_ear"))
    np.testing.assert_allclose(found["head"][0], joints[COCO.index("nose")])
    assert found["head"][1] == pytest.approx(0.9)
    found = ours(*without("nose", "left_eye", "right_eye", "left_ear", "right_ear"))
    np.testing.assert_allclose(found["head"][0], STANDING[[10, 11]].mean(axis=0))
    assert found["head"][1] == 0


@pytest.mark.parametrize("part", ["hip", "shoulder"])
def test_who_has_no_torso_is_nobody(part: str) -> None:
    assert in_our_joints(*without(f"left_{part}", f"right_{part}"), COCO) is None


def test_a_joint_of_score_0_that_has_a_place_is_where_it_is() -> None:
    found = ours(*coco(0.0))
    np.testing.assert_allclose(found["left_wrist"][0], STANDING[LCR.index("left_wrist")])


def test_joints_after_those_with_names_do_not_matter() -> None:
    joints, scores = coco()
    more = np.concatenate([joints, np.full((116, 2), 7.0)])
    found = ours(more, np.concatenate([scores, np.ones(116)]))
    for name, (place, score) in ours(joints, scores).items():
        np.testing.assert_array_equal(found[name][0], place)
        assert found[name][1] == score


def test_a_list_without_one_of_our_joints_is_told() -> None:
    assert can_be_ours(COCO) is None and can_be_ours(H36M) is None
    assert can_be_ours(tuple(n for n in COCO if n != "left_knee")) == "left_knee"
    aic = (*(n for n in COCO if n.split("_")[-1] not in ("nose", "eye", "ear")), "head_top", "neck")
    assert can_be_ours(aic) is None
