"""A network of another data set is taken over: what fits it whole, and no other kind of network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from recognizers.stored_weights import RECOGNIZER
from recognizers.vpn.network import VideoPoseNetwork
from tests.made_samples import seeded
from tests.made_vpn import LSTM, A, new, some_batch, total
from wildpose.tensor_files import write_tensors


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def trained(**options: Any) -> VideoPoseNetwork:
    """One whose weights are no other's."""
    made = new(**options)
    with torch.no_grad():
        for values in made.parameters():
            values.add_(torch.randn_like(values))
    return made


def kept(made: nn.Module, folder: Path, *, suffix: str = ".safetensors") -> str:
    """As a recognizer, or as the Runner, keeps it."""
    path = folder / f"trained{suffix}"
    if suffix == ".safetensors":
        write_tensors(path, made.state_dict(), {"format": RECOGNIZER})
    else:
        state = {f"network.{name}": value for name, value in made.state_dict().items()}
        torch.save({"state_dict": state}, path)
    return str(path)


def other_names(one: nn.Module, other: nn.Module) -> set[str]:
    """Names of what differs."""
    theirs = other.state_dict()
    return {
        name
        for name, value in one.state_dict().items()
        if value.shape != theirs[name].shape or not torch.equal(value, theirs[name])
    }


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("options", [{}, {"head": "moments"}, {"attention": "separate"}], ids=str)
def test_of_the_same_joints_and_classes_it_is_the_same_network(
    tmp_path: Path, options: dict[str, Any], suffix: str
) -> None:
    before, batch = trained(**options), some_batch()
    after = new(initial=kept(before, tmp_path, suffix=suffix), **options)
    assert not other_names(after, before)
    torch.testing.assert_close(after(batch), before(batch))


def test_what_joints_and_steps_size_begins_anew(tmp_path: Path) -> None:
    before = trained()
    path = kept(before, tmp_path)
    joints = {"joint_set": "kinect25"}
    anew = {"attend.backbone.describe.2.weight"}  # more cells
    assert other_names(new(initial=path, **joints), before) == anew
    assert other_names(new(**joints), before) > anew
    steps = {"attend.backbone.graphs.weight", "attend.backbone.graphs.bias"}
    assert other_names(new(initial=path, steps=5), before) == steps


@pytest.mark.parametrize(
    ("head", "last", "others"),
    [
        ("pooled", "head.classify", set()),
        ("moments", "head.mix", {"head.classify.weight", "head.classify.bias"}),
    ],
)
def test_of_other_classes_it_says_nothing_at_first_and_learns(
    tmp_path: Path, head: str, last: str, others: set[str]
) -> None:
    before = trained(head=head)
    made = new(initial=kept(before, tmp_path), head=head, classes=A + 3).eval()
    assert other_names(made, before) == {f"{last}.weight", f"{last}.bias"} | others
    batch = some_batch()
    assert not made(batch).any()
    step = torch.optim.Adam(made.parameters(), lr=1e-3)
    first = made.losses(batch)["classification"].item()
    for _ in range(10):
        step.zero_grad()
        total(made.losses(batch)).backward()
        step.step()
    assert made.losses(batch)["classification"].item() < first


def test_what_is_taken_over_and_what_is_not_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    path = kept(trained(), tmp_path)
    count = len(new().state_dict())
    new(initial=path)
    new(initial=path, joint_set="kinect25", classes=A + 3)
    assert caplog.messages == [
        f"{count} of {count} weights are those of {path}",
        f"{count - 3} of {count} weights are those of {path}; anew: attend.backbone.describe.2; "
        "zero: head.classify",
    ]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ({"pose_backbone": LSTM}, {}, "attend.weigh.spatial.0.weight is (6, 20) there"),
        ({}, {"pose_backbone": LSTM}, "attend.weigh.spatial.0.weight is (6, 128) there, (6, 20)"),
        ({"attention": "none", "embedding": "none"}, {}, "is missing there"),
        ({"hidden": (7, 5)}, {}, "attend.weigh.spatial.0.weight is (7, 128) there, (6, 128) here"),
    ],
)
def test_another_kind_of_network_is_refused(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], says: str
) -> None:
    path = kept(trained(**before), tmp_path)
    with pytest.raises(ValueError, match=re.escape(f"{path} is of another network: ")) as refused:
        new(initial=path, **after)
    assert says in str(refused.value) and "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.pth"):
        new(initial=str(tmp_path / "none.pth"))


def test_layers_of_poses_that_came_with_their_own_file_stay(tmp_path: Path) -> None:
    before = trained(pose_backbone=LSTM)
    made = new(initial=kept(before, tmp_path), pose_backbone=LSTM, joint_set="kinect25")
    (sized,) = other_names(made, before)
    assert sized.startswith("attend.backbone.recurrent.") and sized.endswith("weight_ih_l0")
