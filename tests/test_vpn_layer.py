"""VPN as a layer: any map and any poses in, a modulated map and its costs out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from recognizers.vpn.attention import Attention, modulated
from recognizers.vpn.pose_attention import PoseAttention
from recognizers.vpn.pose_graph import GraphPoseBackbone
from recognizers.vpn.pose_lstm import LstmPoseBackbone
from tests.made_samples import seeded

B, C, T, J = 4, 6, 4, 13
SIZE = (3, 2, 4)
LSTM = {"type": "lstm", "units": 6, "layers": 1, "pretrained": False}


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def layer(**options: Any) -> PoseAttention:
    """A small one whose attention is already of different opinions about clips."""
    given: dict[str, Any] = {"joint_set": "lcr13", "steps": T, "hidden": (6, 5), **options}
    made = PoseAttention(C, SIZE, **given)
    for branch in (made.weigh.spatial, made.weigh.temporal):
        for values in () if branch is None else branch.parameters():
            nn.init.normal_(values)
    return made.eval()


def inputs(people: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    mask = torch.ones(B, people, T, dtype=torch.bool)
    return torch.randn(B, C, *SIZE), torch.randn(B, people, T, J, 3), mask


@pytest.mark.parametrize("attention", ["coupled", "separate", "spatial"])
@pytest.mark.parametrize("backbone", [None, LSTM], ids=["gcn", "lstm"])
def test_the_map_is_modulated_by_the_weights_that_come_with_it(
    attention: Attention, backbone: dict[str, Any] | None
) -> None:
    made, (features, joints, mask) = layer(attention=attention, pose_backbone=backbone), inputs()
    found = made(features, joints, mask)
    assert found.features.shape == (B, made.out_channels, *SIZE)
    torch.testing.assert_close(found.features, modulated(features, found.weights, attention))
    assert found.weights.spatial.std(dim=0).min() > 1e-4  # clips differ
    alone = made.weights(joints, mask)
    for one, other in zip(alone, found.weights, strict=True):
        torch.testing.assert_close(one, other)


def test_at_first_the_map_is_a_little_stronger_everywhere() -> None:
    made = PoseAttention(C, SIZE, joint_set="lcr13", steps=T).eval()
    features, joints, mask = inputs()
    found = made(features, joints, mask).features
    torch.testing.assert_close(found, features * (1 + 0.5 / SIZE[0]))


def test_it_costs_what_its_parts_say() -> None:
    made, (features, joints, mask) = layer(), inputs()
    found = made(features, joints, mask)
    assert made.embed is not None
    distances = made.embed(features, found.weights.latent)
    assert list(found.losses) == ["attention", "embedding"]
    torch.testing.assert_close(found.losses["embedding"], distances.mean())
    torch.testing.assert_close(found.losses["attention"], made.weigh.regularizer(found.weights))
    assert list(layer(embedding="none")(features, joints, mask).losses) == ["attention"]


def test_clips_without_a_pose_have_no_part_in_the_embedding() -> None:
    made, (features, joints, mask) = layer(), inputs()
    mask[1:3] = False
    found = made(features, joints, mask).losses["embedding"]
    rest = [0, 3]
    wanted = made(features[rest], joints[rest], mask[rest]).losses["embedding"]
    torch.testing.assert_close(found, wanted)
    mask[:] = False
    nothing = made(features, joints, mask)
    assert float(nothing.losses["embedding"].detach()) == 0
    assert nothing.features.isfinite().all()


@pytest.mark.parametrize("backbone", [None, LSTM], ids=["gcn", "lstm"])
@pytest.mark.parametrize("people", [1, 2])
def test_nothing_under_the_mask_changes_anything(
    backbone: dict[str, Any] | None, people: int
) -> None:
    made = layer(people=people, pose_backbone=backbone)
    features, joints, mask = inputs(people=2)
    mask[0, 1] = mask[1, :, 2:] = mask[2] = mask[3, 0, 0] = False
    wanted = made(features, joints, mask)
    for rubbish in (1e3, float("nan")):
        found = made(features, joints.masked_fill(~mask[..., None, None], rubbish), mask)
        torch.testing.assert_close(found, wanted, atol=1e-6, rtol=0)
    assert wanted.features.isfinite().all()


def test_people_behind_those_who_are_read_change_nothing() -> None:
    features, joints, mask = inputs(people=2)
    strangers = joints.clone()
    strangers[:, 1] += 1
    one, two = layer(), layer(people=2)
    torch.testing.assert_close(one(features, strangers, mask), one(features, joints, mask))
    apart = two(features, strangers, mask).features - two(features, joints, mask).features
    assert apart.abs().max() > 1e-4


def test_joint_activations_are_lengths_of_the_graph_s_features() -> None:
    made, (_, joints, mask) = layer(people=2), inputs(people=2)
    mask[0, 1, 1:3] = False
    found = made.joint_activations(joints, mask)
    assert found.shape == (B, T, 2 * J)
    assert isinstance(made.backbone, GraphPoseBackbone)
    features = made.backbone.features(made.read(joints, mask))
    torch.testing.assert_close(found[2, 1, 20], features[2, 1, 20].square().sum().sqrt())
    assert not found[0, 1:3, J:].any() and (found[1:] > 0).all()
    with pytest.raises(ValueError, match="joint activations are the gcn's"):
        layer(pose_backbone=LSTM).joint_activations(joints, mask)


def test_the_gcn_reads_joints_about_the_first_and_the_lstm_as_they_were_prepared() -> None:
    features, joints, mask = inputs()
    moved = joints + torch.tensor([0.3, 0.0, 2.0])
    gcn, lstm = layer(), layer(pose_backbone=LSTM)
    assert isinstance(lstm.backbone, LstmPoseBackbone)
    here, there = gcn(features, joints, mask), gcn(features, moved, mask)
    torch.testing.assert_close(there.features, here.features, atol=1e-4, rtol=0)
    here, there = lstm(features, joints, mask), lstm(features, moved, mask)
    assert (here.features - there.features).abs().max() > 1e-3


def test_the_embedding_loss_is_felt_by_the_video_and_by_the_poses() -> None:
    for embedding in ("euclid", "kl_video_pose", "kl_pose_video", "kl_both"):
        made, (features, joints, mask) = layer(embedding=embedding), inputs()
        features.requires_grad_()
        made.train()(features, joints, mask).losses["embedding"].backward()
        felt = {name for name, p in made.named_parameters() if p.grad is not None and p.grad.any()}
        assert features.grad is not None and features.grad.abs().sum() > 0
        assert {"backbone.graphs.weight", "weigh.spatial.0.weight", "weigh.spatial.2.bias"} < felt
        assert not [name for name in felt if name.startswith("weigh.temporal")]


def pointing(count: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Maps that are positive on one side and negative on the other, poses that raise a wrist.

    The sign on the wrist's side is the class: neither the map nor the pose says it by itself, and
    the mean of the map is nothing.
    """
    sign, side = torch.randint(2, (count,)) * 2.0 - 1, torch.randint(2, (count,))
    features = torch.zeros(count, 1, 2, 1, 2)
    features[..., 0], features[..., 1] = sign.view(-1, 1, 1, 1), -sign.view(-1, 1, 1, 1)
    joints = 0.05 * torch.randn(count, 1, T, J, 3)
    joints[torch.arange(count), 0, :, 6 + side, 1] += 1
    mask = torch.ones(count, 1, T, dtype=torch.bool)
    return features, joints, mask, sign * (1 - 2 * side)


