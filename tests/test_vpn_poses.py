"""The pose reader and the graph read whom they should, keep to the mask, and do as eq. 1 says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from recognizers.vpn.pose_graph import Filters, GraphPoseBackbone, StepGraphs
from recognizers.vpn.poses import PoseReader, Poses
from tests.made_samples import seeded
from wildpose.joints import JOINT_SETS, torso

B, T = 3, 4


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def read(joints: Tensor, mask: Tensor, **options: Any) -> Poses:
    given: dict[str, Any] = {"joint_set": "kinect25", "people": 1, "steps": T, **options}
    return PoseReader(**given)(joints, mask)


def some(people: int = 2, joints: int = 25, frames: int = T) -> tuple[Tensor, Tensor]:
    """Everybody seen always."""
    values = torch.randn(B, people, frames, joints, 3)
    return values, torch.ones(B, people, frames, dtype=torch.bool)


def poses(people: int = 1, joints: int = 13) -> Poses:
    """Read, of joints about their origin."""
    seen = torch.ones(B, T, people * joints, dtype=torch.bool)
    return Poses(torch.randn(B, T, people * joints, 3), seen)


def graph(**options: Any) -> GraphPoseBackbone:
    """A small one whose biases and normalisations are anything, as in use."""
    given: dict[str, Any] = {"joint_set": "lcr13", "people": 1, "steps": T, **options}
    made = GraphPoseBackbone(**given)
    nn.init.normal_(made.graphs.bias)
    return made.eval()


# Reading


def test_joints_are_about_the_middle_of_the_spine_in_the_first_frame() -> None:
    joints, mask = some()
    found = read(joints, mask)
    torch.testing.assert_close(found.joints, joints[:, 0] - joints[:, 0, :1, 1:2])
    assert found.seen.all()


def test_other_joint_sets_are_about_the_torso() -> None:
    joints, mask = some(joints=13)
    found = read(joints, mask, joint_set="lcr13")
    wanted = joints[:, 0] - torch.from_numpy(torso(joints[:, 0, :1].numpy(), "lcr13"))
    torch.testing.assert_close(found.joints, wanted)


def test_the_first_frame_is_the_first_in_which_somebody_was_seen() -> None:
    joints, mask = some()
    mask[0, 0, :2] = False
    found = read(joints, mask).joints[0]
    assert not found[:2].any()
    torch.testing.assert_close(found[2:], joints[0, 0, 2:] - joints[0, 0, 2, 1])


def test_two_people_keep_their_places_to_each_other() -> None:
    joints, mask = some()
    found = read(joints, mask, people=2).joints
    torch.testing.assert_close(found[:, :, :25], joints[:, 0] - joints[:, 0, :1, 1:2])
    torch.testing.assert_close(found[:, :, 25:], joints[:, 1] - joints[:, 0, :1, 1:2])


def test_an_absent_person_is_zeros_and_lends_no_origin() -> None:
    joints, mask = some()
    mask[:, 0] = False
    found = read(joints, mask, people=2)
    assert not found.joints[:, :, :25].any() and not found.seen[:, :, :25].any()
    torch.testing.assert_close(found.joints[:, :, 25:], joints[:, 1] - joints[:, 1, :1, 1:2])
    assert found.present.tolist() == [True] * B
    assert read(joints, mask).present.tolist() == [False] * B  # the first is read alone


def test_missing_frames_and_people_are_filled_up_with_nobody() -> None:
    joints, mask = some(people=1, frames=2)
    found = read(joints, mask, people=2)
    assert found.joints.shape == (B, T, 50, 3)
    assert found.seen[:, :2, :25].all() and found.seen.sum() == B * 2 * 25
    assert not found.joints[~found.seen].any()
    nothing = read(joints[:, :, :0], mask[:, :, :0])
    assert not nothing.joints.any() and not nothing.present.any()


@pytest.mark.parametrize("rubbish", [1e3, float("nan"), float("inf")])
def test_what_lies_under_the_mask_is_not_read(rubbish: float) -> None:
    joints, mask = some()
    mask[0, 0, 0] = mask[1, 1] = mask[2] = False
    wanted = read(joints, mask, people=2)
    found = read(joints.masked_fill(~mask[..., None, None], rubbish), mask, people=2)
    torch.testing.assert_close(found.joints, wanted.joints, atol=0, rtol=0)


def test_the_origin_can_be_left_where_it_is() -> None:
    joints, mask = some()
    torch.testing.assert_close(read(joints, mask, centred=False).joints, joints[:, 0])


def test_other_joints_and_more_frames_are_refused() -> None:
    joints, mask = some()
    with pytest.raises(ValueError, match=r"up to 4, 13, 3\) .* got joints \(3, 2, 4, 25, 3\)"):
        read(joints, mask, joint_set="lcr13")
    with pytest.raises(ValueError, match="up to 3, 25, 3"):
        read(joints, mask, steps=3)
    with pytest.raises(ValueError, match=r"mask \(3, 1, 4\)"):
        read(joints, mask[:, :1])


# The graph


@pytest.mark.parametrize("filters", ["adjacency", "bank"])
def test_each_step_has_weights_of_its_own_as_in_a_plain_loop(filters: Filters) -> None:
    heard = torch.rand(5, 5)
    made = StepGraphs(heard, steps=3, filters=filters)
    nn.init.normal_(made.bias)
    x = torch.randn(2, 3, 5, 3)
    found = made(x)
    for b in range(2):
        for t in range(3):
            own = heard @ x[b, t]
            given = own if filters == "adjacency" else torch.cat([x[b, t], own], dim=1)
            wanted = given @ made.weight[t] + made.bias[t]
            wanted = torch.where(wanted > 0, wanted, wanted.exp() - 1)  # ELU
            torch.testing.assert_close(found[b, t], wanted, atol=1e-5, rtol=1e-5)


def test_features_lie_beside_the_joints_themselves() -> None:
    made, given, entered = graph(), poses(), []
    made.convolve.register_forward_pre_hook(lambda _, x: entered.append(x[0]))
    made(given)
    (found,) = entered
    assert found.shape == (B, 67, T, 13)
    torch.testing.assert_close(found[:, :64], made.features(given).permute(0, 3, 1, 2))
    torch.testing.assert_close(found[:, 64:], given.joints.permute(0, 3, 1, 2))


def test_the_stages_of_the_paper_for_ntu_have_these_shapes() -> None:
    with torch.device("meta"):
        made = GraphPoseBackbone(joint_set="kinect25", people=1, steps=20)
        given = Poses(torch.empty(2, 20, 25, 3), torch.ones(2, 20, 25, dtype=torch.bool))
        x = torch.empty(2, 67, 20, 25)
        shapes = []
        for layer in made.convolve:
            x = layer(x)
            shapes.append(tuple(x.shape[1:]))
        assert made(given).shape == (2, 128)
    convolutions = [s for layer, s in zip(made.convolve, shapes, strict=True) if _weighs(layer)]
    assert convolutions == [(64, 20, 25), (64, 20, 25), (128, 10, 12)]
    assert shapes[-1] == (128, 5, 6)
    order = [type(layer).__name__ for layer in made.convolve]
    each = ["Conv2d", "BatchNorm2d", "ReLU"]
    assert order == [*each, *each, "MaxPool2d", *each, "MaxPool2d"]


def _weighs(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Conv2d)


@pytest.mark.parametrize("name", JOINT_SETS)
@pytest.mark.parametrize(("steps", "people"), [(1, 1), (2, 2), (5, 1), (30, 1)])
def test_any_joint_set_and_any_number_of_steps_will_do(name: str, steps: int, people: int) -> None:
    N = people * len(JOINT_SETS[name])
    with torch.device("meta"):
        made = GraphPoseBackbone(joint_set=name, people=people, steps=steps)
        given = Poses(torch.empty(2, steps, N, 3), torch.ones(2, steps, N, dtype=torch.bool))
        assert made(given).shape == (2, made.width)


def test_features_are_zero_where_nobody_was_seen() -> None:
    made, given = graph(people=2), poses(people=2)
    given.seen[0, 1] = given.seen[1, :, 13:] = False
    found = made.features(given)
    assert (found[given.seen].abs().sum(dim=1) > 0).all()
    assert not found[~given.seen].any()


def test_joints_hear_each_other_in_the_same_step_alone() -> None:
    made, given = graph(), poses()
    moved = given.joints.clone()
    moved[0, 2, 5] += 1
    apart = (made.features(Poses(moved, given.seen)) - made.features(given)).abs().sum(dim=-1)
    assert (apart[0, 2] > 0).all()  # with the paper's weights everybody hears everybody
    apart[0, 2] = 0
    assert not apart.any()


def test_nothing_is_dropped_outside_training() -> None:
    made, given = graph(), poses()
    torch.testing.assert_close(made(given), made(given), atol=0, rtol=0)
    made.train()
    assert (made(given) - made(given)).abs().max() > 1e-4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filters": "both"}, "filters out of adjacency, bank and three dropouts, got 'both'"),
        ({"dropouts": (0.3, 0.5)}, r"got 'adjacency' and \(0.3, 0.5\)"),
        ({"adjacency": "code6"}, "lcr13 has no left_hand, right_hand; take 'paper'"),
        ({"joint_set": "lcr14"}, "unknown joint set 'lcr14'"),
    ],
)
def test_graphs_that_cannot_be_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        graph(**options)
