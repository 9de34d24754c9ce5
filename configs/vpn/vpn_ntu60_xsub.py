"""VPN, Das et al. 2020: poses say where and when an I3D looks, NTU-60 X-Sub, 93.5 %.

In two stages: `--variant table1_backbone` is the I3D alone, from weights of Kinetics given by
`--cfg-options network.backbone.pretrained=FILE`; the others begin with it. Rows with an LSTM take
it from `--variant pose_lstm`, which learns to name actions from poses alone; as in the paper it
then stays as it is.
"""

from recognizers.vpn.rows import ROWS as _ROWS

data = {"name": "ntu60", "protocol": "xsub"}
preparation = {"joint_set": "kinect25", "people": 2, "axes": "kinect", "origin": "first"}
# Three cuts of ten moments.
sampling = {"frames": 20, "moments": "bins", "views": 30, "together": "max"}
pictures = {"size": (256, 256), "kept": "people", "shown": 224, "frames": 64, "crops": 3}
network = {
    "type": "VideoPoseNetwork",
    "backbone": {
        "type": "I3D",
        "pretrained": "{runs}/{config}_table1_backbone_seed{seed}/recognizer.safetensors",
    },
}
schedule = {
    "epochs": 30,
    "batch": 16,
    "optimizer": {"type": "SGD", "lr": 0.01, "momentum": 0.9},
    "clip_norm": None,
    "param_scheduler": [{"type": "StepLR", "step_size": 10, "gamma": 0.1}],
    "monitor": "top1",
}
published = 93.5
_lstm = {
    "pose_backbone": {
        "type": "lstm",
        "pretrained": "{runs}/{config}_pose_lstm_seed{seed}/recognizer.safetensors",
    }
}
variants = {
    name: {
        "network": {**row.network, **(_lstm if "pose_backbone" in row.network else {})},
        "published": None,  # the paper has them of NTU-120 and Smarthome
    }
    for name, row in _ROWS.items()
}
variants["table1_backbone"]["network"]["backbone"] = {"pretrained": True}
variants["pose_lstm"] = {
    "network": {
        "_delete_": True,
        "type": "SkeletonRnn",
        "cell": "lstm",
        "units": 512,
        "layers": 3,
        "transformer": None,
        "people_read": 1,  # as VPN reads
    },
    "pictures": None,
    "sampling": {"views": 10, "together": "mean"},
    "schedule": {
        "batch": 64,
        "optimizer": {"_delete_": True, "type": "Adam", "lr": 5e-3},
        "clip_norm": 1.0,
    },
    "published": None,
}
