"""What mmpose's lifters are given and say, by hand; test_openmmlab_lifters.py has mmpose's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wildpose.joints import joint_set
from wildpose.lifting.h36m_codecs import Codec, codec_of

PICTURE = (1000, 800)
H36M = joint_set("h36m17")
JOINTS = np.zeros((1, 2, 17, 2))
JOINTS[0, :, 0] = [[500, 400], [1000, 800]]
JOINTS[0, 0, 3] = [0, 0]


def codec(kind: str, **options: Any) -> Codec:
    return codec_of({"type": kind, "num_keypoints": 17, **options}, PICTURE)


def test_videopose3d_is_given_halves_of_the_width_from_the_middle() -> None:
    given = codec("VideoPoseLifting").encode(JOINTS)
    assert given.shape == (1, 34, 2) and given.dtype == np.float32
    np.testing.assert_allclose(given[0, :2], [[0, 1], [0, 0.8]])  # x and y of joint 0, in time
    np.testing.assert_allclose(given[0, 6:8, 0], [-1, -0.8])
    said = np.random.default_rng(0).normal(size=(5, 17, 3))
    np.testing.assert_array_equal(codec("VideoPoseLifting").decode(said)[:, 0], said)


def test_motionbert_is_given_the_same_with_what_is_seen_and_says_pixels() -> None:
    own = codec("MotionBERTLabel", concat_vis=True, rootrel=True)
    given = own.encode(JOINTS)
    assert given.shape == (1, 2, 17, 3)
    np.testing.assert_allclose(given[0, :, 0], [[0, 0, 1], [1, 0.8, 1]], atol=1e-7)
    said = np.zeros((1, 2, 17, 3))
    said[0, 0, :2] = [[9, 9, 9], [0.1, -0.2, 0.3]]  # what it says of the pelvis is passed by
    found = own.decode(said)
    np.testing.assert_allclose(found[0, 0, :2], [[0, 0, 0], [0.2, -0.4, 0.6]])  # 4 mm a pixel
    np.testing.assert_allclose(said[0, 0, 0], 9)
    free = codec("MotionBERTLabel", rootrel=False)
    assert free.encode(JOINTS).shape == (1, 2, 17, 2)
    np.testing.assert_allclose(free.decode(said)[0, 0, 1], [2 * (0.1 - 9), -18.4, -17.4])


def test_simplebaseline_is_given_deviations_from_the_mean_and_leaves_the_pelvis_out() -> None:
    rng = np.random.default_rng(0)
    mean, deviation = rng.normal(size=(17, 2)), rng.uniform(1, 2, (17, 2))
    known, spread = rng.normal(size=(16, 3)), rng.uniform(1, 2, (16, 3))
    own = codec(
        "ImagePoseLifting", remove_root=True, keypoints_mean=mean.tolist(),
        keypoints_std=deviation.tolist(), target_mean=known.tolist(), target_std=spread.tolist(),
    )  # fmt: skip
    joints = (mean + 3 * deviation)[None, None]
    np.testing.assert_allclose(own.encode(joints), np.full((1, 34, 1), 3), atol=1e-6)
    found = own.decode(np.full((1, 16, 3), 2.0))
    assert found.shape == (1, 1, 17, 3)
    np.testing.assert_array_equal(found[0, 0, 0], 0)
    np.testing.assert_allclose(found[0, 0, 1:], known + 2 * spread)


def test_a_mirror_turns_x_round_and_exchanges_sides() -> None:
    mirrored = codec("MotionBERTLabel").mirrored
    assert mirrored is not None and codec("VideoPoseLifting").mirrored is None
    values = np.random.default_rng(0).normal(size=(2, 3, 17, 3))
    turned = mirrored(values)
    left, right = H36M.index("left_wrist"), H36M.index("right_wrist")
    np.testing.assert_array_equal(turned[..., left, :], values[..., right, :] * [-1, 1, 1])
    np.testing.assert_array_equal(turned[..., 0, :], values[..., 0, :] * [-1, 1, 1])
    np.testing.assert_array_equal(mirrored(turned), values)


@pytest.mark.parametrize("number", [16, 133, None])
def test_other_joints_are_refused(number: int | None) -> None:
    with pytest.raises(ValueError, match=f"it is for {number} joints"):
        codec("VideoPoseLifting", num_keypoints=number)
