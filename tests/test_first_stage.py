"""What a training begins with: found, of the same skeletons, and of no clip that is tested."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from recognizers.inputs.moments import Sampling
from recognizers.inputs.preparation import Preparation
from recognizers.networks import network_of, settled
from recognizers.recognizer import ClipRecognizer
from recognizers.training.experiment import Data, Experiment, Schedule, read_experiment
from tools import train
from tools.experiments.claims import CLAIM, terms_of
from tools.experiments.first_stage import network_begun
from tools.experiments.missing import MissingError
from tools.experiments.outcome import network_for
from wildpose.usage import python_here

SMALL = {"frames": 4, "widths": (2, 3), "pose_features": 5}
PREPARATION = Preparation(joint_set="kinect25", people=2, axes="kinect", origin="first")
POSES = Experiment(
    Data("ntu60", "xsub"),
    PREPARATION,
    {"type": "PoseConditionedAttention", "mode": "pose", **SMALL},
    Schedule(epochs=1, monitor=None),
    Sampling(frames=4, derivatives=True),
)
PARTS = {"data", "sampling", "preparation"}
RECOGNIZER, CHECKPOINT = "recognizer.safetensors", "best_top1_epoch_1.pth"
FILE = f"{{runs}}/first_seed{{seed}}/{RECOGNIZER}"
EACH_KIND = pytest.mark.parametrize("kind", [RECOGNIZER, CHECKPOINT])


def left(folder: Path, experiment: Experiment, *, kind: str = RECOGNIZER) -> Path:
    """What a training leaves in the folder that `FILE` names, of one kind of file."""
    work = folder / "first_seed7"
    work.mkdir()
    network = network_of(
        experiment.network, joint_set_name=experiment.preparation.joint_set, people=2, classes=60
    )
    recognizer = ClipRecognizer(
        network=network, config=settled(experiment.network), class_names=("a",) * 60,
        preparation=experiment.preparation, sampling=experiment.sampling,
    )  # fmt: skip
    state = {f"network.{name}": value for name, value in network.state_dict().items()}
    if kind == RECOGNIZER:
        recognizer.save(work / kind)
    else:
        torch.save({"state_dict": state}, work / kind)
    (work / CLAIM).write_text(json.dumps(terms_of(experiment, 7)))
    return work


def begun(folder: Path, experiment: Experiment) -> dict[str, Any]:
    return network_begun(experiment, config=Path("config.py"), work=folder / "second_seed7", seed=7)


def second(*, by: str = "pose_network", file: str = RECOGNIZER, **changes: Any) -> Experiment:
    """The second stage of `POSES`, or a transfer from it."""
    parts = {name: changes.pop(name) for name in PARTS & changes.keys()}
    begins = {by: FILE.replace(RECOGNIZER, file)}
    return replace(POSES, network={**POSES.network, "mode": "pose", **begins, **changes}, **parts)


def made(folder: Path, experiment: Experiment) -> None:
    """Begin with what is found, as a training does."""
    network_for(replace(experiment, network=begun(folder, experiment)), 60)


@EACH_KIND
@pytest.mark.parametrize("by", ["pose_network", "initial"])
def test_a_file_of_the_same_clips_shown_alike_is_taken(tmp_path: Path, by: str, kind: str) -> None:
    work = left(tmp_path, POSES, kind=kind)
    asked = second(by=by, file=kind)
    assert begun(tmp_path, asked)[by] == str(work / kind)
    made(tmp_path, asked)


@EACH_KIND
@pytest.mark.parametrize("by", ["pose_network", "initial"])
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scales": (1.0, 0.1, 0.01)}, r"scales=\(1, 1, 1\) there, scales=\(1, 0\.1, 0\.01\) here"),
        ({"centre": "first"}, "centre='frame' there, centre='first' here: .* train both stages al"),
        ({"derivatives": "sampled"}, "derivatives=None there, derivatives='sampled' here"),
        ({"order": "random"}, "order='tour' there, order='random' here: give network.order as th"),
        (
            {"sampling": Sampling(frames=4)},
            r"other sampling\.derivatives: True there, False here: train both stages alike",
        ),
    ],
)
def test_poses_that_are_shown_otherwise_are_refused(
    tmp_path: Path, by: str, changes: dict[str, Any], said: str, kind: str
) -> None:
    left(tmp_path, POSES, kind=kind)
    with pytest.raises(ValueError, match=said) as caught:
        made(tmp_path, second(by=by, file=kind, **changes))
    assert "\n" not in str(caught.value)


@EACH_KIND
def test_skeletons_of_other_axes_are_refused(tmp_path: Path, kind: str) -> None:
    left(tmp_path, POSES, kind=kind)
    other = replace(PREPARATION, axes="body", origin="frame")
    line = r"other preparation\.axes and preparation\.origin: kinect, first there, body, frame here"
    with pytest.raises(ValueError, match=line):
        begun(tmp_path, second(file=kind, preparation=other))


def test_a_checkpoint_from_elsewhere_is_known_by_its_weights_alone(tmp_path: Path) -> None:
    work = left(tmp_path, POSES, kind=CHECKPOINT)
    sampled = second(file=CHECKPOINT, sampling=Sampling(frames=4))
    for claim in (b"damaged", b'{"preparation": 3}', None):
        if claim is None:
            (work / CLAIM).unlink()
        else:
            (work / CLAIM).write_bytes(claim)
        made(tmp_path, sampled)
        with pytest.raises(ValueError, match="centre='frame' there"):
            made(tmp_path, second(file=CHECKPOINT, centre="first"))


def test_weights_of_an_image_network_may_be_of_any_safetensors_file(tmp_path: Path) -> None:
    path = tmp_path / "published.safetensors"
    save_file({"features.weight": torch.zeros(1)}, path)
    asked = {**POSES.network, "backbone": {"type": "ResNet50", "pretrained": str(path)}}
    found = begun(tmp_path, replace(POSES, network=asked))
    assert found["backbone"]["pretrained"] == str(path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (Data("ntu60", "xsub", share=0.2), "learned with data.share=1.0, here it is 0.2"),
        (Data("ntu60", "xsub", train_on_val=True), "with data.train_on_val=False, here it is True"),
        (Data("ntu60", "xview"), "learned from xsub of ntu60, whose training clips may be tested"),
        (Data("ntu120", "xsub"), "learned from xsub of ntu60, .* tested in xsub of ntu120"),
    ],
)
def test_a_stage_that_learned_from_other_clips_of_the_set_is_refused(
    tmp_path: Path, data: Data, said: str
) -> None:
    left(tmp_path, POSES)
    with pytest.raises(ValueError, match=said):
        begun(tmp_path, second(data=data))


@EACH_KIND
def test_another_set_may_have_a_share_and_joints_of_its_own(tmp_path: Path, kind: str) -> None:
    left(tmp_path, POSES, kind=kind)
    joints = replace(PREPARATION, joint_set="kinect20", people=1)
    data = Data("nucla", "xview3", share=0.2)
    transfer = second(by="initial", file=kind, data=data, preparation=joints)
    assert begun(tmp_path, transfer)["initial"].endswith(kind)
    made(tmp_path, transfer)


def test_poses_of_a_frozen_lstm_are_compared_too(tmp_path: Path) -> None:
    lstm = {"type": "SkeletonRnn", "cell": "lstm", "units": 4, "layers": 1}
    left(tmp_path, replace(POSES, network=lstm))
    asked = {"type": "VideoPoseNetwork", "pose_backbone": {"type": "lstm", "pretrained": FILE}}
    there = replace(PREPARATION, axes="body", origin="frame")
    with pytest.raises(
        ValueError, match=r"pose_backbone\.pretrained: .* preparation\.axes and prep"
    ):
        begun(tmp_path, replace(POSES, network=asked, preparation=there))
    assert begun(tmp_path, replace(POSES, network=asked))["pose_backbone"]["type"] == "lstm"


@pytest.mark.parametrize(
    ("folder", "command"),
    [
        ("graph_everyday_true_seed0", r"graph_everyday_true\.py --data DATA --seed 0"),
        (
            "graph_everyday_true_kinect_seed0",
            r"graph_everyday_true\.py --variant kinect --data DATA --seed 0",
        ),
        (
            "graph_everyday_videos_shots5_scratch_seed0",
            r"shots5\.py --variant scratch --data DATA --seed 0",
        ),
    ],
)
def test_a_missing_first_stage_of_any_config_names_the_command_that_makes_it(
    tmp_path: Path, folder: str, command: str
) -> None:
    asked = second(by="initial", initial=f"{{runs}}/{folder}/recognizer.safetensors")
    path = tmp_path / folder
    first = rf"first run {python_here()} tools/train\.py .*"
    line = rf"^no {path}.recognizer\.safetensors, with which .*: {first}"
    config = Path(train.__file__).parent.parent / "configs/graph/graph_everyday_videos_shots5.py"
    for of in (config, tmp_path / "mine.py"):  # a copy in a folder of one's own
        with pytest.raises(FileNotFoundError, match=rf"{line}{command} --work {path}$"):
            network_begun(asked, config=of, work=tmp_path / "second_seed0", seed=0)


def test_all_files_that_a_network_begins_with_are_missed_at_once(tmp_path: Path) -> None:
    config = Path(train.__file__).parent.parent / "configs/vpn/vpn_synthetic_ntu_xsub.py"
    row = read_experiment(config, variant="table2_lstm_coupled")
    at = {"config": config, "work": tmp_path / "second_seed0", "seed": 0}
    changes = {"network.hidden": [64, 64], "schedule.epochs": 2}
    with pytest.raises(MissingError) as error:
        network_begun(row, **at, changes=changes)
    video, poses = (shlex.split(step.command) for step in error.value.steps)
    assert video[video.index("--variant") + 1] == "table1_backbone"
    assert video[-2:] == ["network.hidden=[64, 64]", "schedule.epochs=2"]
    assert poses[poses.index("--variant") + 1] == "pose_lstm"
    assert poses[-2:] == ["--cfg-options", "schedule.epochs=2"]  # it is another kind of network


def test_a_missing_file_of_no_config_is_asked_for_by_path(tmp_path: Path) -> None:
    for path in ("gone.safetensors", "{runs}/nobodys_seed7/recognizer.safetensors"):
        with pytest.raises(FileNotFoundError, match=r"give the path of a recognizer\.safetensors"):
            begun(tmp_path, second(initial=path))
