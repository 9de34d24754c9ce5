"""Push-ups: which clips there are, how they are parted, and what trains on them."""

from __future__ import annotations

import tarfile
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import torch

from datasets.catalogue import dataset_named
from datasets.labelled_video_files import Index, write_index
from datasets.protocols import parted
from datasets.pushups import CLASS_NAMES, PROTOCOLS, SCENES, clips, scene_folds
from recognizers.inputs.batch import ClipBatch
from recognizers.networks import network_of, settled
from recognizers.training.experiment import Experiment, read_experiment
from tests.conftest import SHARED

ARCHIVE = SHARED / "pushup.tar"
CONFIGS = Path(__file__).resolve().parent.parent / "configs"
NAMES = [name for fold in scene_folds() for name in fold]
FOLDS = [f"fold{i}" for i in range(1, 6)]
BY_SCENE = [f"scene{i}" for i in range(1, 6)]
J = 13
# What makes a network small enough for a step, and nothing else of it.
SMALL: dict[str, dict[str, Any]] = {
    "sta": {"crop_size": 16, "units": 16, "widths": (4, 4), "pose_features": 16},
    "vpn": {"map_size": (2, 2, 2), "hidden": (16, 8)},
}
ROWS = [
    ("skeleton_rnn", None),
    ("graph", None),
    ("sta", "A"),
    ("sta", None),
    ("vpn", "table1_backbone"),
    ("vpn", None),
]


def test_there_are_131_clips_of_two_classes_each_in_one_scene() -> None:
    assert len(NAMES) == len(set(NAMES)) == sum(map(len, SCENES)) == 131
    assert Counter(name.partition("_")[0] for name in NAMES) == {"correct": 70, "wrong": 61}
    assert dataset_named("pushups").class_names == CLASS_NAMES
    assert dataset_named("pushups").recordings is not None
    assert list(PROTOCOLS) == [*FOLDS, *BY_SCENE]


@pytest.mark.skipif(not ARCHIVE.exists(), reason="the videos are not beside this checkout")
def test_the_clips_are_those_of_the_real_set() -> None:
    with tarfile.open(ARCHIVE) as archive:
        paths = [PurePosixPath(name) for name in archive.getnames() if name.endswith(".mp4")]
    assert sorted(f"{path.parent.name}_{path.stem}" for path in paths) == sorted(NAMES)


@pytest.mark.parametrize("kind", [FOLDS, BY_SCENE], ids=["by file", "by scene"])
def test_folds_test_every_clip_once_and_have_as_much_of_each_class(kind: list[str]) -> None:
    tested: list[str] = []
    for name in kind:
        parts = parted(NAMES, PROTOCOLS[name])
        assert sum(map(len, parts.values())) == 131
        tested += parts["test"]
        for split, correct, wrong in (("test", {14}, {12, 13}), ("val", {12, 14}, {10, 12, 13})):
            counts = Counter(clip.partition("_")[0] for clip in parts[split])  # type: ignore[index]
            assert counts["correct"] in correct and counts["wrong"] in wrong
    assert sorted(tested) == sorted(NAMES)


def test_a_fold_by_file_is_of_every_fifth_number() -> None:
    parts = parted(NAMES, PROTOCOLS["fold1"])
    tested = sorted(int(name.removeprefix("wrong_wrong")) for name in parts["test"] if "w" in name)
    assert tested == [1, 11, 21, 30, 41, 50, 61, 70, 81, 90, 100, 114, 125]


@pytest.mark.parametrize("name", BY_SCENE)
def test_a_scene_is_on_one_side_alone(name: str) -> None:
    rule = PROTOCOLS[name].rule
    for scene in SCENES:
        words = {"c": "correct", "w": "wrong"}
        clips_of = [f"{words[s[0]]}_{words[s[0]]}{s[1:]}" for s in scene]
        assert len({rule(clip) for clip in clips_of}) == 1


@pytest.mark.parametrize("pair", ["c15 c17", "w45 w50", "w52 w54", "c19 w11", "c113 w123"])
def test_videos_that_are_the_same_or_of_one_room_are_one_scene(pair: str) -> None:
    (_,) = (scene for scene in SCENES if set(pair.split()) <= set(scene))