@pytest.mark.parametrize("attention", ["coupled", "separate", "spatial"])
def test_poses_learn_to_tell_where_to_look(attention: Attention) -> None:
    made = PoseAttention(1, (2, 1, 2), joint_set="lcr13", steps=T, attention=attention)
    step = torch.optim.Adam(made.parameters(), lr=0.002)

    def logits(features: Tensor, joints: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        found = made(features, joints, mask)  # behind it: a classifier that was trained before
        return 6 * found.features.mean(dim=(2, 3, 4)).sum(dim=1), found.losses["embedding"]

    for _ in range(30):
        step.zero_grad()
        *clips, truth = pointing(32)
        said, embedding = logits(*clips)
        (nn.functional.softplus(-said * truth).mean() + 0.2 * embedding).backward()
        step.step()
    made.eval()
    *clips, truth = pointing(100)
    said, _ = logits(*clips)
    assert (said * truth > 0).float().mean() > 0.9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"attention": "none"}, "attention 'none' is none of coupled, separate, spatial"),
        ({"embedding": "cosine"}, "embedding 'cosine' is none of none, euclid, kl_video_pose"),
        ({"hidden": (6,)}, r"hidden two numbers of units, .* got \(3, 2, 4\) and \(6,\)"),
        ({"pose_backbone": {"type": "gnc"}}, "unknown pose backbone 'gnc': .* Did you mean 'gcn'"),
        ({"pose_backbone": {"type": "gcn", "units": 4}}, "pose_backbone.units: GraphPoseBackb"),
        (
            {"pose_backbone": {"type": "lstm", "frozen": "False"}},
            "pose_backbone.frozen must be True or False, got 'False'",
        ),
        ({"steps": 0}, "expected people and steps >= 1, got 1 and 0"),
    ],
)
def test_layers_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        layer(**options)


def test_a_map_of_another_shape_is_refused() -> None:
    made, (features, joints, mask) = layer(), inputs()
    with pytest.raises(ValueError, match=r"\(6, 3, 2, 4\) .* got \(6, 2, 2, 4\): set map_size"):
        made(features[:, :, :2], joints, mask)
