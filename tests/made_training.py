"""A small N-UCLA written here, and what a training on it leaves."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np

from datasets.nw_ucla import ACTIONS
from tools import train

CONFIG = """
data = {"name": "nucla", "protocol": "xview3"}
preparation = {"joint_set": "lcr13"}
sampling = {"frames": 8}
network = {"type": "SkeletonRnn", "units": 8, "layers": 1, "keep": 1.0, "streams": ("joint",)}
schedule = {"epochs": 2, "batch": 16, "optimizer": {"type": "Adam", "lr": 0.01}}
variants = {
    "wide": {"network": {"units": 12}},
    "table1_small": {"network": {"units": 4}, "published": 61.5},
    "table1_large": {"network": {"units": 9}},
}
"""


def written_nucla(root: Path) -> Path:
    """ROOT with a config, and data: ten actions, two subjects, three views; s08 validates."""
    (root / "config.py").write_text(CONFIG)
    (root / "data" / "nw_ucla").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for action in ACTIONS:
        pose = rng.normal(0, 0.4, (20, 3))
        for subject in ("s01", "s08"):
            for view in (1, 2, 3):
                joints = pose + rng.normal(0, 0.02, (10, 20, 3))
                name = f"a{action:02}_{subject}_e00_v0{view}"
                text = json.dumps({"skeletons": joints.round(4).tolist()})
                (root / "data" / "nw_ucla" / f"{name}.json").write_text(text)
    return root


def trained(folder: Path) -> Path:
    """What training by the config of such a folder leaves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arguments = [str(folder / "config.py"), "--data", str(folder / "data")]
        assert train.main([*arguments, "--work", str(folder / "work")]) == 0
    return folder / "work"
