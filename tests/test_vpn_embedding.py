"""The embedding loss: zero where it must be, blind to length, and felt on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
import torch

from recognizers.vpn.embedding import (
    Distance,
    SpatialEmbedding,
    direction,
    divergence,
    embedding_distance,
)
from tests.made_samples import seeded

B, C, P, D = 4, 6, 8, 5
DISTANCES: tuple[Distance, ...] = get_args(Distance)
each_distance = pytest.mark.parametrize("distance", DISTANCES)


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


@each_distance
def test_what_is_the_same_is_nowhere_apart(distance: Distance) -> None:
    one = torch.randn(B, D)
    found = embedding_distance(one, one.clone(), distance)
    torch.testing.assert_close(found, torch.zeros(B), atol=1e-6, rtol=0)
    assert (embedding_distance(one, one.flip(0), distance) > 0.01).all()


def test_equal_directions_are_nowhere_apart_however_long() -> None:
    one = torch.randn(B, D)
    found = embedding_distance(one, 7.5 * one, "euclid")
    torch.testing.assert_close(found, torch.zeros(B), atol=1e-6, rtol=0)


def test_the_euclidean_distance_is_blind_to_scale() -> None:
    video, pose = torch.randn(B, D), torch.randn(B, D)
    wanted = embedding_distance(video, pose, "euclid")
    found = embedding_distance(30 * video, 0.5 * pose, "euclid")
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


def test_the_euclidean_distance_is_that_of_an_angle() -> None:
    video = torch.tensor([[2.0, 0.0], [1.0, 0.0], [3.0, 0.0]])
    pose = torch.tensor([[5.0, 5.0], [0.0, 2.0], [-1.0, 0.0]])  # 45, 90 and 180 degrees
    found = embedding_distance(video, pose, "euclid")
    torch.testing.assert_close(found, torch.tensor([2 - 2**0.5, 2.0, 4.0]), atol=1e-5, rtol=0)


def test_a_direction_of_nothing_is_nothing_and_can_be_learned_from() -> None:
    nothing = torch.zeros(1, D, requires_grad=True)
    found = direction(nothing)
    assert not found.any()
    found.sum().backward()
    assert nothing.grad is not None and nothing.grad.isfinite().all()


def test_divergences_by_hand_and_in_their_order() -> None:
    video, pose = torch.tensor([[0.9, 0.1]]).log(), torch.tensor([[0.5, 0.5]]).log()
    onto_pose = 0.9 * torch.tensor(0.9 / 0.5).log() + 0.1 * torch.tensor(0.1 / 0.5).log()
    onto_video = 0.5 * torch.tensor(0.5 / 0.9).log() + 0.5 * torch.tensor(0.5 / 0.1).log()
    assert abs(onto_pose - onto_video) > 0.1
    wanted: dict[Distance, torch.Tensor] = {
        "kl_video_pose": onto_pose,
        "kl_pose_video": onto_video,
        "kl_both": onto_pose + onto_video,
    }
    for distance, value in wanted.items():
        # A softmax gives the distribution back, whatever was added to its logarithm.
        found = embedding_distance(video + 3, pose - 1, distance)
        torch.testing.assert_close(found, value[None], atol=1e-5, rtol=0)
    torch.testing.assert_close(divergence(video, pose), onto_pose[None], atol=1e-6, rtol=0)


# The layer


def made(**options: object) -> SpatialEmbedding:
    given: dict = {"width": D, **options}
    return SpatialEmbedding(C, P, **given)


def test_a_map_is_summed_over_time_and_averaged_over_space() -> None:
    layer, features, latent = made().eval(), torch.randn(B, C, 3, 2, 4), torch.randn(B, P)
    shown = torch.stack([features[:, :, t].flatten(2).mean(dim=2) for t in range(3)]).sum(dim=0)
    wanted = embedding_distance(layer.video(shown), layer.pose(latent), "euclid")
    torch.testing.assert_close(layer(features, latent), wanted)
    flipped = features.flip(3).flip(4).flip(2)  # what it does not see
    torch.testing.assert_close(layer(flipped, latent), wanted)


def test_both_transformations_have_a_norm_of_one_however_they_are_scaled() -> None:
    layer = made().train()
    with torch.no_grad():
        for part, by in ((layer.video, 9.0), (layer.pose, 0.01)):
            part.parametrizations.weight.original.mul_(by)  # type: ignore[union-attr]
    for _ in range(60):  # power iterations
        layer(torch.randn(B, C, 3, 2, 4), torch.randn(B, P))
    for part in (layer.video, layer.pose):
        norm = torch.linalg.matrix_norm(part.weight, 2)
        torch.testing.assert_close(norm, torch.ones(()), atol=0.01, rtol=0)


def test_without_biases_scale_makes_no_difference() -> None:
    layer, features, latent = made(bias=False).eval(), torch.randn(B, C, 3, 2, 4), torch.randn(B, P)
    torch.testing.assert_close(
        layer(9 * features, 4 * latent), layer(features, latent), atol=1e-4, rtol=0
    )
    assert all("bias" not in name for name, _ in layer.named_parameters())


@each_distance
def test_gradients_reach_both_sides(distance: Distance) -> None:
    layer = made(distance=distance)
    features = torch.randn(B, C, 3, 2, 4, requires_grad=True)
    latent = torch.randn(B, P, requires_grad=True)
    layer(features, latent).sum().backward()
    for side in (features, latent, *layer.parameters()):
        assert side.grad is not None and side.grad.isfinite().all() and side.grad.abs().sum() > 0


def test_the_first_step_is_small_though_poses_begin_at_zero() -> None:
    layer, latent = made(), torch.zeros(B, P, requires_grad=True)
    layer(torch.randn(B, C, 3, 2, 4), latent).sum().backward()
    assert latent.grad is not None
    assert 0 < latent.grad.abs().max() < 10  # without biases: hundreds


def test_gradient_descent_brings_both_together() -> None:
    layer, features, latent = made(), torch.randn(B, C, 3, 2, 4), torch.randn(B, P)
    step = torch.optim.Adam(layer.parameters(), lr=0.05)
    before = layer(features, latent).mean().item()
    for _ in range(40):
        step.zero_grad()
        layer(features, latent).mean().backward()
        step.step()
    assert layer(features, latent).mean().item() < 0.3 * before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"distance": "cosine"}, "embedding out of euclid, .*, got 'cosine' and 5"),
        ({"width": 0}, "width of at least 1, got 'euclid' and 0"),
    ],
)
def test_embeddings_that_cannot_be_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        made(**options)
