"""Data sets are found by the names that configs call them, and read when they are asked for."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from types import ModuleType

import make_synthetic_ntu
import numpy as np
import pytest

from datasets import catalogue
from datasets.catalogue import DATASETS, dataset_named
from datasets.protocols import Protocol
from wildpose.types import Clip
from wildpose.usage import python_here

PROTOCOLS = {
    "ntu60": ("xsub", "xview"),
    "ntu120": ("xsub", "xset"),
    "ntu60_pickle": ("xsub", "xview"),
    "ntu120_pickle": ("xsub", "xset"),
    "nucla": ("xview3", "xview2", "xview1", "xview3_distinct", "xview2_distinct"),
    "utd_mhad": ("xsub",),
    "msr_action3d": ("xsub",),
    "smarthome": ("xsub", "xview1", "xview2"),
    "sbu": ("fold1", "fold2", "fold3", "fold4", "fold5"),
    "msr_daily": ("xsub",),
    "synthetic_ntu": ("xsub", "xview"),
    "pushups": tuple(f"{kind}{i}" for kind in ("fold", "scene") for i in range(1, 6)),
    "everyday": (
        "xsub",
        "true",
        "true_kinect",
        "without_nucla",
        "without_utd_mhad",
        "without_msr_action3d",
        "without_bandai",
        "without_cmu_expmap",
    ),
    "youtube": ("all", "split"),
    "everyday_videos": ("shots1", "shots3", "shots5"),
}
FOLDERS = {
    "ntu60": "ntu",
    "ntu120": "ntu",
    "ntu60_pickle": "skeleton_pickle",
    "ntu120_pickle": "skeleton_pickle",
    "nucla": "nw_ucla",
}


@pytest.fixture(params=DATASETS)
def name(request: pytest.FixtureRequest) -> str:
    """Of each data set."""
    return request.param


@pytest.fixture
def two_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module with two data sets in it; each clip is named as the folder that it was read from."""
    module = ModuleType("datasets.double")
    module.CLASS_NAMES = ("walk", "run")  # type: ignore[attr-defined]
    module.SMALL = {"xsub": Protocol(lambda name: "train", ("walk",), "a paper")}  # type: ignore[attr-defined]
    module.LARGE = {"xset": Protocol(lambda name: "test", ("walk", "run"), "another")}  # type: ignore[attr-defined]
    module.clips = lambda root: iter([clip_named(root.name)])  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "datasets.double", module)
    places = {"small": "datasets.double:SMALL", "large": "datasets.double:LARGE"}
    monkeypatch.setattr(catalogue, "DATASETS", places)


def clip_named(name: str) -> Clip:
    return Clip(np.zeros((1, 2, 13, 3)), np.ones((1, 2), bool), "lcr13", 30.0, name=name)


def test_a_data_set_has_its_protocols_classes_and_folder(name: str) -> None:
    dataset = dataset_named(name)
    assert dataset.name == name
    assert dataset.folder == FOLDERS.get(name, name)
    assert tuple(dataset.protocols) == PROTOCOLS[name]
    assert len(set(dataset.class_names)) == len(dataset.class_names) > 1


def test_protocols_are_about_classes_of_the_set_and_say_who_set_them(name: str) -> None:
    dataset = dataset_named(name)
    for protocol in dataset.protocols.values():
        assert set(protocol.class_names) <= set(dataset.class_names)
        assert len(protocol.source) > 10
        assert protocol.metric == ("mean_class" if name == "smarthome" else "top1")


def test_two_data_sets_may_be_in_one_module(two_in_one: None, tmp_path: Path) -> None:
    (tmp_path / "double").mkdir()
    small, large = dataset_named("small"), dataset_named("large")
    assert (list(small.protocols), list(large.protocols)) == (["xsub"], ["xset"])
    assert small.class_names == large.class_names == ("walk", "run")
    assert [clip.name for clip in small.clips(tmp_path)] == ["double"]


def test_modules_are_imported_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    places = {"here": "datasets.sbu:PROTOCOLS", "absent": "datasets.not_written_yet:PROTOCOLS"}
    monkeypatch.setattr(catalogue, "DATASETS", places)
    assert dataset_named("here").folder == "sbu"
    with pytest.raises(ModuleNotFoundError, match="not_written_yet"):
        dataset_named("absent")


@pytest.mark.parametrize(("wrong", "near"), [("nucle", "nucla"), ("ntu_60", "ntu60")])
def test_an_unknown_data_set_is_answered_with_those_there_are(wrong: str, near: str) -> None:
    line = (
        rf"^unknown data set '{wrong}': there are ntu60, .*\. Did you mean '{near}'\? "
        rf"For videos of your own there must be DATA/{wrong}/labelled_videos.json: "
        rf"{python_here()} tools/"
    )
    with pytest.raises(ValueError, match=line):
        dataset_named(wrong)


def test_a_missing_folder_is_missed_before_anything_is_read(name: str, tmp_path: Path) -> None:
    dataset = dataset_named(name)
    with pytest.raises(
        FileNotFoundError, match=rf"^no folder {tmp_path / dataset.folder} with "
    ) as error:
        dataset.clips(tmp_path)
    assert ("datasets/README" in str(error.value)) != (name == "synthetic_ntu")


def test_a_set_that_a_tool_makes_names_the_command(tmp_path: Path) -> None:
    root = tmp_path / "of mine"
    with pytest.raises(FileNotFoundError) as error:
        dataset_named("synthetic_ntu").clips(root)
    python, tool, *arguments = shlex.split(str(error.value).partition(": first run ")[2])
    assert (python, tool) == (python_here(), "tools/make_synthetic_ntu.py")
    assert make_synthetic_ntu.options_of(arguments).out == root


def test_a_folder_without_files_of_the_set_is_missed_too(name: str, tmp_path: Path) -> None:
    dataset = dataset_named(name)
    (tmp_path / dataset.folder).mkdir()
    with pytest.raises(FileNotFoundError, match=str(tmp_path / dataset.folder)):
        list(dataset.clips(tmp_path))
