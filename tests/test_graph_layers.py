"""Graph layers: by hand, against loops, and what must not depend on labels or padding."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
import torch
from torch import Tensor, nn

from recognizers.graph.layers import (
    MIXINGS,
    AdaptiveMixing,
    ChannelwiseMixing,
    FixedMixing,
    GraphBlock,
    GraphConvolution,
    PointwiseMap,
    SeenBatchNorm,
    SeenFrames,
    Shortcut,
    TemporalConvolution,
    Topology,
)
from recognizers.skeleton_graph import skeleton_graph
from tests.made_samples import seeded

N, T, J = 3, 10, 13
PARTITIONS = torch.tensor(skeleton_graph("lcr13").partitions)
TOPOLOGIES = pytest.mark.parametrize("topology", MIXINGS)


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def all_seen(people: int = N, frames: int = T) -> SeenFrames:
    return SeenFrames.of(torch.ones(people, frames).bool())


def some_seen() -> SeenFrames:
    """One person throughout, one with a gap, one who leaves early."""
    mask = torch.ones(N, T).bool()
    mask[1, 4:6] = False
    mask[2, 7:] = False
    return SeenFrames.of(mask)


def some_input(channels: int, seen: SeenFrames) -> Tensor:
    return torch.randn(*seen.mask.shape, J, channels) * seen.mask[..., None, None]


def shaken(module: nn.Module) -> nn.Module:
    """With everything that begins at zero or one off that value, in evaluation mode."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d):
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, std=0.3)
            part.running_mean = 0.1 * torch.randn(part.num_features)
            part.running_var = 0.2 + 0.3 * torch.rand(part.num_features)
        if isinstance(part, ChannelwiseMixing):
            nn.init.constant_(part.strength, 0.7)
    return module.eval()


# Frames that count


def test_two_frames_become_one_that_is_seen_where_either_is() -> None:
    mask = torch.tensor([[1, 1, 0, 0, 0], [0, 0, 0, 1, 1], [0, 0, 0, 0, 0]]).bool()
    halved = SeenFrames.of(mask).strided(2)
    assert halved.mask.int().tolist() == [[1, 0, 0], [0, 1, 1], [0, 0, 0]]
    assert halved.rows is not None and halved.rows.tolist() == [0, 4, 5]


def test_frames_that_are_all_seen_need_no_list() -> None:
    assert all_seen().rows is None
    assert all_seen().strided(2).rows is None
    assert some_seen().strided(1).mask.equal(some_seen().mask)


def test_means_are_over_seen_frames_and_zero_without_any() -> None:
    seen = SeenFrames.of(torch.tensor([[True, False, True], [False, False, False]]))
    x = torch.tensor([[2.0, 0, 6], [0, 0, 0]])[..., None].expand(2, 3, 4)
    torch.testing.assert_close(seen.mean(x), torch.tensor([[4.0] * 4, [0.0] * 4]), atol=0, rtol=0)


# Normalisation


def test_seen_frames_are_normalised_as_if_there_were_no_others() -> None:
    seen, norm, plain = some_seen(), SeenBatchNorm(5), nn.BatchNorm1d(5)
    x = torch.randn(N, T, J, 5) + 3
    found = norm(x, seen)
    assert not found[~seen.mask].any()
    wanted = plain(x[seen.mask].flatten(0, 1))
    torch.testing.assert_close(found[seen.mask].flatten(0, 1), wanted, atol=1e-5, rtol=0)
    torch.testing.assert_close(norm.norm.running_mean, plain.running_mean, atol=1e-6, rtol=0)
    torch.testing.assert_close(norm.norm.running_var, plain.running_var, atol=1e-6, rtol=0)


@pytest.mark.parametrize("frames", [0, 1])
def test_a_single_frame_is_normalised_as_in_use(frames: int) -> None:
    """It has no spread of its own: plain batch normalisation refuses it."""
    mask = torch.zeros(N, T).bool()
    mask[1, 4 : 4 + frames] = True
    norm = SeenBatchNorm(5)
    norm.norm.running_mean = torch.randn(5)
    before = {name: value.clone() for name, value in norm.state_dict().items()}
    x = torch.randn(N, T, 5) * mask[..., None]
    for seen, shown in ((SeenFrames.of(mask), x), (all_seen(1, 1), x[1:2, 4:5])):
        found = norm.train()(shown, seen)
        torch.testing.assert_close(found, norm.eval()(shown, seen), atol=0, rtol=0)
    torch.testing.assert_close(norm.state_dict(), before, atol=0, rtol=0)


