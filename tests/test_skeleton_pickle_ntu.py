"""NTU RGB+D in a skeleton pickle is a data set like others: found by name, parted, trained on."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from datasets import catalogue, ntu
from datasets.catalogue import dataset_named
from datasets.skeleton_pickle import CLASS_NAMES, clips, ntu_file, write
from recognizers.inputs.clip_dataset import ClipDataset, Sampling, collated
from recognizers.inputs.preparation import Preparation
from recognizers.networks import network_of
from recognizers.training.experiment import Data
from tests.made_clips import waving_or_squatting
from tools.experiments.samples import read_samples
from wildpose.types import Clip

ENTRIES = {
    "ntu60_pickle": "datasets.skeleton_pickle:PROTOCOLS_60",
    "ntu120_pickle": "datasets.skeleton_pickle:PROTOCOLS_120",
}
WAVE, SQUAT = "hand waving", "squat down"  # A23, and A80 of NTU RGB+D 120
TRAINS, VALIDATES, TESTS = 1, 25, 3  # subjects, by the protocols by subject


def some_clips() -> list[Clip]:
    """Four of each class by each of three subjects; one class is of NTU RGB+D 120 alone."""
    found = []
    for i, clip in enumerate(waving_or_squatting(24)):
        action = CLASS_NAMES.index((WAVE, SQUAT)[i % 2]) + 1
        setup, subject = (1, 18)[i % 2], (TRAINS, VALIDATES, TESTS)[i // 2 % 3]
        name = f"S{setup:03}C{1 + i // 12:03}P{subject:03}R{1 + i // 6 % 2:03}A{action:03}"
        found.append(replace(clip, name=name, label=action - 1))
    return found


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """DATA with a file that holds both sets."""
    monkeypatch.setattr(catalogue, "DATASETS", catalogue.DATASETS | ENTRIES)
    folder = tmp_path / "skeleton_pickle"
    folder.mkdir()
    write(folder / "ntu120_3danno.pkl", some_clips())
    return tmp_path


def test_clips_are_those_of_the_file_and_know_their_subject(data: Path) -> None:
    found = list(dataset_named("ntu120_pickle").clips(data))
    assert [clip.name for clip in found] == [clip.name for clip in some_clips()]
    for clip, expected in zip(found, some_clips(), strict=True):
        np.testing.assert_allclose(clip.joints, expected.joints, atol=0.002)  # float16
        assert (clip.subject, clip.label) == (clip.name[8:12], expected.label)
        assert (clip.joint_set, clip.axes, clip.frame_rate) == ("kinect25", "kinect", 30.0)


def test_classes_and_protocols_are_those_of_ntu(data: Path) -> None:
    for name, other in (("ntu60_pickle", "ntu60"), ("ntu120_pickle", "ntu120")):
        own = dataset_named(name)
        assert own.folder == "skeleton_pickle"
        assert own.protocols is dataset_named(other).protocols
        assert own.class_names is ntu.CLASS_NAMES


@pytest.mark.parametrize(("name", "classes"), [("ntu60_pickle", 1), ("ntu120_pickle", 2)])
def test_a_file_of_120_serves_for_both_sets(data: Path, name: str, classes: int) -> None:
    samples = read_samples(Data(name, "xsub"), data)
    assert {split: len(own) for split, own in samples.clips.items()} == dict.fromkeys(
        ("train", "val", "test"), 4 * classes
    )
    assert {samples.protocol.class_names[label] for label in samples.labels["test"]} == (
        {WAVE} if classes == 1 else {WAVE, SQUAT}
    )


@pytest.mark.usefixtures("one_thread")
def test_a_network_learns_from_it(data: Path) -> None:
    samples = read_samples(Data("ntu120_pickle", "xsub"), data)
    preparation = Preparation(joint_set="lcr13").fitted(samples.clips["train"])
    own = ClipDataset(
        samples.clips["train"], samples.labels["train"], preparation, Sampling(frames=8)
    )
    batch = collated([own[i] for i in range(len(own))])
    config = {"type": "SkeletonRnn", "units": 8, "layers": 1, "keep": 1.0, "streams": ("joint",)}
    network = network_of(config, joint_set_name="lcr13", people=1, classes=len(CLASS_NAMES))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    losses = []
    for _ in range(2):
        loss = torch.stack(list(network.losses(batch).values())).sum()  # type: ignore[operator]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[1] < losses[0]


# Which file


def test_a_file_is_found_by_the_names_of_both_tools(tmp_path: Path) -> None:
    for name in ("ntu60_3d.pkl", "ntu120_3d.pkl"):  # the second one holds the first
        (tmp_path / name).touch()
        (tmp_path / "ntu60_hrnet.pkl").touch()
        (tmp_path / "ntu60_2d.pkl").touch()
        assert ntu_file(tmp_path) == tmp_path / name


def test_a_folder_without_a_file_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "ntu60_hrnet.pkl").touch()
    with pytest.raises(
        FileNotFoundError, match=rf"^no pickle of .* \(ntu60_3d.*\) in {tmp_path}: datasets/README"
    ):
        clips(tmp_path)


def test_two_files_of_one_set_are_refused(tmp_path: Path) -> None:
    for name in ("ntu60_3d.pkl", "ntu60_3danno.pkl"):
        (tmp_path / name).touch()
    with pytest.raises(
        ValueError, match=rf"^{tmp_path}: ntu60_3d.pkl, ntu60_3danno.pkl are of one data set: leave"
    ):
        clips(tmp_path)


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"label": 23}, "S001C001P001R001A023 has the label 23, and action 23 is 22, counted from"),
        ({"name": "a01_s01_e00_v01"}, "'a01_s01_e00_v01' is not a name of a clip of NTU RGB+D"),
    ],
)
def test_a_file_of_another_set_or_count_is_refused(
    tmp_path: Path, changed: dict, wrong: str
) -> None:
    path = tmp_path / "ntu60_3danno.pkl"
    write(path, [replace(some_clips()[0], **changed)])
    with pytest.raises(ValueError, match=rf"^{path}: {re.escape(wrong)}[^\n]*$"):
        list(clips(tmp_path))
