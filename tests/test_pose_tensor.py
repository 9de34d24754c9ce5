"""The pose tensor holds what a plain loop puts there, and nothing of who was not seen."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import torch
from torch import Tensor

from recognizers.inputs.batch import ClipBatch
from recognizers.sta.joint_order import ORDERS, Order
from recognizers.sta.pose_tensor import Centre, PoseTensor, differences

B, M, T, J = 3, 2, 6, 25
MIDDLE = 1  # spine_mid in kinect25
ORDER = pytest.mark.parametrize("order", get_args(Order))
CENTRE = pytest.mark.parametrize("centre", get_args(Centre))


def some_batch(*, people: int = M, joints: int = J, derivatives: bool = True) -> ClipBatch:
    """All there; a first person who is late and leaves early, alone then; nobody at all."""
    generator = torch.Generator().manual_seed(0)
    mask = torch.ones(B, people, T).bool()
    mask[1, 0, [0, 5]] = False
    mask[1, 1:, 5] = False
    mask[2] = False
    values = torch.randn(B, people, T, joints, 3, 3, generator=generator)
    values = values * mask[..., None, None, None]
    return ClipBatch(
        values[..., 0, :], mask, torch.zeros(B).long(), torch.full((B,), T),
        derivatives=values[..., 1:, :] if derivatives else None,
    )  # fmt: skip


def tensor(**changes: Any) -> PoseTensor:
    return PoseTensor(**{"joint_set": "kinect25", **changes})


def plain(batch: ClipBatch, changes: Tensor, order: Order, centre: Centre) -> Tensor:
    """The same person by person and joint by joint, for kinect25."""
    entries = ORDERS[order]
    found = torch.zeros(B, 3, T, 2, len(entries), 3)
    for b in range(B):
        people = [[m for m in range(M) if batch.mask[b, m, t]] for t in range(T)]
        start = next((t for t in range(T) if people[t]), 0)
        for t in range(T):
            for m in people[t]:
                when = t if centre == "frame" else start
                where = people[when][0]
                still = 0.0 if centre == "first" else 1.0
                for s, joint in enumerate(entries):
                    origin = batch.joints[b, where, when, MIDDLE]
                    found[b, 0, t, m, s] = batch.joints[b, m, t, joint] - origin
                    origin = changes[b, where, when, MIDDLE] * still
                    found[b, 1:, t, m, s] = changes[b, m, t, joint] - origin
    return found.flatten(3)


@ORDER
@CENTRE
def test_it_is_what_a_plain_loop_makes(order: Order, centre: Centre) -> None:
    batch = some_batch()
    assert batch.derivatives is not None
    found = tensor(order=order, centre=centre)(batch)
    wanted = plain(batch, batch.derivatives, order, centre)
    assert wanted.abs().sum() > 0
    torch.testing.assert_close(found, wanted, atol=1e-6, rtol=0)


@ORDER
def test_its_shape(order: Order) -> None:
    made = tensor(order=order)
    assert made.columns == (150 if order == "topological" else 300)
    assert made(some_batch()).shape == (B, 3, T, made.columns)


def test_without_derivatives_it_takes_differences() -> None:
    batch = some_batch(derivatives=False)
    wanted = plain(batch, differences(batch.joints, batch.mask), "tour", "frame")
    torch.testing.assert_close(tensor()(batch), wanted, atol=1e-6, rtol=0)


def test_the_derivatives_that_are_asked_for_are_used() -> None:
    batch = some_batch()
    bare = batch._replace(derivatives=None)
    torch.testing.assert_close(tensor(derivatives="sampled")(batch), tensor()(bare))
    torch.testing.assert_close(tensor(derivatives="clip")(batch), tensor()(batch))
    assert (tensor()(batch) - tensor()(bare))[:, 1:].abs().max() > 0.1
    with pytest.raises(ValueError, match="derivatives 'clip': the batch has none; take 'sampled'"):
        tensor(derivatives="clip")(bare)


@pytest.mark.parametrize("derivatives", ["clip", "sampled"])
def test_moving_everybody_changes_nothing_nor_does_the_world_where_frames_are_centred(
    derivatives: str,
) -> None:
    batch = some_batch()
    made = tensor(derivatives=derivatives)
    shift = torch.tensor([3.0, -1.0, 2.0])
    moved = batch._replace(joints=batch.joints + shift)
    torch.testing.assert_close(made(moved), made(batch), atol=1e-5, rtol=0)
    # A camera that travels with a speed: only the clip's own origin, of the first frame, sees it.
    assert batch.derivatives is not None
    travel = torch.arange(T)[:, None, None] * shift
    speed = torch.stack([shift, torch.zeros(3)])
    travelled = batch._replace(joints=batch.joints + travel, derivatives=batch.derivatives + speed)
    whole = torch.tensor([0, 2])  # clips whose people do not come and go
    torch.testing.assert_close(made(travelled)[whole], made(batch)[whole], atol=1e-4, rtol=0)
    first = tensor(derivatives=derivatives, centre="first")
    assert (first(travelled) - first(batch))[0].abs().max() > 1


@CENTRE
def test_both_people_keep_their_places_to_each_other(centre: Centre) -> None:
    batch = some_batch()
    one, other = tensor(centre=centre)(batch)[0, 0].unflatten(1, (2, 50, 3)).unbind(1)
    apart = (batch.joints[0, 1] - batch.joints[0, 0])[:, list(ORDERS["tour"])]
    torch.testing.assert_close(other - one, apart, atol=1e-5, rtol=0)


@CENTRE
@pytest.mark.parametrize("rubbish", [1e3, float("nan"), float("inf")])
def test_who_is_not_seen_is_zero_whatever_stands_there(centre: Centre, rubbish: float) -> None:
    batch = some_batch()
    assert batch.derivatives is not None
    hidden = ~batch.mask[..., None, None]
    dirty = batch._replace(
        joints=batch.joints.masked_fill(hidden, rubbish),
        derivatives=batch.derivatives.masked_fill(hidden[..., None], rubbish),
    )
    for derivatives in ("clip", "sampled"):
        made = tensor(centre=centre, derivatives=derivatives)
        found = made(dirty)
        torch.testing.assert_close(found, made(batch), atol=0, rtol=0)
        people = found.unflatten(3, (2, 150)).permute(0, 3, 2, 1, 4)  # (B, M, T, 3, 150)
        assert (people[~batch.mask] == 0).all()
        assert people[batch.mask][:, 0].abs().amax(dim=1).min() > 0.1


def test_one_person_alone_has_nobody_beside_them() -> None:
    pair, single = some_batch(), some_batch(people=1)
    found = tensor()(single)
    assert found.shape == (B, 3, T, 300)
    assert (found[..., 150:] == 0).all()
    missing = pair.mask.clone()
    missing[:, 1] = False
    alone = tensor()(pair._replace(mask=missing))
    wanted = tensor()(pair._replace(
        joints=pair.joints[:, :1], mask=pair.mask[:, :1], derivatives=pair.derivatives[:, :1]  # type: ignore[index]
    ))  # fmt: skip
    torch.testing.assert_close(alone, wanted, atol=0, rtol=0)


def test_another_skeleton_fills_the_same_columns() -> None:
    batch = some_batch(joints=20, derivatives=False)
    found = tensor(joint_set="kinect20")(batch)
    assert found.shape == (B, 3, T, 300)
    joints = found[0, 0].unflatten(1, (2, 50, 3))
    tour = ORDERS["tour"]
    hand, tip = tour.index(7), tour.index(21)  # left hand and its tip, which Kinect v1 lacks
    torch.testing.assert_close(joints[:, :, tip], joints[:, :, hand], atol=0, rtol=0)
    apart = batch.joints[0, 0, :, 7] - batch.joints[0, 0, :, 1]
    torch.testing.assert_close(joints[:, 0, hand], apart, atol=1e-6, rtol=0)


def test_scales_multiply_the_channels() -> None:
    batch = some_batch()
    found, plain_one = tensor(scales=(2.0, 0.1, 0.0))(batch), tensor()(batch)
    torch.testing.assert_close(found[:, 0], 2 * plain_one[:, 0])
    torch.testing.assert_close(found[:, 1], 0.1 * plain_one[:, 1])
    assert (found[:, 2] == 0).all()


# Differences


def moving(*powers: Tensor, frames: int = T) -> Tensor:
    """(1, 1, T, J, 3) joints whose places are a polynomial of the frame."""
    t = torch.arange(frames)[:, None, None]
    return sum(c * t**n for n, c in enumerate(powers))[None, None]  # type: ignore[index]


def test_steady_motion_has_its_speed_in_every_frame_and_no_acceleration() -> None:
    start, speed = torch.randn(2, J, 3, generator=torch.Generator().manual_seed(0))
    found = differences(moving(start, speed), torch.ones(1, 1, T).bool())
    torch.testing.assert_close(found[..., 0, :], speed.expand(1, 1, T, J, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(found[..., 1, :], torch.zeros(1, 1, T, J, 3), atol=1e-5, rtol=0)


def test_even_acceleration_is_exact_between_the_ends() -> None:
    start, speed, half = torch.randn(3, J, 3, generator=torch.Generator().manual_seed(0))
    found = differences(moving(start, speed, half), torch.ones(1, 1, T).bool())[0, 0, 1:-1]
    t = torch.arange(1, T - 1)[:, None, None]
    torch.testing.assert_close(found[..., 0, :], speed + 2 * half * t, atol=1e-4, rtol=0)
    torch.testing.assert_close(found[..., 1, :], (2 * half).expand(T - 2, J, 3), atol=1e-4, rtol=0)


def test_no_difference_crosses_a_gap() -> None:
    joints = torch.tensor([0.0, 1, 3, 100, 7, 8]).view(1, 1, 6, 1, 1).expand(1, 1, 6, 1, 3)
    mask = torch.tensor([1, 1, 1, 0, 1, 1]).bool().view(1, 1, 6)
    found = differences(joints * mask[..., None, None], mask)[0, 0, :, 0, :, 0]
    assert found[:, 0].tolist() == [1, 1.5, 2, 0, 1, 1]
    assert found[:, 1].tolist() == [0, 1, 0, 0, 0, 0]


def test_one_frame_alone_stands_still() -> None:
    found = differences(torch.ones(1, 1, 1, J, 3), torch.ones(1, 1, 1).bool())
    assert found.shape == (1, 1, 1, J, 2, 3)
    assert (found == 0).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"order": "euler"}, "order 'euler' is none of tour, random, topological"),
        ({"centre": "pelvis"}, "centre 'pelvis' is none of frame, first"),
        ({"derivatives": "both"}, "derivatives 'both' is none of None, clip, sampled"),
        ({"scales": (1, 2)}, r"scales must be 3, .*got \(1, 2\)"),
        ({"joint_set": "lcr14"}, "unknown joint set 'lcr14'"),
    ],
)
def test_what_it_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tensor(**changes)
