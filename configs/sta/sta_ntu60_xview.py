"""Baradel et al. 2017: poses steer attention over hands and over time, NTU X-View, 90.6 %."""

from recognizers.sta.rows import ROWS as _ROWS

_base_ = "sta_ntu60_xsub.py"
data = {"protocol": "xview"}
published = 90.6
variants = {name: {"published": row.cross_view} for name, row in _ROWS.items()}
