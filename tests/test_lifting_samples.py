"""Samples say of looks what they are, and give virtual views the errors that looks lend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from datasets import lifting_samples
from datasets.acting import Style
from datasets.detector_errors import SIZE_PX, Looks
from datasets.kinematics import Body
from datasets.lifting_samples import DONORS, samples_of, similar_looks, virtual_samples
from datasets.motions import MOTIONS
from datasets.pose_sources import Motion
from datasets.virtual_cameras import WORLD_TO_CAMERA, Views
from tests.made_samples import FOCAL_PX, pixels_of, some_poses
from wildpose.geometry import Array
from wildpose.joints import joint_set, torso
from wildpose.lifting.lcr_samples import LiftingSamples

JOINT = {name: i for i, name in enumerate(joint_set("lcr13").names)}
PICTURE = (SIZE_PX, SIZE_PX)


pytestmark = pytest.mark.usefixtures("one_thread")


def true_looks(count: int = 60, distance: float = 4.0) -> Looks:
    """Looks without any error."""
    poses = some_poses(count) + np.array([0, 0, distance])
    pixels = pixels_of(poses - (0, 0, distance), distance)
    return Looks(
        joints=poses,
        joints_2d=pixels,
        metre_px=FOCAL_PX / poses[..., 2].mean(axis=1),
        found_2d=pixels,
        found_3d=poses,
        scores=np.random.default_rng(0).uniform(0.2, 1, (count, 13)),
        burst=np.zeros(count),
    )


def motion(name: str = "walk", source: str = "bandai") -> Motion:
    return Motion(source, name, MOTIONS[name](np.arange(60) / 30, Body(), Style()))


def made(
    looks: Looks, motions: list[Motion] | None = None, count: int = 300, seed: int = 0
) -> LiftingSamples:
    return virtual_samples(motions or [motion()], looks, count, np.random.default_rng(seed))


def seen_from(distance: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """All virtual cameras are so far in front of their person."""

    def views(targets: Array, heights: Array, rng: np.random.Generator, *, size_px: int) -> Views:
        N = len(targets)
        turns = np.tile(WORLD_TO_CAMERA, (N, 1, 1))
        return Views(turns, targets + np.array([0, 0, distance]), np.full(N, FOCAL_PX), size_px)

    monkeypatch.setattr(lifting_samples, "random_views", views)


# Looks as samples


def test_looks_are_samples_with_the_torso_at_the_origin() -> None:
    looks = true_looks(20)
    looks = replace(looks, found_2d=looks.found_2d + 5, found_3d=looks.found_3d + 0.1)
    samples = samples_of(looks)
    np.testing.assert_array_equal(samples.joints_2d, looks.found_2d)
    np.testing.assert_array_equal(samples.joints_3d, looks.found_3d)
    np.testing.assert_array_equal(samples.truth_2d, looks.joints_2d)
    np.testing.assert_array_equal(samples.scores, looks.scores)
    np.testing.assert_allclose(samples.truth, looks.joints - torso(looks.joints, "lcr13"))


def test_a_look_tells_how_far_aside_the_torso_appears() -> None:
    looks = true_looks(5)
    moved = looks.joints_2d - torso(looks.joints_2d, "lcr13") + (SIZE_PX, SIZE_PX / 2)
    samples = samples_of(replace(looks, joints_2d=moved))
    np.testing.assert_allclose(samples.aside, np.tile((0.5 / np.sqrt(2), 0), (5, 1)), atol=1e-12)


@pytest.mark.parametrize(
    ("inside", "whole"),
    [
        (("left_knee", "right_knee"), [True]),
        (("left_ankle", "left_knee"), [True]),
        (("left_knee",), [False]),
        ((), [False]),
        (("left_knee", "right_knee", "left_ankle", "right_ankle"), [True]),
    ],
)
@pytest.mark.parametrize("outside", [(10, SIZE_PX + 1), (-1, 10)])
def test_legs_are_in_the_picture_where_two_of_their_joints_are(
    inside: tuple[str, ...], whole: list[bool], outside: tuple[float, float]
) -> None:
    looks = true_looks(1)
    pixels = looks.joints_2d.copy()
    pixels[0, :4] = outside
    for name in inside:
        pixels[0, JOINT[name]] = (SIZE_PX, 0)
    assert samples_of(replace(looks, joints_2d=pixels)).legs.tolist() == whole


# Virtual views


def test_without_errors_a_virtual_sample_is_the_truth() -> None:
    samples = made(true_looks())
    assert len(samples) == 300
    np.testing.assert_allclose(samples.joints_2d, samples.truth_2d, atol=1e-9)
    np.testing.assert_allclose(samples.joints_3d, samples.truth, atol=1e-9)
    np.testing.assert_allclose(torso(samples.truth, "lcr13"), 0, atol=1e-9)


def test_truth_in_pixels_and_in_metres_are_of_one_pinhole_view(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen_from(5.0, monkeypatch)
    samples = made(true_looks())
    centre = (samples.truth_2d - SIZE_PX / 2) / FOCAL_PX  # x / z and y / z
    # x = (x / z) (z_torso + z'), where x' = x - x_torso: three unknown numbers a person.
    for ratio, pose in zip(centre[:50], samples.truth[:50], strict=True):
        ones = np.ones(13)
        rows = [
            np.stack([ones * (axis == 0), ones * (axis == 1), -ratio[:, axis]], axis=1)
            for axis in range(2)
        ]
        right = [ratio[:, axis] * pose[:, 2] - pose[:, axis] for axis in range(2)]
        place, residual, *_ = np.linalg.lstsq(
            np.concatenate(rows), np.concatenate(right), rcond=None
        )
        np.testing.assert_allclose(residual, 0, atol=1e-12)
        assert place[2] == pytest.approx(5, abs=0.5)


def test_a_lent_error_is_so_many_pixels_as_it_was_metres() -> None:
    looks = true_looks()
    step = 0.1 * looks.metre_px[:, None, None] * np.array([1.0, 0.0])  # 0.1 m to the right
    samples = made(replace(looks, found_2d=looks.found_2d + step))
    error = samples.joints_2d - samples.truth_2d
    np.testing.assert_allclose(error[..., 1], 0, atol=1e-9)
    np.testing.assert_allclose(error[..., 0], error[:, :1, 0] + 0 * error[..., 0], atol=1e-9)
    assert (error[..., 0] > 0).all()


def test_a_person_twice_as_far_gets_half_the_pixels_of_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = true_looks()
    rng = np.random.default_rng(1)
    wrong = replace(looks, found_2d=looks.found_2d + rng.normal(0, 9, looks.found_2d.shape))
    errors = []
    for distance in (40.0, 80.0):
        seen_from(distance, monkeypatch)
        samples = made(wrong)
        errors.append(samples.joints_2d - samples.truth_2d)
    assert np.abs(errors[0]).max() > 0.5
    np.testing.assert_allclose(errors[0], 2 * errors[1], rtol=0.03, atol=1e-9)


def test_errors_are_lent_whole_in_2d_and_3d(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen_from(100.0, monkeypatch)  # from afar all joints are equally far
    looks = true_looks(distance=100.0)
    wrong_2d = looks.found_2d + 0.2 * looks.metre_px[:, None, None] * np.eye(13)[:, :1] * (1, 0)
    wrong_3d = looks.found_3d + 0.2 * np.eye(13)[:, :1] * (1, 0, 0)  # an ankle, 0.2 m aside
    samples = made(replace(looks, found_2d=wrong_2d, found_3d=wrong_3d + 7.0))
    error = samples.joints_3d - samples.truth
    np.testing.assert_allclose(error[:, 0, 0], 0.2, rtol=1e-6)
    np.testing.assert_allclose(
        error[:, 1:], 0, atol=1e-9
    )  # where the backend's origin is: no matter
    pixels = (samples.joints_2d - samples.truth_2d)[:, 0, 0]
    np.testing.assert_allclose(pixels, 0.2 * FOCAL_PX / 100, rtol=0.02)


def test_scores_and_hidden_legs_are_lent_with_the_errors() -> None:
    looks = true_looks(30)
    half = np.arange(30) < 15
    pixels = looks.joints_2d.copy()
    pixels[half, :4] = 2 * SIZE_PX
    scores = np.where(half, 0.25, 0.75)[:, None] + np.zeros((30, 13))
    samples = made(replace(looks, joints_2d=pixels, found_2d=pixels, scores=scores))
    assert 0.05 < samples.legs.mean() < 0.95
    np.testing.assert_array_equal(samples.legs, samples.scores[:, 0] == 0.75)


def test_where_a_person_appears_is_their_own_and_not_the_lenders() -> None:
    samples = made(true_looks())
    middle = torso(samples.truth_2d, "lcr13")[:, 0]
    aside = (middle - SIZE_PX / 2) / np.hypot(*PICTURE)
    np.testing.assert_allclose(samples.aside, aside, atol=1e-12)
    assert samples.aside.std() > 0.05


def test_half_of_the_people_are_mirrored() -> None:
    truth = made(true_looks(), [motion("wave")], count=600).truth
    left, right = (
        np.linalg.norm(truth[:, JOINT[f"{side}_wrist"]] - truth[:, JOINT["head"]], axis=-1)
        for side in ("left", "right")
    )
    clear = np.abs(left - right) > 0.2  # the right hand waves: only one is up by the head
    assert clear.sum() > 200
    assert (left < right)[clear].mean() == pytest.approx(0.5, abs=0.12)


def test_nobody_is_turned_inside_out() -> None:
    samples = made(true_looks(), [motion("squat")])  # whose knees are before the hips and ankles
    at = {name: samples.truth[:, i] for name, i in JOINT.items()}
    across = at["left_hip"] - at["right_hip"]
    up = at["left_shoulder"] + at["right_shoulder"] - at["left_hip"] - at["right_hip"]
    for side in ("left", "right"):
        knee = 2 * at[f"{side}_knee"] - at[f"{side}_hip"] - at[f"{side}_ankle"]
        assert ((np.cross(across, up) * knee).sum(axis=-1) > 0).mean() > 0.99


def test_people_have_bodies_of_their_own() -> None:
    truth = made(true_looks(), [motion(), motion("wave"), motion("squat")]).truth
    thigh = np.linalg.norm(truth[:, JOINT["left_knee"]] - truth[:, JOINT["left_hip"]], axis=-1)
    assert thigh.min() > 0.34 and thigh.max() < 0.52  # 0.245 of heights
    assert len(np.unique(thigh.round(6))) > 1


def test_a_few_people_lie_or_lean_far_over(monkeypatch: pytest.MonkeyPatch) -> None:
    seen_from(4.0, monkeypatch)  # by a level camera
    head = made(true_looks(), count=1000).truth[:, JOINT["head"], 1]  # y points down
    assert (head < -0.4).mean() > 0.75
    assert 0.1 < (head > -0.3).mean() < 0.25


def test_sources_are_drawn_by_their_shares() -> None:
    # Bandai's people sit, the others stand: seen by the bend of the knees.
    seated = Motion("bandai", "sit", np.tile(motion("sit_down").joints[-1:], (30, 1, 1)))
    standing = Motion("nw_ucla", "stand", np.tile(motion("sit_down").joints[:1], (90, 1, 1)))
    truth = made(true_looks(), [seated, standing], count=800).truth
    thigh, shin = truth[:, 2] - truth[:, 4], truth[:, 0] - truth[:, 2]
    straight = (thigh * shin).sum(-1) > 0.9 * np.prod(
        np.linalg.norm([thigh, shin], axis=-1), axis=0
    )
    assert 1 - straight.mean() == pytest.approx(0.40 / 0.55, abs=0.05)


def test_the_same_seed_gives_the_same_samples() -> None:
    first, again, other = (made(true_looks(), seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.joints_2d, again.joints_2d)
    assert np.abs(first.truth - other.truth).max() > 0.1


# Who lends errors


def test_of_distinct_poses_the_pose_itself_lends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifting_samples, "DONORS", 1)
    looks = true_looks(40)
    found = similar_looks(samples_of(looks).truth[::-1], looks, np.random.default_rng(0))
    np.testing.assert_array_equal(found, np.arange(40)[::-1])


def test_lenders_are_among_the_most_similar_and_not_always_the_same() -> None:
    looks = true_looks(50)
    truth = some_poses(200, seed=9)
    found = similar_looks(truth, looks, np.random.default_rng(0))
    known = samples_of(looks).truth
    distance = np.sqrt(((truth[:, None] - known) ** 2).sum(axis=(2, 3)))  # by trying all
    rank = (distance < distance[np.arange(200), found][:, None] - 1e-5).sum(axis=1)
    assert rank.max() < DONORS
    assert set(rank) == set(range(DONORS))


def test_fewer_looks_than_lenders_all_lend() -> None:
    found = similar_looks(some_poses(100), true_looks(3), np.random.default_rng(0))
    assert set(found) == {0, 1, 2}
