"""The tool that trains the lifter makes a model of looks and motions, and takes runs up again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import train_lifter

from datasets.acting import Style
from datasets.detector_errors import Looks
from datasets.kinematics import Body
from datasets.motions import MOTIONS
from datasets.pose_sources import Motion, Split
from tests.made_samples import FOCAL_PX, pixels_of, seeded, some_people, some_poses
from wildpose.exit_codes import USAGE
from wildpose.lifting.lcr_model import LcrModel
from wildpose.lifting.lcr_samples import LiftingSamples
from wildpose.lifting.lcr_training import Schedule

K = 4
CONFIG = f"""
classes = {K}
seed = 0
virtual = 250
looks_share = 0.4
network = dict(width=32, bottleneck=16, blocks=1, dropout=0.1)
schedule = dict(steps=20, batch=32, learning_rate=0.01, warm_up=3, checkpoint_every=10)
radii = (0.05, 0.2)
"""
CHECKOUT = Path(train_lifter.__file__).parent.parent


def some_looks(count: int, seed: int) -> Looks:
    poses = some_poses(count, seed)
    pixels = pixels_of(poses)
    noise = np.random.default_rng(seed)
    return Looks(
        joints=poses + np.array([0, 0, 4.0]),
        joints_2d=pixels,
        metre_px=np.full(count, FOCAL_PX / 4),
        found_2d=pixels + noise.normal(0, 2, pixels.shape),
        found_3d=poses + noise.normal(0, 0.03, poses.shape),
        scores=noise.uniform(0.5, 1, (count, 13)),
        burst=np.arange(count) // 8.0,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a config and the looks of both splits, in two files each."""
    (tmp_path / "tiny.py").write_text(CONFIG)
    for seed, split in enumerate(("train", "val")):
        for n in range(2):
            some_looks(20, 2 * seed + n).save(tmp_path / "looks" / split / f"looks_000{n}.npz")
    return tmp_path


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Splits of which motions were read: procedural ones in place of captures."""
    splits: list[str] = []

    def read_motions(data: Path, split: str) -> list[Motion]:
        splits.append(split)
        times = np.arange(30) / 30
        return [
            Motion("bandai", name, MOTIONS[name](times, Body(), Style()))
            for name in ("walk", "kick", "wave")
        ]

    monkeypatch.setattr(train_lifter, "read_motions", read_motions)
    monkeypatch.setattr(train_lifter, "VALIDATION", 60)
    monkeypatch.setattr(train_lifter, "CHUNK", 100)
    with seeded(0):
        yield splits


def train(folder: Path, *more: str, config: str = "tiny.py") -> int:
    names = {"--data": "data", "--looks": "looks", "--work": "work"}
    paths = [text for option, name in names.items() for text in (option, str(folder / name))]
    return train_lifter.main([str(folder / config), *paths, "--device", "cpu", *more])


def steps_of(printed: str) -> list[int]:
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    return [line["step"] for line in lines if "step" in line]


# A whole run


def test_a_run_writes_a_model_and_a_report(
    folder: Path, read: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(folder) == 0
    model = LcrModel.load(folder / "work" / "model.safetensors")
    assert len(model.anchors) == K and model.network.classes == 2 * K
    people = some_people(5)
    found = model.modes(people.features(), people.joints_2d)
    assert np.isfinite(found.joints).all()
    report = json.loads((folder / "work" / "report.json").read_text())
    assert report["temperature"] == pytest.approx(model.temperature)
    assert abs(report["temperature"] - 1) > 0.01  # it was chosen
    assert report["radius"] == model.radius and model.radius in (0.05, 0.2)
    for name in ("looks", "virtual", "virtual_without_3d"):
        assert set(report[name]) == {"top", "best", "modes", "calibration"}
        assert 0 < report[name]["best"] <= report[name]["top"] < 2
    printed = capsys.readouterr().out
    assert steps_of(printed) == [10, 20]
    assert json.loads(printed.splitlines()[-1]) == report
    assert read == ["train", "val"]


def test_a_run_is_taken_up_from_its_checkpoint_with_the_same_anchors_and_samples(
    folder: Path, read: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    train(folder)
    first = LcrModel.load(folder / "work" / "model.safetensors")
    capsys.readouterr()
    assert train(folder, "--cfg-options", "schedule.steps=30") == 0
    assert steps_of(capsys.readouterr().out) == [30]
    assert read == ["train", "val"]  # the samples were kept
    second = LcrModel.load(folder / "work" / "model.safetensors")
    np.testing.assert_array_equal(second.anchors.joints, first.anchors.joints)
    np.testing.assert_array_equal(second.anchors.joints_2d, first.anchors.joints_2d)


def test_a_config_is_changed_by_options(folder: Path, read: list[str]) -> None:
    assert train(folder, "--cfg-options", "classes=3", "radii=0.1", "network.width=24") == 0
    model = LcrModel.load(folder / "work" / "model.safetensors")
    assert (len(model.anchors), model.radius, model.network.shape["width"]) == (3, 0.1, 24)


# Samples


def samples(folder: Path, count: int, split: Split = "train", seed: int = 0) -> LiftingSamples:
    looks = train_lifter.read_looks(folder / "looks" / split)
    cache = folder / f"virtual_{split}.npz"
    return train_lifter.virtual(folder, looks, split, count, cache=cache, seed=seed)


def test_virtual_samples_are_as_many_as_asked_for_and_the_same_from_the_file(
    folder: Path, read: list[str]
) -> None:
    made = samples(folder, 250)
    assert len(made) == 250 and read == ["train"]
    kept = samples(folder, 250)
    assert read == ["train"]
    for name in ("joints_2d", "scores", "joints_3d", "aside", "truth_2d", "truth", "legs"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(made, name))
        assert getattr(kept, name).dtype == getattr(made, name).dtype


def test_virtual_samples_are_made_anew_when_more_are_wanted(folder: Path, read: list[str]) -> None:
    samples(folder, 40)
    assert len(samples(folder, 120)) == 120
    assert len(samples(folder, 120)) == 120
    assert read == ["train", "train"]


def test_chunks_and_splits_and_seeds_differ(folder: Path, read: list[str]) -> None:
    made = samples(folder, 200)
    assert np.abs(made.truth[:100] - made.truth[100:]).max() > 0.1
    held = samples(folder, 100, "val")
    assert np.abs(held.truth - made.truth[:100]).max() > 0.1
    (folder / "virtual_train.npz").unlink()
    assert np.abs(samples(folder, 200, seed=1).truth - made.truth).max() > 0.1


@pytest.mark.parametrize(("share", "times"), [(0.5, 10), (0.4, 7), (0.01, 1)])
def test_looks_are_repeated_to_their_share(share: float, times: int) -> None:
    many, few = some_people(100), some_people(10, seed=1)
    both = train_lifter.mixed(many, few, share)
    assert len(both) == 100 + 10 * times
    np.testing.assert_array_equal(both.truth[:100], many.truth)
    np.testing.assert_array_equal(both.truth[-10:], few.truth)


def test_looks_of_all_files_are_read_in_order(folder: Path) -> None:
    looks = train_lifter.read_looks(folder / "looks" / "val")
    wanted = Looks.joined([some_looks(20, 2), some_looks(20, 3)])
    np.testing.assert_array_equal(looks.joints, wanted.joints)


# What can go wrong


def test_missing_looks_are_one_line(
    folder: Path, read: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (folder / "looks" / "val").iterdir():
        path.unlink()
    assert train(folder) == USAGE
    place = folder / "looks" / "val"
    expected = f"no looks in {place}: make them with tools/measure_detector.py\n"
    assert capsys.readouterr().err == expected
    assert not read


def test_missing_motions_are_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(folder) == USAGE
    error = capsys.readouterr().err
    assert str(folder / "data") in error and error.count("\n") == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("clases=3", r"unknown key 'clases': there are classes, seed, "),
        ("schedule.stpes=3", r"unknown key 'stpes': there are steps, batch, "),
        ("network.depth=3", r"unknown key 'depth': there are width, bottleneck, "),
        ("network.classes=3", r"unknown key 'classes': there are width, bottleneck, "),
    ],
)
def test_unknown_keys_are_one_line_before_anything_is_made(
    change: str,
    message: str,
    folder: Path,
    read: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert train(folder, "--cfg-options", change) == USAGE
    error = capsys.readouterr().err
    assert message in error and error.startswith(str(folder / "tiny.py"))
    assert error.count("\n") == 1
    assert not read and not (folder / "work").exists()


def test_a_key_that_is_missing_is_named(
    folder: Path, read: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tiny.py").write_text(CONFIG.replace("radii", "# radii"))
    assert train(folder) == USAGE
    assert capsys.readouterr().err == f"{folder / 'tiny.py'}: 'radii' is missing\n"


def test_a_config_that_is_not_there_is_one_line(
    folder: Path, read: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(folder, config="tyni.py") == USAGE
    error = capsys.readouterr().err
    assert "tyni.py" in error and error.count("\n") == 1


def test_the_config_that_comes_along_is_whole() -> None:
    recipe = train_lifter.recipe_of(CHECKOUT / "configs" / "lifter" / "lcr_lcr13.py")
    assert recipe.classes > 1 and isinstance(recipe.schedule, Schedule)
    assert min(recipe.radii) > 0


def test_it_says_how_it_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        train_lifter.main(["--help"])
    assert done.value.code == 0
    assert "--cfg-options" in capsys.readouterr().out
