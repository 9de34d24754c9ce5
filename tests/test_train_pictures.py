"""From videos with NTU's names to a recognizer that looks at pictures, by the tools alone."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from datasets.footage_files import read_footage
from datasets.ntu_skeleton_file import SkeletonFile
from datasets.ntu_writing import tracked_body, write_skeleton_file
from recognizers.inputs.pictures import Pictures
from recognizers.recognizer import ClipRecognizer
from recognizers.training.experiment import Data
from tests.made_sequences import acted
from tools import prepare_footage, test, train
from tools.experiments.samples import read_samples
from wildpose.usage import python_here
from wildpose.video_writer import VideoWriter

WIDTH, HEIGHT, T = 192, 108, 24
FORWARD = np.array([0.0, 0.0, 3.0])  # m, from the sensor
NAMES = [f"S001C00{c}P0{p:02}R001A00{a}" for c in (1, 2) for p in (1, 25, 3) for a in (1, 2)]
CONFIG = """
data = {"name": "ntu60", "protocol": "xsub"}
preparation = {"joint_set": "kinect25", "people": 2, "axes": "kinect"}
sampling = {"frames": 4, "moments": "bins", "left_out": 2, "views": 2, "derivatives": True}
pictures = {"size": (48, 40), "shown": 32, "hand_px": 12}
schedule = {"epochs": 1, "batch": 2, "optimizer": {"type": "Adam", "lr": 1e-3}}
network = {
    "type": "GlimpseClouds",
    "backbone": {"type": "SmallVideo", "stage_channels": (8, 8, 8, 16)},
    "attention_units": 8,
    "worker_units": 8,
}
variants = {
    "global": {"network": {"stage": "global"}},
    "hands": {
        "network": {
            "_delete_": True,
            "type": "PoseConditionedAttention",
            "frames": 4,
            "backbone": {"type": "SmallImage", "stage_channels": (8, 16)},
            "crop_size": 16,
            "units": 8,
        },
    },
}
variants["poses"] = {
    "pictures": None,
    "network": {
        "_delete_": True,
        "type": "PoseConditionedAttention",
        "mode": "pose",
        "frames": 4,
        "pose_features": 8,
        "widths": (3, 4),
    },
}
variants["hands_after_poses"] = {
    "network": {
        **variants["hands"]["network"],
        "pose_features": 8,
        "widths": (3, 4),
        "pose_network": "{runs}/{config}_poses_seed{seed}/recognizer.safetensors",
        "freeze_pose": True,
    },
}
"""


pytestmark = pytest.mark.usefixtures("mmengine_may_warn")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A config, and DATA with twelve clips of three people; grey pictures, a left hand in white."""
    root = tmp_path_factory.mktemp("pictures")
    (root / "config.py").write_text(CONFIG)
    ntu = root / "data" / "ntu"
    ntu.mkdir(parents=True)
    for name in NAMES:
        joints = acted("wave" if name.endswith("1") else "squat", "kinect25")[:T] + FORWARD
        pixels = np.stack([960 - 900 * joints[..., 0] / 3, 540 - 900 * joints[..., 1] / 3], axis=-1)
        body = tracked_body(joints, id="1", pixels=pixels)
        write_skeleton_file(ntu / f"{name}.skeleton", SkeletonFile(T, (body,)))
        with VideoWriter(ntu / f"{name}_rgb.mp4", width=WIDTH, height=HEIGHT, fps=30) as video:
            for t in range(T):
                picture = np.full((HEIGHT, WIDTH, 3), 60, dtype=np.uint8)
                x, y = (pixels[t, 7] / 10).astype(int)
                picture[max(y - 3, 0) : y + 4, max(x - 3, 0) : x + 4] = 250
                video.write(np.ascontiguousarray(picture[:, ::-1]), t / 30)
    return root


@pytest.fixture(scope="module")
def prepared(folder: Path) -> Path:
    """Where its footage is."""
    given = ["ntu60", "--data", str(folder / "data"), "--size", "48x40", "--hands", "12"]
    assert prepare_footage.main([*given, "--workers", "1"]) == 0
    return folder / "data" / "ntu" / "footage" / "whole_48x40_hands12"


def test_what_is_kept_shows_the_hand_where_it_is(prepared: Path) -> None:
    footage = read_footage(prepared / f"{NAMES[0]}.npz")
    assert len(footage.pictures) == T
    assert footage.hands is not None
    for t in range(0, T, 5):
        x, y = footage.joints_2d[0, t, 7].astype(int)
        assert footage.pictures[t][y, x].min() > 130  # of a few pixels, made small
        left, right = footage.hands[t]
        assert left.max() > 200 > 120 > right.max()


