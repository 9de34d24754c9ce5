"""Configs of networks that look at pictures: each row is built whole, and learns one small step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from datasets.catalogue import dataset_named
from recognizers.inputs.batch import ClipBatch
from recognizers.networks import network_of, settled
from recognizers.training.experiment import Experiment, read_config, read_experiment
from wildpose.joints import joint_set

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
SIDE = 32  # px of pictures
# What makes the network of a family small enough for a step, and nothing else of it.
SMALL: dict[str, dict[str, Any]] = {
    "sta": {
        "crop_size": 16, "units": 16, "rgb_features": 16, "spatial_hidden": 8,
        "pose_features": 16, "widths": (4, 4),
    },
    "glimpse_clouds": {"attention_units": 16, "worker_units": 16},
    "vpn": {"map_size": (2, 2, 2), "hidden": (16, 8)},
}  # fmt: skip
BACKBONES: dict[str, dict[str, Any]] = {
    "sta": {"type": "SmallImage", "stage_channels": (8, 16)},
    "glimpse_clouds": {"type": "SmallVideo", "stage_channels": (8, 8, 8, 16)},
    "vpn": {"type": "SmallVideo", "stage_channels": (8, 8, 8, 16), "time_stride": 4},
}


def rows() -> list[tuple[str, str | None]]:
    """(path below configs, variant), None: the config itself."""
    found: list[tuple[str, str | None]] = []
    for family in SMALL:
        for path in sorted((CONFIGS / family).glob(f"{family}_*.py")):
            variants = read_config(path).get("variants", {})
            found += [(str(path.relative_to(CONFIGS)), name) for name in (None, *variants)]
    return found


EACH_ROW = pytest.mark.parametrize(
    ("name", "variant"), rows(), ids=lambda part: str(part or "itself")
)


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
    experiment = read_experiment(CONFIGS / name, variant=variant)
    family = name.partition("/")[0]
    config = {**settled(experiment.network), **SMALL[family]}
    if config.get("backbone") is not None:
        config["backbone"] = BACKBONES[family]
    torch.manual_seed(0)
    network: Any = made(experiment, config)
    batch = some_batch(experiment)
    loss = torch.stack(list(network.losses(batch).values())).sum()
    loss.backward()
    assert torch.isfinite(loss)
    assert network.eval()(batch).shape == (2, classes_of(experiment))
    learning = [p for p in network.parameters() if p.requires_grad]
    moved = [p.grad is not None and bool(p.grad.any()) for p in learning]
    assert sum(moved) > len(moved) / 2


@EACH_ROW
def test_a_row_is_built_whole(name: str, variant: str | None) -> None:
    experiment = read_experiment(CONFIGS / name, variant=variant)
    with torch.device("meta"):
        network = made(experiment, settled(experiment.network))
    least = 5_000_000 if "ntu60" in name or "ntu120" in name else 50_000  # those are for two cores
    assert sum(p.numel() for p in network.parameters()) > least
