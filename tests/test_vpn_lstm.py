"""The recurrent pose backbone: states of all steps, kept as they were learned before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from recognizers.skeleton_rnn.network import SkeletonRnn
from recognizers.skeleton_rnn.recurrent_layers import FusedStack
from recognizers.stored_weights import RECOGNIZER
from recognizers.vpn.pose_lstm import LstmPoseBackbone
from recognizers.vpn.poses import Poses
from tests.made_samples import seeded
from wildpose.tensor_files import write_tensors

B, T = 3, 4


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def poses(joints: int = 13) -> Poses:
    """Read, of joints about their origin."""
    seen = torch.ones(B, T, joints, dtype=torch.bool)
    return Poses(torch.randn(B, T, joints, 3), seen)


def lstm(**options: Any) -> LstmPoseBackbone:
    given: dict[str, Any] = {"joint_set": "lcr13", "people": 1, "steps": T, "units": 6}
    return LstmPoseBackbone(**{**given, "pretrained": False, **options})


def test_states_of_all_steps_lie_side_by_side() -> None:
    made, given = lstm(), poses()
    found = made(given)
    assert found.shape == (B, T * 6) and made.width == T * 6
    states, _ = made.recurrent.get_submodule("recurrent")(given.joints.flatten(2))
    torch.testing.assert_close(found.view(B, T, 6), states)
    given.seen[1, 2] = False
    assert not made(given)[1].view(T, 6)[2].any()


def test_it_has_three_layers_of_512_units() -> None:
    with torch.device("meta"):
        made = LstmPoseBackbone(joint_set="kinect25", people=1, steps=20, pretrained=False)
    assert isinstance(made.recurrent, FusedStack)
    assert (made.recurrent.recurrent.num_layers, made.recurrent.recurrent.hidden_size) == (3, 512)
    assert made.width == 10_240
    assert sum(p.numel() for p in made.parameters()) == 5_402_624  # one bias a gate


def test_frozen_layers_neither_learn_nor_drop_in_training() -> None:
    made, given = lstm().train(), poses()
    assert made.training and not made.recurrent.training
    assert not any(p.requires_grad for p in made.parameters())
    torch.testing.assert_close(made(given), made(given), atol=0, rtol=0)
    free = lstm(frozen=False).train()
    assert all(p.requires_grad for p in free.parameters())
    assert (free(given) - free(given)).abs().max() > 1e-4


def saved(path: Path, **options: Any) -> SkeletonRnn:
    """A recurrent recognizer in a file, as a training leaves it."""
    said = {"type": "SkeletonRnn", "cell": "lstm", "units": 6, **options}
    own = {name: value for name, value in said.items() if name != "type"}
    made = SkeletonRnn(joints=13, people=1, classes=2, **own)
    halves = {name: value.half() for name, value in made.state_dict().items()}
    write_tensors(path, halves, {"format": RECOGNIZER, "network": json.dumps(said)})
    return made


def test_its_weights_can_be_those_of_a_recognizer_of_skeletons(tmp_path: Path) -> None:
    trained = saved(tmp_path / "lstm.safetensors")
    made, given = lstm(pretrained=str(tmp_path / "lstm.safetensors")), poses()
    stream = trained.networks[0].eval()
    states = stream.get_submodule("recurrent")(given.joints.flatten(2), torch.full((B,), T))
    torch.testing.assert_close(made(given), states.flatten(1), atol=2e-3, rtol=0)  # kept in half
    assert (made(given) - lstm()(given)).abs().max() > 0.02


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "gru"}, "expected a SkeletonRnn of LSTM that reads joints, got .*gru"),
        ({"transformer": "affine"}, "that reads joints, got .*affine"),
        ({"streams": ["joint_motion"]}, "that reads joints, got .*joint_motion"),
        ({"units": 5}, "its layers are .*20, .* expected .*24"),
        ({"layers": 2}, "its layers are "),
    ],
)
def test_weights_of_other_networks_are_refused(tmp_path: Path, options: dict, message: str) -> None:
    saved(tmp_path / "other.safetensors", **options)
    with pytest.raises(ValueError, match=message):
        lstm(pretrained=str(tmp_path / "other.safetensors"))


def test_a_missing_file_of_weights_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"no wildpose recognizer nowhere.safetensors"):
        lstm(pretrained="nowhere.safetensors")
