"""Baradel et al. 2018 on N-UCLA, after NTU: views 2 and 3 to view 1, 83.4 %."""

from recognizers.glimpse_clouds.rows import TABLE_1 as _TABLE_1

_base_ = "glimpse_clouds_nucla_xview3.py"
data = {"protocol": "xview1"}
published = _TABLE_1["GC"]["xview1"]
variants = {name: {"published": percent["xview1"]} for name, percent in _TABLE_1.items()}
