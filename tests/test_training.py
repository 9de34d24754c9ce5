"""Training by the Runner: it learns, goes on where it was cut off, and keeps the best."""

from __future__ import annotations

import json
import math
import warnings
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
import torch

from recognizers.inputs.augmentation import Augmentation
from recognizers.inputs.clip_dataset import ClipDataset
from recognizers.networks import network_of
from recognizers.training.checkpoints import chosen_checkpoint, load_weights
from recognizers.training.experiment import Experiment, experiment_of
from recognizers.training.log import EpochLines
from recognizers.training.model import Accuracy
from recognizers.training.run import runner_of
from tests.made_clips import waving_or_squatting

EXPERIMENT = experiment_of(
    {
        "data": {"name": "made", "protocol": "none"},
        "preparation": {"joint_set": "lcr13", "axes": "kinect"},
        "sampling": {"frames": 12},
        "network": {"type": "SkeletonRnn", "units": 16, "layers": 1, "keep": 1.0},
        "schedule": {
            "epochs": 6,
            "batch": 8,
            "repeats": 2,
            "optimizer": {"type": "Adam", "lr": 0.02},
        },
    },
    where="test",
)


class Killed(BaseException):
    """What no handler of errors sees, as a kill."""


def split(count: int, seed: int, experiment: Experiment, *, training: bool) -> ClipDataset:
    clips = waving_or_squatting(count, frames=60, seed=seed)
    labels = [clip.label or 0 for clip in clips]
    augmentation = Augmentation(noise=0.01) if training else None
    return ClipDataset(
        clips,
        labels,
        experiment.preparation,
        experiment.sampling,
        augmentation,
        repeats=experiment.schedule.repeats if training else 1,
    )


