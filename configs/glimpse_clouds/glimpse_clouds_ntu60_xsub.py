"""Baradel et al. 2018: glimpses that workers follow through a clip, NTU X-Sub, 86.6 %.

In two stages: `--variant GM_DP` is the global model, with which the others begin.
"""

from recognizers.glimpse_clouds.rows import ROWS as _ROWS

_FIRST = "{{runs}}/{{config}}_{}_seed{{seed}}/recognizer.safetensors"
data = {"name": "ntu60", "protocol": "xsub"}
preparation = {"joint_set": "kinect25", "people": 2, "axes": "kinect", "origin": "first"}
sampling = {"frames": 8, "moments": "bins", "window": 120, "left_out": 2, "views": 5}
pictures = {"size": (256, 256), "shown": 224}
network = {
    "type": "GlimpseClouds",
    "backbone": {"type": "InflatedResNet50", "pretrained": True},
    "initial": _FIRST.format("GM_DP"),
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
            "initial": row.first and _FIRST.format(row.first),
            **row.network,
        },
        "published": row.cross_subject,
    }
    for name, row in _ROWS.items()
}
