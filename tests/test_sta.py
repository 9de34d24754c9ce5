"""The network of poses and hands: streams, losses, crops, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from recognizers.inputs.batch import ClipBatch
from recognizers.sta.network import PoseConditionedAttention
from recognizers.sta.rgb_stream import Spatial
from tests.made_samples import seeded
from tests.made_sta import A, B, D, J, M, T, answers, network, of_row, some_batch

ATTENDING = pytest.mark.parametrize("spatial", ["attention", "hard_attention"])


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


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