def trained(work: Path, experiment: Experiment = EXPERIMENT) -> torch.nn.Module:
    torch.manual_seed(0)
    network = network_of(experiment.network, joint_set_name="lcr13", people=1, classes=2)
    train = split(40, 0, experiment, training=True)
    val = split(10, 1, experiment, training=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mmengine's own
        runner_of(experiment, network, train, val, work=work, seed=1).train()
    return network


def epochs_of(work: Path) -> list[int]:
    """Epochs that were validated, as the log files tell."""
    found = []
    for path in sorted(work.glob("*/vis_data/*.json")):
        if path.name == "scalars.json":
            continue
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        found += [line["step"] for line in lines if "top1" in line]
    return found


def test_waving_is_told_from_squatting(tmp_path: Path) -> None:
    network = trained(tmp_path)
    load_weights(network, chosen_checkpoint(tmp_path, "top1"))
    test = split(20, 2, EXPERIMENT, training=False)
    from recognizers.inputs.clip_dataset import collated

    batch = collated([test[i] for i in range(len(test))])
    with torch.inference_mode():
        right = network.eval()(batch).argmax(dim=1) == batch.labels
    assert right.float().mean() >= 0.9


def test_an_average_of_weights_begins_after_the_first_epoch(tmp_path: Path) -> None:
    """An average so slow is what it began with: after an epoch, not before any step."""
    schedule = replace(EXPERIMENT.schedule, averaging=1e-5, monitor=None, epochs=3)
    network = trained(tmp_path / "average", replace(EXPERIMENT, schedule=schedule))
    load_weights(network, chosen_checkpoint(tmp_path / "average", None))
    plain = replace(EXPERIMENT.schedule, monitor=None, epochs=1)
    one_epoch = trained(tmp_path / "plain", replace(EXPERIMENT, schedule=plain))
    torch.manual_seed(0)
    first = network_of(EXPERIMENT.network, joint_set_name="lcr13", people=1, classes=2)

    def away(other: torch.nn.Module) -> float:
        pairs = zip(network.parameters(), other.parameters(), strict=True)
        return sum(float((a - b).detach().norm()) for a, b in pairs)

    assert away(one_epoch) < 0.3 * away(first)


def test_a_rate_falls_to_the_end_of_the_training(tmp_path: Path) -> None:
    """Also where one rule is all: mmengine alone would let it fall for a thousand million epochs"""
    cosine = {"type": "CosineAnnealingLR", "by_epoch": True, "eta_min": 1e-4}
    schedule = replace(EXPERIMENT.schedule, epochs=4, param_scheduler=[cosine])
    trained(tmp_path, replace(EXPERIMENT, schedule=schedule))
    (kept,) = tmp_path.glob("*/vis_data/scalars.json")
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    rates = [line["lr"] for line in lines if "lr" in line]
    expected = [1e-4 + (0.02 - 1e-4) * (1 + math.cos(math.pi * e / 4)) / 2 for e in range(4)]
    assert sorted({round(rate, 8) for rate in rates}, reverse=True) == pytest.approx(
        expected, rel=1e-3
    )


@pytest.mark.parametrize("name", ["epoch_2.pth", "last_checkpoint"])
def test_a_file_that_was_being_written_is_not_gone_on_from(tmp_path: Path, name: str) -> None:
    """What a kill leaves half-written never has the name of a checkpoint."""
    half = replace(EXPERIMENT, schedule=replace(EXPERIMENT.schedule, epochs=2))
    trained(tmp_path, half)
    (tmp_path / f".{name}.1.abcd.partial").write_bytes(b"half")
    trained(tmp_path, replace(half, schedule=replace(half.schedule, epochs=3)))
    assert epochs_of(tmp_path) == [1, 2, 3]
    assert sorted(path.name for path in tmp_path.glob("epoch_*")) == ["epoch_2.pth", "epoch_3.pth"]


def test_an_epoch_counts_once_it_is_validated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training that dies while it validates goes on with that epoch."""
    half = replace(EXPERIMENT, schedule=replace(EXPERIMENT.schedule, epochs=2))
    with monkeypatch.context() as broken:
        broken.setattr(Accuracy, "compute_metrics", Mock(side_effect=[{"top1": 0.5}, Killed]))
        broken.setattr(EpochLines, "after_val_epoch", lambda *_, **__: None)
        with pytest.raises(Killed):
            trained(tmp_path, half)
    assert chosen_checkpoint(tmp_path, "top1").name == "best_top1_epoch_1.pth"
    trained(tmp_path, half)
    assert epochs_of(tmp_path)[-1] == 2


def test_weights_that_diverge_are_right_about_nothing(tmp_path: Path) -> None:
    wild = replace(EXPERIMENT.schedule, epochs=2, optimizer={"type": "SGD", "lr": 3e38})
    network = trained(tmp_path, replace(EXPERIMENT, schedule=replace(wild, clip_norm=None)))
    assert not all(bool(torch.isfinite(p).all()) for p in network.parameters())
    (kept,) = tmp_path.glob("*/vis_data/scalars.json")
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    assert {line["top1"] for line in lines if "top1" in line} == {0.0}


def test_a_training_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    half = replace(EXPERIMENT, schedule=replace(EXPERIMENT.schedule, epochs=2))
    trained(tmp_path, half)
    assert epochs_of(tmp_path) == [1, 2]
    trained(tmp_path)
    assert epochs_of(tmp_path) == [1, 2, 3, 4, 5, 6]


def test_a_training_whose_newest_checkpoint_is_lost_goes_on_from_the_one_before(
    tmp_path: Path,
) -> None:
    half = replace(EXPERIMENT, schedule=replace(EXPERIMENT.schedule, epochs=3))
    trained(tmp_path, half)
    (tmp_path / "epoch_3.pth").write_bytes(b"half")
    with pytest.raises(ValueError, match=r"epoch_3\.pth: .*; remove it to go on from the one bef"):
        trained(tmp_path, half)
    (tmp_path / "epoch_3.pth").unlink()
    trained(tmp_path, half)
    assert epochs_of(tmp_path) == [1, 2, 3, 3]


def test_training_ends_when_nothing_becomes_better(tmp_path: Path) -> None:
    schedule = replace(
        EXPERIMENT.schedule, epochs=30, patience=2, optimizer={"type": "SGD", "lr": 0.0}
    )
    trained(tmp_path, replace(EXPERIMENT, schedule=schedule))
    assert epochs_of(tmp_path) == [1, 2, 3]
    # The count of epochs without a better one outlives the process.
    trained(tmp_path, replace(EXPERIMENT, schedule=replace(schedule, epochs=30)))
    assert epochs_of(tmp_path) == [1, 2, 3]


def test_without_a_monitor_the_last_checkpoint_is_taken(tmp_path: Path) -> None:
    trained(tmp_path, replace(EXPERIMENT, schedule=replace(EXPERIMENT.schedule, monitor=None)))
    assert not list(tmp_path.glob("best_*"))
    assert chosen_checkpoint(tmp_path, None).name == f"epoch_{EXPERIMENT.schedule.epochs}.pth"
    with pytest.raises(ValueError, match="patience needs a monitor"):
        replace(EXPERIMENT.schedule, monitor=None, patience=3)


def test_an_unknown_monitor_is_refused(tmp_path: Path) -> None:
    wrong = replace(EXPERIMENT, schedule=replace(EXPERIMENT.schedule, monitor="accuracy"))
    with pytest.raises(ValueError, match="monitor 'accuracy' is none of top1, mean_class, loss"):
        trained(tmp_path, wrong)


def test_what_is_no_checkpoint_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no checkpoint in"):
        chosen_checkpoint(tmp_path, "top1")
    network = network_of(EXPERIMENT.network, joint_set_name="lcr13", people=1, classes=2)
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        load_weights(network, tmp_path / "none.pth")
    other = tmp_path / "other.pth"
    other.write_bytes(b"something else")
    with pytest.raises(ValueError, match=r"other\.pth: no checkpoint of tools/train\.py") as caught:
        load_weights(network, other)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_of_another_network_is_refused_in_one_line(tmp_path: Path) -> None:
    trained(tmp_path, replace(EXPERIMENT, schedule=replace(EXPERIMENT.schedule, epochs=1)))
    other = network_of({"type": "SkeletonRnn"}, joint_set_name="lcr13", people=1, classes=2)
    with pytest.raises(ValueError, match=r"is of another network: .* there, .* here") as caught:
        load_weights(other, chosen_checkpoint(tmp_path, "top1"))
    assert "\n" not in str(caught.value)
