"""Poses steer attention over hands and over time, synthetic NTU X-Sub, small enough for two cores.

In two stages, as on NTU: `--variant A` is the pose stream alone, with which those that read poses
begin. As in the paper an image network with weights of ImageNet looks at hands and does not learn;
`tools/prepare_features.py` keeps what it makes of them.
"""

from recognizers.sta.rows import ROWS as _ROWS

_base_ = "sta_ntu60_xsub.py"
data = {"name": "synthetic_ntu"}
sampling = {"frames": 12, "views": 4}
pictures = {"hand_px": 32, "hand_features": True}
network = {
    "backbone": {
        "_delete_": True,
        "type": "EfficientNetLite0",
        "pretrained": True,
        "frozen": True,
        "size": 96,
    },
    "crop_size": 96,
    "frames": 12,
    "pose_features": 128,
    "units": 128,
    "rgb_features": 64,
    "spatial_hidden": 64,
    "temporal_hidden": 64,
}
schedule = {
    "epochs": 40,
    "batch": 16,
    "optimizer": {"lr": 1e-3},
    "monitor": "top1",
    "patience": None,
}
published = None
variants = {name: {"published": None} for name in _ROWS}
for _row in ("G", "K"):  # one hand at a time, which the paper does not have
    variants[f"hard_{_row}"] = {
        "network": {**_ROWS[_row].network, "spatial": "hard_attention"},
        "published": None,
    }
variants["turned_A"] = {  # for networks that go on with data of other views and sensors
    "network": {
        "mode": "pose",
        "backbone": None,
        "pose_network": None,
        "freeze_pose": False,
        "scales": (1.0, 0.3, 0.03),
    },
    "pictures": None,
    "augmentation": {"turn": (0.2, 3.1416, 0.2), "noise": 0.01},
    "published": None,
}
