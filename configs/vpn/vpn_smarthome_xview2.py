"""VPN, Das et al. 2020: poses say where and when an I3D looks, Toyota Smarthome CV2, 53.5 %."""

from recognizers.vpn.rows import ROWS as _ROWS
from recognizers.vpn.rows import WHOLE as _WHOLE

_base_ = "vpn_smarthome_xsub.py"
data = {"protocol": "xview2"}
published = _WHOLE.smarthome_xview2
variants = {name: {"published": row.percent.smarthome_xview2} for name, row in _ROWS.items()}
