"""VPN: poses say where and when to look, synthetic NTU X-Sub, small enough for two cores.

In two stages, as on NTU: `--variant table1_backbone` is the network of videos alone, with which the
others begin; `backbone_longer` is what comes of it in as many more epochs without poses.
"""

_base_ = "vpn_ntu60_xsub.py"
data = {"name": "synthetic_ntu"}
sampling = {"frames": 12, "views": 6}
pictures = {"size": (128, 128), "shown": 112, "frames": 16, "crops": None}
augmentation = {"colours": 0.3}  # other splits have other people in other clothes
network = {
    "backbone": {
        "_delete_": True,
        "type": "SmallVideo",
        "stage_channels": (16, 24, 32, 64),
        "time_stride": 4,
        "pretrained": "{runs}/{config}_table1_backbone_seed{seed}/recognizer.safetensors",
    },
    "map_size": (4, 7, 7),
    "steps": 12,
    "people_read": 2,
    "hidden": (64, 64),
    "embedding_width": 64,
}
schedule = {
    "batch": 16,
    "optimizer": {"_delete_": True, "type": "Adam", "lr": 1e-3},
    "param_scheduler": [{"type": "CosineAnnealingLR", "by_epoch": True}],
}
published = None
variants = {
    "table1_backbone": {"network": {"backbone": {"pretrained": False}}},
    "backbone_longer": {"network": {"attention": "none", "embedding": "none"}, "published": None},
    "pose_lstm": {"network": {"people_read": 2}},
}
