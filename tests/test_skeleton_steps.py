"""Clips become vectors per step: nobody's frames are cut, and people keep their places."""

from __future__ import annotations

import pytest
import torch

from recognizers.skeleton_rnn.skeleton_steps import moving, steps_of, with_people
from tests.made_skeleton_batches import batch_of, padded, some_batch


def test_a_step_holds_the_joints_of_one_person_after_the_other() -> None:
    joints = torch.arange(2 * 3 * 2 * 3.0).view(1, 2, 3, 2, 3)
    steps = steps_of(joints, torch.ones(1, 2, 3, dtype=torch.bool))
    assert steps.vectors.shape == (1, 3, 12)
    assert steps.vectors[0, 1].tolist() == [6, 7, 8, 9, 10, 11, 24, 25, 26, 27, 28, 29]
    assert steps.lengths.tolist() == [3]


def test_a_step_counts_where_anybody_was_seen_and_the_others_are_cut() -> None:
    # Frames 0 to 5 of clip 0: person 1 in 1 and 2, person 2 in 2 and 5. Clip 1 begins at once.
    mask = torch.zeros(2, 2, 6, dtype=torch.bool)
    mask[0, 0, [1, 2]] = mask[0, 1, [2, 5]] = mask[1, 0, :2] = True
    joints = torch.arange(1.0, 7.0).view(1, 1, 6, 1, 1).expand(2, 2, 6, 1, 1)
    batch = batch_of(joints, mask)
    steps = steps_of(batch.joints, batch.mask)
    assert steps.lengths.tolist() == [3, 2]
    assert steps.vectors[0].tolist() == [[2, 0], [3, 3], [0, 6]]
    assert steps.vectors[1].tolist() == [[1, 0], [2, 0], [0, 0]]


@pytest.mark.parametrize("holes", [False, True])
def test_padding_is_cut_to_the_longest_clip(*, holes: bool) -> None:
    batch = some_batch((5, 3))
    if holes:
        batch.mask[:, :, 0] = False
    steps = steps_of(batch.joints * batch.mask[..., None, None], batch.mask)
    more = padded(batch, 4)
    again = steps_of(more.joints * more.mask[..., None, None], more.mask)
    assert steps.vectors.shape[1] == again.vectors.shape[1] == (4 if holes else 5)
    torch.testing.assert_close(again.vectors, steps.vectors, atol=0, rtol=0)
    assert again.lengths.tolist() == steps.lengths.tolist()


@pytest.mark.parametrize("T", [0, 1, 4])
def test_a_clip_of_nobody_is_one_step_of_zeros(T: int) -> None:
    steps = steps_of(torch.zeros(2, 1, T, 3, 3), torch.zeros(2, 1, T, dtype=torch.bool))
    assert steps.vectors.shape == (2, 1, 9)
    assert not steps.vectors.any()
    assert steps.lengths.tolist() == [1, 1]


def test_missing_people_are_added_behind_the_others() -> None:
    batch = some_batch((3, 2), people=1)
    more = with_people(batch, 3)
    assert more.joints.shape == (2, 3, 3, 5, 3)
    torch.testing.assert_close(more.joints[:, :1], batch.joints, atol=0, rtol=0)
    assert not more.joints[:, 1:].any() and not more.mask[:, 1:].any()
    assert torch.equal(more.mask[:, :1], batch.mask)


def test_people_behind_as_many_are_cut_off() -> None:
    batch = some_batch((3, 2), people=2)
    first = with_people(batch, 1)
    torch.testing.assert_close(first.joints, batch.joints[:, :1], atol=0, rtol=0)
    assert torch.equal(first.mask, batch.mask[:, :1])


def test_nobody_is_seen_behind_the_end_of_a_clip() -> None:
    batch = some_batch((3, 3))._replace(lengths=torch.tensor([3, 1]))
    assert with_people(batch, 2).mask.any(dim=1).tolist() == [[True] * 3, [True, False, False]]


def test_a_person_moves_in_frames_before_frames_with_that_person() -> None:
    mask = torch.tensor([[[1, 1, 0, 1, 1, 1], [0, 1, 0, 1, 0, 1]]]).bool()
    assert moving(mask).int().tolist() == [[[1, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0]]]
    assert moving(mask[:, :, :1]).tolist() == [[[False], [False]]]
    assert moving(mask[:, :, :0]).shape == (1, 2, 0)
