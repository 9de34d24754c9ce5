"""Baradel et al. 2017 on SBU, after NTU: poses steer attention over hands, 94.1 %, fold 1 of 5.

It begins with `sta_ntu60_xsub.py`, whose trainings are in `work/` before. Published is the mean of
the folds: `tools/rerun_table.py CONFIG itself --protocols fold1 fold2 fold3 fold4 fold5`.
"""

from recognizers.sta.rows import TRANSFERRED as _TRANSFERRED

_base_ = "transferred_rows.py"
data = {"name": "sbu", "protocol": "fold1"}
preparation = {"joint_set": "sbu15"}
published = _TRANSFERRED["sbu"]["K"]
variants = {name: {"published": percent} for name, percent in _TRANSFERRED["sbu"].items()}
