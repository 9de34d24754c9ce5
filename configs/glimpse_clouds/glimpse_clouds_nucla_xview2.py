"""Baradel et al. 2018 on N-UCLA, after NTU: views 1 and 3 to view 2, 89.5 %."""

from recognizers.glimpse_clouds.rows import TABLE_1 as _TABLE_1

_base_ = "glimpse_clouds_nucla_xview3.py"
data = {"protocol": "xview2"}
published = _TABLE_1["GC"]["xview2"]
variants = {name: {"published": percent["xview2"]} for name, percent in _TABLE_1.items()}
