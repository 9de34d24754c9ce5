"""Rows of the tables of Das et al., VPN, ECCV 2020: what each changes.

A base of the configs beside it, which say what was published of a row, if anything was. Those that
begin with a trained network of poses or of pictures name its file there.
"""

_lstm = {"pose_backbone": {"type": "lstm"}}
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
