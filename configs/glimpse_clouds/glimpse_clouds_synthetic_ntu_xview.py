"""Glimpses that workers follow through a clip, synthetic NTU X-View, as the config of X-Sub."""

_base_ = "glimpse_clouds_synthetic_ntu_xsub.py"
data = {"protocol": "xview"}
