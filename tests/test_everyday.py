"""The set of everyday actions is parted by its clips' names, and read from what the tool made."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from datasets.catalogue import dataset_named
from datasets.clip_cache import ClipCacheWriter
from datasets.everyday import CLASS_NAMES, PROTOCOLS, clips
from datasets.everyday_actions import ACTIONS, CHOICES
from datasets.everyday_takes import HELD_OUT
from wildpose.types import Clip
from wildpose.windows import BACKGROUND

NAMES = {
    "nw_ucla": "a05_s01_e00_v01/whole",
    "utd_mhad": "a24_s2_t1_skeleton/rest",
    "msr_action3d": "a14_s01_e01_skeleton3D/whole",
    "bandai": "dataset-2_walk_active_006/at12.50",
    "cmu_expmap": "train/walking/walking_1/at1.00",
}
SETS = {"nucla": "nw_ucla", **{name: name for name in list(NAMES)[1:]}}


def named(source: str, split: str, variant: str) -> str:
    return f"{source}/{split}/{NAMES[source]}/{variant}"


def clip(name: str) -> Clip:
    joints = np.zeros((1, 9, 13, 3), dtype=np.float32)
    return Clip(joints, np.ones((1, 9), bool), "lcr13", 30.0, "camera", name, label=0)


def test_classes_are_the_actions_with_the_background_last() -> None:
    assert tuple(ACTIONS) == CLASS_NAMES
    assert CLASS_NAMES[-1] == BACKGROUND


@pytest.mark.parametrize("source", NAMES)
@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_a_clip_is_where_its_person_is_and_true_joints_only_train(source: str, split: str) -> None:
    rule = PROTOCOLS["xsub"].rule
    for view in (0, 3, 17):
        assert rule(named(source, split, f"seen{view}")) == split
    assert rule(named(source, split, "true")) == ("train" if split == "train" else None)


@pytest.mark.parametrize("source", NAMES)
def test_true_joints_alone_train_and_one_view_of_other_people_tells(source: str) -> None:
    for protocol, trains in {"true": True, "true_kinect": source in HELD_OUT}.items():
        rule = PROTOCOLS[protocol].rule
        assert rule(named(source, "train", "true")) == ("train" if trains else None)
        assert rule(named(source, "train", "seen0")) is None
        for split in ("val", "test"):
            views = ("true", "seen0", "seen1")
            assert [rule(named(source, split, v)) for v in views] == [None, split, None]


@pytest.mark.parametrize("tested", SETS)
def test_a_set_that_is_held_out_tests_and_nothing_of_it_trains(tested: str) -> None:
    rule = PROTOCOLS[f"without_{tested}"].rule
    for source in NAMES:
        own = source == SETS[tested]
        for split in ("train", "val", "test"):
            expected = "test" if own else "val" if split == "val" else "train"
            assert rule(named(source, split, "seen0")) == expected
            true = rule(named(source, split, "true"))
            assert true == ("train" if expected == "train" else None)


def test_held_out_sets_are_tested_on_actions_that_others_have() -> None:
    assert set(PROTOCOLS) == {"xsub", "true", "true_kinect", *(f"without_{n}" for n in SETS)}
    assert set(SETS.values()) == set(CHOICES)
    shared: dict[str, tuple[str, ...]] = {}
    for name in SETS:
        protocol = PROTOCOLS[f"without_{name}"]
        assert protocol.tested is not None
        assert set(protocol.tested) <= set(protocol.class_names) <= set(CLASS_NAMES)
        shared[name] = protocol.tested
    assert shared["nucla"] == ("walk", "sit down", "stand up", "throw")
    assert shared["cmu_expmap"] == ("walk", "run", BACKGROUND)
    assert "squat" not in shared["utd_mhad"] and "kick" in shared["msr_action3d"]
    assert "bow" not in shared["bandai"] and "wave" in shared["bandai"]
    # What only the tested set has cannot be learned; all else is to be told apart.
    assert set(CLASS_NAMES) - set(PROTOCOLS["without_bandai"].class_names) == {"bow"}


@pytest.mark.parametrize("tested", SETS)
def test_a_set_that_is_held_out_is_tested_on_as_many_views_of_each_take(tested: str) -> None:
    rule = PROTOCOLS[f"without_{tested}"].rule
    for split in ("train", "val", "test"):
        found = [rule(named(SETS[tested], split, f"seen{view}")) for view in range(36)]
        assert found == ["test"] * 6 + [None] * 30


@pytest.mark.parametrize(
    "name",
    [
        "a05_s01_e00_v01",
        "nw_ucla/a05_s01_e00_v01/whole/seen0",
        "nw_ucla/train/a05_s01_e00_v01/seen0",
        "nw_ucla/train/a05_s01_e00_v01/whole/seen",
    ],
)
def test_a_name_of_another_set_is_refused(name: str) -> None:
    for protocol in PROTOCOLS.values():
        with pytest.raises(ValueError, match=f"{name!r} is not a name of a clip of everyday"):
            protocol.rule(name)


# Reading


@pytest.mark.parametrize("below", ["", "cache"])
def test_clips_are_those_that_the_tool_made(below: str, tmp_path: Path) -> None:
    with ClipCacheWriter(tmp_path / "everyday" / below, settings={}) as cache:
        for source in NAMES:
            cache.add(clip(named(source, "train", "seen0")))
    found = list(dataset_named("everyday").clips(tmp_path))
    assert [one.name for one in found] == [named(source, "train", "seen0") for source in NAMES]
    assert {one.axes for one in found} == {"camera"}


def test_what_was_never_made_is_missed_with_the_tool_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=rf"{tmp_path}.*tools/prepare_everyday\.py"):
        clips(tmp_path)


def test_what_is_not_complete_is_not_read(tmp_path: Path) -> None:
    with suppress(KeyboardInterrupt), ClipCacheWriter(tmp_path, settings={}) as cache:
        cache.add(clip(named("nw_ucla", "train", "true")))
        raise KeyboardInterrupt
    with pytest.raises(ValueError, match="not complete, run tools/prepare_everyday"):
        clips(tmp_path)