def test_protocols_by_file_say_that_people_are_on_both_sides() -> None:
    sides = PROTOCOLS["fold1"].source
    assert "people and rooms" in sides and "are on both sides" in sides


def test_names_of_other_clips_are_in_no_split() -> None:
    for name in ("correct_correct2", "wrong_correct1", "correct1"):
        for protocol in PROTOCOLS.values():
            with pytest.raises(ValueError, match=rf"'{name}' is not a name of a clip of push-ups"):
                protocol.rule(name)


def test_videos_of_other_classes_are_not_push_ups(tmp_path: Path) -> None:
    write_index(tmp_path, Index(tmp_path, ("good", "wrong"), (), {}, {}, complete=True))
    with pytest.raises(ValueError, match="of good, wrong; expected the classes correct, wrong"):
        clips(tmp_path)


def some_batch(experiment: Experiment) -> ClipBatch:
    """Two clips of what a config asks for, in small pictures."""
    torch.manual_seed(0)
    T, pictures = experiment.sampling.frames or 1, experiment.pictures
    F = 8 if pictures is not None and pictures.frames else T
    batch = ClipBatch(
        joints=torch.randn(2, 1, T, J, 3),
        mask=torch.ones(2, 1, T, dtype=torch.bool),
        labels=torch.tensor([0, 1]),
        lengths=torch.full((2,), T),
        derivatives=torch.randn(2, 1, T, J, 2, 3) if experiment.sampling.derivatives else None,
    )
    if pictures is not None and pictures.hand_px:
        batch = batch._replace(hands=torch.randint(0, 255, (2, T, 2, 3, 20, 20)).byte())
    if pictures is not None and pictures.shown:
        batch = batch._replace(
            frames=torch.randint(0, 255, (2, F, 3, 32, 32)).byte(),
            joints_2d=torch.rand(2, 1, F, J, 2) * 2 - 1,
            seen_2d=torch.ones(2, 1, F, J, dtype=torch.bool),
        )
    return batch


def network_for(experiment: Experiment, config: dict[str, Any]) -> Any:  # noqa: ANN401
    preparation = experiment.preparation
    return network_of(
        config, joint_set_name=preparation.joint_set, people=preparation.people, classes=2
    )


@pytest.mark.parametrize(("family", "variant"), ROWS)
def test_a_config_learns_from_one_person_s_13_joints(family: str, variant: str | None) -> None:
    path = CONFIGS / family / f"{family}_pushups_fold1.py"
    experiment = read_experiment(path, {"data.protocol": "scene3"}, variant=variant)
    assert (experiment.data.name, experiment.data.protocol) == ("pushups", "scene3")
    assert (experiment.preparation.joint_set, experiment.preparation.people) == ("lcr13", 1)
    assert experiment.published is None  # papers know nothing of push-ups
    with torch.device("meta"):
        whole = network_for(experiment, settled(experiment.network))
    learning = [p for p in whole.parameters() if p.requires_grad]
    assert sum(p.numel() for p in learning) < 3_000_000  # for two cores
    network = network_for(experiment, {**settled(experiment.network), **SMALL.get(family, {})})
    batch = some_batch(experiment)
    loss = torch.stack(list(network.losses(batch).values())).sum()
    loss.backward()
    assert torch.isfinite(loss)
    assert network.eval()(batch).shape == (2, 2)
    learning = [p for p in network.parameters() if p.requires_grad]
    moved = [p.grad is not None and bool(p.grad.any()) for p in learning]
    assert sum(moved) > len(moved) / 2


@pytest.mark.parametrize(
    ("family", "first", "key"), [("sta", "A", "pose_network"), ("vpn", "table1_backbone", None)]
)
def test_a_second_stage_begins_with_the_first_of_its_own_folder(
    family: str, first: str, key: str | None
) -> None:
    path = CONFIGS / family / f"{family}_pushups_fold1.py"
    network = read_experiment(path).network
    begins = network["backbone"]["pretrained"] if key is None else network[key]
    assert begins == f"{{runs}}/{{config}}_{first}_seed{{seed}}/recognizer.safetensors"
    before = read_experiment(path, variant=first).network
    assert not (before["backbone"]["pretrained"] if key is None else before[key])
