"""The video-pose network: what the mask hides, what can be drawn, that it learns, and refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from recognizers.inputs.batch import ClipBatch
from recognizers.stored_weights import RECOGNIZER
from tests.made_samples import seeded
from tests.made_vpn import BACKBONE, MAP, A, B, J, T, apart, network, some_batch, total
from wildpose.tensor_files import write_tensors


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


# Masks


def test_nobody_is_seen_behind_the_end_of_a_clip() -> None:
    made, batch = network(), some_batch()
    shorter = batch._replace(lengths=torch.tensor([2, T, T]))
    cut = batch.mask.clone()
    cut[0, :, 2:] = False
    torch.testing.assert_close(made(shorter), made(batch._replace(mask=cut)), atol=0, rtol=0)
    assert apart(made(shorter)[0], made(batch)[0]) > 1e-6


def test_each_clip_is_answered_by_itself() -> None:
    made, batch = network(people_read=2), some_batch()
    together = made(batch)
    for b in range(B):
        fields = {n: v[b : b + 1] for n, v in batch._asdict().items() if v is not None}
        torch.testing.assert_close(made(ClipBatch(**fields))[0], together[b], atol=1e-5, rtol=0)


def test_the_second_person_counts_where_two_are_read() -> None:
    batch = some_batch()
    first = batch._replace(mask=batch.mask & torch.tensor([True, False])[:, None])
    one, two = network(), network(people_read=2)
    torch.testing.assert_close(one(first), one(batch), atol=0, rtol=0)
    assert apart(two(first)[0], two(batch)[0]) > 1e-5


def test_a_batch_is_not_changed() -> None:
    batch = some_batch()
    before = [None if field is None else field.clone() for field in batch]
    total(network().train().losses(batch)).backward()
    for field, was in zip(batch, before, strict=True):
        assert field is was or torch.equal(field, was)  # type: ignore[arg-type]


# Drawing


def test_attention_is_there_to_be_drawn_without_pictures() -> None:
    made, batch = network(), some_batch()
    spatial, temporal = made.attention(batch._replace(frames=None))
    assert spatial.shape == (B, *MAP[1:]) and temporal.shape == (B, MAP[0])
    assert (spatial > 0).all() and (spatial < 1).all()
    torch.testing.assert_close(temporal.sum(dim=1), torch.ones(B))
    assert made.joint_activations(batch).shape == (B, T, J)
    assert network(people_read=2).joint_activations(batch).shape == (B, T, 2 * J)


def test_the_backbone_alone_has_nothing_to_draw() -> None:
    made, batch = network(attention="none", embedding="none"), some_batch()
    with pytest.raises(ValueError, match="the video backbone alone: it has no attention"):
        made.attention(batch)


# Learning


def test_it_goes_on_from_the_backbone_alone(tmp_path: Path) -> None:
    alone = network(attention="none", embedding="none")
    with torch.no_grad():
        for values in alone.backbone.parameters():
            values.add_(0.1)
    file = tmp_path / "alone.safetensors"
    write_tensors(file, alone.state_dict(), {"format": RECOGNIZER})
    whole = network(backbone={**BACKBONE, "pretrained": str(file)})
    for name, values in whole.backbone.state_dict().items():
        torch.testing.assert_close(values, alone.backbone.state_dict()[name], atol=0, rtol=0)


def test_half_the_precision_gives_nearly_the_same() -> None:
    made, batch = network(), some_batch()
    wanted = made(batch)
    with torch.autocast("cpu", torch.bfloat16):
        found = made(batch)
        losses = made.losses(batch)
    torch.testing.assert_close(found.float(), wanted, atol=0.03, rtol=0.03)
    total(losses).backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in made.parameters())


@pytest.mark.parametrize("options", [{}, {"attention": "none", "embedding": "none"}])
def test_it_learns_a_few_clips_by_heart(options: dict[str, Any]) -> None:
    made, batch = network(**options).train(), some_batch()
    step = torch.optim.Adam(made.parameters(), lr=0.01)
    before = made.losses(batch)["classification"].item()
    for _ in range(30):
        step.zero_grad()
        total(made.losses(batch)).backward()
        step.step()
    assert made.losses(batch)["classification"].item() < 0.3 * before


# What it refuses


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"classes": 0}, "people and classes must be 1 or more, got 2 and 0"),
        ({"people_read": 3}, "people_read must be 1 to 2, people of a clip, got 3"),
        ({"people_read": 0}, "people_read must be 1 to 2"),
        ({"trade_off": 0.0}, "trade_off must be above 0 and up to 1, .* got 0.0 and 1e-05"),
        ({"regularizer": -1.0}, "regularizer not negative, got 0.8 and -1.0"),
        ({"attention": "both"}, "attention 'both' is none of none, coupled, separate, spatial"),
        ({"attention": "none"}, "without attention embedding must be 'none', got 'euclid'"),
        ({"head": "flat"}, "head 'flat' is none of pooled, moments"),
        ({"map_size": (2, 2)}, r"map_size must be t, h and w"),
        ({"joint_set": "lcr14"}, "unknown joint set 'lcr14'"),
        ({"backbone": {"type": "I4D"}}, "unknown backbone 'I4D'"),
        ({"dropout": 1.5}, "dropout"),
    ],
)
def test_a_network_that_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        network(**options)


def test_batches_that_it_is_not_for_are_refused() -> None:
    made, batch = network(), some_batch()
    with pytest.raises(ValueError, match=r"expected frames \(B, 1 or more, 3, H, W\), got"):
        made(batch._replace(frames=None))
    with pytest.raises(ValueError, match=r"expected joints \(B, M, up to 4, 13, 3\)"):
        made(batch._replace(joints=batch.joints[..., :12, :]))
    three = batch._replace(
        joints=torch.zeros(B, 3, T, J, 3), mask=torch.zeros(B, 3, T, dtype=torch.bool)
    )
    with pytest.raises(ValueError, match="expected up to 2 people in a clip, got 3"):
        made(three)
    with pytest.raises(ValueError, match=r"got \(8, 1, 2, 3\): set map_size"):
        made(batch._replace(frames=batch.frames[:, :2]))  # type: ignore[index]


@pytest.mark.parametrize("label", [-1, A])
def test_a_clip_without_a_known_label_trains_nothing(label: int) -> None:
    batch = some_batch()
    labels = torch.tensor([0, label, 1])
    with pytest.raises(ValueError, match=rf"labels must be in 0 to 4, got \[0, {label}, 1\]"):
        network().losses(batch._replace(labels=labels))
