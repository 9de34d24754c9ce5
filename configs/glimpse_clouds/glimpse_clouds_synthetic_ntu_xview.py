"""Glimpses that workers follow through a clip, synthetic NTU X-View, as the config of X-Sub."""

from recognizers.glimpse_clouds.rows import ROWS as _ROWS

_FIRST = "{{runs}}/glimpse_clouds_synthetic_ntu_xview_{}_seed{{seed}}/recognizer.safetensors"
_base_ = "glimpse_clouds_synthetic_ntu_xsub.py"
data = {"protocol": "xview"}
network = {"initial": _FIRST.format("GM_DP")}
variants = {
    name: {
        "network": {
            "initial": row.first and _FIRST.format(row.first),
        }
    }
    for name, row in _ROWS.items()
}
