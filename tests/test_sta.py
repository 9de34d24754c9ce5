"""The network of poses and hands: each switch changes what it says, sizes, masks, losses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from recognizers.inputs.batch import ClipBatch
from recognizers.sta.network import PoseConditionedAttention
from recognizers.sta.rgb_stream import Spatial
from recognizers.sta.rows import ROWS
from tests.made_samples import seeded

B, M, T, J, D, A = 4, 2, 20, 25, 6, 5
SMALL = {
    "widths": (3, 4), "pose_features": 8, "units": 9, "rgb_features": 7, "spatial_hidden": 5,
    "temporal_hidden": 6, "hand_channels": D,
}  # fmt: skip
EACH_ROW = pytest.mark.parametrize("row", ROWS)
ATTENDING = pytest.mark.parametrize("spatial", ["attention", "hard_attention"])


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def network(**changes: Any) -> PoseConditionedAttention:
    values: dict[str, Any] = {"joint_set": "kinect25", "people": M, "classes": A, **SMALL}
    return PoseConditionedAttention(**{**values, **changes}).eval()


def of_row(row: str, **changes: Any) -> PoseConditionedAttention:
    return network(**ROWS[row].network, **changes)


def some_batch(joints: int = J, people: int = M) -> ClipBatch:
    """Two people; one alone; one who comes late beside one who leaves; nobody at all."""
    mask = torch.ones(B, people, T).bool()
    mask[1, 1:] = False
    mask[2, 0, :8] = False
    mask[2, 1:, 12:] = False
    mask[3] = False
    seen = mask[..., None, None]
    hands = seen[..., 0, 0].transpose(1, 2).repeat_interleave(2, dim=2)
    return ClipBatch(
        torch.randn(B, people, T, joints, 3) * seen, mask, torch.arange(B) % A,
        torch.full((B,), T), derivatives=torch.randn(B, people, T, joints, 2, 3) * seen[..., None],
        hand_features=torch.randn(B, T, 2 * people, D) * hands[..., None],
    )  # fmt: skip


@EACH_ROW
def test_every_row_of_the_tables_is_a_network_that_learns(row: str) -> None:
    made, batch = of_row(row).train(), some_batch()
    assert made(batch).shape == (B, A)
    torch.stack(list(made.losses(batch).values())).sum().backward()
    for name, values in made.named_parameters():
        assert values.grad is not None and values.grad.isfinite().all(), name


# What each row reads


def answers(made: PoseConditionedAttention, batch: ClipBatch) -> torch.Tensor:
    with torch.no_grad():
        return made(batch)


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


# Streams, losses, freezing


def test_logits_of_both_streams_are_added() -> None:
    made, batch = of_row("K"), some_batch()
    streams = made.streams(batch)
    assert list(streams) == ["rgb", "pose"]
    torch.testing.assert_close(made(batch), streams["rgb"] + streams["pose"])
    assert list(of_row("A").streams(batch)) == ["pose"]
    assert list(of_row("G").streams(batch)) == ["rgb"]


def test_each_stream_has_a_cross_entropy_of_its_own() -> None:
    made, batch = of_row("K"), some_batch()
    wanted = {
        name: -logits.log_softmax(dim=1)[torch.arange(B), batch.labels].mean()
        for name, logits in made.streams(batch).items()
    }
    losses = made.losses(batch)
    assert list(losses) == ["classification", "pose"]
    torch.testing.assert_close(losses["classification"], wanted["rgb"])
    torch.testing.assert_close(losses["pose"], wanted["pose"])
    for row in ("A", "G"):
        assert list(of_row(row).losses(batch)) == ["classification"]


@pytest.mark.parametrize("row", ["G", "K"])
def test_a_frozen_pose_stream_neither_learns_nor_drops(row: str) -> None:
    made, batch = of_row(row, freeze_pose=True).train(), some_batch()
    losses = made.losses(batch)
    assert list(losses) == ["classification"]
    losses["classification"].backward()
    for name, values in made.named_parameters():
        assert (values.grad is None) == name.startswith("pose."), name
    if row == "K":
        pose = [made.streams(batch)["pose"] for _ in range(2)]
        torch.testing.assert_close(pose[0], pose[1], atol=0, rtol=0)
    assert made.rgb is not None and made.rgb.training and made.rgb.drop.training


def test_a_pose_stream_that_is_not_frozen_learns_through_the_attention() -> None:
    made = of_row("G")
    made.losses(some_batch())["classification"].backward()
    assert made.pose is not None
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in made.pose.parameters())


def test_dropout_drops_in_training_alone() -> None:
    for row in ("A", "G"):
        made, batch = of_row(row), some_batch()
        torch.testing.assert_close(made(batch), made(batch), atol=0, rtol=0)
        made.train()
        assert (made(batch) - made(batch)).abs().max() > 1e-4


# Who is absent


@pytest.mark.parametrize("rubbish", [1e3, float("nan"), float("inf")])
def test_what_stands_where_nobody_was_seen_changes_nothing(rubbish: float) -> None:
    made, batch = of_row("K"), some_batch()
    assert batch.hand_features is not None and batch.derivatives is not None
    hidden = ~batch.mask
    hands = hidden.transpose(1, 2).repeat_interleave(2, dim=2)
    dirty = batch._replace(
        joints=batch.joints.masked_fill(hidden[..., None, None], rubbish),
        derivatives=batch.derivatives.masked_fill(hidden[..., None, None, None], rubbish),
        hand_features=batch.hand_features.masked_fill(hands[..., None], rubbish),
    )
    assert answers(made, dirty).isfinite().all()
    torch.testing.assert_close(answers(made, dirty), answers(made, batch), atol=0, rtol=0)


def test_frames_behind_the_end_show_nobody() -> None:
    made, batch = of_row("K"), some_batch()
    cut = batch.mask.clone()
    cut[..., 15:] = False
    wanted = answers(made, batch._replace(mask=cut))
    found = answers(made, batch._replace(lengths=torch.full((B,), 15)))
    torch.testing.assert_close(found, wanted, atol=0, rtol=0)


def test_a_second_person_who_is_not_there_may_be_left_out() -> None:
    made, batch = of_row("K"), some_batch()
    assert batch.hand_features is not None and batch.derivatives is not None
    mask = batch.mask.clone()
    mask[:, 1] = False
    single = batch._replace(
        joints=batch.joints[:, :1], mask=batch.mask[:, :1],
        derivatives=batch.derivatives[:, :1], hand_features=batch.hand_features[:, :, :2],
    )  # fmt: skip
    found = answers(made, single)
    torch.testing.assert_close(found, answers(made, batch._replace(mask=mask)), atol=0, rtol=0)


def test_clips_do_not_see_each_other() -> None:
    made, batch = of_row("K"), some_batch()
    whole = answers(made, batch)
    for b in range(B):
        one = ClipBatch(*(None if f is None else f[b : b + 1] for f in batch))  # type: ignore[arg-type]
        torch.testing.assert_close(answers(made, one)[0], whole[b], atol=1e-5, rtol=1e-5)


@ATTENDING
def test_the_attention_is_a_distribution_over_who_is_there(spatial: Spatial) -> None:
    batch = some_batch()
    present = batch.mask.transpose(1, 2).repeat_interleave(2, dim=2)
    for row in ("E", "G", "I", "K"):
        hands, temporal = of_row(row, spatial=spatial).attention(batch)
        assert hands.shape == (B, T, 4) and temporal.shape == (B, T)
        torch.testing.assert_close(hands.sum(dim=2), present.any(dim=2).float())
        assert (hands[~present] == 0).all()
        seen = present.any(dim=2)
        torch.testing.assert_close(temporal.sum(dim=1), seen.any(dim=1).float())
        assert (temporal[~seen] == 0).all()
        if row in "EI":  # all frames alike
            torch.testing.assert_close(temporal[0], torch.full((T,), 1 / T))
        else:
            assert temporal[0].std() > 0


@pytest.mark.parametrize("row", ["A", "B", "C", "H"])
def test_there_is_no_attention_to_draw_without_any(row: str) -> None:
    with pytest.raises(ValueError, match="there is no attention: it needs mode"):
        of_row(row).attention(some_batch())


# Crops, precision, other skeletons


def with_backbone(**changes: Any) -> PoseConditionedAttention:
    backbone = {"type": "SmallImage", "stage_channels": (8, 8)}
    return network(mode="rgb", backbone=backbone, crop_size=12, **changes)


def crops(batch: ClipBatch) -> ClipBatch:
    hands = torch.randint(0, 256, (B, T, 2 * M, 3, 10, 10), dtype=torch.uint8)
    return batch._replace(hands=hands, hand_features=None)


def test_gradients_reach_the_network_that_looks_at_the_crops() -> None:
    made = with_backbone().train()
    made.losses(crops(some_batch()))["classification"].backward()
    assert made.sensor is not None and made.hand_channels == 8
    for name, values in made.sensor.named_parameters():
        assert values.grad is not None and values.grad.abs().sum() > 0, name


def test_features_made_before_give_the_same_as_crops() -> None:
    made, batch = with_backbone(), crops(some_batch())
    assert made.sensor is not None and batch.hands is not None
    everybody = torch.ones(B, T, 2 * M).bool()
    with torch.no_grad():
        features = made.sensor(batch.hands, everybody)
    found = answers(made, batch._replace(hands=None, hand_features=features))
    torch.testing.assert_close(found, answers(made, batch), atol=1e-5, rtol=1e-5)


@ATTENDING
def test_half_the_precision_gives_nearly_the_same(spatial: Spatial) -> None:
    made, batch = of_row("K", spatial=spatial), some_batch()
    wanted = answers(made, batch)
    with torch.autocast("cpu", torch.bfloat16):
        found = made(batch)
        loss = made.train().losses(batch)["classification"]
    loss.backward()
    torch.testing.assert_close(found.float(), wanted, atol=0.03, rtol=0.03)


@pytest.mark.parametrize(("joint_set", "joints"), [("kinect20", 20), ("sbu15", 15), ("lcr13", 13)])
def test_other_skeletons_fit_the_same_weights(joint_set: str, joints: int) -> None:
    made, other = of_row("K"), of_row("K", joint_set=joint_set)
    other.load_state_dict(made.state_dict())
    assert other(some_batch(joints)).shape == (B, A)


def pointing(frames: int) -> ClipBatch:
    """Every hand says one of two classes, in all ways; a raised wrist says whose counts."""
    ways = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * 4).repeat(4, 1)
    N, which = len(ways), torch.arange(4).repeat_interleave(16)
    features = ways[:, None, :, None].expand(N, frames, 4, D).clone()
    joints = torch.zeros(N, M, frames, J, 3)
    wrists = torch.tensor([6, 10])
    joints[torch.arange(N), which // 2, :, wrists[which % 2], 1] = 2.0
    labels = (ways[torch.arange(N), which] > 0).long()
    mask = torch.ones(N, M, frames).bool()
    return ClipBatch(joints, mask, labels, torch.full((N,), frames), hand_features=features)


@pytest.mark.parametrize("conditioned", [True, False])
@ATTENDING
def test_told_of_the_pose_it_learns_which_hand_counts(
    spatial: Spatial, *, conditioned: bool
) -> None:
    batch = pointing(frames=3)
    made = network(
        mode="rgb",
        classes=2,
        frames=3,
        order="topological",
        widths=(4, 4),
        dropout=0.0,
        spatial=spatial,
        conditioned=conditioned,
    ).train()
    optimizer = torch.optim.Adam(made.parameters(), lr=0.02)
    for _ in range(50):
        optimizer.zero_grad()
        made.losses(batch)["classification"].backward()
        optimizer.step()
    found = (answers(made.eval(), batch).argmax(dim=1) == batch.labels).float().mean().item()
    if not conditioned:  # the best it can do is to go with most hands
        assert found <= 11 / 16
        return
    # One that looks at one hand at a time may settle for the wrong one of somebody.
    assert found > {"attention": 0.95, "hard_attention": 0.8}[spatial]
    hands, _ = made.attention(batch)
    chosen = hands.mean(dim=1)[torch.arange(64), torch.arange(4).repeat_interleave(16)]
    assert chosen.mean() > 0.5, "a quarter would be chance"


# What it refuses


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mode": "depth"}, "mode 'depth' is none of pose, rgb, both"),
        ({"people": 3}, "people must be 1 or 2, got 3"),
        ({"people": 0}, "people must be 1 or 2, got 0"),
        ({"classes": 0}, "classes and frames must be 1 or more, got 0 and 20"),
        ({"mode": "pose", "freeze_pose": True}, "freeze_pose would leave nothing to learn"),
        ({"mode": "rgb", "conditioned": False, "freeze_pose": True}, "freeze_pose would"),
        ({"mode": "rgb", "conditioned": False, "pose_network": "x"}, "pose_network: there is no"),
        ({"widths": (3,)}, "widths must be two whole numbers from 1, got (3,)"),
        ({"widths": (0, 4)}, "widths must be two whole numbers from 1, got (0, 4)"),
        ({"spatial": "sum"}, "temporal_attention reads the weights of spatial"),
        ({"dropout": 1.5}, "dropout"),
        ({"backbone": {"type": "Inception"}}, "unknown backbone 'Inception'"),
    ],
)
def test_a_network_that_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        network(**changes)


def test_other_batches_are_refused() -> None:
    made, batch = network(), some_batch()
    with pytest.raises(
        ValueError, match=r"joints \(B, up to 2, 20, 25, 3\).*got joints \(4, 2, 19"
    ):
        made(batch._replace(joints=batch.joints[:, :, 1:], mask=batch.mask[:, :, 1:]))
    with pytest.raises(ValueError, match=r"got joints \(4, 2, 20, 13, 3\)"):
        made(batch._replace(joints=batch.joints[..., :13, :]))
    with pytest.raises(ValueError, match=r"up to 1, .*got joints \(4, 2"):
        network(people=1)(batch)
    with pytest.raises(ValueError, match="neither hands nor hand_features"):
        made(batch._replace(hand_features=None))


@pytest.mark.parametrize("label", [-1, A])
def test_a_clip_without_a_known_label_trains_nothing(label: int) -> None:
    batch = some_batch()._replace(labels=torch.tensor([0, label, 1, 2]))
    with pytest.raises(ValueError, match=rf"labels must be in 0 to 4, got \[0, {label}, 1, 2\]"):
        network().losses(batch)
