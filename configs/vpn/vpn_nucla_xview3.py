"""VPN, Das et al. 2020, on N-UCLA: views 1 and 2 to view 3, 93.5 %.

The I3D learned on NTU-60 before: all rows begin with the first stage of `vpn_ntu60_xsub.py`, whose
training lies beside theirs (the paper does not say under which protocol).
"""

_base_ = "vpn_ntu60_xsub.py"
data = {"name": "nucla", "protocol": "xview3"}
preparation = {"joint_set": "kinect20", "people": 1}
sampling = {"frames": 5}
_pictures = {
    "pretrained": "{runs}/vpn_ntu60_xsub_table1_backbone_seed{seed}/recognizer.safetensors"
}
network = {"steps": 5, "backbone": _pictures}
published = 93.5
variants = {"table1_backbone": {"network": {"backbone": _pictures}}}
