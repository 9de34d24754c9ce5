"""Poses steer attention over the hands of one person who does push-ups: fold 1 of 5.

In two stages, as on NTU: `--variant A` is the pose stream alone, with which the others begin. Other
folds are `--cfg-options data.protocol=fold2 --work work/fold2/sta_pushups_fold1_A_seed0`, then the
same with `work/fold2/sta_pushups_fold1_seed0`: a folder for each, for the second stage takes the
first that lies beside it, and another fold's was trained on what this one tests.
"""

from recognizers.sta.rows import ROWS as _ROWS

_base_ = "sta_ntu60_xsub.py"
data = {"name": "pushups", "protocol": "fold1"}
preparation = {"joint_set": "lcr13", "people": 1}
sampling = {"frames": 12, "views": 4}
pictures = {"hand_px": 48, "trunk_px": 130}  # people are of all sizes
network = {
    "backbone": {"_delete_": True, "type": "SmallImage", "stage_channels": (16, 32, 64)},
    "crop_size": 32,
    "frames": 12,
    "pose_features": 128,
    "units": 128,
    "rgb_features": 64,
    "spatial_hidden": 64,
    "temporal_hidden": 64,
    "pose_network": "{runs}/sta_pushups_fold1_A_seed{seed}/recognizer.safetensors",
}
# The rate falls to nothing and the last weights stand: 22 clips validate, too few to choose by.
schedule = {
    "epochs": 40,
    "batch": 8,
    "optimizer": {"lr": 1e-3},
    "param_scheduler": [{"type": "CosineAnnealingLR", "by_epoch": True}],
    "monitor": None,
    "patience": None,
}
published = None
variants = {name: {"published": None} for name in _ROWS}
