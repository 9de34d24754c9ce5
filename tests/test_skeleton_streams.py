"""Streams of a skeleton by hand: a bone, a step, and what a gap makes unknown."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from recognizers.inputs.batch import ClipBatch
from recognizers.skeleton_graph import skeleton_graph
from recognizers.skeleton_streams import STREAMS, Stream, check_streams, motion, skeleton_streams

PARENTS = torch.tensor([[1.0, 0, 0], [1, 0, 0], [0.5, 0.5, 0]])
"""Joint 0 is the root, 1 hangs on it, and 2 midway between both."""


def batch_of(joints: Tensor, mask: Tensor) -> ClipBatch:
    B = len(joints)
    return ClipBatch(joints, mask, torch.zeros(B).long(), mask.any(dim=1).sum(dim=1))


def one_clip() -> ClipBatch:
    """One person, three joints on the x axis at 1, 2 and 5; all step by 1, then by 3."""
    at = torch.tensor([[1.0, 2, 5], [2, 3, 6], [5, 6, 9]])
    joints = torch.zeros(1, 1, 3, 3, 3)
    joints[0, 0, :, :, 0] = at
    return batch_of(joints, torch.ones(1, 1, 3).bool())


def x_of(batch: ClipBatch, stream: Stream) -> list[list[float]]:
    """(T, J) of the only clip and person; the other coordinates must stay zero."""
    found = skeleton_streams(batch, [stream], PARENTS)[0, 0]
    assert not found[..., 1:].any()
    return found[..., 0].tolist()


def some_batch() -> ClipBatch:
    rng = torch.Generator().manual_seed(0)
    mask = torch.rand(4, 2, 9, generator=rng) < 0.7
    return batch_of(torch.randn(4, 2, 9, 20, 3, generator=rng), mask)


def test_joints_are_as_they_are() -> None:
    assert x_of(one_clip(), "joint") == [[1, 2, 5], [2, 3, 6], [5, 6, 9]]


def test_a_bone_runs_from_its_start_and_a_root_has_none() -> None:
    assert x_of(one_clip(), "bone") == [[0, 1, 3.5]] * 3


def test_motion_is_the_step_to_the_next_frame_and_the_last_has_none() -> None:
    assert x_of(one_clip(), "joint_motion") == [[1, 1, 1], [3, 3, 3], [0, 0, 0]]


def test_bones_of_a_body_that_only_walks_do_not_move() -> None:
    assert x_of(one_clip(), "bone_motion") == [[0, 0, 0]] * 3


def test_bone_motion_is_the_motion_of_the_bones() -> None:
    batch = some_batch()
    parents = torch.tensor(skeleton_graph("kinect20").parents)
    bones = skeleton_streams(batch, ["bone"], parents)
    found = skeleton_streams(batch, ["bone_motion"], parents)
    torch.testing.assert_close(found, motion(bones, batch.mask), atol=1e-6, rtol=0)


def test_motion_into_and_out_of_a_gap_is_unknown() -> None:
    batch = one_clip()
    mask = torch.tensor([[[True, False, True]]])
    assert x_of(batch._replace(mask=mask), "joint_motion") == [[0, 0, 0]] * 3
    mask = torch.tensor([[[True, True, False]]])
    assert x_of(batch._replace(mask=mask), "joint_motion") == [[1, 1, 1], [0, 0, 0], [0, 0, 0]]


def test_what_lies_under_the_mask_is_never_read() -> None:
    batch = some_batch()
    rubbish = batch.joints.masked_fill(~batch.mask[..., None, None], float("nan"))
    parents = torch.tensor(skeleton_graph("kinect20").parents)
    clean = skeleton_streams(batch, STREAMS, parents)
    found = skeleton_streams(batch._replace(joints=rubbish), STREAMS, parents)
    torch.testing.assert_close(found, clean, atol=0, rtol=0)
    assert not found[~batch.mask].any()


def test_streams_come_in_the_order_in_which_they_are_named() -> None:
    batch, parents = some_batch(), torch.tensor(skeleton_graph("kinect20").parents)
    order: tuple[Stream, ...] = ("bone_motion", "joint", "bone", "joint_motion")
    together = skeleton_streams(batch, order, parents)
    assert together.shape == (4, 2, 9, 20, 12)
    for place, name in enumerate(order):
        alone = skeleton_streams(batch, [name], parents)
        torch.testing.assert_close(together[..., 3 * place :][..., :3], alone, atol=0, rtol=0)


def test_only_joints_notice_where_a_person_stands() -> None:
    batch = some_batch()
    there = batch._replace(joints=batch.joints + torch.tensor([3.0, 0, -2]))
    parents = torch.tensor(skeleton_graph("lcr13").parents)
    for name in STREAMS[1:]:
        found, before = (
            skeleton_streams(b._replace(joints=b.joints[..., :13, :]), [name], parents)
            for b in (there, batch)
        )
        torch.testing.assert_close(found, before, atol=1e-5, rtol=0)


def test_a_single_frame_and_none_at_all_have_streams() -> None:
    for T in (1, 0):
        batch = batch_of(torch.ones(2, 1, T, 3, 3), torch.ones(2, 1, T).bool())
        assert skeleton_streams(batch, STREAMS[:1], PARENTS).shape == (2, 1, T, 3, 3)
        assert motion(batch.joints, batch.mask).shape == (2, 1, T, 3, 3)


@pytest.mark.parametrize("streams", [(), ("joint", "joint"), ("joints",)])
def test_wrong_streams_are_refused(streams: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="name one or more of joint, bone, joint_motion, bone_mot"):
        check_streams(streams)
