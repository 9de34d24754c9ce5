"""VPN, Das et al. 2020, on a 3D ResNeXt-101, NTU-60 X-View, 98.0 %, as the config of X-Sub."""

_base_ = "vpn_ntu60_xsub_resnext101.py"
data = {"protocol": "xview"}
published = 98.0
