"""A recognizer of each family that looks at pictures, tiny and untrained, on 13 joints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from recognizers.inputs.moments import Sampling
from recognizers.inputs.pictures import Pictures
from recognizers.inputs.preparation import Preparation
from recognizers.networks import network_of
from recognizers.recognizer import ClipRecognizer

NAMES = ("wave", "drink", "hug")
VIDEO = {"type": "SmallVideo", "stage_channels": (8, 8, 8, 16)}
NETWORKS: dict[str, dict[str, Any]] = {
    "sta": {
        "type": "PoseConditionedAttention", "frames": 4, "units": 8, "crop_size": 16,
        "backbone": {"type": "SmallImage", "stage_channels": (8, 16)}, "pose_features": 8,
        "widths": (3, 4), "rgb_features": 8,
    },
    "glimpse_clouds": {
        "type": "GlimpseClouds", "backbone": VIDEO, "attention_units": 8, "worker_units": 8,
    },
    "vpn": {
        "type": "VideoPoseNetwork", "backbone": {**VIDEO, "time_stride": 4}, "steps": 4,
        "map_size": (2, 3, 3), "hidden": (8, 8), "embedding_width": 8,
    },
}  # fmt: skip
PICTURES = {
    "sta": Pictures(size=(16, 16), shown=0, hand_px=16),
    "glimpse_clouds": Pictures(size=(56, 56), kept="people", shown=48),
    "vpn": Pictures(size=(56, 48), shown=48, frames=8),
}


def tiny(family: str, *, joints: str = "lcr13") -> ClipRecognizer:
    """Of random weights, for two people and three classes."""
    torch.manual_seed(0)
    preparation = Preparation(joint_set=joints, people=2, axes="kinect")
    network = network_of(NETWORKS[family], joint_set_name=joints, people=2, classes=len(NAMES))
    return ClipRecognizer(
        network=network.eval(),
        config=NETWORKS[family],
        class_names=NAMES,
        preparation=preparation,
        sampling=Sampling(frames=4, moments="bins", views=2, derivatives=family == "sta"),
        pictures=PICTURES[family],
        window_s=0.4,
        trunk_px=60.0,
    )


def tiny_file(family: str, folder: Path, *, joints: str = "lcr13") -> Path:
    """The same in a file."""
    path = folder / f"{family}.safetensors"
    tiny(family, joints=joints).save(path)
    return path
