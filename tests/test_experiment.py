"""Configs of experiments: what they say, and one clear line where they say it wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from recognizers.training.experiment import read_config, read_experiment

GOOD = """
data = {"name": "nucla", "protocol": "xview3"}
preparation = {"joint_set": "kinect20", "axes": "kinect"}
network = {"type": "SkeletonRnn", "units": 10}
schedule = {"epochs": 3, "optimizer": {"type": "Adam", "lr": 0.01}}
augmentation = {"turn": (0.1, 0.2, 0.3)}
variants = {"wide": {"network": {"units": 99}, "published": 79.2}}
"""


def written(folder: Path, text: str = GOOD) -> Path:
    path = folder / "config.py"
    path.write_text(text)
    return path


def test_a_config_is_read(tmp_path: Path) -> None:
    found = read_experiment(written(tmp_path))
    assert found.data.protocol == "xview3"
    assert found.preparation.joint_set == "kinect20"
    assert found.network == {"type": "SkeletonRnn", "units": 10}
    assert found.schedule.optimizer == {"type": "Adam", "lr": 0.01}
    assert found.augmentation.turn == (0.1, 0.2, 0.3)
    assert found.published is None


def test_a_variant_changes_its_own_keys_alone(tmp_path: Path) -> None:
    found = read_experiment(written(tmp_path), variant="wide")
    assert found.network == {"type": "SkeletonRnn", "units": 99}
    assert found.published == 79.2
    assert found.schedule.epochs == 3


def test_options_of_the_command_line_come_last(tmp_path: Path) -> None:
    changes = {"network.units": 5, "schedule.epochs": 7}
    found = read_experiment(written(tmp_path), changes, variant="wide")
    assert (found.network["units"], found.schedule.epochs) == (5, 7)


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("schedule = ", "shedule = ", "key 'shedule' is unknown.*Did you mean 'schedule'"),
        ('"epochs": 3', '"epoch": 3', "schedule: key 'epoch' is unknown.*Did you mean 'epochs'"),
        ('"epochs": 3, ', "", "schedule: .*missing.*'epochs'"),
        ('"axes": "kinect"', '"axes": "world"', "preparation: axes 'world' is none of"),
        ("network = ", "network_ = ", "key 'network_' is unknown"),
        ('augmentation = {"turn": (0.1, 0.2, 0.3)}', "augmentation = 3", "expected a dict, got 3"),
        ('data = {"name": "nucla", "protocol": "xview3"}', "", "'data' is missing"),
        (
            '"epochs": 3',
            '"epochs": 3, "param_scheduler": [{"type": "CosineAnnealingLR", "begin": 4}]',
            "schedule: param_scheduler: CosineAnnealingLR begins behind epoch 4: give epochs=5 or "
            "more, got 3",
        ),
        ('"epochs": 3', '"epochs": "ten"', "schedule: epochs must be a whole number, got 'ten'"),
        ('"epochs": 3', '"epochs": 2.5', "schedule: epochs must be a whole number, got 2.5"),
        ("(0.1, 0.2, 0.3)", "(0.1, 0.2)", r"augmentation: turn must be 3 of a number, got \(0"),
        ("(0.1, 0.2, 0.3)", '"all"', "augmentation: turn must be 3 of a number, got 'all'"),
        ('"axes": "kinect"', '"axes": 3', "preparation: axes must be '.*' or '.*', got 3"),
        (
            '"turn": (0.1, 0.2, 0.3)}',
            '"mirror": 0.5}\npictures = {"size": (64, 64), "shown": 48}',
            "augmentation.mirror changes joints alone, .*: give 0, or pictures=None; got 0.5",
        ),
        (
            '"turn": (0.1, 0.2, 0.3)}',
            '"colours": 0.3}\npictures = {"shown": 0, "hand_px": 32, "hand_features": True}',
            "colours cannot change kept features of hands: .*hand_features=False; got 0.3",
        ),
        (
            "augmentation = {",
            'sampling = {"frames": 8, "views": 3}\naugmentation = {',
            "sampling.views would all be the same: .* or views=1; got 3",
        ),
        (
            '"turn": (0.1, 0.2, 0.3)}',
            '"held_s": 1.0}\nsampling = {"frames": 8, "moments": "bins"}',
            "augmentation.held_s goes with sampling.moments 'even' alone, got 1.0: give 0",
        ),
        (
            "augmentation = {",
            'sampling = {"frames": 8, "window": 3}\naugmentation = {',
            "sampling: window is of moments 'bins' alone: .*; got 3 with moments 'even'",
        ),
        ('"epochs": 3', '"epochs": 3, "patience": 0', "schedule: patience must be at least 1"),
        ('"epochs": 3', '"epochs": 3, "clip_norm": -1', "schedule: clip_norm must be above 0"),
        ("network = {", "network = 3 # {", "network must be a dict, got 3"),
        ("variants = ", "precision = 90\nvariants = ", "precision must be in 0 to 1, got 90"),
        ("variants = ", "published = True\nvariants = ", "published must be a number or None"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, old: str, new: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong) as caught:
        read_experiment(written(tmp_path, GOOD.replace(old, new)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["data = {", "import nothing_of_the_kind", "data = unknown", "1/0"]
)
def test_python_that_does_not_run_is_said_in_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"config\.py: cannot be read as a config") as caught:
        read_experiment(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_an_unknown_variant_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"variant 'wid' is unknown.*wide.*Did you mean 'wide'"):
        read_experiment(written(tmp_path), variant="wid")


@pytest.mark.parametrize("variants", ["3", '{"wide": 3}', "['wide']"])
def test_variants_that_are_no_changes_are_said_in_one_line(tmp_path: Path, variants: str) -> None:
    path = written(tmp_path, f"{GOOD}variants = {variants}")
    for read in (read_config, read_experiment):
        with pytest.raises(ValueError, match="variants must be a dict of dicts"):
            read(path)


def test_a_variant_of_a_part_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    path = written(tmp_path, f'{GOOD}pictures = None\nvariants = {{"a": {{"pictures": {{}}}}}}')
    with pytest.raises(ValueError, match=r"variant 'a' changes what is not there: ") as caught:
        read_experiment(path, variant="a")
    assert "\n" not in str(caught.value)


def test_no_config_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no config"):
        read_experiment(tmp_path / "none.py")
