"""Poses steer attention over hands and over time, synthetic NTU X-View, as the config of X-Sub."""

_base_ = "sta_synthetic_ntu_xsub.py"
data = {"protocol": "xview"}
