"""VPN, Das et al. 2020: poses say where and when an I3D looks, NTU-60 X-View, 96.2 %."""

_base_ = "vpn_ntu60_xsub.py"
data = {"protocol": "xview"}
published = 96.2