def test_a_training_without_footage_names_the_command(
    folder: Path, capsys: pytest.CaptureFixture
) -> None:
    given = [str(folder / "config.py"), "--data", str(folder / "data")]
    assert train.main([*given, "--cfg-options", "pictures.kept=people"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "prepare_footage.py ntu60 --data" in line
    assert line.endswith("--kept people --size 48x40 --hands 12")


@pytest.mark.parametrize("variant", ["global", "hands", None])
def test_a_network_that_looks_is_trained_tested_and_kept(
    folder: Path, prepared: Path, tmp_path: Path, variant: str | None
) -> None:
    given = [str(folder / "config.py"), "--data", str(folder / "data"), "--work", str(tmp_path)]
    assert train.main([*given, *(["--variant", variant] if variant else [])]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["test"]["samples"] == 4
    recognizer = ClipRecognizer.load(tmp_path / "recognizer.safetensors")
    assert recognizer.needs_rgb
    if variant is None:  # fitted to glimpses before the first step: no more the identity
        factor = recognizer.network.state_dict()["cloud.assign.factor"].numpy()
        assert np.abs(factor - np.eye(len(factor))).max() > 0.1  # two steps move it by 0.002
    samples = read_samples(
        Data("ntu60", "xsub"),
        folder / "data",
        pictures=Pictures(size=(48, 40), shown=32, hand_px=12),
    )
    scores = recognizer.predict(samples.clips["test"], samples.footage)
    assert scores.shape == (4, 60)
    np.testing.assert_allclose(scores.sum(axis=1), 1.0, atol=1e-6)
    with pytest.raises(ValueError, match="has no pictures, which the network asks for"):
        recognizer.predict(samples.clips["test"])


def test_a_file_is_tested_on_the_pictures_that_it_asks_for_itself(
    folder: Path, prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    given = [str(folder / "config.py"), "--data", str(folder / "data"), "--variant", "hands"]
    assert train.main([*given, "--work", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    given.insert(1, str(tmp_path / "recognizer.safetensors"))
    # Of which nothing was made; the file says itself which it has learned from.
    assert test.main([*given, "--cfg-options", "pictures.kept=people"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["samples"] == report["test"]["samples"]
    assert found["calibration_error"] == pytest.approx(
        report["test"]["calibration_error"], abs=2e-3
    )  # half precision


def test_damaged_footage_is_one_line_also_where_others_read_it(
    folder: Path, prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    data = shutil.copytree(folder / "data", tmp_path / "data")
    for path in data.glob("ntu/footage/*/*P001*.npz"):  # half of those that train
        path.write_bytes(path.read_bytes()[:-200])
    given = [str(folder / "config.py"), "--data", str(data), "--work", str(tmp_path / "work")]
    for workers in ("0", "1"):
        assert train.main([*given, "--workers", workers, "--variant", "global"]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"{given[0]}: {data}")
        assert line.endswith("damaged: run tools/prepare_footage.py again, which makes it anew")


def test_a_second_stage_finds_the_first_of_its_seed_beside_it(
    folder: Path, prepared: Path, tmp_path: Path
) -> None:
    given = [str(folder / "config.py"), "--data", str(folder / "data"), "--seed", "3"]
    weights = []
    for variant in ("poses", "hands_after_poses"):
        work = tmp_path / f"config_{variant}_seed3"
        assert train.main([*given, "--variant", variant, "--work", str(work)]) == 0
        recognizer = ClipRecognizer.load(work / "recognizer.safetensors")
        state = recognizer.network.state_dict()
        weights.append({name: v for name, v in state.items() if name.startswith("pose.network")})
    again = [str(work / "recognizer.safetensors"), "--data", str(folder / "data")]
    assert test.main([given[0], *again, "--variant", "hands_after_poses"]) == 0
    (checkpoint,) = work.glob("best_*.pth")
    again[0] = str(checkpoint)
    assert test.main([given[0], *again, "--variant", "hands_after_poses"]) == 0
    before, after = weights
    assert len(before) == len(after) > 3
    for name, values in before.items():
        np.testing.assert_array_equal(after[name], values)


def test_a_second_stage_without_its_first_names_the_command_that_trains_it(
    folder: Path, prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    config = str(folder / "config.py")
    given = [config, "--data", str(folder / "data"), "--variant", "hands_after_poses"]
    assert train.main([*given, "--work", str(tmp_path / "second")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    first = tmp_path / "config_poses_seed0"
    assert (
        f"no {first / 'recognizer.safetensors'}, with which the network begins: first run" in line
    )
    given = f"--variant poses --data {folder / 'data'} --seed 0 --work {first}"
    assert line.endswith(f": first run {python_here()} tools/train.py {config} {given}")
    assert not (tmp_path / "second" / "experiment.json").exists()


def test_a_wrong_argument_is_told_before_what_is_missing(
    folder: Path, prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    given = [str(folder / "config.py"), "--data", str(folder / "data"), "--work", str(tmp_path)]
    given += ["--variant", "hands_after_poses", "--cfg-options", "network.nonsense=3"]
    assert train.main(given) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "network.nonsense: PoseConditionedAttention takes mode" in line


def test_all_that_is_missing_is_told_at_once_as_commands_that_can_be_run(
    folder: Path, prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    del prepared  # of other squares
    config, data = str(folder / "config.py"), str(folder / "data")
    epochs = ["schedule.epochs=1"]
    changes = [*epochs, "pictures.hand_px=8", "pictures.hand_features=True"]
    changes += ["network.backbone.frozen=True", "network.backbone.pretrained=True"]
    asked = [config, "--data", data, "--variant", "hands_after_poses"]
    asked += ["--work", str(tmp_path / "second")]
    assert train.main([*asked, "--cfg-options", *changes]) == 2
    said, *lines = capsys.readouterr().err.splitlines()
    assert said == f"{config}: first run, in this order:"
    assert [line.split(" ")[2:4] for line in lines[::2]] == [
        ["#", "no"], ["#", "no"], ["#", "no"],
    ]  # fmt: skip
    footage, first, features = map(shlex.split, lines[1::2])
    assert footage[1:3] == ["tools/prepare_footage.py", "ntu60"]
    assert footage[-2:] == ["--hands", "8"]
    assert features[1:3] == ["tools/prepare_features.py", config]
    assert features[-6:] == ["--cfg-options", *changes]
    assert first[1:3] == ["tools/train.py", config]
    assert first[-2:] == ["--cfg-options", *epochs]  # others are of pictures, which poses are not
    assert train.main(first[2:]) == 0


def test_a_first_stage_is_not_told_to_begin_with_itself(
    folder: Path, prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    config = str(folder / "config.py")
    first = tmp_path / "config_global_seed0" / "recognizer.safetensors"
    begins = [f"network.initial={first}", "network.worker_units=4"]
    asked = [config, "--data", str(folder / "data"), "--work", str(tmp_path / "second")]
    assert train.main([*asked, "--cfg-options", *begins]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    words = shlex.split(line.partition(": first run ")[2])
    assert words[words.index("--variant") + 1] == "global"
    assert words[-2:] == ["--cfg-options", "network.worker_units=4"]


def test_a_first_stage_of_another_protocol_may_have_seen_what_is_tested(
    folder: Path, prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    given = [str(folder / "config.py"), "--data", str(folder / "data")]
    first = ["--variant", "poses", "--work", str(tmp_path / "config_poses_seed0")]
    assert train.main([*given, *first]) == 0
    claim = tmp_path / "config_poses_seed0" / "experiment.json"
    claim.write_text(claim.read_text().replace('"xsub"', '"xview"'))
    capsys.readouterr()
    second = ["--variant", "hands_after_poses", "--work", str(tmp_path / "second")]
    assert train.main([*given, *second]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "learned from xview of ntu60, whose training clips may be tested in xsub" in line


def test_a_second_stage_goes_on_without_the_file_of_the_first(
    folder: Path, prepared: Path, tmp_path: Path
) -> None:
    given = [str(folder / "config.py"), "--data", str(folder / "data")]
    first = tmp_path / "config_poses_seed0"
    assert train.main([*given, "--variant", "poses", "--work", str(first)]) == 0
    second = [*given, "--variant", "hands_after_poses", "--work", str(tmp_path / "second")]
    assert train.main(second) == 0
    shutil.rmtree(first)
    assert train.main([*second, "--cfg-options", "schedule.epochs=2"]) == 0
    assert (tmp_path / "second" / "epoch_2.pth").exists()


def test_a_second_stage_of_other_skeletons_than_its_first_is_refused(
    folder: Path, prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    given = [str(folder / "config.py"), "--data", str(folder / "data")]
    first = ["--variant", "poses", "--work", str(tmp_path / "config_poses_seed0")]
    assert train.main([*given, *first, "--cfg-options", "preparation.joint_set=lcr13"]) == 0
    capsys.readouterr()
    second = ["--variant", "hands_after_poses", "--work", str(tmp_path / "second")]
    assert train.main([*given, *second]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert (
        "learned from skeletons of other preparation.joint_set: lcr13 there, kinect25 here" in line
    )
