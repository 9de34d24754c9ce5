"""What a training begins with: found, of the same skeletons, and of no clip that is tested."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from recognizers.inputs.moments import Sampling
from recognizers.inputs.preparation import Preparation
from recognizers.networks import network_of, settled
from recognizers.recognizer import ClipRecognizer
from recognizers.training.experiment import Data, Experiment, Schedule
from tools import train
from tools.experiments.first_stage import network_begun

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
FILE = "{runs}/first_seed{seed}/recognizer.safetensors"


def left(folder: Path, experiment: Experiment) -> Path:
    """What a training leaves in the folder that `FILE` names."""
    work = folder / "first_seed7"
    work.mkdir()
    network = network_of(
        experiment.network, joint_set_name=experiment.preparation.joint_set, people=2, classes=60
    )
    ClipRecognizer(
        network=network, config=settled(experiment.network), class_names=("a",) * 60,
        preparation=experiment.preparation, sampling=experiment.sampling,
    ).save(work / "recognizer.safetensors")  # fmt: skip
    (work / "experiment.json").write_text(json.dumps({"data": asdict(experiment.data)}))
    return work


def begun(folder: Path, experiment: Experiment) -> dict[str, Any]:
    return network_begun(experiment, config=Path("config.py"), work=folder / "second_seed7", seed=7)


def second(*, by: str = "pose_network", **changes: Any) -> Experiment:
    """The second stage of `POSES`, or a transfer from it."""
    parts = {name: changes.pop(name) for name in PARTS & changes.keys()}
    return replace(POSES, network={**POSES.network, "mode": "pose", by: FILE, **changes}, **parts)


@pytest.mark.parametrize("by", ["pose_network", "initial"])
def test_a_file_of_the_same_clips_shown_alike_is_taken(tmp_path: Path, by: str) -> None:
    work = left(tmp_path, POSES)
    assert begun(tmp_path, second(by=by))[by] == str(work / "recognizer.safetensors")


@pytest.mark.parametrize("by", ["pose_network", "initial"])
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scales": (1.0, 0.1, 0.01)}, r"with scales .1.0, 1.0, 1.0., here scales .1.0, 0.1"),
        ({"centre": "first"}, "with centre frame, here centre first: train both stages alike"),
        ({"derivatives": "sampled"}, "with derivatives None, here derivatives sampled"),
        (
            {"sampling": Sampling(frames=4)},
            "with sampling.derivatives True, here sampling.derivatives False",
        ),
    ],
)
def test_poses_that_are_shown_otherwise_are_refused(
    tmp_path: Path, by: str, changes: dict[str, Any], said: str
) -> None:
    left(tmp_path, POSES)
    with pytest.raises(ValueError, match=said) as caught:
        begun(tmp_path, second(by=by, **changes))
    assert "\n" not in str(caught.value)


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


def test_another_set_may_have_a_share_and_joints_of_its_own(tmp_path: Path) -> None:
    left(tmp_path, POSES)
    joints = replace(PREPARATION, joint_set="kinect20", people=1)
    transfer = second(by="initial", data=Data("nucla", "xview3", share=0.2), preparation=joints)
    assert begun(tmp_path, transfer)["initial"].endswith("recognizer.safetensors")


def test_poses_of_a_frozen_lstm_are_compared_too(tmp_path: Path) -> None:
    lstm = {"type": "SkeletonRnn", "cell": "lstm", "units": 4, "layers": 1}
    left(tmp_path, replace(POSES, network=lstm))
    asked = {"type": "VideoPoseNetwork", "pose_backbone": {"type": "lstm", "pretrained": FILE}}
    there = replace(PREPARATION, axes="body", origin="frame")
    with pytest.raises(ValueError, match=r"pose_backbone\.pretrained: .* other axes and origin"):
        begun(tmp_path, replace(POSES, network=asked, preparation=there))
    assert begun(tmp_path, replace(POSES, network=asked))["pose_backbone"]["type"] == "lstm"


@pytest.mark.parametrize(
    ("folder", "command"),
    [
        ("graph_everyday_true_seed0", r"graph_everyday_true\.py --seed 0"),
        ("graph_everyday_true_kinect_seed0", r"graph_everyday_true\.py --variant kinect --seed 0"),
        ("graph_everyday_videos_shots5_scratch_seed0", r"shots5\.py --variant scratch --seed 0"),
    ],
)
def test_a_missing_first_stage_of_any_config_names_the_command_that_makes_it(
    tmp_path: Path, folder: str, command: str
) -> None:
    asked = second(by="initial", initial=f"{{runs}}/{folder}/recognizer.safetensors")
    path = tmp_path / folder
    line = rf"^no {path}.recognizer\.safetensors, with which .*: first python tools/train\.py .*"
    config = Path(train.__file__).parent.parent / "configs/graph/graph_everyday_videos_shots5.py"
    for of in (config, tmp_path / "mine.py"):  # a copy in a folder of one's own
        with pytest.raises(FileNotFoundError, match=rf"{line}{command} --work {path}, with"):
            network_begun(asked, config=of, work=tmp_path / "second_seed0", seed=0)


def test_a_missing_file_of_no_config_is_asked_for_by_path(tmp_path: Path) -> None:
    for path in ("gone.safetensors", "{runs}/nobodys_seed7/recognizer.safetensors"):
        with pytest.raises(FileNotFoundError, match=r"give the path of a recognizer\.safetensors"):
            begun(tmp_path, second(initial=path))
