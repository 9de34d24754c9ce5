"""Rows of the tables of Das et al., VPN, ECCV 2020: what each changes.

A base of the configs beside it, which say what was published of a row, if anything was. Rows with
an LSTM begin with `--variant pose_lstm`, which learns to name actions from poses alone; as in the
paper it then stays as it is. All others but `table1_backbone` begin with that row's video network,
which the configs name.
"""

_lstm = {
    "pose_backbone": {
        "type": "lstm",
        "pretrained": "{runs}/{config}_pose_lstm_seed{seed}/recognizer.safetensors",
    }
}
_none = {"embedding": "none"}

_rows = {
    "table1_backbone": {"network": {"attention": "none", **_none}},
    "table1_attention": {"network": dict(_none)},
    "table2_lstm_separate": {"network": {"attention": "separate", **_lstm}},
    "table2_gcn_separate": {"network": {"attention": "separate"}},
    "table2_lstm_coupled": {"network": dict(_lstm)},
    "table3_kl_video_pose": {"network": {"embedding": "kl_video_pose"}},
    "table3_kl_pose_video": {"network": {"embedding": "kl_pose_video"}},
    "table3_kl_both": {"network": {"embedding": "kl_both"}},
    "table4_lstm_no_embedding": {"network": {"attention": "spatial", **_lstm, **_none}},
    "table4_lstm": {"network": {"attention": "spatial", **_lstm}},
    "table4_gcn_no_embedding": {"network": {"attention": "spatial", **_none}},
    "table4_gcn": {"network": {"attention": "spatial"}},
}
variants = {name: {"published": None, **row} for name, row in _rows.items()}
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
