"""The Glimpse Clouds recognizer: what each choice changes, what it learns and refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from recognizers.glimpse_clouds import GlimpseClouds
from recognizers.glimpse_clouds.pose_losses import glimpse_loss, pose_loss
from recognizers.inputs.batch import ClipBatch
from tests.made_samples import seeded

B, M, F, J, A, PX = 3, 2, 3, 13, 4, 32
SMALL = {"type": "SmallVideo", "stage_channels": (8, 8, 8, 16)}


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def small(**changes: Any) -> GlimpseClouds:
    values: dict[str, Any] = {
        "joint_set": "lcr13", "people": M, "classes": A, "backbone": SMALL, "crop": 2,
        "attention_units": 7, "worker_units": 6,
    }  # fmt: skip
    return GlimpseClouds(**{**values, **changes})


def some_batch() -> ClipBatch:
    """Two people, one person, and nobody whose joints are known."""
    seen = torch.ones(B, M, F, J).bool()
    seen[0, 0, :, 3:5] = False
    seen[1, 1] = False
    seen[2] = False
    return ClipBatch(
        joints=torch.zeros(B, M, 1, J, 3),
        mask=seen.any(dim=(2, 3))[..., None],
        labels=torch.tensor([0, 3, 1]),
        lengths=torch.ones(B).long(),
        frames=torch.randint(0, 256, (B, F, 3, PX, PX), dtype=torch.uint8),
        joints_2d=(2 * torch.rand(B, M, F, J, 2) - 1) * seen[..., None],
        seen_2d=seen,
    )


def shapes(made: nn.Module) -> dict[str, tuple[torch.Size, bool]]:
    return {name: (v.shape, v.requires_grad) for name, v in made.named_parameters()}


def twins(**changes: Any) -> tuple[GlimpseClouds, GlimpseClouds]:
    """Two networks of the same weights, the second with a choice that needs no other ones."""
    first, second = small(), small(**changes)
    second.load_state_dict(first.state_dict())
    return first.eval(), second.eval()


# Choices


@pytest.mark.parametrize(
    ("changes", "concerned"),
    [
        ({"pose_weight": 0.0}, ["global_model.pose."]),
        ({"glimpse_weight": 0.0}, []),
        ({"fuse_global": True}, ["global_model.classify."]),
        ({"answer": "last"}, []),
        ({"attention": "saliency"}, ["cloud.attention."]),
        ({"attention": "random"}, ["cloud.attention."]),
        ({"attention": "tubes"}, ["cloud.assign."]),
        ({"attention_reads": "what"}, []),
        ({"attention_units": 5}, ["cloud.attention."]),
        ({"assignment": "sum", "workers": 1}, ["cloud.assign.", "cloud.workers."]),
        ({"distance": "random"}, []),
        ({"distance": "fixed"}, ["cloud.assign.factor"]),
        (
            {"encoding": "concat"},
            ["cloud.encode.", "cloud.assign.factor", "cloud.attention.", "cloud.workers.recurrent"],
        ),
        ({"glimpses": 4}, ["cloud.assign.first"]),
        ({"workers": 2}, ["cloud.assign.first", "cloud.workers."]),
        ({"distance_scope": "clip", "memory_frames": 1, "decay": 1, "temperature": 1.0}, []),
        ({"joint_set": "kinect25"}, ["global_model.pose."]),
        ({"classes": 7}, ["cloud.workers.classify."]),
    ],
)
def test_a_choice_changes_the_weights_that_it_concerns_and_no_others(
    changes: dict[str, Any], concerned: list[str]
) -> None:
    usual, changed = shapes(small()), shapes(small(**changes))
    differing = {
        name for name in usual.keys() | changed.keys() if usual.get(name) != changed.get(name)
    }
    for beginning in concerned:
        assert any(name.startswith(beginning) for name in differing), beginning
    assert all(name.startswith(tuple(concerned)) for name in differing), differing
    assert small(**changes).eval()(some_batch()).isfinite().all()


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, {"classification", "pose", "glimpses"}),
        ({"pose_weight": 0.0}, {"classification", "glimpses"}),
        ({"glimpse_weight": 0.0}, {"classification", "pose"}),
        ({"pose_weight": 0.0, "glimpse_weight": 0.0}, {"classification"}),
        ({"fuse_global": True}, {"classification", "global", "pose", "glimpses"}),
        ({"attention": "random"}, {"classification", "pose"}),
        ({"attention": "tubes"}, {"classification", "pose", "glimpses"}),
        ({"stage": "global"}, {"classification", "pose"}),
        ({"stage": "global", "pose_weight": 0.0}, {"classification"}),
    ],
)
def test_each_part_learns_by_the_losses_that_were_chosen(
    changes: dict[str, Any], names: set[str]
) -> None:
    made = small(**changes).train()
    costs = made.losses(some_batch())
    assert next(iter(costs)) == "classification"
    assert costs.keys() == names
    assert all(cost.shape == () and cost > 0 for cost in costs.values())
    sum(costs.values(), torch.zeros(())).backward()
    for name, values in made.named_parameters():
        assert values.grad is not None, name
        assert values.grad.isfinite().all(), name


def test_losses_are_those_of_the_answer_the_poses_and_the_places() -> None:
    made, batch = small(pose_weight=0.3, glimpse_weight=0.7).eval(), some_batch()
    assert batch.joints_2d is not None and batch.seen_2d is not None and batch.frames is not None
    costs = made.losses(batch)
    poses = made.global_model.poses(made.global_model(batch.frames).contexts)
    assert poses.shape == (B, F, M, J, 2)
    assert poses.abs().max() <= 1
    truth = (batch.joints_2d, batch.seen_2d)
    for name, wanted in {
        "classification": cross_entropy(made(batch), batch.labels),
        "pose": 0.3 * pose_loss(poses, *truth),
        "glimpses": 0.7 * glimpse_loss(made.glimpses(batch).locations, *truth),
    }.items():
        torch.testing.assert_close(costs[name], wanted, atol=1e-6, rtol=1e-5)


def test_the_answer_is_the_workers_mean_over_time_or_their_sum_at_the_end() -> None:
    mean, last = twins(answer="last")
    batch = some_batch()
    assert mean.cloud is not None and batch.frames is not None
    said = mean.cloud.workers.logits(mean.cloud(*mean.global_model(batch.frames)).states)
    assert said.shape == (B, F, 3, A)
    torch.testing.assert_close(mean(batch), said.mean(dim=(1, 2)))
    torch.testing.assert_close(last(batch), said[:, -1].sum(dim=1))
    assert (mean(batch) - last(batch)).abs().max() > 1e-3


def test_fused_the_global_model_counts_as_much_as_the_workers() -> None:
    alone, fused, batch = small().eval(), small(fuse_global=True).eval(), some_batch()
    assert batch.frames is not None
    alone.load_state_dict(fused.state_dict(), strict=False)
    said = fused.global_model.logits(fused.global_model(batch.frames).maps)
    torch.testing.assert_close(fused(batch), (alone(batch) + said) / 2)
    costs = fused.losses(batch)
    torch.testing.assert_close(costs["global"], cross_entropy(said, batch.labels))
    torch.testing.assert_close(costs["classification"], alone.losses(batch)["classification"])


def test_the_first_stage_answers_by_the_mean_of_its_last_map() -> None:
    made, batch = small(stage="global").eval(), some_batch()
    assert batch.frames is not None and made.global_model.classify is not None
    clips = made.global_model.backbone.normalised(batch.frames).transpose(1, 2)
    third, fourth = made.global_model.backbone.forward_stages(clips)[2:]
    wanted = made.global_model.classify(fourth.mean(dim=(2, 3, 4)))
    torch.testing.assert_close(made(batch), wanted)
    contexts = made.global_model(batch.frames).contexts
    torch.testing.assert_close(contexts, third.mean(dim=(3, 4)).transpose(1, 2))


def test_glimpses_are_within_the_picture_and_shared_out() -> None:
    made = small(glimpses=2, workers=4).eval()
    found = made.glimpses(some_batch())
    assert found.locations.shape == found.scales.shape == (B, F, 2, 2)
    assert found.weights.shape == (B, F, 2, 4)
    assert found.locations.abs().max() <= 1
    assert found.scales.min() >= 0 and found.scales.max() <= 1
    torch.testing.assert_close(found.weights.sum(dim=2), torch.ones(B, F, 4))


def test_poses_are_not_read_to_answer() -> None:
    made, batch = small().eval(), some_batch()
    without = batch._replace(joints_2d=None, seen_2d=None, joints=batch.joints + torch.nan)
    assert torch.equal(made(batch), made(without))


def test_with_distances_over_each_clip_each_is_answered_by_itself() -> None:
    made, batch = small(distance_scope="clip").eval(), some_batch()
    for b in range(B):
        assert batch.frames is not None
        alone = batch._replace(frames=batch.frames[b : b + 1])
        torch.testing.assert_close(made(alone)[0], made(batch)[b], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("grey", [0, 255])
def test_pictures_of_nothing_have_a_finite_answer_and_gradients(grey: int) -> None:
    made, batch = small(), some_batch()
    assert batch.frames is not None and batch.seen_2d is not None
    empty = batch._replace(
        frames=torch.full_like(batch.frames, grey), seen_2d=torch.zeros_like(batch.seen_2d)
    )
    assert made(empty).isfinite().all()
    sum(made.losses(empty).values(), torch.zeros(())).backward()
    for name, values in made.named_parameters():
        assert values.grad is not None and values.grad.isfinite().all(), name


def test_under_autocast_the_cloud_keeps_full_precision() -> None:
    made, batch = small().eval(), some_batch()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found, costs = made.glimpses(batch), made.losses(batch)
    assert found.locations.dtype == torch.float32
    assert all(cost.isfinite() for cost in costs.values())


def test_it_learns_where_a_spot_is_that_names_the_action() -> None:
    frames = torch.full((4, 2, 3, PX, PX), 90, dtype=torch.uint8)
    for clip in range(4):
        row, column = divmod(clip, 2)
        frames[clip, :, clip % 3, 16 * row : 16 * row + 8, 16 * column : 16 * column + 8] = 255
    batch = some_batch()._replace(frames=frames, labels=torch.arange(4))
    made = small(pose_weight=0.0, glimpse_weight=0.0).train()
    optimizer = torch.optim.Adam(made.parameters(), lr=0.01)
    first = made.losses(batch)["classification"].item()
    for _ in range(40):
        optimizer.zero_grad()
        made.losses(batch)["classification"].backward()
        optimizer.step()
    assert first > 1.2
    assert made.losses(batch)["classification"] < 0.3
    assert made.eval()(batch).argmax(dim=1).tolist() == [0, 1, 2, 3]


# What is refused


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stage": "second"}, "stage 'second' is none of global, clouds"),
        ({"answer": "first"}, "answer 'first' is none of mean, last"),
        ({"people": 0}, "expected people and classes >= 1"),
        ({"pose_weight": -1.0}, "pose_weight must be 0 or more, got -1.0"),
        ({"glimpse_weight": float("nan")}, "glimpse_weight must be 0 or more, got nan"),
        ({"attention": "hard"}, "attention 'hard' is none of"),
        ({"backbone": {"type": "SmallImage"}}, "SmallImage gives no maps of its stages"),
    ],
)
def test_networks_that_cannot_be_built_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"frames": None}, r"expected frames \(B, 1 or more, 3, H, W\), got none"),
        ({"frames": torch.zeros(B, 3, PX, PX).byte()}, r"got \(3, 3, 32, 32\)"),
        ({"frames": torch.zeros(B, F, 3, PX, PX)}, "expected uint8 pictures"),
        ({"labels": torch.tensor([0, -1, 1])}, "labels must be in 0 to 3"),
        ({"joints_2d": None}, "no joints_2d to learn poses from"),
        ({"seen_2d": None}, "no joints_2d to learn poses from"),
        ({"joints_2d": torch.zeros(B, M, F, J + 1, 2)}, "expected joints_2d"),
        ({"joints_2d": torch.zeros(B, M, F + 1, J, 2)}, "expected joints_2d"),
        ({"seen_2d": torch.zeros(B, M, F).bool()}, "expected joints_2d"),
    ],
)
def test_batches_that_do_not_fit_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        small().losses(some_batch()._replace(**changes))


def test_more_people_than_it_finds_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected joints_2d \(3, up to 1, 3, 13, 2\)"):
        small(people=1).losses(some_batch())


def test_the_first_stage_has_no_glimpses() -> None:
    with pytest.raises(ValueError, match="the first stage, stage='global', has no glimpses"):
        small(stage="global").glimpses(some_batch())
