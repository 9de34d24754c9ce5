"""Variants against the truth: the fit of joint definitions, and the figures of clips and sets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.spatial.transform import Rotation

from tools.evaluation import report, variants
from tools.evaluation.compare import Comparison, Labels, compared, nothing, summary
from wildpose.joints import joint_set, torso
from wildpose.types import Hypotheses

Array = npt.NDArray[np.floating]
LCR13 = joint_set("lcr13")
LABELS = Labels("clip", "wave", "made", "0°")


def poses(number: int, seed: int = 0) -> Array:
    """(number, 13, 3) random torso-centred poses."""
    joints = np.random.default_rng(seed).normal(size=(number, 13, 3))
    return joints - torso(joints, "lcr13")


def as_hypotheses(joints: Array, scores: Array) -> Hypotheses:
    K = len(scores)
    return Hypotheses(joints, np.zeros((K, 13, 2)), scores, np.zeros(K, dtype=int))


# The fit of joint definitions


def mixing_matrix() -> Array:
    """Hips and head of another definition, the same on both sides."""
    weights = np.eye(13)
    at = LCR13.index
    for side, other in (("left", "right"), ("right", "left")):
        weights[at(f"{side}_hip"), at(f"{side}_hip")] = 1.2
        weights[at(f"{side}_hip"), at(f"{other}_hip")] = -0.2
        weights[at(f"{side}_knee"), at(f"{side}_ankle")] = 0.1
    weights[at("head"), [at("left_shoulder"), at("right_shoulder")]] = -0.1
    return weights


def test_the_fit_recovers_a_mixture_of_joints() -> None:
    found, weights = poses(40), mixing_matrix()
    fit = variants.fit_definitions(found, variants.mapped(found, weights), ridge=1e-9)
    unseen = poses(10, seed=1)
    expected = variants.mapped(unseen, weights)
    np.testing.assert_allclose(variants.mapped(unseen, fit), expected, atol=1e-6)


def test_the_fit_turns_with_the_person() -> None:
    found = poses(20)
    fit = variants.fit_definitions(found, variants.mapped(found, mixing_matrix()))
    turn = Rotation.from_rotvec([0.3, -1.0, 0.5]).as_matrix()
    turned = variants.mapped(found @ turn.T, fit)
    np.testing.assert_allclose(turned, variants.mapped(found, fit) @ turn.T, atol=1e-9)


def test_fitted_poses_stay_torso_centred() -> None:
    moved = np.eye(13)
    moved[LCR13.index("left_hip"), LCR13.index("head")] = 0.5
    np.testing.assert_allclose(torso(variants.mapped(poses(5), moved), "lcr13"), 0, atol=1e-9)


def test_the_fit_treats_left_and_right_alike() -> None:
    found, truth = poses(20), poses(20, seed=1)  # nothing symmetric in them
    fit = variants.fit_definitions(found, truth)
    twin = list(LCR13.mirrored)
    np.testing.assert_allclose(fit[np.ix_(twin, twin)], fit, atol=1e-9)


def test_the_fit_of_little_stays_near_the_identity() -> None:
    found = poses(2) * 1e-4
    fit = variants.fit_definitions(found, 2 * found)
    np.testing.assert_allclose(fit, np.eye(13), atol=1e-2)


# Comparing


def found_as(joints: dict[str, tuple[list[int], Array]]) -> variants.Found:
    """Variants with their own frames; every lifter has the variant's poses as hypotheses."""
    frames = {name: np.array(own) for name, (own, _) in joints.items()}
    poses_ = {name: own for name, (_, own) in joints.items()}
    first = next(iter(joints))
    lifters = {name.split("+")[0] for name in joints}
    own = [as_hypotheses(pose[None], np.ones(1)) for pose in poses_[first]]
    return variants.Found(frames, poses_, dict.fromkeys(lifters, own), frames[first])


