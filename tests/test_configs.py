"""Every config and every row of its variants is read, built, and learns one step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from datasets.catalogue import dataset_named
from datasets.labelled_video_files import Index, LabelledVideo, write_index
from recognizers.inputs.batch import ClipBatch
from recognizers.networks import network_of, settled
from recognizers.training.experiment import read_experiment
from tests.made_config_rows import CONFIGS, each_of, rows_of
from wildpose.joints import joint_set

FAMILIES = ("skeleton_rnn", "graph")
FRAMES = 6


@each_of(rows_of(FAMILIES))
def test_a_row_learns(name: str, variant: str | None, tmp_path: Path) -> None:
    experiment = read_experiment(CONFIGS / name, variant=variant)
    if experiment.data.name == "own_videos":  # whose classes are folders
        clips = (LabelledVideo("clap_1", 0, "clap/1.mp4"), LabelledVideo("wave_1", 1, "wave/1.mp4"))
        (tmp_path / "own_videos").mkdir()
        write_index(
            tmp_path / "own_videos", Index(tmp_path, ("clap", "wave"), clips, {}, {}, complete=True)
        )
    protocols = dataset_named(experiment.data.name, tmp_path).protocols
    protocol = protocols[experiment.data.protocol]
    preparation = experiment.preparation
    torch.manual_seed(0)
    network: Any = network_of(
        settled(experiment.network),
        joint_set_name=preparation.joint_set,
        people=preparation.people,
        classes=len(protocol.class_names),
    )
    J = len(joint_set(preparation.joint_set))
    batch = ClipBatch(
        joints=torch.randn(2, preparation.people, FRAMES, J, 3),
        mask=torch.ones(2, preparation.people, FRAMES, dtype=torch.bool),
        labels=torch.tensor([0, len(protocol.class_names) - 1]),
        lengths=torch.full((2,), FRAMES),
    )
    loss = torch.stack(list(network.losses(batch).values())).sum()
    loss.backward()
    assert torch.isfinite(loss)
    assert network(batch).shape == (2, len(protocol.class_names))
    moved = [p.grad is not None and bool(p.grad.any()) for p in network.parameters()]
    assert sum(moved) > len(moved) / 2


@pytest.mark.parametrize("name", ["ntu60_xsub", "nucla_xview3"])
def test_rows_differ_in_what_they_are_named_for(name: str) -> None:
    path = CONFIGS / "skeleton_rnn" / f"skeleton_rnn_{name}.py"
    rows = ("none", "early_stopping", "l2", "both")
    schedules = [read_experiment(path, variant=f"table7_{row}").schedule for row in rows]
    assert [bool(s.optimizer["weight_decay"]) for s in schedules] == [False, False, True, True]
    assert [bool(s.patience and s.param_scheduler) for s in schedules] == [False, True] * 2
    assert [bool(s.patience or s.param_scheduler) for s in schedules] == [False, True] * 2
    assert {s.monitor for s in schedules} == {"top1"}
    aligned = read_experiment(path, variant="table9_13_aligned").preparation
    assert (aligned.joint_set, aligned.axes, aligned.people) == ("lcr13", "body", 1)
