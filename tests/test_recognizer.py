"""A recognizer's file brings back the recognizer, and says what is wrong with other files."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from recognizers.inputs.batch import ClipBatch
from recognizers.inputs.moments import Sampling
from recognizers.inputs.preparation import Preparation
from recognizers.networks import network_of
from recognizers.recognizer import ClipRecognizer, _assembled
from tests.made_clips import waving_or_squatting
from tests.made_explained import clip_of, footage_of, person, recognizer_of
from tests.made_picture_recognizers import tiny
from wildpose.tensor_files import read_tensors, write_tensors

CONFIG = {"type": "SkeletonRnn", "units": 8, "layers": 1}
CLIPS = waving_or_squatting(5)


@pytest.fixture
def recognizer() -> ClipRecognizer:
    torch.manual_seed(0)
    preparation = Preparation().fitted(CLIPS)
    network = network_of(CONFIG, joint_set_name="lcr13", people=1, classes=3)
    return ClipRecognizer(
        network=network.eval(),
        config=CONFIG,
        class_names=("wave", "squat", "neither"),
        preparation=preparation,
        sampling=Sampling(frames=16),
        temperature=1.7,
        frame_rate=15.0,
        window_s=1.5,
    )


def test_scores_are_probabilities_of_each_clip(recognizer: ClipRecognizer) -> None:
    scores = recognizer.predict(CLIPS)
    assert scores.shape == (5, 3)
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-9)
    np.testing.assert_allclose(recognizer.predict(CLIPS[2:3]), scores[2:3], atol=1e-6)
    assert recognizer.predict([]).shape == (0, 3)


class Elsewhere(torch.nn.Module):
    """On a device that computes nothing; it notes where what it is shown lies."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(3, device="meta"))
        self.shown: list[str] = []

    def forward(self, batch: ClipBatch) -> torch.Tensor:
        self.shown += [part.device.type for part in batch if part is not None]
        return torch.zeros(len(batch.labels), 3)


def test_clips_go_to_the_device_of_the_network(recognizer: ClipRecognizer) -> None:
    network = Elsewhere()
    elsewhere = replace(recognizer, network=network)
    assert elsewhere.device == torch.device("meta")
    assert elsewhere.predict(CLIPS).shape == (5, 3)
    assert network.shown == ["meta"] * 4  # joints, mask, labels, lengths


def test_scores_are_the_same_whoever_loads_the_clips() -> None:
    looks = recognizer_of("vpn")  # from two views, of chance moments
    clips = [clip_of(person(x / 10), name=f"clip{x}") for x in range(5)]
    clips = [replace(clip, footage=footage_of(clip)) for clip in clips]
    alone = looks.logits(clips)
    assert len(np.unique(alone, axis=0)) == 5
    np.testing.assert_array_equal(looks.logits(clips, workers=2), alone)


def test_torchs_own_chance_is_left_alone(recognizer: ClipRecognizer) -> None:
    before = torch.get_rng_state()
    recognizer.predict(CLIPS)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_file_brings_it_back(recognizer: ClipRecognizer, tmp_path: Path) -> None:
    path = tmp_path / "recognizer.safetensors"
    recognizer.save(path)
    back = ClipRecognizer.load(path)
    np.testing.assert_allclose(back.predict(CLIPS), recognizer.predict(CLIPS), atol=2e-3)
    for name in ("config", "class_names", "preparation", "sampling", "temperature"):
        assert getattr(back, name) == getattr(recognizer, name)
    assert (back.joint_set, back.axes, back.frame_rate, back.window_s) == ("lcr13", "body", 15, 1.5)
    assert not back.network.training


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda path: path.write_bytes(b"no model"), "no safetensors file"),
        (lambda path: save_file({"a": torch.zeros(1)}, path), "not a wildpose recognizer"),
        (
            lambda path: save_file(
                {"a": torch.zeros(1)}, path, metadata={"format": "wildpose/recognizer/1"}
            ),
            "not whole",
        ),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path: Path, change, wrong: str) -> None:  # noqa: ANN001
    path = tmp_path / "other.safetensors"
    change(path)
    with pytest.raises(ValueError, match=wrong) as caught:
        ClipRecognizer.load(path)
    assert "\n" not in str(caught.value)


def changed(path: Path, name: str, value: object) -> None:
    """Write another value into what a file says about itself."""
    said, tensors = read_tensors(path, kind="wildpose/recognizer/1", what="recognizer")
    write_tensors(path, tensors, {**said, name: json.dumps(value)})


