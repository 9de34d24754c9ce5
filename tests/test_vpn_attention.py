"""Attention weights, what they do to a map, and the heads behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from recognizers.vpn.attention import AttentionWeights, Weights, coupled, modulated
from recognizers.vpn.heads import MomentsHead, PooledHead, head_of
from tests.made_samples import seeded

B, C, t, h, w = 3, 4, 5, 2, 3
SIZE = (t, h, w)


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def some_weights() -> Weights:
    latent = torch.randn(B, h * w)
    spatial = torch.sigmoid(latent).view(B, h, w)
    return Weights(spatial, torch.softmax(torch.randn(B, t), dim=1), latent)


def some_map() -> Tensor:
    return torch.randn(B, C, t, h, w)


def shaken(**options: bool) -> AttentionWeights:
    made = AttentionWeights(7, map_size=SIZE, hidden=(6, 5), **options)
    for values in made.parameters():
        nn.init.normal_(values)
    return made


# Weights


@pytest.mark.parametrize("options", [{}, {"temporal": False}], ids=["both", "spatial"])
def test_at_first_every_place_gets_a_half_and_every_moment_the_same(options: dict) -> None:
    found = AttentionWeights(7, map_size=SIZE, **options)(torch.randn(B, 7))
    assert torch.equal(found.spatial, torch.full((B, h, w), 0.5))
    torch.testing.assert_close(found.temporal, torch.full((B, t), 1 / t), atol=1e-7, rtol=0)
    assert not found.latent.any()


def test_weights_are_a_sigmoid_and_a_softmax_of_their_own_tanh_layers() -> None:
    made, features = shaken(), torch.randn(B, 7)
    found = made(features)

    def latent(branch: nn.Sequential) -> Tensor:
        first, first_bias, last, last_bias = branch.parameters()
        return torch.tanh(features @ first.T + first_bias) @ last.T + last_bias

    assert made.temporal is not None
    z1, z2 = latent(made.spatial), latent(made.temporal)
    torch.testing.assert_close(found.latent, z1)
    torch.testing.assert_close(found.spatial.flatten(1), 1 / (1 + torch.exp(-z1)))
    torch.testing.assert_close(found.temporal, z2.exp() / z2.exp().sum(dim=1, keepdim=True))
    assert (found.spatial[:, 1, 0] == found.spatial.flatten(1)[:, w]).all()  # row by row


def test_without_a_temporal_branch_moments_stay_alike() -> None:
    made = shaken(temporal=False)
    found = made(torch.randn(B, 7))
    torch.testing.assert_close(found.temporal, torch.full((B, t), 1 / t))
    assert not [name for name, _ in made.named_parameters() if "temporal" in name]


def test_the_regularizer_sums_both_kinds_of_weights_and_averages_clips() -> None:
    weights = some_weights()
    places = sum(float(a) for a in weights.spatial.flatten()) / B
    moments = sum((1 - float(a)) ** 2 for a in weights.temporal.flatten()) / B
    found = shaken().regularizer(weights)
    assert float(found) == pytest.approx(places + moments, rel=1e-5)
    assert float(shaken(temporal=False).regularizer(weights)) == pytest.approx(places, rel=1e-5)


# Maps


def test_the_coupler_is_the_outer_product_as_in_a_plain_loop() -> None:
    weights = some_weights()
    found = coupled(weights.spatial, weights.temporal)
    assert found.shape == (B, t, h, w)
    for b in range(B):
        for i in range(t):
            for y in range(h):
                for x in range(w):
                    wanted = float(weights.spatial[b, y, x]) * float(weights.temporal[b, i])
                    assert float(found[b, i, y, x]) == pytest.approx(wanted, rel=1e-5)


def test_the_coupled_map_is_weighted_and_added_to_itself() -> None:
    features, weights = some_map(), some_weights()
    found = modulated(features, weights, "coupled")
    for c in range(C):
        own = features[:, c] * coupled(weights.spatial, weights.temporal) + features[:, c]
        torch.testing.assert_close(found[:, c], own)


def test_without_the_coupler_places_and_moments_have_channels_of_their_own() -> None:
    features, weights = some_map(), some_weights()
    found = modulated(features, weights, "separate")
    assert found.shape == (B, 2 * C, t, h, w)
    for i in range(t):
        torch.testing.assert_close(found[:, :C, i], features[:, :, i] * weights.spatial[:, None])
        moment = weights.temporal[:, i].view(B, 1, 1, 1)
        torch.testing.assert_close(found[:, C:, i], features[:, :, i] * moment)


def test_spatial_attention_treats_all_moments_alike() -> None:
    features, weights = some_map(), some_weights()
    found = modulated(features, weights, "spatial")
    for i in range(t):
        torch.testing.assert_close(
            found[:, :, i], features[:, :, i] * (1 + weights.spatial[:, None])
        )
    other = weights._replace(temporal=weights.temporal.flip(1))
    assert torch.equal(modulated(features, other, "spatial"), found)


# Heads


def test_the_paper_s_head_classifies_the_mean_of_the_map() -> None:
    head, features = PooledHead(C, 6, dropout=0.3).eval(), some_map()
    wanted = head.classify(features.flatten(2).mean(dim=2))
    torch.testing.assert_close(head(features), wanted)


def test_the_code_s_head_mixes_scores_of_each_two_moments() -> None:
    head, features = MomentsHead(C, 6, moments=t, dropout=0.3).eval(), some_map()
    scores = []
    kernel, bias = head.classify.parameters()
    for i in range(t - 1):
        mean = features[:, :, i : i + 2].flatten(2).mean(dim=2)
        scores.append(mean @ kernel.flatten(1).T + bias)
    wanted = head.mix(torch.stack(scores, dim=2).flatten(1))
    torch.testing.assert_close(head(features), wanted)
    assert MomentsHead(C, 6, moments=1, dropout=0.0)(features[:, :, :1]).shape == (B, 6)
    with pytest.raises(ValueError, match="expected maps of 5 moments, got 4"):
        head(features[:, :, :4])


@pytest.mark.parametrize("name", ["pooled", "moments"])
def test_heads_drop_in_training_alone(name: str) -> None:
    head, features = head_of(name, C, 6, map_size=SIZE, dropout=0.5), some_map()  # type: ignore[arg-type]
    assert (head(features) - head(features)).abs().max() > 1e-3
    head.eval()
    assert torch.equal(head(features), head(features))


def test_an_unknown_head_is_refused() -> None:
    with pytest.raises(ValueError, match="head 'flat' is none of pooled, moments"):
        head_of("flat", C, 6, map_size=SIZE, dropout=0.0)  # type: ignore[arg-type]
