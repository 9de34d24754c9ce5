"""Baradel et al. 2018: glimpses that workers follow through a clip, NTU X-View, 93.2 %."""

from recognizers.glimpse_clouds.rows import ROWS as _ROWS

_FIRST = "{{runs}}/glimpse_clouds_ntu60_xview_{}_seed{{seed}}/recognizer.safetensors"
_base_ = "glimpse_clouds_ntu60_xsub.py"
data = {"protocol": "xview"}
network = {"initial": _FIRST.format("GM_DP")}
published = 93.2
variants = {
    name: {
        "network": {
            "initial": row.first and _FIRST.format(row.first),
        },
        "published": row.cross_view,
    }
    for name, row in _ROWS.items()
}
