"""Rows of VPN's tables: each gives scores, learns, keeps to the mask, and differs in its part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn

from recognizers.vpn.rows import ROWS
from tests.made_samples import seeded
from tests.made_vpn import LSTM, A, B, apart, network, some_batch, total

OPTIONS: dict[str, dict[str, Any]] = {
    **{
        name: {**row.network, **({"pose_backbone": LSTM} if "pose_backbone" in row.network else {})}
        for name, row in ROWS.items()
    },
    "whole": {},
    "two people": {"people_read": 2},
    "the code's": {"head": "moments", "pose_backbone": {"type": "gcn", "filters": "bank"}},
}
each_row = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


@each_row
def test_every_row_gives_scores_and_costs_from_which_all_of_it_learns(
    options: dict[str, Any],
) -> None:
    made, batch = network(**options), some_batch()
    logits = made(batch)
    assert logits.shape == (B, A) and logits.isfinite().all()
    losses = made.train().losses(batch)
    wanted = ["classification", "embedding", "attention"]
    if options.get("embedding") == "none":
        wanted.remove("embedding")
    if options.get("attention") == "none":
        wanted.remove("attention")
    assert sorted(losses) == sorted(wanted) and next(iter(losses)) == "classification"
    total(losses).backward()
    for name, values in made.named_parameters():
        if name.startswith("attend.backbone.recurrent"):  # frozen
            assert values.grad is None, name
        else:
            assert values.grad is not None and values.grad.isfinite().all(), name
            assert values.grad.any(), name


def test_the_costs_are_equation_5() -> None:
    made, batch = network(trade_off=0.7, regularizer=0.01), some_batch()
    found = made.losses(batch)
    assert made.attend is not None and batch.frames is not None
    video = made.backbone(made.backbone.normalised(batch.frames).transpose(1, 2))
    attended = made.attend(video, batch.joints, batch.mask)
    logits = made.head(attended.features)
    torch.testing.assert_close(made(batch), logits)
    crossed = -torch.log_softmax(logits, dim=1)[torch.arange(B), batch.labels].mean()
    torch.testing.assert_close(found["classification"], 0.7 * crossed)
    torch.testing.assert_close(found["embedding"], 0.3 * attended.losses["embedding"])
    torch.testing.assert_close(found["attention"], 0.01 * attended.losses["attention"])
    usual = network().losses(batch)
    torch.testing.assert_close(usual["classification"], 0.8 * crossed)
    torch.testing.assert_close(usual["embedding"], 0.2 * attended.losses["embedding"])
    torch.testing.assert_close(usual["attention"], 1e-5 * attended.losses["attention"])


def test_without_an_embedding_the_classification_counts_in_full() -> None:
    batch = some_batch()
    for options in ({"embedding": "none"}, {"embedding": "none", "attention": "none"}):
        made = network(**options)
        wanted = nn.functional.cross_entropy(made(batch), batch.labels)
        torch.testing.assert_close(made.losses(batch)["classification"], wanted)


def names(made: nn.Module) -> set[str]:
    return {f"{name} {tuple(values.shape)}" for name, values in made.named_parameters()}


def test_each_row_adds_its_part_alone() -> None:
    alone = network(attention="none", embedding="none")
    attention, whole = network(embedding="none"), network()
    assert names(alone) < names(attention) < names(whole)
    assert all(name.startswith("attend.") for name in names(attention) - names(alone))
    assert all(name.startswith("attend.embed.") for name in names(whole) - names(attention))
    spatial = network(attention="spatial")
    assert names(spatial) < names(whole)
    assert all("weigh.temporal" in name for name in names(whole) - names(spatial))
    lstm = network(pose_backbone=LSTM)
    first = ("attend.weigh.spatial.0.weight", "attend.weigh.temporal.0.weight")  # as wide as h*
    assert all(name.startswith(("attend.backbone.", *first)) for name in names(lstm) ^ names(whole))
    separate = network(attention="separate")
    changed = {name.split(" ")[0] for name in names(separate) ^ names(whole)}
    assert changed == {"head.classify.weight"}


def test_embeddings_differ_in_their_cost_alone() -> None:
    batch, whole = some_batch(), network()
    wanted = whole.losses(batch)
    for embedding in ("kl_video_pose", "kl_pose_video", "kl_both"):
        made = network(embedding=embedding)
        made.load_state_dict(whole.state_dict())
        assert torch.equal(made(batch), whole(batch))
        found = made.losses(batch)
        assert apart(found["embedding"], wanted["embedding"]) > 1e-4
        assert torch.equal(found["classification"], wanted["classification"])
        assert torch.equal(found["attention"], wanted["attention"])


def test_an_embedding_does_not_change_what_the_network_says() -> None:
    batch, whole, without = some_batch(), network(), network(embedding="none")
    without.load_state_dict(
        {n: v for n, v in whole.state_dict().items() if not n.startswith("attend.embed.")}
    )
    torch.testing.assert_close(without(batch), whole(batch), atol=0, rtol=0)


def test_the_coupler_changes_the_map_and_not_the_weights() -> None:
    batch = some_batch()
    together, separate = network(), network(attention="separate")
    weights = {n: v for n, v in together.state_dict().items() if not n.startswith("head.")}
    separate.load_state_dict(weights, strict=False)
    for one, other in zip(together.attention(batch), separate.attention(batch), strict=True):
        torch.testing.assert_close(one, other, atol=0, rtol=0)


def test_poses_change_nothing_without_attention_and_something_with_it() -> None:
    batch = some_batch()
    moved = batch._replace(joints=batch.joints * torch.tensor([1.5, -1.0, 0.5]))
    alone = network(attention="none", embedding="none")
    assert torch.equal(alone(moved), alone(batch))
    assert apart(network()(moved), network()(batch)) > 1e-5


# Masks


@each_row
def test_what_was_not_seen_is_not_read(options: dict[str, Any]) -> None:
    made, batch = network(**options), some_batch()
    wanted, losses = made(batch), made.losses(batch)
    hidden = ~batch.mask[..., None, None]
    for rubbish in (1e3, float("nan")):
        same = batch._replace(joints=batch.joints.masked_fill(hidden, rubbish))
        torch.testing.assert_close(made(same), wanted, atol=1e-6, rtol=0)
        torch.testing.assert_close(made.losses(same), losses, atol=1e-6, rtol=0)


@each_row
def test_nobody_in_view_has_finite_scores_and_gradients(options: dict[str, Any]) -> None:
    made, batch = network(**options), some_batch()
    nobody = batch._replace(mask=torch.zeros_like(batch.mask))
    assert made(nobody).isfinite().all()
    losses = made.train().losses(nobody)
    assert "embedding" not in losses or float(losses["embedding"].detach()) == 0
    total(losses).backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in made.parameters())
    assert all(values.isfinite().all() for values in made.buffers())
