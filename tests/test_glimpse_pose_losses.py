"""What poses teach: no order of people, nothing of joints that were not seen."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import permutations

import pytest
import torch
from torch import Tensor

from recognizers.glimpse_clouds.pose_losses import crowding, glimpse_loss, pose_loss, remoteness
from tests.made_samples import seeded

B, F, M, J, G = 3, 4, 2, 5, 3


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def some_poses() -> tuple[Tensor, Tensor, Tensor]:
    """Predicted (B, F, M, J, 2), real (B, M, F, J, 2), and which of those were seen."""
    seen = torch.rand(B, M, F, J) < 0.7
    seen[0, 1] = False  # one person alone
    seen[1, :, 2] = False  # nobody for a frame
    return torch.rand(B, F, M, J, 2), torch.rand(B, M, F, J, 2), seen


def plain_pose_loss(predicted: Tensor, real: Tensor, seen: Tensor) -> float:
    total, people = 0.0, real.shape[1]
    for b in range(B):
        for t in range(F):
            found = []
            for slots in permutations(range(M), people):
                cost = 0.0
                for person, slot in enumerate(slots):
                    errors = [
                        float(predicted[b, t, slot, j, xy] - real[b, person, t, j, xy]) ** 2
                        for j in range(J)
                        for xy in range(2)
                        if seen[b, person, t, j]
                    ]
                    cost += sum(errors) / len(errors) if errors else 0.0
                found.append(cost)
            total += min(found)
    return total / B


def plain_glimpse_loss(middles: Tensor, real: Tensor, seen: Tensor) -> float:
    total = 0.0
    for b in range(B):
        for t in range(F):
            points = middles[b, t].tolist()
            apart = sum(math.dist(p, q) for p in points for q in points)
            total += 1 / (1 + apart)
            joints = real[b, :, t][seen[b, :, t]].tolist()
            if joints:
                total += sum(min(math.dist(p, joint) for joint in joints) for p in points)
    return total / B


def test_the_pose_loss_is_what_plain_loops_find() -> None:
    values = some_poses()
    assert pose_loss(*values).item() == pytest.approx(plain_pose_loss(*values), rel=1e-5)


def test_the_pose_loss_by_hand() -> None:
    real = torch.zeros(1, 2, 1, 2, 2)
    real[0, 1] = 1.0  # one person at (0, 0), one at (1, 1)
    predicted = torch.ones(1, 1, 2, 2, 2)
    predicted[0, 0, 1, 0] = 0.5  # the second is half a step off with one joint, one with the other
    seen = torch.ones(1, 2, 1, 2).bool()
    assert pose_loss(predicted, real, seen).item() == pytest.approx((0.25 + 1) / 2)


def test_the_pose_loss_does_not_ask_for_an_order_of_people() -> None:
    predicted, real, seen = some_poses()
    wanted = pose_loss(predicted, real, seen)
    torch.testing.assert_close(pose_loss(predicted.flip(2), real, seen), wanted)
    torch.testing.assert_close(pose_loss(predicted, real.flip(1), seen.flip(1)), wanted)
    swapped = real.clone()
    swapped[:, :, 1], swapped_seen = real.flip(1)[:, :, 1], seen.clone()
    swapped_seen[:, :, 1] = seen.flip(1)[:, :, 1]  # in one frame alone
    torch.testing.assert_close(pose_loss(predicted, swapped, swapped_seen), wanted)


@pytest.mark.parametrize("rubbish", [1e3, float("nan"), float("inf")])
def test_joints_that_were_not_seen_teach_nothing(rubbish: float) -> None:
    predicted, real, seen = some_poses()
    predicted.requires_grad_()
    middles = torch.rand(B, F, G, 2, requires_grad=True)
    dirty = real.masked_fill(~seen[..., None], rubbish)
    for loss, clean_loss in (
        (pose_loss(predicted, dirty, seen), pose_loss(predicted, real, seen)),
        (glimpse_loss(middles, dirty, seen), glimpse_loss(middles, real, seen)),
    ):
        torch.testing.assert_close(loss, clean_loss)
        loss.backward()
    for values in (predicted, middles):
        assert values.grad is not None
        assert torch.isfinite(values.grad).all()


def test_an_absent_person_costs_nothing_wherever_one_was_predicted() -> None:
    predicted, real, seen = some_poses()
    seen[:, 1] = False
    alone = pose_loss(predicted, real[:, :1], seen[:, :1])
    torch.testing.assert_close(pose_loss(predicted, real, seen), alone)
    assert alone.item() == pytest.approx(
        plain_pose_loss(predicted, real[:, :1], seen[:, :1]), rel=1e-5
    )


def test_nobody_costs_nothing_but_crowded_glimpses() -> None:
    predicted, real, seen = some_poses()
    middles, nobody = torch.rand(B, F, G, 2), torch.zeros_like(seen)
    assert pose_loss(predicted, real, nobody) == 0
    wanted = crowding(middles).sum(dim=1).mean()
    torch.testing.assert_close(glimpse_loss(middles, real, nobody), wanted)


def test_the_glimpse_loss_is_what_plain_loops_find() -> None:
    _, real, seen = some_poses()
    middles = torch.rand(B, F, G, 2)
    found = glimpse_loss(middles, real, seen).item()
    assert found == pytest.approx(plain_glimpse_loss(middles, real, seen), rel=1e-5)


def test_crowding_by_hand() -> None:
    middles = torch.tensor([[[[0.0, 0], [0.6, 0.8]], [[0.5, 0.5], [0.5, 0.5]]]])
    assert crowding(middles)[0].tolist() == pytest.approx([1 / 3, 1])


def test_remoteness_by_hand() -> None:
    middles = torch.tensor([[[[0.0, 0], [0.6, 0.8]]]])
    real = torch.tensor([[0.0, 0.5], [0.6, 0.6], [0.0, 0.1]]).view(1, 1, 1, 3, 2)
    seen = torch.tensor([True, True, False]).view(1, 1, 1, 3)
    assert remoteness(middles, real, seen)[0].tolist() == pytest.approx([0.5 + 0.2])


def test_glimpses_move_apart_and_towards_joints() -> None:
    middles = torch.tensor([[[[0.1, 0.0], [-0.1, 0.0]]]], requires_grad=True)
    crowding(middles).sum().backward()
    assert middles.grad is not None
    assert (-middles.grad)[0, 0, :, 0].sign().tolist() == [1, -1]
    middles.grad.zero_()
    real = torch.tensor([0.0, 0.5]).view(1, 1, 1, 1, 2)
    remoteness(middles, real, torch.ones(1, 1, 1, 1).bool()).sum().backward()
    assert ((-middles.grad)[0, 0, :, 1] > 0.5).all()


def test_glimpses_in_one_place_on_a_joint_have_finite_gradients() -> None:
    middles = torch.zeros(1, 1, G, 2, requires_grad=True)
    seen = torch.ones(1, 1, 1, J).bool()
    glimpse_loss(middles, torch.zeros(1, 1, 1, J, 2), seen).backward()
    assert middles.grad is not None
    assert torch.isfinite(middles.grad).all()
