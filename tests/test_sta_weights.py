"""Weights of a first stage, or of another data set, are taken over whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from recognizers.inputs.moments import Sampling
from recognizers.inputs.preparation import Preparation
from recognizers.recognizer import ClipRecognizer
from recognizers.sta.network import PoseConditionedAttention
from recognizers.training.checkpoints import load_weights
from tests.made_samples import seeded

SMALL = {
    "widths": (3, 4), "pose_features": 8, "units": 9, "rgb_features": 7, "spatial_hidden": 5,
    "temporal_hidden": 6, "hand_channels": 6,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def network(**changes: Any) -> PoseConditionedAttention:
    values: dict[str, Any] = {"joint_set": "kinect25", "people": 2, "classes": 5, **SMALL}
    return PoseConditionedAttention(**{**values, **changes})


def recognizer(made: nn.Module, path: Path, **said: Any) -> str:
    """As `ClipRecognizer.save` writes it."""
    config = {"type": "PoseConditionedAttention", "mode": "pose", **SMALL, **said}
    ClipRecognizer(
        network=made, config=config, class_names=("a",) * 5,
        preparation=Preparation(joint_set="kinect25", people=2, axes="kinect"),
        sampling=Sampling(frames=20),
    ).save(path)  # fmt: skip
    return str(path)


def checkpoint(made: nn.Module, path: Path) -> str:
    """As the Runner writes it: the network inside a model."""
    state = {f"network.{name}": value for name, value in made.state_dict().items()}
    torch.save({"state_dict": state, "meta": {"epoch": 3}}, path)
    return str(path)


def same(one: nn.Module, other: nn.Module, part: str, *, within: float = 0.0) -> bool:
    theirs = other.state_dict()
    mine = {name: value for name, value in one.state_dict().items() if name.startswith(part)}
    assert mine
    return all((value - theirs[name]).abs().max() <= within for name, value in mine.items())


@pytest.mark.parametrize("mode", ["rgb", "both"])
@pytest.mark.parametrize("freeze", [True, False])
def test_a_second_stage_begins_with_the_pose_stream_of_the_first(
    tmp_path: Path,
    mode: str,
    freeze: bool,  # noqa: FBT001
) -> None:
    first = network(mode="pose")
    for path, within in (
        (recognizer(first, tmp_path / "a.safetensors"), 1e-3),  # in half precision
        (checkpoint(first, tmp_path / "a.pth"), 0.0),
    ):
        made = network(mode=mode, pose_network=path, freeze_pose=freeze)
        assert same(made, first, "pose.", within=within)
        assert made.state_dict()["pose.network.layers.1.weight"].dtype == torch.float32
        assert not same(made, network(), "rgb.")


def test_a_transfer_begins_with_all_but_classifiers_of_other_classes(tmp_path: Path) -> None:
    first = network()
    path = checkpoint(first, tmp_path / "a.pth")
    made = network(classes=8, joint_set="sbu15", initial=path)
    assert same(made, first, "pose.network.") and same(made, first, "rgb.weigh_hands.")
    assert same(made, first, "rgb.cell.") and same(made, first, "rgb.feature.")
    assert made.state_dict()["rgb.classify.weight"].shape == (8, 7)
    assert not any(made.state_dict()[f"{part}.classify.weight"].any() for part in ("rgb", "pose"))
    assert same(network(initial=path), first, "")


def test_a_first_stage_of_other_classes_may_begin_one_that_learns(tmp_path: Path) -> None:
    first = network(mode="pose")
    path = checkpoint(first, tmp_path / "a.pth")
    made = network(mode="pose", classes=8, pose_network=path)
    assert same(made, first, "pose.network.")
    with pytest.raises(
        ValueError, match=r"pose\.classify\.weight is \(5, 8\) there, \(8, 8\) here"
    ):
        network(classes=8, pose_network=path, freeze_pose=True)


def test_a_transfer_to_crops_begins_its_image_network_anew(tmp_path: Path) -> None:
    first = network(hand_channels=8)
    path = checkpoint(first, tmp_path / "a.pth")
    backbone = {"type": "SmallImage", "stage_channels": (8,)}
    made = network(backbone=backbone, crop_size=8, initial=path)
    assert same(first, made, "")
    assert made.sensor is not None


SHOWN_OTHERWISE = [
    ({"order": "random"}, "order='random' there, order='tour' here: give network.order as there"),
    ({"centre": "first"}, "centre='first' there, centre='frame' here: give network.centre as"),
    ({"derivatives": "sampled"}, "derivatives='sampled' there, derivatives=None here: give"),
    (
        {"scales": (1.0, 0.1, 0.01), "centre": "first"},
        "centre='first', scales=(1, 0.1, 0.01) there, centre='frame', scales=(1, 1, 1) here: give "
        "network.centre and network.scales as there, or train both stages alike",
    ),
]


@pytest.mark.parametrize(("changes", "line"), SHOWN_OTHERWISE)
@pytest.mark.parametrize("by", ["pose_network", "initial"])
@pytest.mark.parametrize("kind", ["a.pth", "a.safetensors"])
def test_a_beginning_that_is_shown_poses_otherwise_is_refused_though_its_shapes_fit(
    tmp_path: Path, kind: str, by: str, changes: dict[str, Any], line: str
) -> None:
    write = recognizer if kind.endswith("safetensors") else checkpoint
    path = write(network(mode="pose", **changes), tmp_path / kind)
    with pytest.raises(ValueError, match=re.escape(f"{kind} is of another network: poses")) as own:
        network(mode="pose", **{by: path})
    assert line in str(own.value) and "\n" not in str(own.value)
    assert same(network(mode="pose", **changes, **{by: path}), network(**changes), "pose.tensor.")


@pytest.mark.parametrize(("changes", "line"), SHOWN_OTHERWISE)
def test_a_checkpoint_that_was_shown_poses_otherwise_is_not_tested(
    tmp_path: Path, changes: dict[str, Any], line: str
) -> None:
    trained = network(**changes)
    path = tmp_path / "a.pth"
    checkpoint(trained, path)
    with pytest.raises(ValueError, match=r"a\.pth is of another network: poses") as caught:
        load_weights(network(), path)
    assert line in str(caught.value) and "\n" not in str(caught.value)
    load_weights(made := network(**changes), path)
    assert same(made, trained, "")


def test_a_recognizer_whose_weights_were_shown_poses_otherwise_is_not_whole(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.safetensors"
    recognizer(network(mode="pose", centre="first"), path, centre="frame")
    with pytest.raises(ValueError, match=r"not whole .*centre='first' there, centre='frame' here"):
        ClipRecognizer.load(path)
    recognizer(network(mode="pose", centre="first"), path, centre="first")
    assert ClipRecognizer.load(path).config["centre"] == "first"


def test_files_of_before_keep_the_order_alone(tmp_path: Path) -> None:
    trained = network(mode="pose", order="random", centre="first")
    state = {f"network.{name}": value for name, value in trained.state_dict().items()}
    for name in ("scales", "choices"):
        del state[f"network.pose.tensor.{name}"]
    path = tmp_path / "a.pth"
    torch.save({"state_dict": state}, path)
    load_weights(made := network(mode="pose", order="random", centre="first"), path)
    assert same(made, trained, "")
    made = network(mode="pose", order="random", scales=(1.0, 0.3, 0.03), pose_network=str(path))
    assert same(made, trained, "pose.network.")
    scales = made.state_dict()["pose.tensor.scales"]
    torch.testing.assert_close(scales, torch.tensor([1.0, 0.3, 0.03]), atol=0, rtol=0)
    with pytest.raises(ValueError, match="order='random' there, order='tour' here"):
        load_weights(network(mode="pose"), path)


def test_weights_that_do_not_fit_are_refused_in_a_line(tmp_path: Path) -> None:
    wider = checkpoint(network(mode="pose", widths=(5, 4)), tmp_path / "a.pth")
    line = r"a\.pth is of another network: pose\.network\.layers\.1\.weight is \(5, 3, 8, 3\) there"
    with pytest.raises(ValueError, match=line):
        network(mode="rgb", pose_network=wider)
    hands = checkpoint(network(mode="rgb", conditioned=False), tmp_path / "b.pth")
    with pytest.raises(ValueError, match=r"b\.pth is of another network: .* is missing there"):
        network(mode="rgb", pose_network=hands)
    short = checkpoint(network(mode="pose", order="topological"), tmp_path / "c.pth")
    with pytest.raises(ValueError, match=r"c\.pth is of another network"):
        network(mode="rgb", pose_network=short)


def test_files_that_are_no_weights_are_refused(tmp_path: Path) -> None:
    for name in ("none.pth", "none.safetensors"):
        with pytest.raises(FileNotFoundError, match=name):
            network(pose_network=str(tmp_path / name))
    damaged = tmp_path / "damaged.pth"
    damaged.write_bytes(b"no zip")
    with pytest.raises(ValueError, match=r"damaged\.pth: no checkpoint of tools/train\.py"):
        network(pose_network=str(damaged))
    torch.save({"weights": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=r"other\.pth: no checkpoint"):
        network(pose_network=str(tmp_path / "other.pth"))
