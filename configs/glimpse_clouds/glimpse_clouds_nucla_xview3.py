"""Baradel et al. 2018 on N-UCLA, after NTU: views 1 and 2 to view 3, 90.1 %.

Both rows of table 1 begin with theirs of `glimpse_clouds_ntu60_xsub.py`, whose trainings lie beside
their own (the paper does not say under which protocol), and learn on at a tenth of the rate, as
those of Baradel et al. 2017 do (the paper does not say at which).
"""

from recognizers.glimpse_clouds.rows import TABLE_1 as _TABLE_1

_base_ = "glimpse_clouds_ntu60_xsub.py"
_FIRST = "{{runs}}/glimpse_clouds_ntu60_xsub{}_seed{{seed}}/recognizer.safetensors"
data = {"name": "nucla", "protocol": "xview3"}
preparation = {"joint_set": "kinect20", "people": 1}
sampling = {"left_out": 0}  # clips are short: a quarter have at most 21 frames
network = {"initial": _FIRST.format("")}
schedule = {"optimizer": {"lr": 1e-5}}
published = _TABLE_1["GC"]["xview3"]
variants = {
    "_delete_": True,
    "GM_DP": {
        "network": {"stage": "global", "initial": _FIRST.format("_GM_DP")},
        "published": _TABLE_1["GM_DP"]["xview3"],
    },
    "GC": {"published": _TABLE_1["GC"]["xview3"]},
}