def test_variants_are_compared_on_the_frames_that_all_have() -> None:
    truth, times = poses(6), np.arange(6) / 30
    full, part = [0, 1, 2, 3, 5], [1, 2, 4, 5]
    found = found_as({variants.BASE: (full, truth[full]), "lcr+none": (part, truth[part] + 0.1)})
    clip = compared(LABELS, found, truth, times)
    assert clip.frames.tolist() == [1, 2, 5]
    assert clip.share == pytest.approx(0.5)
    np.testing.assert_array_equal(clip.found[variants.BASE], truth[[1, 2, 5]])
    figures = summary([clip])["variants"]
    assert figures[variants.BASE]["mpjpe_mm"] == 0
    assert figures["lcr+none"]["mpjpe_mm"] == pytest.approx(100 * 3**0.5, abs=1e-3)
    assert figures["lcr+none"]["pa_mpjpe_mm"] == pytest.approx(0, abs=1e-3)
    assert figures["lcr+none"]["pck150"] == 0  # 173 mm


def test_frames_after_the_truth_are_left_out() -> None:
    truth = poses(3)
    found = found_as({variants.BASE: ([1, 2, 3], np.concatenate([truth[1:], truth[:1]]))})
    assert compared(LABELS, found, truth, np.arange(3) / 30).frames.tolist() == [1, 2]


def test_ratios_are_to_the_fitted_row() -> None:
    truth = poses(4)
    found = found_as({variants.BASE: ([0, 1, 2, 3], truth * 1.2)})
    clip = compared(LABELS, found, truth, np.arange(4) / 30, weights=np.eye(13) * 1.1 / 1.2)
    ratio = summary([clip])["ratio_to_fitted"]
    assert ratio[variants.FITTED]["mpjpe_mm"] == 1
    assert ratio[variants.BASE]["mpjpe_mm"] == pytest.approx(2, abs=1e-3)  # 20 % off, not 10 %


def test_the_best_hypothesis_is_among_the_five_of_the_highest_scores() -> None:
    (truth,) = poses(1)
    off = np.array([6.0, 5, 4, 3, 2, 1])[:, None, None] * [1, 0, 0] + truth
    own = as_hypotheses(off, np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4]))
    errors = variants.best_errors([own], np.array([7]), np.array([7]), truth[None])
    np.testing.assert_allclose(errors, [2], atol=1e-9)  # the sixth, 1 m off, is one too many


def test_frames_without_hypotheses_have_no_best_one() -> None:
    truth = poses(2)
    rows = [as_hypotheses(np.zeros((0, 13, 3)), np.zeros(0)), as_hypotheses(truth[1:], np.ones(1))]
    errors = variants.best_errors(rows, np.array([0, 1]), np.array([0, 1, 2]), truth[[0, 1, 1]])
    np.testing.assert_allclose(errors, [0], atol=1e-12)  # of frame 1; nothing in 0, no row of 2


def test_a_clip_in_which_nobody_was_found_is_named() -> None:
    metrics = summary([nothing(LABELS)])
    assert (metrics["clips"], metrics["frames"]) == (1, 0)
    assert metrics["clips_without_anybody"] == ["clip"]
    assert metrics["variants"] == {}
    assert "clips without anybody: clip" in "".join(report._document({"set": metrics}, "command"))


def test_the_median_is_over_clips_and_the_mean_over_frames() -> None:
    def off(frames: int, metres: float) -> Comparison:
        truth = poses(frames)
        own = found_as({variants.BASE: (list(range(frames)), truth + np.array([metres, 0, 0]))})
        return compared(LABELS, own, truth, np.arange(frames) / 30)

    figures = summary([off(1, 0.1), off(1, 0.2), off(8, 0.6)])["variants"][variants.BASE]
    assert figures["median_mpjpe_mm"] == pytest.approx(200)
    assert figures["mpjpe_mm"] == pytest.approx((100 + 200 + 8 * 600) / 10)


def test_variants_that_are_not_there_are_left_out_of_the_default() -> None:
    there = variants.registered(["blazepose_world+none", "dreams+none", "blazepose_world+magic"])
    assert there == ["blazepose_world+none"]
    assert variants.BASE in variants.registered()
