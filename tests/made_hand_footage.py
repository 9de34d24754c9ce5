"""A data set with squares around hands, and a config whose image network is frozen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from datasets.footage_files import write_footage
from datasets.footage_index import write_index
from datasets.ntu_skeleton_file import SkeletonFile
from datasets.ntu_writing import tracked_body, write_skeleton_file
from recognizers.backbones import backbone_of
from tests.made_samples import seeded
from tests.made_sequences import acted
from wildpose.footage import Footage

T, SIDE = 14, 12
FORWARD = np.array([0.0, 0.0, 3.0])  # m, from the sensor
NAMES = [f"S001C001P0{p:02}R001A00{a}" for p in (1, 2, 25, 3) for a in (1, 2)]
CONFIG = """
data = {"name": "ntu60", "protocol": "xsub"}
preparation = {"joint_set": "kinect25", "people": 2, "axes": "kinect"}
sampling = {"frames": 4, "moments": "bins", "views": 2, "derivatives": True}
pictures = {"size": (16, 16), "shown": 0, "hand_px": 12, "hand_features": True}
schedule = {"epochs": 1, "batch": 4, "optimizer": {"type": "Adam", "lr": 1e-3}}
network = {
    "type": "PoseConditionedAttention",
    "backbone": {
        "type": "SmallImage",
        "stage_channels": (8, 16),
        "pretrained": "{runs}/looks.pth",
        "frozen": True,
    },
    "crop_size": 16, "frames": 4, "units": 8, "pose_features": 8, "widths": (3, 4),
    "pose_network": "{runs}/{config}_poses_seed{seed}/not_trained_yet.safetensors",
}
variants = {"alone": {"network": {"pose_network": None}}}
"""


def make(root: Path) -> None:
    """A config, DATA with eight clips of four people and their footage, and weights in work."""
    (root / "config.py").write_text(CONFIG)
    (root / "work").mkdir()
    torch.save(weights(seed=0), root / "work" / "looks.pth")
    ntu = root / "data" / "ntu"
    ntu.mkdir(parents=True)
    write_index(ntu / "footage" / "whole_16x16_hands12", {})
    rng = np.random.default_rng(0)
    for name in NAMES:
        joints = acted("wave" if name.endswith("1") else "squat", "kinect25")[:T] + FORWARD
        pixels = np.stack([960 - 300 * joints[..., 0], 540 - 300 * joints[..., 1]], axis=-1)
        body = tracked_body(joints, id="1", pixels=pixels)
        write_skeleton_file(ntu / f"{name}.skeleton", SkeletonFile(T, (body,)))
        hands = list(rng.integers(0, 256, (T, 2, SIDE, SIDE, 3), dtype=np.uint8))
        pictures = list(np.zeros((T, 16, 16, 3), dtype=np.uint8))
        places = np.zeros((1, T, 25, 2))
        footage = Footage(pictures, places, np.ones((1, T, 25), dtype=bool), hands)
        write_footage(ntu / "footage" / "whole_16x16_hands12" / f"{name}.npz", footage)


def weights(seed: int) -> dict[str, torch.Tensor]:
    """Of the config's image network, as a seed draws them."""
    with seeded(seed):
        return backbone_of({"type": "SmallImage", "stage_channels": (8, 16)}).state_dict()