def test_normalisation_of_unseen_frames_passes_no_gradient() -> None:
    seen, norm = some_seen(), SeenBatchNorm(5)
    x = torch.randn(N, T, J, 5, requires_grad=True)
    norm(x, seen).pow(3).sum().backward()
    assert x.grad is not None and not x.grad[~seen.mask].any()
    assert x.grad[seen.mask].abs().sum() > 0


@pytest.mark.parametrize("training", [True, False])
def test_where_all_frames_are_seen_it_is_plain_batch_normalisation(training: bool) -> None:  # noqa: FBT001
    norm, plain = SeenBatchNorm(5).train(training), nn.BatchNorm1d(5).train(training)
    x = torch.randn(N, T, J, 5) - 2
    wanted = plain(x.flatten(0, 2)).view_as(x)
    torch.testing.assert_close(norm(x, all_seen()), wanted, atol=1e-6, rtol=0)
    listed = SeenFrames(all_seen().mask, torch.arange(N * T))
    torch.testing.assert_close(norm(x, listed), wanted, atol=1e-6, rtol=0)


# Linear maps and ways around


def test_a_pointwise_map_is_one_matrix_for_all_joints() -> None:
    layer, x = PointwiseMap(4, 6), torch.randn(N, T, J, 4)
    wanted = x @ layer.weight[:, :, 0, 0].T
    torch.testing.assert_close(layer(x), wanted, atol=1e-5, rtol=0)
    halved = PointwiseMap(4, 6, stride=2)
    halved.load_state_dict(layer.state_dict())
    torch.testing.assert_close(halved(x), wanted[:, ::2], atol=1e-5, rtol=0)


