"""The graph network: what padding and strangers must not change, what it can learn, and refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn

from recognizers.graph.layers import MIXINGS, ChannelwiseMixing, Topology
from recognizers.graph.network import GraphRecognizer
from recognizers.inputs.batch import ClipBatch
from tests.made_samples import seeded

B, M, T, J, A = 4, 2, 19, 13, 5
TOPOLOGIES = pytest.mark.parametrize("topology", MIXINGS)


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def network(**changes: Any) -> GraphRecognizer:
    """A small one with three resolutions."""
    values: dict[str, Any] = {
        "joint_set": "lcr13", "people": 3, "classes": A, "width": 6, "depths": (1, 1, 1),
        "topology": "channelwise",
    }  # fmt: skip
    return GraphRecognizer(**{**values, **changes})


def shaken(**changes: Any) -> GraphRecognizer:
    """With everything that begins at zero or one off that value, and statistics of some clips.

    Without those a signal would fade from block to block, and all answers be the same.
    """
    made = network(**changes)
    for part in made.modules():
        if isinstance(part, nn.BatchNorm1d):
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, std=0.3)
            part.momentum = 1.0
        if isinstance(part, ChannelwiseMixing):
            nn.init.constant_(part.strength, 0.7)
    made.train()(some_batch())
    return made.eval()


def some_batch() -> ClipBatch:
    """Two people, one alone with a gap, one who leaves early, and one seen in one odd frame."""
    mask = torch.ones(B, M, T).bool()
    mask[1, 1] = False
    mask[1, 0, 5:8] = False
    mask[2, 1, 11:] = False
    mask[3] = False
    mask[3, 1, 1] = True
    joints = torch.randn(B, M, T, J, 3) * mask[..., None, None]
    return ClipBatch(joints, mask, torch.arange(B), torch.full((B,), T))


def padded(batch: ClipBatch, *, frames: int = 0, people: int = 0) -> ClipBatch:
    return batch._replace(
        joints=nn.functional.pad(batch.joints, (0, 0, 0, 0, 0, frames, 0, people)),
        mask=nn.functional.pad(batch.mask, (0, frames, 0, people)),
    )


# What never changes an answer


@TOPOLOGIES
def test_answers_are_the_same_with_more_padding(topology: Topology) -> None:
    made, batch = shaken(topology=topology), some_batch()
    wanted = made(batch)
    assert wanted.shape == (B, A)
    assert (wanted.std(dim=0) > 0.02).all()  # they do depend on the clip
    for more in ({"frames": 1}, {"frames": 14}, {"people": 1}, {"frames": 3, "people": 1}):
        torch.testing.assert_close(made(padded(batch, **more)), wanted, atol=1e-5, rtol=1e-5)


def test_answers_are_the_same_with_rubbish_under_the_mask() -> None:
    made, batch = shaken(), some_batch()
    hidden = ~batch.mask[..., None, None]
    for rubbish in (1e3, float("nan")):
        found = made(batch._replace(joints=batch.joints.masked_fill(hidden, rubbish)))
        torch.testing.assert_close(found, made(batch), atol=1e-5, rtol=1e-5)


def test_each_clip_is_answered_by_itself() -> None:
    made, batch = shaken(), some_batch()
    for b in range(B):
        alone = ClipBatch(*(field[b : b + 1] for field in batch if field is not None))
        torch.testing.assert_close(made(alone)[0], made(batch)[b], atol=1e-5, rtol=1e-5)


def test_the_order_of_people_does_not_matter_but_who_is_there_does() -> None:
    made, batch = shaken(), some_batch()
    swapped = batch._replace(joints=batch.joints.flip(1), mask=batch.mask.flip(1))
    torch.testing.assert_close(made(swapped), made(batch), atol=1e-5, rtol=1e-5)
    first = batch._replace(mask=batch.mask & torch.tensor([True, False])[:, None])
    assert (made(first)[0] - made(batch)[0]).abs().max() > 0.02


def test_people_count_alike_however_long_they_are_seen() -> None:
    made, batch = shaken(), some_batch()
    each = [
        made.features(batch._replace(joints=batch.joints[:, [m]], mask=batch.mask[:, [m]]))
        for m in range(M)
    ]
    found = made.features(batch)
    torch.testing.assert_close(found[2], (each[0][2] + each[1][2]) / 2, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found[1], each[0][1], atol=1e-5, rtol=1e-5)


def test_nobody_in_view_has_a_finite_answer_in_training_too() -> None:
    made, batch = shaken(), some_batch()
    nobody = batch._replace(mask=torch.zeros_like(batch.mask))
    torch.testing.assert_close(made(nobody), made.classify.bias.expand(B, A), atol=0, rtol=0)
    loss = made.train().losses(nobody)["classification"]
    loss.backward()
    assert loss.isfinite()
    assert all(values.isfinite().all() for values in made.buffers())
    some = batch.mask.clone()
    some[0] = False
    assert made(batch._replace(mask=some)).isfinite().all()


def test_a_batch_is_not_changed() -> None:
    batch = some_batch()
    fields = [field for field in batch if field is not None]
    before = [field.clone() for field in fields]
    network().losses(batch)["classification"].backward()
    for field, was in zip(fields, before, strict=True):
        torch.testing.assert_close(field, was, atol=0, rtol=0)


# Training


@TOPOLOGIES
def test_padding_leaves_no_mark_on_statistics_or_gradients(topology: Topology) -> None:
    batch = some_batch()
    one, other = shaken(topology=topology).train(), shaken(topology=topology).train()
    other.load_state_dict(one.state_dict())
    one.losses(batch)["classification"].backward()
    other.losses(padded(batch, frames=12, people=1))["classification"].backward()
    for (name, wanted), found in zip(one.named_buffers(), other.buffers(), strict=True):
        torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4, msg=name)
    for (name, wanted), found in zip(one.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(found.grad, wanted.grad, atol=1e-4, rtol=1e-3, msg=name)


@TOPOLOGIES
def test_gradients_reach_every_parameter(topology: Topology) -> None:
    made = shaken(topology=topology).train()  # shaken, as CTR-GCN's strength begins at zero
    made.losses(some_batch())["classification"].backward()
    for name, values in made.named_parameters():
        assert values.grad is not None, name
        assert values.grad.isfinite().all(), name
        assert values.grad.abs().sum() > 0, name


def arms() -> ClipBatch:
    """Clips in which the right or the left wrist goes up by a metre."""
    labels = torch.arange(16) % 2
    joints = 0.1 * torch.randn(16, 1, 12, J, 3)
    joints[torch.arange(16), 0, :, 6 + labels, 1] += torch.linspace(0, 1, 12)
    return ClipBatch(joints, torch.ones(16, 1, 12).bool(), labels, torch.full((16,), 12))


@TOPOLOGIES
def test_it_learns_which_arm_is_raised(topology: Topology) -> None:
    made = network(classes=2, topology=topology, width=8, depths=(1, 1))
    optimizer = torch.optim.Adam(made.parameters(), lr=0.01)
    for _ in range(40):
        optimizer.zero_grad()
        made.losses(arms())["classification"].backward()
        optimizer.step()
    others = arms()
    assert (made.eval()(others).argmax(dim=1) == others.labels).all()


@TOPOLOGIES
def test_half_the_precision_gives_nearly_the_same(topology: Topology) -> None:
    made, batch = shaken(topology=topology), some_batch()
    wanted = made(batch)
    with torch.autocast("cpu", torch.bfloat16):
        found = made(batch)
        loss = made.train().losses(batch)["classification"]
    loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in made.parameters())
    torch.testing.assert_close(found.float(), wanted, atol=0.03, rtol=0.03)


def test_dropout_drops_in_training_alone() -> None:
    made, batch = shaken(dropout=0.5), some_batch()
    torch.testing.assert_close(made(batch), made(batch), atol=0, rtol=0)
    made.train()
    assert (made(batch) - made(batch)).abs().max() > 1e-3


def test_the_loss_is_the_cross_entropy_of_the_answers() -> None:
    made, batch = shaken(), some_batch()
    wanted = -torch.log_softmax(made(batch), dim=1)[torch.arange(B), batch.labels].mean()
    losses = made.losses(batch)
    assert list(losses) == ["classification"]
    torch.testing.assert_close(losses["classification"], wanted, atol=1e-5, rtol=1e-5)


def test_a_smoothed_loss_asks_a_little_of_every_class() -> None:
    made, batch = shaken(label_smoothing=0.2), some_batch()
    logs = -torch.log_softmax(made(batch), dim=1)
    wanted = 0.8 * logs[torch.arange(B), batch.labels].mean() + 0.2 * logs.mean()
    loss = made.losses(batch)["classification"]
    torch.testing.assert_close(loss, wanted, atol=1e-5, rtol=1e-5)


# Shapes and sizes


@pytest.mark.parametrize("joint_set", ["kinect20", "kinect25", "coco17", "blazepose33"])
def test_every_joint_set_has_a_network(joint_set: str) -> None:
    made = network(joint_set=joint_set)
    joints = torch.randn(2, 1, 8, len(made.parents), 3)
    batch = ClipBatch(joints, torch.ones(2, 1, 8).bool(), torch.zeros(2).long(), torch.tensor(8))
    assert made(batch).shape == (2, A)


def test_each_stage_is_twice_as_wide_and_half_as_long() -> None:
    made = network(width=8, depths=(2, 1, 2))
    shapes = [(b.temporal.enter.in_channels, b.stride) for b in made.blocks]  # type: ignore[union-attr]
    assert shapes == [(8, 1), (8, 1), (16, 2), (32, 2), (32, 1)]
    assert made.classify.in_features == 32


def test_it_reads_the_streams_that_it_names() -> None:
    bones = shaken(streams=("bone",))
    batch = some_batch()
    moved = batch._replace(joints=batch.joints + torch.tensor([1.0, 0, 2]))
    torch.testing.assert_close(bones(moved), bones(batch), atol=1e-4, rtol=1e-4)
    joints = shaken(streams=["joint"])
    assert (joints(moved) - joints(batch)).abs().max() > 1e-2


def test_published_sizes() -> None:
    # PYSKL's table for ST-GCN++: 1.39 M for 25 joints and 60 classes, on one stream.
    made = GraphRecognizer(joint_set="kinect25", people=2, classes=60, streams=["joint"])
    assert sum(p.numel() for p in made.parameters()) == pytest.approx(1.39e6, rel=0.02)


def test_another_network_takes_the_weights_over() -> None:
    made, batch = shaken(), some_batch()
    again = network().eval()
    again.load_state_dict(made.state_dict())
    torch.testing.assert_close(again(batch), made(batch), atol=0, rtol=0)


# What it refuses


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"joint_set": "lcr14"}, "unknown joint set 'lcr14'"),
        ({"people": 0}, "people and classes must be 1 or more, got 0 and 5"),
        ({"classes": 0}, "people and classes must be 1 or more, got 3 and 0"),
        ({"streams": ("joint", "angle")}, r"streams \('joint', 'angle'\): name one or more"),
        ({"streams": ()}, "name one or more of joint"),
        ({"depths": ()}, r"depths must be 1 or more blocks for each stage, got \(\)"),
        ({"depths": (2, 0)}, r"each stage, got \(2, 0\)"),
        ({"dilations": (0, 1)}, r"dilations must be 1 or more frames each, got \(0, 1\)"),
        ({"dilations": ()}, "dilations must be 1 or more"),
        ({"width": 5}, "width must be 6 or more, a channel for each branch, got 5"),
        ({"topology": "random"}, "unknown topology 'random': there are fixed, adaptive, chan"),
        ({"dropout": 1.5}, "dropout"),
    ],
)
def test_a_network_that_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        network(**changes)


def test_other_joints_or_more_people_are_refused() -> None:
    made, batch = network(), some_batch()
    with pytest.raises(ValueError, match=r"joints \(B, up to 3, T, 13, 3\).*got joints \(4, 2, 19"):
        made(batch._replace(joints=batch.joints[..., :12, :]))
    with pytest.raises(ValueError, match=r"up to 3.*got joints \(4, 4, 19, 13, 3\)"):
        made(padded(batch, people=2))
    with pytest.raises(ValueError, match=r"mask \(4, 2, 18\)"):
        made(batch._replace(mask=batch.mask[:, :, :-1]))


@pytest.mark.parametrize("label", [-1, A])
def test_a_clip_without_a_known_label_trains_nothing(label: int) -> None:
    batch = some_batch()
    labels = torch.tensor([0, label, 1, 2])
    with pytest.raises(ValueError, match=rf"labels must be in 0 to 4, got \[0, {label}, 1, 2\]"):
        network().losses(batch._replace(labels=labels))
