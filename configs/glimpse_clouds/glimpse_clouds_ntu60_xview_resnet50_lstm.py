"""ResNet-50 on each frame, then an LSTM, NTU X-View, 80.2 %, as the config of X-Sub."""

from recognizers.glimpse_clouds.rows import RESNET50_LSTM as _PERCENT

_base_ = "glimpse_clouds_ntu60_xsub_resnet50_lstm.py"
data = {"protocol": "xview"}
published = _PERCENT["xview"]
