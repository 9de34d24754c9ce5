"""Rows of the paper's tables: each learns, reads what its table ticks, and has its own weights."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from recognizers.inputs.batch import ClipBatch
from recognizers.sta.network import PoseConditionedAttention
from recognizers.sta.rgb_stream import Spatial
from recognizers.sta.rows import ROWS
from tests.made_samples import seeded
from tests.made_sta import A, B, J, answers, of_row, some_batch

EACH_ROW = pytest.mark.parametrize("row", ROWS)
ATTENDING = pytest.mark.parametrize("spatial", ["attention", "hard_attention"])


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


@EACH_ROW
def test_every_row_of_the_tables_is_a_network_that_learns(row: str) -> None:
    made, batch = of_row(row).train(), some_batch()
    assert made(batch).shape == (B, A)
    torch.stack(list(made.losses(batch).values())).sum().backward()
    for name, values in made.named_parameters():
        assert values.grad is not None and values.grad.isfinite().all(), name


def depends(made: PoseConditionedAttention, batch: ClipBatch, **other: torch.Tensor) -> bool:
    apart = (answers(made, batch._replace(**other)) - answers(made, batch)).abs().max()
    return bool(apart > 0)


@pytest.mark.parametrize(
    ("row", "on_pose", "on_hands"),
    [("A", True, False), ("random_order", True, False), ("no_double_entries", True, False),
     ("B", False, True), ("C", False, True), ("E", True, True), ("G", True, True),
     ("G_unconditioned", False, True), ("H", True, True), ("I", True, True), ("K", True, True),
     ("K_unconditioned", True, True)],
)  # fmt: skip
def test_a_row_reads_what_its_table_ticks(row: str, on_pose: bool, on_hands: bool) -> None:  # noqa: FBT001
    made, batch = of_row(row), some_batch()
    assert batch.hand_features is not None
    assert depends(made, batch, joints=batch.joints + torch.randn(J, 3)) == on_pose
    assert depends(made, batch, hand_features=-batch.hand_features) == on_hands


@pytest.mark.parametrize("row", ["G", "K"])
@ATTENDING
def test_without_conditioning_the_pose_leaves_the_rgb_stream_alone(
    row: str, spatial: Spatial
) -> None:
    batch = some_batch()
    other = batch._replace(joints=batch.joints + torch.randn(J, 3))
    for conditioned in (True, False):
        made = of_row(row, conditioned=conditioned, spatial=spatial)
        moved = made.streams(other)["rgb"] - made.streams(batch)["rgb"]
        assert (moved.abs().max() == 0) == (not conditioned)


def test_switches_add_and_remove_only_their_own_weights() -> None:
    def names(row: str) -> set[str]:
        return {name for name, _ in of_row(row).named_parameters()}

    def of(part: str) -> set[str]:
        return {name for name in names("K") if name.startswith(part)}

    assert names("K") - names("I") == of("rgb.weigh_frames.")
    assert names("I") - names("H") == of("rgb.weigh_hands.")
    assert names("K") - names("A") == of("rgb.")
    assert names("K") - names("G") == of("pose.classify.")
    assert names("G") - names("G_unconditioned") == of("pose.network.")
    assert names("K") == names("K_unconditioned")
    assert names("B") == names("C") == names("H") - of("pose.")
    assert names("A") == names("random_order") == names("no_double_entries")


def test_the_order_of_joints_alone_tells_a_shuffled_network_from_the_tour() -> None:
    tour, shuffled = of_row("A"), of_row("random_order")
    assert tour.pose is not None and shuffled.pose is not None
    shuffled.pose.network.load_state_dict(tour.pose.network.state_dict())
    one, other = tour.pose.tensor(some_batch_once()), shuffled.pose.tensor(some_batch_once())
    torch.testing.assert_close(
        one.unflatten(3, (2, 50, 3)).sort(dim=4)[0].sum(4),
        other.unflatten(3, (2, 50, 3)).sort(dim=4)[0].sum(4),
        atol=1e-4, rtol=0,
    )  # fmt: skip
    assert (one - other).abs().max() > 0.1


def some_batch_once() -> ClipBatch:
    with seeded(3):
        return some_batch()
