"""The tool that looks at hands before trainings: what it keeps and refuses, and trainings on it."""

from __future__ import annotations

import json
import pickle
import shlex
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import prepare_features
import pytest
import torch

from datasets.footage_files import read_footage, write_footage
from datasets.footage_index import write_index
from datasets.hand_feature_files import KeptFeatures, read_features
from recognizers.inputs.pictures import Pictures
from recognizers.recognizer import ClipRecognizer
from recognizers.sta.hands import GlimpseSensor
from recognizers.training.experiment import Data, read_experiment
from tests.made_hand_footage import NAMES, SIDE, T, make, weights
from tools import train
from tools.experiments import claims
from tools.experiments.hand_features import sensor_of, where_kept
from tools.experiments.samples import read_samples
from wildpose.footage import Footage
from wildpose.usage import python_here

pytestmark = pytest.mark.usefixtures("mmengine_may_warn", "one_thread")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a config, data and work, to be read alone."""
    root = tmp_path_factory.mktemp("features")
    make(root)
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return shutil.copytree(made, tmp_path / "here")


def footage_folder(root: Path) -> Path:
    return root / "data" / "ntu" / "footage" / "whole_16x16_hands12"


def folders(root: Path) -> list[Path]:
    return sorted(footage_folder(root).glob("features_*"))


def given(root: Path, *more: str, name: str = "run") -> list[str]:
    """The arguments of a tool."""
    data = ["--data", str(root / "data"), "--work", str(root / "work" / name)]
    return [str(root / "config.py"), *data, *more]


def prepared(root: Path, *more: str, workers: int = 1) -> int:
    return prepare_features.main([*given(root, *more), "--workers", str(workers)])


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def the_sensor(root: Path) -> GlimpseSensor:
    config = root / "config.py"
    return sensor_of(read_experiment(config), config=config, work=root / "work" / "run", seed=0)


# What is kept


def test_each_square_is_looked_at_by_the_network_as_trainings_look(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepared(root) == 0
    (folder,) = folders(root)
    assert folder.name == f"features_{the_sensor(root).fingerprint()}"
    assert capsys.readouterr().out.startswith(f"8 clips in {folder}: 8 new; 0 left out;")
    footage = footage_folder(root) / f"{NAMES[3]}.npz"
    kept = read_features(folder / f"{NAMES[3]}.safetensors", footage=footage)
    squares = read_footage(footage).hands
    assert squares is not None and len(kept) == T
    for t, hand in ((0, 0), (0, 1), (T - 1, 1)):
        crop = torch.from_numpy(squares[t][hand]).permute(2, 0, 1)[None, None, None]
        (wanted,) = the_sensor(root)(crop, torch.ones(1, 1, 1, dtype=torch.bool))[0, 0]
        np.testing.assert_allclose(kept[t][hand], wanted.numpy(), rtol=1e-3, atol=1e-4)


def test_a_run_that_is_interrupted_keeps_what_it_has_and_the_next_goes_on(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, seen = prepare_features.read_footage, []

    def counted(path: Path) -> Footage:
        seen.append(path.stem)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return whole(path)

    monkeypatch.setattr(prepare_features, "read_footage", counted)
    assert prepared(root) == 130
    kept = "prepare_features: interrupted; what was made is kept, run it again to go on"
    assert lines(capsys) == [kept]
    (folder,) = folders(root)
    assert len(list(folder.iterdir())) == 3
    left = folder / f".{NAMES[3]}.999999999.ab.partial"  # of a run that was killed
    left.touch()
    (folder / f"{sorted(NAMES)[0]}.safetensors").write_bytes(b"cut off")
    assert prepared(root) == 0
    assert "8 clips" in (out := capsys.readouterr().out) and "6 new; 0 left out" in out
    assert sorted(seen[4:]) == sorted([sorted(NAMES)[0], *sorted(NAMES)[3:]])
    assert sorted(path.stem for path in folder.iterdir()) == sorted(NAMES)


def test_a_clip_whose_footage_was_made_anew_is_looked_at_again(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepared(root) == 0
    (folder,) = folders(root)
    path, footage = folder / f"{NAMES[0]}.safetensors", footage_folder(root) / f"{NAMES[0]}.npz"
    before = np.stack(KeptFeatures(path)[:])
    hands = list(np.full((T, 2, SIDE, SIDE, 3), 200, dtype=np.uint8))
    write_footage(footage, Footage(**{**vars(read_footage(footage)), "hands": hands}))
    assert train.main(given(root, "--variant", "alone")) == 2
    assert "was made anew since: run tools/prepare_features.py again" in lines(capsys)[-1]
    assert prepared(root) == 0
    assert "1 new; 0 left out" in capsys.readouterr().out
    assert np.abs(np.stack(read_features(path, footage=footage)[:]) - before).max() > 0.1


def test_a_clip_without_whole_footage_gets_a_line_and_the_rest_is_made(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = sorted(NAMES)[1]
    (footage_folder(root) / f"{damaged}.npz").write_bytes(b"no footage")
    assert prepared(root) == 1
    (line,) = lines(capsys)
    assert line.startswith(f"left out: {damaged}: ") and "or damaged: run tools/prepare_foo" in line
    (folder,) = folders(root)
    assert sorted(path.stem for path in folder.iterdir()) == sorted({*NAMES} - {damaged})


def test_clips_that_have_no_footage_are_no_failures_but_counted(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare, left_out, *rest = sorted(NAMES)
    (footage_folder(root) / f"{bare}.npz").unlink()
    write_index(footage_folder(root), {left_out: "cut off"})
    assert prepared(root) == 0
    (folder,) = folders(root)
    out, err = capsys.readouterr()
    assert out.startswith(f"6 clips in {folder}: 6 new; 0 left out; 2 without footage;") and not err
    assert sorted(path.stem for path in folder.iterdir()) == rest
    assert train.main(given(root, "--variant", "alone")) == 0  # which passes them by too


@pytest.mark.thorough
def test_two_processes_make_the_files_that_one_makes(root: Path) -> None:
    assert prepared(root) == 0
    (folder,) = folders(root)
    by_one = {path.name: path.read_bytes() for path in folder.iterdir()}
    shutil.rmtree(folder)
    assert prepared(root, workers=2) == 0
    assert folders(root) == [folder]
    for path in folder.iterdir():
        found, wanted = KeptFeatures(path), by_one.pop(path.name)
        path.write_bytes(wanted)
        # Of one thread or of several sums may be rounded otherwise, to float16 then.
        np.testing.assert_allclose(np.stack(found[:]), np.stack(KeptFeatures(path)[:]), rtol=2e-3)
    assert not by_one


def test_a_full_disk_is_a_line_and_a_failure(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert prepared(root) == 1
    (line,) = lines(capsys)
    assert line.startswith("prepare_features: cannot write to")
    assert line.endswith(": No space left on device")


def test_other_processes_build_the_same_network(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = root / "config.py"
    experiment = read_experiment(config)
    build = partial(sensor_of, experiment, config=config, work=root / "work" / "run", seed=0)
    sent = pickle.loads(pickle.dumps(partial(prepare_features._hold_alone, build)))
    monkeypatch.setattr(prepare_features, "_held", [])
    sent()
    assert [sensor.fingerprint() for sensor in prepare_features._held] == [build().fingerprint()]


# What is refused

CHANGES = [
    ("network.backbone.frozen=False", "it learns: give frozen=True"),
    (
        "network.backbone.pretrained=False",
        "it begins with random weights: give pretrained=True, or",
    ),
    ("network.backbone=None", "network.backbone names no image network"),
]


@pytest.mark.parametrize(("change", "why"), CHANGES)
def test_an_image_network_that_is_not_fixed_before_training_is_refused(
    made: Path, capsys: pytest.CaptureFixture[str], change: str, why: str
) -> None:
    assert prepared(made, "--cfg-options", change) == 2
    (line,) = lines(capsys)
    assert line.startswith("prepare_features: ") and why in line
    assert not folders(made)
    assert train.main(given(made, "--variant", "alone", "--cfg-options", change)) == 2
    assert why in lines(capsys)[-1]


def test_squares_in_other_light_have_no_features_made_before(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepared(root) == 0
    change = ("--cfg-options", "augmentation.colours=0.2")
    assert train.main(given(root, "--variant", "alone", *change)) == 2
    assert "augmentation.colours cannot change kept features of hands" in lines(capsys)[-1]


def test_what_looks_at_no_hands_or_has_no_footage_or_weights_is_a_line(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = {
        "pictures=None": "pictures.hand_px is not given",
        "network.mode=pose": "the network does not look at hands",
        "pictures.kept=people": "prepare_footage.py ntu60 --data",
        "network.backbone.pretrained=gone.pth": "SmallImage: no file of weights gone.pth",
    }
    for change, why in changes.items():
        assert prepared(made, "--cfg-options", change) == 2
        (line,) = lines(capsys)
        assert line.startswith("prepare_features: ") and why in line
    assert not folders(made)


# Trainings


def test_a_training_names_the_command_and_never_takes_another_networks_features(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepared(root) == 0
    (others,) = folders(root)
    torch.save(weights(seed=1), root / "work" / "looks.pth")
    asked = given(root, "--variant", "alone", "--cfg-options", "schedule.batch=2")
    assert train.main(asked) == 2
    line = lines(capsys)[-1]
    assert "no features of hands" in line and "nor of 7 other clips of 8" in line
    python, tool, *arguments = shlex.split(line.partition(": first run ")[2])
    assert (python, tool) == (python_here(), "tools/prepare_features.py")
    assert prepare_features.main([*arguments, "--workers", "1"]) == 0
    assert len(folders(root)) == 2
    for path in others.iterdir():
        path.write_bytes(b"not to be read")
    shutil.copytree(others, others.with_name("features_A"))  # before all by name
    assert train.main(asked) == 0


def test_a_training_on_features_ends_in_a_recognizer_that_looks(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prepared(root) == 0
    asked = given(root, "--variant", "alone")
    with monkeypatch.context() as patch:
        patch.setattr(GlimpseSensor, "forward", lambda *_: pytest.fail("squares were shown"))
        assert train.main(asked) == 0
        (root / "work" / "looks.pth").unlink()  # it is in the checkpoint
        assert train.main([*asked, "--cfg-options", "schedule.epochs=2"]) == 0
    work = root / "work" / "run"
    assert (work / "epoch_2.pth").exists()
    assert json.loads((work / "experiment.json").read_text())["pictures"]["hand_features"] is True
    recognizer = ClipRecognizer.load(work / "recognizer.safetensors")
    samples = read_samples(Data("ntu60", "xsub"), root / "data", pictures=recognizer.pictures)
    assert samples.footage is not None
    fingerprint = recognizer.network.sensor.fingerprint()  # type: ignore[union-attr]
    assert [folder.name for folder in folders(root)] == [f"features_{fingerprint}"]
    clips = samples.clips["test"]
    names = [clip.name for clip in clips]
    featured = where_kept(samples.footage, recognizer, names)
    assert featured.features_of == fingerprint
    # Weights and features of float16: 1e-3 is ten times what was found.
    by_squares = recognizer.predict(clips, samples.footage)
    np.testing.assert_allclose(recognizer.predict(clips, featured), by_squares, atol=1e-3)


def test_features_that_are_not_kept_of_all_clips_are_not_looked_for(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert prepared(root) == 0
    assert train.main(given(root, "--variant", "alone")) == 0
    recognizer = ClipRecognizer.load(root / "work" / "run" / "recognizer.safetensors")
    samples = read_samples(Data("ntu60", "xsub"), root / "data", pictures=recognizer.pictures)
    footage, (folder,) = samples.footage, folders(root)
    assert footage is not None
    caplog.clear()
    bare = "S001C001P001R001A009"  # which has no footage: nothing is asked of it
    assert where_kept(footage, recognizer, [*NAMES, bare]).features_of is not None
    assert not caplog.records
    (folder / f"{NAMES[0]}.safetensors").unlink()
    file = footage.file_of(NAMES[1])
    file.write_bytes(file.read_bytes() + b" ")  # made anew since
    assert where_kept(footage, recognizer, NAMES) == footage
    assert "of 2 clips of 8" in caplog.text and f"{NAMES[0]}.safetensors" in caplog.text
    assert where_kept(footage, recognizer, NAMES[2:]).features_of is not None


def test_a_training_on_squares_is_what_it_was_before_there_were_features(made: Path) -> None:
    experiment = read_experiment(made / "config.py", {"pictures.hand_features": False})
    assert "hand_features" not in claims.terms_of(experiment, 0)["pictures"]
    assert experiment.pictures == Pictures(size=(16, 16), shown=0, hand_px=12)
