"""Baradel et al. 2018: glimpses that workers follow through a clip, NTU X-View, 93.2 %."""

from recognizers.glimpse_clouds.rows import ROWS as _ROWS

_base_ = "glimpse_clouds_ntu60_xsub.py"
data = {"protocol": "xview"}
published = 93.2
variants = {name: {"published": row.cross_view} for name, row in _ROWS.items()}
