"""Recurrent recognizers have the thesis' sizes, read what they say, and keep to the mask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from recognizers.skeleton_graph import skeleton_graph
from recognizers.skeleton_rnn.network import SkeletonRnn
from tests.made_samples import seeded
from tests.made_skeleton_batches import (
    RUBBISH,
    alone,
    batch_of,
    padded,
    some_batch,
    with_rubbish,
)

VARIANTS: dict[str, dict] = {
    "baseline": {"cell": "lstm"},
    "improved baseline": {},
    "torch's gru": {"cell": "fast_gru"},
    "standard": {"cell": "rnn"},
    "best": {"transformer": "affine", "sparsity": 0.01},
    "fewer virtual joints": {"transformer": "convex", "virtual_joints": 3},
    "bidirectional": {"bidirectional": True},
    "bidirectional of torch": {"bidirectional": True, "cell": "fast_gru", "head": "ends"},
    "every step": {"bidirectional": True, "head": "every_step"},
    "inattention": {"bidirectional": True, "head": "every_step", "hardest": 3, "cell": "lstm"},
    "mean logits": {"head": "mean_logits"},
    "motion": {"streams": ["joint_motion"]},
    "combined": {"streams": ["joint", "joint_motion"], "transformer": "affine"},
    "two streams": {"streams": ["joint", "joint_motion"], "fusion": "late"},
}
each_variant = pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def network(**options: object) -> SkeletonRnn:
    """A small one, its biases random too, as in use."""
    given: dict = {"joints": 5, "people": 2, "classes": 3, "units": 6, **options}
    made = SkeletonRnn(**given)
    with torch.no_grad():
        for name, values in made.named_parameters():
            if "bias" in name:
                values.normal_()
    return made.eval()


# Sizes


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 195_900 + 6_060),
        ({"people": 1}, 173_400 + 6_060),
        ({"joints": 13, "people": 1}, 162_600 + 6_060),
        ({"cell": "fast_gru"}, 195_900 + 900 + 6_060),
        ({"cell": "lstm"}, 261_200 + 6_060),
        ({"transformer": "affine"}, 195_900 + 6_060 + 625),
        ({"units": 200, "bidirectional": True, "head": "every_step"}, 1_863_600 + 24_060),
    ],
)
def test_networks_for_ntu_are_as_large_as_the_thesis(options: dict, count: int) -> None:
    made = SkeletonRnn(**{"joints": 25, "people": 2, "classes": 60, **options})
    assert sum(p.numel() for p in made.parameters()) == count


def test_streams_beside_each_other_widen_the_input_alone() -> None:
    def count(**options: object) -> int:
        return sum(p.numel() for p in network(**options).parameters())

    both = ["joint", "joint_motion"]
    assert count(streams=both) - count() == 3 * 6 * 30  # three gates of six units
    assert count(streams=both, fusion="late") == 2 * count()


# Masks


@each_variant
def test_padding_and_what_stands_in_unseen_frames_change_no_answer(options: dict) -> None:
    made, batch = network(**options), some_batch((7, 4, 1, 7))
    wanted, losses = made(batch), made.losses(batch)
    assert wanted.shape == (4, 3)
    longer = padded(batch, 5)
    for same in (longer, *(with_rubbish(longer, value) for value in RUBBISH)):
        torch.testing.assert_close(made(same), wanted, atol=1e-5, rtol=0)
        torch.testing.assert_close(made.losses(same), losses, atol=1e-5, rtol=0)


@each_variant
def test_a_clip_in_a_batch_is_scored_as_alone(options: dict) -> None:
    made, batch = network(**options), some_batch((7, 4, 1, 7))
    together = made(batch)
    for clip in range(4):
        torch.testing.assert_close(made(alone(batch, clip))[0], together[clip], atol=1e-5, rtol=0)


@each_variant
def test_frames_that_show_nobody_are_as_if_they_were_not(options: dict) -> None:
    if "joint_motion" in options.get("streams", ()):
        options = {**options, "streams": ["joint"]}  # over a gap no motion is known
    made, batch = network(**options), some_batch((6,))
    wider = batch_of(torch.zeros(1, 2, 9, 5, 3), torch.zeros(1, 2, 9, dtype=torch.bool))
    for to, frame in zip((1, 2, 3, 5, 6, 8), range(6), strict=True):
        wider.joints[:, :, to] = batch.joints[:, :, frame]
        wider.mask[:, :, to] = batch.mask[:, :, frame]
    torch.testing.assert_close(made(wider), made(batch), atol=1e-5, rtol=0)


@each_variant
def test_who_is_nowhere_is_zeros_and_may_be_left_out(options: dict) -> None:
    made, batch = network(**options), some_batch((6, 3), people=1)
    two = batch._replace(
        joints=torch.cat([batch.joints, torch.full_like(batch.joints, 7.0)], dim=1),
        mask=torch.cat([batch.mask, torch.zeros_like(batch.mask)], dim=1),
    )
    torch.testing.assert_close(made(two), made(batch), atol=0, rtol=0)


@each_variant
@pytest.mark.parametrize("T", [0, 1, 3])
def test_clips_of_nobody_get_finite_scores_and_gradients(options: dict, T: int) -> None:
    made = network(**options).train()
    nobody = torch.zeros(2, 2, T, 5, 3), torch.zeros(2, 2, T, dtype=torch.bool)
    batch = batch_of(*nobody)
    assert torch.isfinite(made(batch)).all()
    sum(made.losses(batch).values(), torch.zeros(())).backward()
    assert all(p.grad is None or torch.isfinite(p.grad).all() for p in made.parameters())


# Streams


def test_people_behind_those_that_are_read_change_no_answer() -> None:
    made, batch = network(people_read=1).eval(), some_batch((6, 3))
    alone = network(people=1).eval()
    alone.load_state_dict(made.state_dict())
    first = batch._replace(joints=batch.joints[:, :1], mask=batch.mask[:, :1])
    torch.testing.assert_close(made(batch), alone(first), atol=0, rtol=0)
    assert (network()(batch) - network()(first)).abs().max() > 1e-4


def test_motion_is_blind_to_where_a_clip_takes_place_and_joints_are_not() -> None:
    batch = some_batch((7, 5))
    moved = batch._replace(joints=batch.joints + torch.tensor([3.0, 0.0, -1.0]))
    motion, joints = network(streams=["joint_motion"]), network()
    torch.testing.assert_close(motion(moved), motion(batch), atol=1e-5, rtol=0)
    assert (joints(moved) - joints(batch)).abs().max() > 1e-2


def test_motion_has_one_step_less_than_the_clip() -> None:
    made = network(streams=["joint_motion"], motion_scale=30.0)
    one = batch_of(torch.randn(1, 1, 4, 5, 3), torch.ones(1, 1, 4, dtype=torch.bool))
    (steps,) = made._read(one)
    assert steps.lengths.tolist() == [3]
    wanted = 30 * (one.joints[0, 0, 1:] - one.joints[0, 0, :-1]).flatten(1)
    torch.testing.assert_close(steps.vectors[0, :, :15], wanted, atol=1e-4, rtol=0)
    assert not steps.vectors[0, :, 15:].any()


def test_streams_lie_side_by_side_for_every_joint() -> None:
    names = ["joint", "bone", "joint_motion"]
    made = network(joints=13, joint_set="lcr13", streams=names, motion_scale=2.0, people=1)
    joints = torch.randn(1, 1, 3, 13, 3)
    (steps,) = made._read(batch_of(joints, torch.ones(1, 1, 3, dtype=torch.bool)))
    assert steps.lengths.tolist() == [3]
    place, bone, motion = steps.vectors.view(3, 13, 3, 3).unbind(dim=2)
    torch.testing.assert_close(place, joints[0, 0])
    starts = torch.tensor(skeleton_graph("lcr13").parents) @ joints[0, 0]
    torch.testing.assert_close(bone, joints[0, 0] - starts)
    torch.testing.assert_close(motion[:2], 2 * (joints[0, 0, 1:] - joints[0, 0, :-1]))
    assert not motion[2].any()


def test_two_streams_average_their_probabilities_and_add_their_losses() -> None:
    both, batch = network(streams=["joint", "joint_motion"], fusion="late"), some_batch((7, 5))
    single = [network(streams=[name]) for name in ("joint", "joint_motion")]
    for made, stream in zip(single, both.networks, strict=True):
        made.networks[0].load_state_dict(stream.state_dict())
    wanted = torch.stack([torch.softmax(made(batch), dim=1) for made in single]).mean(dim=0)
    torch.testing.assert_close(both(batch).exp(), wanted)
    costs = [made.losses(batch)["classification"] for made in single]
    torch.testing.assert_close(both.losses(batch)["classification"], sum(costs))


def test_a_transformer_in_front_mixes_joints_and_names_its_costs() -> None:
    batch = some_batch((7, 5))
    made = network(transformer="convex", sparsity=0.1)
    assert made.transformer is not None
    mixed = batch._replace(joints=made.transformer(batch.joints))
    plain = network()
    plain.networks.load_state_dict(made.networks.state_dict())
    torch.testing.assert_close(made(batch), plain(mixed), atol=1e-5, rtol=0)
    costs = made.losses(batch)
    assert set(costs) == {"classification", "positivity", "sparsity"}
    torch.testing.assert_close(costs["sparsity"], made.transformer.penalties()["sparsity"])


# Learning


@pytest.mark.parametrize(
    "options",
    [
        {"transformer": "affine"},
        {"bidirectional": True, "head": "every_step", "hardest": 4},
        {"streams": ["joint_motion"], "cell": "lstm", "motion_scale": 30.0},
    ],
    ids=["best", "inattention", "motion"],
)
def test_it_learns_which_way_people_walk(options: dict) -> None:
    way = torch.tensor([-1.0, 1.0]).repeat(12)
    T = 8
    walk = way[:, None, None, None, None] * torch.arange(T).view(1, 1, T, 1, 1) / 30
    joints = torch.randn(24, 1, 1, 5, 3) + walk * torch.tensor([1.0, 0.0, 0.0])
    labels = (way > 0).long().tolist()
    batch = batch_of(joints, torch.ones(24, 1, T, dtype=torch.bool), labels)
    made = network(people=1, units=16, layers=2, classes=2, keep=0.9, **options).train()
    step = torch.optim.Adam(made.parameters(), lr=0.02)
    for _ in range(40):
        step.zero_grad()
        sum(made.losses(batch).values(), torch.zeros(())).backward()
        step.step()
    found = made.eval()(batch).argmax(dim=1)
    assert (found == batch.labels).float().mean() > 0.95


# What it refuses


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"people": 0}, "expected joints, people and channels >= 1"),
        ({"people_read": 3}, "people_read must be 1 to 2"),
        ({"classes": 0}, r"expected classes >= 1 .*, got classes=0"),
        ({"keep": 0.0}, r"keep in \(0, 1\], got classes=3, keep=0.0"),
        ({"head": "first"}, "head 'first' is none of last, ends, every_step, mean_logits"),
        ({"hardest": 5}, "with the head every_step alone; got 5 and last"),
        ({"hardest": 0, "head": "every_step"}, "hardest must be at least 1"),
        ({"streams": ["joints"]}, "streams .*joints.*: name one or more of joint, bone"),
        ({"streams": []}, "name one or more of"),
        ({"fusion": "middle"}, "fusion 'middle' is none of early, late"),
        ({"streams": ["bone"]}, "bones need joint_set"),
        ({"streams": ["bone"], "joint_set": "lcr13"}, "lcr13 has 13 joints, got joints=5"),
        ({"sparsity": 0.1}, "are a transformer's: name its kind"),
        ({"virtual_joints": 9}, "are a transformer's: name its kind"),
        ({"transformer": "afine"}, "'afine' is none of"),
        ({"cell": "grue"}, "cell 'grue' is none of"),
    ],
)
def test_arguments_that_cannot_be_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        network(**options)


def test_clips_of_other_joints_or_more_people_are_refused() -> None:
    made = network()
    with pytest.raises(ValueError, match=r"up to 2, T, 5, 3\) .* got joints \(3, 2, 7, 6, 3\)"):
        made(some_batch(joints=6))
    with pytest.raises(ValueError, match=r"got joints \(3, 3, 7, 5, 3\)"):
        made(some_batch(people=3))


@pytest.mark.parametrize("label", [-1, 3])
def test_training_needs_labels_of_its_classes(label: int) -> None:
    made, batch = network(), some_batch()
    unlabelled = batch._replace(labels=torch.full((3,), label))
    assert torch.equal(made(unlabelled), made(batch))
    with pytest.raises(ValueError, match="labels must be in 0 to 2"):
        made.losses(unlabelled)
