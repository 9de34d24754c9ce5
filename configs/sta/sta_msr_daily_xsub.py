"""Baradel et al. 2017 on MSR Daily Activity, after NTU: poses steer attention over hands, 90.0 %.

It begins with `sta_ntu60_xsub.py`, whose trainings lie beside its own.
"""

from recognizers.sta.rows import TRANSFERRED as _TRANSFERRED

_base_ = "transferred_rows.py"
data = {"name": "msr_daily", "protocol": "xsub"}
preparation = {"joint_set": "kinect20", "people": 1}
published = _TRANSFERRED["msr_daily"]["K"]
variants = {name: {"published": percent} for name, percent in _TRANSFERRED["msr_daily"].items()}
