"""Clips as batches: lengths, parts, labels, and what chance does to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from recognizers.inputs.augmentation import Augmentation
from recognizers.inputs.clip_dataset import ClipDataset, collated
from recognizers.inputs.moments import Sampling
from recognizers.inputs.preparation import Preparation
from tests.made_clips import waving_or_squatting

PREPARATION = Preparation(joint_set="lcr13", axes="body")
CLIPS = [*waving_or_squatting(2, frames=24), *waving_or_squatting(2, frames=40, seed=1)]
LABELS = [0, 1, 0, 1]


def made(
    sampling: Sampling, augmentation: Augmentation | None = None, **options: Any
) -> ClipDataset:
    return ClipDataset(CLIPS, LABELS, PREPARATION, sampling, augmentation, **options)


def test_clips_keep_their_frames_and_are_padded_at_the_end() -> None:
    samples = made(Sampling())
    batch = collated([samples[i] for i in range(4)])
    assert batch.joints.shape == (4, 1, 40, 13, 3)
    assert batch.mask.sum(dim=2).flatten().tolist() == [24, 24, 40, 40]
    assert batch.lengths.tolist() == [24, 24, 40, 40]
    assert batch.labels.tolist() == LABELS
    assert not batch.joints[0, :, 24:].any()


def test_all_clips_have_as_many_frames_as_asked_for() -> None:
    samples = made(Sampling(frames=16))
    batch = collated([samples[i] for i in range(4)])
    assert batch.joints.shape == (4, 1, 16, 13, 3)
    whole, _ = PREPARATION(CLIPS[2])
    np.testing.assert_array_equal(batch.joints[2, :, 0], whole[:, 0])
    np.testing.assert_array_equal(batch.joints[2, :, -1], whole[:, -1])


def test_another_rate_makes_another_number_of_frames() -> None:
    half = made(Sampling(frame_rate=15.0))
    assert half[0][1].shape == (1, 12)
    double = ClipDataset(
        [replace(CLIPS[0], frame_rate=15.0)], [0], PREPARATION, Sampling(frame_rate=30.0)
    )
    assert double[0][1].shape == (1, 47)


def test_no_clip_is_longer_than_allowed() -> None:
    assert made(Sampling(longest=30))[2][1].shape == (1, 30)


def test_without_an_augmentation_a_sample_is_always_the_same() -> None:
    samples = made(Sampling(frames=16))
    np.testing.assert_array_equal(samples[1][0], samples[1][0])


def test_chance_follows_the_seed_of_torch() -> None:
    samples = made(Sampling(frames=16), Augmentation(noise=0.1, shortest=0.5))
    torch.manual_seed(3)
    first, second = samples[1][0], samples[1][0]
    torch.manual_seed(3)
    np.testing.assert_array_equal(samples[1][0], first)
    assert np.abs(first - second).max() > 0.1


def test_parts_of_clips_have_other_lengths_where_frames_are_kept() -> None:
    samples = made(Sampling(), Augmentation(shortest=0.5))
    torch.manual_seed(0)
    lengths = [samples[2][1].shape[1] for _ in range(30)]
    assert min(lengths) >= 19
    assert len(set(lengths)) > 5
    assert max(lengths) <= 40


def test_the_first_and_the_last_pose_are_held_for_a_while() -> None:
    torch.manual_seed(0)
    whole, _ = PREPARATION(CLIPS[0])
    samples = made(Sampling(), Augmentation(held_s=0.5))
    lengths = set()
    for _ in range(20):
        joints, mask, *_ = samples[0]
        assert mask.all()
        lengths.add(mask.shape[1])
        np.testing.assert_array_equal(joints[:, 0], whole[:, 0])
        np.testing.assert_allclose(joints[:, -1], whole[:, -1], atol=0.05)  # within a frame of it
    assert 24 <= min(lengths) < 36 < max(lengths) <= 24 + 30


def test_repeats_count_each_clip_again() -> None:
    samples = made(Sampling(frames=8), repeats=3)
    assert len(samples) == 12
    np.testing.assert_array_equal(samples[9][0], samples[1][0])
    assert samples[9][2] == LABELS[1]


@pytest.mark.parametrize("wrong", [{"frames": 0}, {"longest": 0}, {"frame_rate": -1.0}])
def test_no_frames_are_no_sampling(wrong: dict) -> None:
    with pytest.raises(ValueError, match="must be positive, got"):
        Sampling(**wrong)


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_clips_of_a_frame_or_two_are_clips(frames: int) -> None:
    clip = waving_or_squatting(1, frames=frames)[0]
    for sampling in (Sampling(frames=8), Sampling(), Sampling(frame_rate=10.0)):
        augmentation = Augmentation(shortest=0.3)
        joints, mask, *_ = ClipDataset([clip], [0], PREPARATION, sampling, augmentation)[0]
        assert mask.any()
        assert np.isfinite(joints).all()


def test_what_is_shown_of_a_clip_in_tests_does_not_hang_on_the_clips_beside_it() -> None:
    sampling = Sampling(frames=6, moments="bins", views=3)
    all_of_them = made(sampling)
    alone = ClipDataset(CLIPS[2:3], [0], PREPARATION, sampling)
    for view in range(3):
        np.testing.assert_array_equal(alone[view].joints, all_of_them[4 * view + 2].joints)
    assert (alone[0].joints != alone[1].joints).any()
