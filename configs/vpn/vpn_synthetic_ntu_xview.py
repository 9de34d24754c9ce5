"""VPN: poses say where and when to look, synthetic NTU X-View, as the config of X-Sub."""

_base_ = "vpn_synthetic_ntu_xsub.py"
data = {"protocol": "xview"}
