"""Configs of networks that look at pictures: each row is built whole, and learns one small step."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from datasets.catalogue import dataset_named
from recognizers.inputs.batch import ClipBatch
from recognizers.networks import BEGINNINGS, network_of, settled
from recognizers.training.experiment import Experiment, read_experiment
from tests.made_config_rows import CONFIGS, each_of, rows_of
from wildpose.joints import joint_set

SIDE = 32  # px of pictures
FAMILIES = ("sta", "glimpse_clouds", "vpn")
PASSED: set[str] = set()  # tests of networks that many rows share: those differ in clips alone
# What makes a network small enough for a step, and nothing else of it.
SMALL: dict[str, dict[str, Any]] = {
    "PoseConditionedAttention": {
        "crop_size": 16, "units": 16, "rgb_features": 16, "spatial_hidden": 8,
        "pose_features": 16, "widths": (4, 4),
    },
    "GlimpseClouds": {"attention_units": 16, "worker_units": 16},
    "FrameLstm": {"units": 16},
    "VideoPoseNetwork": {"map_size": (2, 2, 2), "hidden": (16, 8)},
    "SkeletonRnn": {"units": 8},
}  # fmt: skip
_IMAGE = {"type": "SmallImage", "stage_channels": (8, 16)}
_VIDEO = {"type": "SmallVideo", "stage_channels": (8, 8, 8, 16)}
BACKBONES: dict[str, dict[str, Any]] = {
    "PoseConditionedAttention": _IMAGE,
    "GlimpseClouds": _VIDEO,
    "FrameLstm": _IMAGE,
    "VideoPoseNetwork": {**_VIDEO, "time_stride": 4},
}


ROWS = rows_of(FAMILIES)
EACH_ROW = each_of(ROWS)


@cache
def read_row(name: str, variant: str | None) -> Experiment:
    return read_experiment(CONFIGS / name, variant=variant)


def made(experiment: Experiment, network: dict[str, Any]) -> torch.nn.Module:
    preparation = experiment.preparation
    return network_of(
        network,
        joint_set_name=preparation.joint_set,
        people=preparation.people,
        classes=classes_of(experiment),
    )


def classes_of(experiment: Experiment) -> int:
    protocols = dataset_named(experiment.data.name).protocols
    return len(protocols[experiment.data.protocol].class_names)


def some_batch(experiment: Experiment) -> ClipBatch:
    """Two clips of what a config asks for, in small pictures."""
    torch.manual_seed(0)
    M, T = experiment.preparation.people, experiment.sampling.frames or 1
    J = len(joint_set(experiment.preparation.joint_set))
    pictures = experiment.pictures
    F = 8 if pictures is not None and pictures.frames else T
    shown = pictures is not None and pictures.shown
    hands = pictures is not None and pictures.hand_px
    return ClipBatch(
        joints=torch.randn(2, M, T, J, 3),
        mask=torch.ones(2, M, T, dtype=torch.bool),
        labels=torch.tensor([0, classes_of(experiment) - 1]),
        lengths=torch.full((2,), T),
        derivatives=torch.randn(2, M, T, J, 2, 3) if experiment.sampling.derivatives else None,
        frames=torch.randint(0, 255, (2, F, 3, SIDE, SIDE), dtype=torch.uint8) if shown else None,
        joints_2d=torch.rand(2, M, F, J, 2) * 2 - 1 if shown else None,
        seen_2d=torch.ones(2, M, F, J, dtype=torch.bool) if shown else None,
        hands=torch.randint(0, 255, (2, T, 2 * M, 3, 20, 20), dtype=torch.uint8) if hands else None,
    )


@EACH_ROW
def test_a_row_learns(name: str, variant: str | None) -> None:
    experiment = read_row(name, variant)
    kind = experiment.network["type"]
    config = {**settled(experiment.network), **SMALL[kind]}
    if config.get("backbone") is not None:
        config["backbone"] = BACKBONES[kind]
    batch = some_batch(experiment)
    shapes = [None if part is None else tuple(part.shape) for part in batch]
    if (this := f"learns {config} {experiment.preparation} {shapes} {batch.labels}") in PASSED:
        return
    torch.manual_seed(0)
    network: Any = made(experiment, config)
    learning = {name: p for name, p in network.named_parameters() if p.requires_grad}
    optimizer = torch.optim.SGD(learning.values(), lr=0.1)
    reached: set[str] = set()
    for _ in range(2):  # behind layers that begin with zeros gradients come in the second step
        optimizer.zero_grad()
        loss = torch.stack(list(network.losses(batch).values())).sum()
        assert torch.isfinite(loss)
        loss.backward()
        reached |= {n for n, p in learning.items() if p.grad is not None and p.grad.any()}
        optimizer.step()
    assert network.eval()(batch).shape == (2, classes_of(experiment))
    alone = config.get("glimpses") == 1  # every worker gets it, whatever it is
    idle = {"cloud.assign.factor", "cloud.assign.first"} & learning.keys() if alone else set()
    assert learning.keys() - reached == idle
    PASSED.add(this)


def least_of(name: str) -> int:
    """Weights; some configs are made small enough for two cores."""
    small = "synthetic_ntu" in name or "pushups" in name or name == "sta/sta_nucla_xview3.py"
    return 50_000 if small else 5_000_000


@EACH_ROW
def test_a_row_is_built_whole(name: str, variant: str | None) -> None:
    experiment = read_row(name, variant)
    config, least = settled(experiment.network), least_of(name)
    this = f"is whole {config} {experiment.preparation} {classes_of(experiment)} {least}"
    if this in PASSED:
        return
    with torch.device("meta"):
        network = made(experiment, config)
    assert sum(p.numel() for p in network.parameters()) > least
    PASSED.add(this)


# Where trainings begin


def beginnings(part: object) -> list[str]:
    """Files that a network's config begins with, as it names them."""
    if not isinstance(part, dict):
        return []
    own = [part[name] for name in BEGINNINGS if isinstance(part.get(name), str)]
    return own + [path for value in part.values() for path in beginnings(value)]


