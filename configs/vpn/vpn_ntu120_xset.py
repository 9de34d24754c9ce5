"""VPN, Das et al. 2020: poses say where and when an I3D looks, NTU-120 X-Set, 87.8 %."""

from recognizers.vpn.rows import ROWS as _ROWS
from recognizers.vpn.rows import WHOLE as _WHOLE

_base_ = "vpn_ntu120_xsub.py"
data = {"protocol": "xset"}
published = _WHOLE.ntu120_xset
variants = {name: {"published": row.percent.ntu120_xset} for name, row in _ROWS.items()}
