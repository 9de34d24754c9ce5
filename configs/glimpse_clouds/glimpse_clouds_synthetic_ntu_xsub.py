"""Glimpses that workers follow through a clip, synthetic NTU X-Sub, small enough for two cores.

In two stages, as on NTU: `--variant GM_DP` is the global model, with which the others begin;
`GM_longer` is what comes of it in as many more epochs without glimpses.
"""

from recognizers.glimpse_clouds.rows import ROWS as _ROWS

_base_ = "glimpse_clouds_ntu60_xsub.py"
data = {"name": "synthetic_ntu"}
sampling = {"window": None, "left_out": 0, "views": 3}
pictures = {"size": (128, 128), "kept": "people", "shown": 112}
augmentation = {"colours": 0.3}  # other splits have other people in other clothes
network = {
    "backbone": {
        "_delete_": True,
        "type": "SmallVideo",
        "stage_channels": (16, 24, 32, 64),
    },
    "attention_units": 64,
    "worker_units": 64,
    # Weighed 1 it is four times the cost of classes, and at this rate what was learned is lost.
    "glimpse_weight": 0.1,
}
schedule = {
    "epochs": 30,
    "batch": 16,
    "optimizer": {"lr": 1e-3},
    "clip_norm": 1.0,
    "param_scheduler": [{"type": "CosineAnnealingLR", "by_epoch": True}],
}
published = None
_PLAIN = {"schedule": {"clip_norm": None, "param_scheduler": []}}  # from random weights
variants = {
    name: {"published": None, **({} if row.first else _PLAIN)} for name, row in _ROWS.items()
}
variants["GM_longer"] = {"network": {"stage": "global"}, "published": None}