def test_a_file_is_read_to_the_device_that_is_asked_for(
    recognizer: ClipRecognizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "recognizer.safetensors"
    recognizer.save(path)
    assert ClipRecognizer.load(path).device == torch.device("cpu")
    with pytest.raises(ValueError, match="device 'cuda:99'"):
        ClipRecognizer.load(path, device="cuda:99")
    asked = {"cuda:1": torch.device("meta")}  # which is on every machine
    monkeypatch.setattr("recognizers.recognizer.device_named", asked.__getitem__)
    network = ClipRecognizer.load(path, device="cuda:1").network
    assert {value.device.type for value in network.state_dict().values()} == {"meta"}


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("preparation", None, "preparation must be a dict, got None"),
        ("preparation", {}, "preparation has no joint_set"),
        ("sampling", [16], "sampling must be a dict"),
        ("sampling", {"frames": "16", "frame_rate": None, "longest": 9}, "frames must be a whole"),
        ("network", None, "config must be a dict, got None"),
        ("class_names", "abc", "class_names must be some of a text, got 'abc'"),
        ("class_names", ["wave", "squat", 3], "class_names must be some of a text"),
        ("class_names", ["wave", "squat"], "what it holds is of another network"),
        ("temperature", 0, "temperature must be positive, got 0"),
        ("temperature", float("nan"), "temperature must be positive, got nan"),
        ("temperature", "1", "temperature must be a number, got '1'"),
        ("frame_rate", -15.0, "frame_rate must be positive"),
        ("window_s", 0, "window_s must be positive"),
        ("min_score", 1.5, "min_score must be within 0 and 1, got 1.5"),
        ("trunk_px", 0, "trunk_px must be positive px or none, got 0"),
        ("trunk_px", "90", "trunk_px must be"),
    ],
)
def test_a_file_that_is_not_whole_is_refused_in_one_line(
    recognizer: ClipRecognizer, tmp_path: Path, name: str, value: object, wrong: str
) -> None:
    path = tmp_path / "recognizer.safetensors"
    recognizer.save(path)
    changed(path, name, value)
    with pytest.raises(ValueError, match=re.escape(wrong)) as caught:
        ClipRecognizer.load(path)
    assert str(caught.value).startswith(f"{path}: a wildpose recognizer, but not whole (")
    assert "\n" not in str(caught.value)


def test_a_file_names_no_others_to_be_read_or_fetched(tmp_path: Path) -> None:
    path = tmp_path / "recognizer.safetensors"
    recognizer_of("glimpse_clouds").save(path)
    said, _ = read_tensors(path, kind="wildpose/recognizer/1", what="recognizer")
    network = json.loads(said["network"])
    backbone = {**network["backbone"], "pretrained": "/nowhere/weights.pt"}
    changed(path, "network", {**network, "initial": "/nowhere/first.pth", "backbone": backbone})
    assert "nowhere" not in json.dumps(ClipRecognizer.load(path).config)


def test_there_is_a_length_for_every_bone(recognizer: ClipRecognizer, tmp_path: Path) -> None:
    path = tmp_path / "recognizer.safetensors"
    recognizer.save(path)
    changed(path, "preparation", {**asdict(recognizer.preparation), "lengths": [0.3, 0.3]})
    with pytest.raises(ValueError, match="lengths must be 14, one for each edge of lcr13; got 2"):
        ClipRecognizer.load(path)
    changed(path, "preparation", {**asdict(recognizer.preparation), "lengths": ["long"] * 14})
    with pytest.raises(ValueError, match="lengths must be"):
        ClipRecognizer.load(path)


def test_what_a_file_says_is_left_as_it_is(recognizer: ClipRecognizer, tmp_path: Path) -> None:
    path = tmp_path / "recognizer.safetensors"
    recognizer.save(path)
    said, tensors = read_tensors(path, kind="wildpose/recognizer/1", what="recognizer")
    about = {name: json.loads(text) for name, text in said.items() if name != "format"}
    given = deepcopy(about)
    _assembled(given, tensors)
    assert given == about


def test_how_long_it_looks_is_told_where_there_is_an_end(recognizer: ClipRecognizer) -> None:
    assert recognizer.longest_s is None  # 16 frames of any clip, spread over all of it
    assert replace(recognizer, sampling=Sampling(longest=45)).longest_s == 3  # at 15 Hz
    assert replace(recognizer, sampling=Sampling(frame_rate=30, longest=45)).longest_s == 1.5


def test_what_it_looks_at_how_large_people_were_and_notes_come_back(tmp_path: Path) -> None:
    given = replace(tiny("sta"), notes=("four clips validate", "é"))
    given.save(tmp_path / "sta.safetensors")
    back = ClipRecognizer.load(tmp_path / "sta.safetensors")
    assert back.needs_rgb
    assert (back.pictures, back.trunk_px) == (given.pictures, 60.0)
    assert back.notes == given.notes


def test_a_file_of_an_earlier_version_knows_no_size_and_no_notes(
    recognizer: ClipRecognizer, tmp_path: Path
) -> None:
    path = tmp_path / "recognizer.safetensors"
    recognizer.save(path)
    said, tensors = read_tensors(path, kind="wildpose/recognizer/1", what="recognizer")
    del said["trunk_px"], said["notes"]
    write_tensors(path, tensors, said)
    back = ClipRecognizer.load(path)
    assert (back.trunk_px, back.notes) == (None, ())


def test_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no wildpose recognizer"):
        ClipRecognizer.load(tmp_path / "none.safetensors")


def test_unknown_networks_and_arguments_name_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"unknown network 'SkeletonRn'.*Did you mean"):
        network_of({"type": "SkeletonRn"}, joint_set_name="lcr13", people=1, classes=2)
    with pytest.raises(ValueError, match=r"network\.unit: SkeletonRnn takes .*units"):
        network_of({"type": "SkeletonRnn", "unit": 3}, joint_set_name="lcr13", people=1, classes=2)