def test_the_way_around_is_the_input_itself_where_the_shape_stays() -> None:
    x = torch.randn(N, T, J, 4)
    assert Shortcut(4, 4)(x, all_seen()) is x
    assert not list(Shortcut(4, 4).parameters())
    assert Shortcut(4, 4, stride=2)(x, all_seen().strided(2)).shape == (N, T // 2, J, 4)
    assert Shortcut(4, 8)(x, all_seen()).shape == (N, T, J, 8)


# Messages along the graph


def test_a_chain_of_three_hears_its_neighbours() -> None:
    hears = torch.zeros(1, 3, 3)
    hears[0, 0, 1] = hears[0, 2, 1] = 1.0  # both ends hear the middle
    mix = FixedMixing(hears, 1, 1)
    nn.init.constant_(mix.values.weight, 10.0)
    x = torch.tensor([1.0, 2, 3]).view(1, 1, 3, 1)
    assert mix(x, all_seen(1, 1)).flatten().tolist() == [20, 0, 20]
    assert not any("weights" in name for name, _ in mix.named_parameters())


def test_each_partition_has_a_map_of_its_own() -> None:
    mix, x = FixedMixing(PARTITIONS, 4, 6), torch.randn(N, T, J, 4)
    maps = mix.values.weight[:, :, 0, 0].view(3, 6, 4)
    wanted = sum(part @ (x @ own.T) for part, own in zip(PARTITIONS, maps, strict=True))
    torch.testing.assert_close(mix(x, all_seen()), wanted, atol=1e-5, rtol=0)


def test_learning_begins_at_the_skeleton() -> None:
    fixed, x = FixedMixing(PARTITIONS, 4, 6), torch.randn(N, T, J, 4)
    for other in (AdaptiveMixing(PARTITIONS, 4, 6), ChannelwiseMixing(PARTITIONS, 4, 6)):
        other.values.load_state_dict(fixed.values.state_dict())
        torch.testing.assert_close(other(x, all_seen()), fixed(x, all_seen()), atol=1e-5, rtol=0)
        assert other.weights.requires_grad
        assert other.weights.data_ptr() != PARTITIONS.data_ptr()


def test_channelwise_weights_are_those_of_the_paper() -> None:
    seen, outgoing, reduced = some_seen(), 5, 8
    mix, x = ChannelwiseMixing(PARTITIONS, 4, outgoing), some_input(4, seen)
    shaken(mix)
    mean = x.sum(dim=1) / seen.mask.sum(dim=1)[:, None, None]
    hearing, heard = (layer(mean).view(N, J, 3, reduced) for layer in (mix.hearing, mix.heard))
    values = mix.values(x).view(N, T, J, 3, outgoing)
    widen, bias = (v.view(3, outgoing, -1) for v in mix.widen.parameters())
    wanted = torch.zeros(N, T, J, outgoing)
    for p, i, j in product(range(3), range(J), range(J)):
        apart = torch.tanh(hearing[:, i, p] - heard[:, j, p])  # (N, reduced)
        refined = apart @ widen[p].T + bias[p, :, 0]
        weight = mix.weights[p, i, j] + mix.strength * refined  # (N, outgoing)
        wanted[:, :, i] += weight[:, None] * values[:, :, j, p]
    torch.testing.assert_close(mix(x, seen), wanted, atol=1e-4, rtol=1e-4)


@TOPOLOGIES
def test_new_labels_of_joints_relabel_what_comes_out(topology: Topology) -> None:
    order = torch.randperm(J)
    layer = shaken(GraphConvolution(PARTITIONS, 4, 8, topology=topology))
    other = shaken(GraphConvolution(PARTITIONS, 4, 8, topology=topology))
    state = layer.state_dict()
    state["mix.weights"] = state["mix.weights"][:, order][:, :, order]
    other.load_state_dict(state)
    seen = some_seen()
    x = some_input(4, seen)
    wanted = layer(x, seen)[:, :, order]
    assert wanted.abs().sum() > 0
    torch.testing.assert_close(other(x[:, :, order], seen), wanted, atol=1e-4, rtol=1e-4)


# Through time


def test_a_joint_is_seen_as_far_as_the_largest_dilation_and_by_itself_alone() -> None:
    layer = shaken(TemporalConvolution(12, dilations=(1, 4)))
    x = torch.rand(1, 21, J, 12)
    changed = x.clone()
    changed[0, 10, 5] = 10 * torch.randn(12)
    seen = all_seen(1, 21)
    differs = (layer(x, seen, seen) - layer(changed, seen, seen)).abs().sum(dim=(0, 3)) > 1e-3
    frames, joints = differs.nonzero().T
    assert set(joints.tolist()) == {5}
    assert set(frames.tolist()) == {6, 9, 10, 11, 14}


@pytest.mark.parametrize("frames", [9, 10])
def test_a_stride_takes_every_other_frame_of_what_is_seen_without(frames: int) -> None:
    each = shaken(TemporalConvolution(13, dilations=(1, 2, 3)))
    other = TemporalConvolution(13, dilations=(1, 2, 3), stride=2).eval()
    other.load_state_dict(each.state_dict())
    x, seen = torch.rand(N, frames, J, 13), all_seen(N, frames)
    found = other(x, seen, seen.strided(2))
    torch.testing.assert_close(found, each(x, seen, seen)[:, ::2], atol=1e-5, rtol=1e-5)


def test_branches_share_all_channels_out() -> None:
    assert TemporalConvolution(13, dilations=(1, 2, 3)).sizes == (5, 2, 2, 2, 2)
    assert TemporalConvolution(48, dilations=(1, 2, 3, 4)).sizes == (8,) * 6


# Blocks


@TOPOLOGIES
@pytest.mark.parametrize("stride", [1, 2])
def test_unseen_frames_are_zero_and_change_nothing(topology: Topology, stride: int) -> None:
    block = shaken(
        GraphBlock(PARTITIONS, 4, 12, topology=topology, dilations=(1, 3), stride=stride)
    )
    seen = some_seen()
    x = some_input(4, seen)
    found, after = block(x, seen)
    assert not found[~after.mask].any()
    assert (found[after.mask].abs().sum(dim=(1, 2)) > 0).all()
    padded = nn.functional.pad(x, (0, 0, 0, 0, 0, 5))
    longer, mask = block(padded, SeenFrames.of(nn.functional.pad(seen.mask, (0, 5))))
    torch.testing.assert_close(longer[:, : found.shape[1]], found, atol=1e-5, rtol=1e-5)
    assert not longer[:, found.shape[1] :].any()
    assert not mask.mask[:, found.shape[1] :].any()


def test_people_in_a_batch_do_not_look_at_each_other() -> None:
    block = shaken(GraphBlock(PARTITIONS, 4, 12, topology="channelwise", dilations=(1, 2)))
    seen = some_seen()
    x = some_input(4, seen)
    alone, _ = block(x[1:2], SeenFrames.of(seen.mask[1:2]))
    torch.testing.assert_close(alone, block(x, seen)[0][1:2], atol=1e-5, rtol=1e-5)
