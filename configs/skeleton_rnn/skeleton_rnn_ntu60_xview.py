"""Le Roux 2017: three layers of GRU behind an affine skeleton transformer, NTU X-View."""

_base_ = "skeleton_rnn_ntu60_xsub.py"
data = {"name": "ntu60", "protocol": "xview"}
published = None
