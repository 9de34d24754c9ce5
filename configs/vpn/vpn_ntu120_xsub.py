"""VPN, Das et al. 2020: poses say where and when an I3D looks, NTU-120 X-Sub, 86.3 %."""

from recognizers.vpn.rows import ROWS as _ROWS
from recognizers.vpn.rows import WHOLE as _WHOLE

_base_ = "vpn_ntu60_xsub.py"
data = {"name": "ntu120"}
published = _WHOLE.ntu120_xsub
variants = {name: {"published": row.percent.ntu120_xsub} for name, row in _ROWS.items()}
