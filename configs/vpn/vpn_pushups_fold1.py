"""VPN: poses say where and when to look at one person who does push-ups: fold 1 of 5.

In two stages, as on NTU: `--variant table1_backbone` is the network of videos alone, with which the
others begin. Other folds are `--cfg-options data.protocol=fold2 --work
work/fold2/vpn_pushups_fold1_table1_backbone_seed0`, then the same with
`work/fold2/vpn_pushups_fold1_seed0`: a folder for each, for the second stage takes the first that
lies beside it, and another fold's was trained on what this one tests.
"""

_base_ = "vpn_ntu60_xsub.py"
data = {"name": "pushups", "protocol": "fold1"}
preparation = {"joint_set": "lcr13", "people": 1}
sampling = {"frames": 12, "views": 6}
pictures = {"size": (128, 128), "shown": 112, "frames": 16}
network = {
    "backbone": {
        "_delete_": True,
        "type": "SmallVideo",
        "stage_channels": (16, 24, 32, 64),
        "time_stride": 4,
        "pretrained": "{runs}/vpn_pushups_fold1_table1_backbone_seed{seed}/recognizer.safetensors",
    },
    "map_size": (4, 7, 7),
    "steps": 12,
    "hidden": (64, 64),
    "embedding_width": 64,
}
# The rate falls to nothing and the last weights stand: 22 clips validate, too few to choose by.
schedule = {
    "batch": 8,
    "optimizer": {"_delete_": True, "type": "Adam", "lr": 1e-3},
    "param_scheduler": [{"type": "CosineAnnealingLR", "by_epoch": True}],
    "monitor": None,
}
published = None
variants = {"table1_backbone": {"network": {"backbone": {"pretrained": False}}}}
