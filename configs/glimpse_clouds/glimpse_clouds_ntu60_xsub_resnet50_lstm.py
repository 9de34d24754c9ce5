"""What Glimpse Clouds are compared to: ResNet-50 on each frame, then an LSTM, NTU X-Sub, 71.3 %.

Baradel et al. 2018, table 2, which says no more of it: all else is as Glimpse Clouds have it.
"""

from recognizers.glimpse_clouds.rows import RESNET50_LSTM as _PERCENT

_base_ = "glimpse_clouds_ntu60_xsub.py"
network = {
    "_delete_": True,
    "type": "FrameLstm",
    "backbone": {"type": "ResNet50", "pretrained": True},
}
published = _PERCENT["xsub"]
variants = {"_delete_": True}
