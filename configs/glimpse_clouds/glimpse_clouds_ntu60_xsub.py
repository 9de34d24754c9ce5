"""Baradel et al. 2018: glimpses that workers follow through a clip, NTU X-Sub, 86.6 %.

In two stages: `--variant GM_DP` is the global model, with which the others begin.
"""

from recognizers.glimpse_clouds.rows import ROWS as _ROWS

data = {"name": "ntu60", "protocol": "xsub"}
preparation = {"joint_set": "kinect25", "people": 2, "axes": "kinect", "origin": "first"}
sampling = {"frames": 8, "moments": "bins", "window": 120, "left_out": 2, "views": 5}
pictures = {"size": (256, 256), "shown": 224}
network = {
    "type": "GlimpseClouds",
    "backbone": {"type": "InflatedResNet50", "pretrained": True},
    "initial": "work/glimpse_clouds_ntu60_xsub_GM_DP_seed0/recognizer.safetensors",
}
schedule = {
    "epochs": 10,
    "batch": 40,
    "optimizer": {"type": "Adam", "lr": 1e-4},
    "clip_norm": None,
    "monitor": "top1",
}
published = 86.6
variants = {
    name: {
        "network": {
            "initial": row.first
            and f"work/glimpse_clouds_ntu60_xsub_{row.first}_seed0/recognizer.safetensors",
            **row.network,
        },
        "published": row.cross_subject,
    }
    for name, row in _ROWS.items()
}
