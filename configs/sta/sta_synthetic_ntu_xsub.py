"""Poses steer attention over hands and over time, synthetic NTU X-Sub, small enough for two cores.

In two stages, as on NTU: `--variant A` is the pose stream alone, with which the others begin.
"""

from recognizers.sta.rows import ROWS as _ROWS

_base_ = "sta_ntu60_xsub.py"
data = {"name": "synthetic_ntu"}
sampling = {"frames": 12, "views": 4}
pictures = {"hand_px": 32}
network = {
    "backbone": {"_delete_": True, "type": "SmallImage", "stage_channels": (16, 32, 64)},
    "crop_size": 32,
    "frames": 12,
    "pose_features": 128,
    "units": 128,
    "rgb_features": 64,
    "spatial_hidden": 64,
    "temporal_hidden": 64,
}
schedule = {"epochs": 30, "batch": 16, "optimizer": {"lr": 1e-3}, "monitor": "top1"}
published = None
variants = {name: {"published": None} for name in _ROWS}
