"""What the lifter sees of a person: neither place nor size in the picture, and 3D where known."""

from __future__ import annotations

import numpy as np
import pytest

from tests.made_samples import some_people
from wildpose.geometry import Array
from wildpose.joints import joint_set, torso
from wildpose.lifting.lcr_input import FARTHEST, FEATURES, MIRRORED, aside_of, features

PEOPLE = some_people(8)
SHAPE, SCORES, DEPTH, GIVEN, ASIDE = (
    slice(0, 26), slice(26, 39), slice(39, 78), 78, slice(79, 81),
)  # fmt: skip


def given(joints_2d: Array, **changes: Array | None) -> Array:
    values = {"scores": PEOPLE.scores, "joints_3d": PEOPLE.joints_3d, "aside": PEOPLE.aside}
    return features(joints_2d, **{**values, **changes})


def test_features_are_of_single_precision_and_of_their_number() -> None:
    made = given(PEOPLE.joints_2d)
    assert made.shape == (8, FEATURES) == (8, 81)
    assert made.dtype == np.float32


def test_place_and_size_in_the_picture_do_not_matter() -> None:
    own = given(PEOPLE.joints_2d)
    np.testing.assert_allclose(given(PEOPLE.joints_2d + np.array([300, -40])), own, atol=1e-5)
    np.testing.assert_allclose(given(PEOPLE.joints_2d * 7.5), own, atol=1e-5)


def test_2d_joints_are_from_the_torso_in_body_sizes() -> None:
    shape = given(PEOPLE.joints_2d)[:, SHAPE].reshape(8, 13, 2)
    np.testing.assert_allclose(torso(shape, "lcr13"), 0, atol=1e-6)
    np.testing.assert_allclose((shape**2).sum(axis=-1).mean(axis=-1), 1, atol=1e-5)
    centred = PEOPLE.joints_2d - torso(PEOPLE.joints_2d, "lcr13")
    across = shape[..., 0] * centred[..., 1] - shape[..., 1] * centred[..., 0]
    np.testing.assert_allclose(across, 0, atol=1e-3)  # the same directions


def test_a_wild_guess_is_cut_off_at_three_body_sizes() -> None:
    joints = PEOPLE.joints_2d.copy()
    joints[:, 0] = (0, 1e6)
    shape = given(joints)[:, SHAPE]
    assert shape.max() == FARTHEST == 3.0
    assert np.abs(shape[:, 2:]).max() < FARTHEST


def test_joints_that_are_all_in_one_place_give_numbers() -> None:
    assert np.isfinite(given(np.full((8, 13, 2), 5.0))).all()


def test_scores_are_about_zero() -> None:
    np.testing.assert_allclose(given(PEOPLE.joints_2d)[:, SCORES], PEOPLE.scores - 0.5, atol=1e-6)


def test_3d_joints_are_from_the_torso_whatever_the_backends_origin() -> None:
    made = given(PEOPLE.joints_2d)
    moved = given(PEOPLE.joints_2d, joints_3d=PEOPLE.joints_3d + np.array([3, -1, 9]))
    np.testing.assert_allclose(moved, made, atol=1e-5)
    depth = made[:, DEPTH].reshape(8, 13, 3)
    np.testing.assert_allclose(torso(depth, "lcr13"), 0, atol=1e-6)
    np.testing.assert_allclose(
        depth[:, 12] - depth[:, 0], PEOPLE.joints_3d[:, 12] - PEOPLE.joints_3d[:, 0], atol=1e-5
    )


def test_absent_3d_is_zeros_and_told_apart_from_present() -> None:
    absent, present = given(PEOPLE.joints_2d, joints_3d=None), given(PEOPLE.joints_2d)
    assert not absent[:, DEPTH].any() and not absent[:, GIVEN].any()
    assert (present[:, GIVEN] == 1).all()
    others = np.r_[0:39, 79:81]
    np.testing.assert_array_equal(absent[:, others], present[:, others])


def test_who_is_aside_comes_last_and_not_known_counts_as_the_centre() -> None:
    np.testing.assert_allclose(given(PEOPLE.joints_2d)[:, ASIDE], PEOPLE.aside, atol=1e-6)
    assert not given(PEOPLE.joints_2d, aside=None)[:, ASIDE].any()


@pytest.mark.parametrize(
    ("torso_at", "wanted"),
    [((320, 240), (0, 0)), ((640, 240), (0.4, 0)), ((0, 0), (-0.4, -0.3)), ((320, 480), (0, 0.3))],
)
def test_aside_is_in_picture_diagonals_from_the_centre(
    torso_at: tuple[float, float], wanted: tuple[float, float]
) -> None:
    # 640 x 480 has a diagonal of 800.
    joints = PEOPLE.joints_2d - torso(PEOPLE.joints_2d, "lcr13") + torso_at
    found = aside_of(joints, (640, 480))
    assert found is not None
    np.testing.assert_allclose(found, np.tile(wanted, (8, 1)), atol=1e-9)


def test_without_the_pictures_size_nobody_is_known_to_be_aside() -> None:
    assert aside_of(PEOPLE.joints_2d, None) is None


def test_the_mirrored_order_exchanges_left_and_right_and_undoes_itself() -> None:
    names = np.array(joint_set("lcr13").names)
    for name, other in zip(names, names[MIRRORED], strict=True):
        side = {"left": "right", "right": "left"}.get(name.split("_")[0])
        assert other == (f"{side}_{name.split('_')[1]}" if side else name)
    np.testing.assert_array_equal(MIRRORED[MIRRORED], np.arange(13))


def test_nobody_has_no_features() -> None:
    nobody = some_people(1)[slice(0, 0)]
    assert nobody.features().shape == (0, FEATURES)
