"""Changes of clips: what they keep, and what they change."""

from __future__ import annotations

import numpy as np

from recognizers.inputs.augmentation import Augmentation
from wildpose.joints import joint_set

MASK = np.array([[True, True, False, True]])
JOINTS = np.where(
    MASK[..., None, None], np.random.default_rng(0).standard_normal((1, 4, 13, 3)), 0.0
).astype(np.float32)
PAIRS = [(a, b) for a in range(13) for b in range(a)]


def changed(augmentation: Augmentation, seed: int = 0) -> np.ndarray:
    return augmentation(JOINTS, MASK, "lcr13", np.random.default_rng(seed))


def distances(joints: np.ndarray) -> np.ndarray:
    return np.stack(
        [np.linalg.norm(joints[..., a, :] - joints[..., b, :], axis=-1) for a, b in PAIRS]
    )


def test_nothing_is_changed_by_default() -> None:
    np.testing.assert_allclose(changed(Augmentation()), JOINTS, atol=1e-6)


def test_a_turn_keeps_all_distances_and_sides() -> None:
    turned = changed(Augmentation(turn=(0.5, 3.0, 0.5)))
    assert np.abs(turned - JOINTS).max() > 0.1
    np.testing.assert_allclose(distances(turned), distances(JOINTS), atol=1e-5)
    frame, before = turned[0, 0, :3].T, JOINTS[0, 0, :3].T
    assert np.sign(np.linalg.det(frame)) == np.sign(np.linalg.det(before))


def test_a_turn_about_the_vertical_keeps_heights() -> None:
    turned = changed(Augmentation(turn=(0.0, 3.0, 0.0)))
    np.testing.assert_allclose(turned[..., 1], JOINTS[..., 1], atol=1e-6)


def test_a_size_is_the_same_for_all_distances() -> None:
    ratio = distances(changed(Augmentation(size=0.3)))[:, MASK] / distances(JOINTS)[:, MASK]
    np.testing.assert_allclose(ratio, ratio.flat[0], rtol=1e-4)
    assert 0.01 < abs(ratio.flat[0] - 1) <= 0.3


def test_a_mirror_changes_sides_twice_gives_the_same() -> None:
    mirror = Augmentation(mirror=1.0)
    once = changed(mirror)
    order = list(joint_set("lcr13").mirrored)
    np.testing.assert_allclose(once[..., 0], -JOINTS[:, :, order, 0], atol=1e-6)
    twice = mirror(once, MASK, "lcr13", np.random.default_rng(1))
    np.testing.assert_allclose(twice, JOINTS, atol=1e-6)


def test_an_exchange_names_the_same_points_by_the_other_side() -> None:
    order = list(joint_set("lcr13").mirrored)
    np.testing.assert_allclose(changed(Augmentation(exchanged=1.0)), JOINTS[:, :, order], atol=1e-6)
    some = [np.allclose(changed(Augmentation(exchanged=0.5), seed), JOINTS) for seed in range(40)]
    assert 8 < sum(some) < 32


def test_noise_is_of_the_size_asked_for_and_nobody_stays_nobody() -> None:
    for augmentation in (Augmentation(noise=0.05), Augmentation(wander=0.05)):
        off = np.stack([changed(augmentation, seed) - JOINTS for seed in range(50)])
        assert 0.045 < off[:, MASK].std() < 0.055
        assert not off[:, ~MASK].any()


def test_wander_stays_through_the_clip() -> None:
    off = (changed(Augmentation(wander=0.05)) - JOINTS)[MASK]
    np.testing.assert_allclose(off, off[:1].repeat(3, axis=0), atol=1e-6)


def test_lost_joints_are_lost_through_the_clip() -> None:
    lost = (changed(Augmentation(lost_joints=0.3)) == 0).all(axis=-1)[MASK]
    assert 0 < lost[0].sum() < 13
    assert (lost == lost[0]).all()


def test_another_light_keeps_what_is_brighter_brighter_and_is_one_for_all_pictures() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (4, 3, 6, 5), dtype=np.uint8)
    changes = Augmentation(colours=0.4)
    found = changes.recoloured(pictures, np.random.default_rng(3))
    assert found.dtype == np.uint8 and found.shape == pictures.shape
    assert not np.array_equal(found, pictures)
    for colour in range(3):
        then, now = pictures[:, colour].ravel(), found[:, colour].ravel()
        order = np.argsort(then)
        assert (np.diff(now[order].astype(int)) >= 0).all()
    again = changes.recoloured(pictures[2:3], np.random.default_rng(3))
    np.testing.assert_array_equal(again, found[2:3])
    np.testing.assert_array_equal(
        Augmentation().recoloured(pictures, np.random.default_rng(3)), pictures
    )


def test_light_and_colours_change_by_no_more_than_is_asked_for() -> None:
    grey = np.full((1, 3, 1, 1), 127, dtype=np.uint8)
    found = np.array(
        [
            Augmentation(colours=0.2).recoloured(grey, np.random.default_rng(seed))[0, :, 0, 0]
            for seed in range(300)
        ],
        dtype=float,
    )
    # 0.8 * 0.9 to 1.2 * 1.1 of 127, and by contrast a fifth farther from the middle; half for
    # rounding.
    assert found.min() >= 127.5 - 1.2 * (127.5 - 0.72 * 127) - 0.5
    assert found.max() <= 127.5 + 1.2 * (1.32 * 127 - 127.5) + 0.5
    assert abs(found.mean() - 127) < 3  # 300 draws with a deviation of some 17
    assert np.ptp(found, axis=1).max() > 10  # colours apart from each other