@pytest.mark.each_row
def test_rows_begin_with_what_others_leave() -> None:
    parts = [(Path(name).stem, variant) for name, variant in ROWS]
    left = {
        f"{{runs}}/{'_'.join(filter(None, row))}_seed{{seed}}/recognizer.safetensors"
        for row in parts
    }
    wanted = set()
    for name, variant in ROWS:
        own = "_".join(filter(None, (Path(name).stem, variant)))
        for file in beginnings(read_row(name, variant).network):
            found = file.replace("{config}", Path(name).stem)
            assert f"/{own}_seed{{seed}}/" not in found  # nothing begins with itself
            wanted.add(found)
    assert len(wanted) > 20
    assert wanted <= left


@pytest.mark.parametrize(("variant", "average"), [("GM_DP", 83.2), ("GC", 87.6)])
def test_published_figures_of_three_views_have_the_published_average(
    variant: str, average: float
) -> None:
    names = [f"glimpse_clouds/glimpse_clouds_nucla_xview{view}.py" for view in (1, 2, 3)]
    rows_read = [read_row(name, variant) for name in names]
    assert [row.data.protocol for row in rows_read] == ["xview1", "xview2", "xview3"]
    published = [row.published for row in rows_read if row.published is not None]
    assert sum(published) / 3 == pytest.approx(average, abs=0.1)


@pytest.mark.parametrize("name", ["sbu_fold1", "msr_daily_xsub"])
@pytest.mark.parametrize("variant", [None, "A", "G", "K"])
def test_a_smaller_set_is_learned_after_ntu_at_a_tenth_of_the_rate(
    name: str, variant: str | None
) -> None:
    here = read_row(f"sta/sta_{name}.py", variant)
    there = read_row("sta/sta_ntu60_xsub.py", variant)
    assert here.schedule.optimizer["lr"] == pytest.approx(there.schedule.optimizer["lr"] / 10)
    assert here.network["initial"].count("sta_ntu60_xsub" + f"_{variant}" * (variant in ("A", "G")))
    assert here.network.get("mode", "both") == there.network.get("mode", "both")
    assert not here.network["freeze_pose"]  # all layers learn on
    assert (here.pictures is None) == (variant == "A")
    assert here.pictures is None or here.pictures.hand_px == 100


@pytest.mark.parametrize("variant", [None, "GM_DP"])
def test_glimpses_learn_on_n_ucla_at_a_tenth_of_the_rate(variant: str | None) -> None:
    here, there = (
        read_row(f"glimpse_clouds/glimpse_clouds_{name}.py", variant)
        for name in ("nucla_xview1", "ntu60_xsub")
    )
    assert here.schedule.optimizer["lr"] == pytest.approx(there.schedule.optimizer["lr"] / 10)
    assert "glimpse_clouds_ntu60_xsub" in here.network["initial"]
