"""VPN: poses say where and when to look, synthetic NTU X-View, as the config of X-Sub."""

_base_ = "vpn_synthetic_ntu_xsub.py"
data = {"protocol": "xview"}
network = {
    "backbone": {
        "pretrained": "{runs}/vpn_synthetic_ntu_xview_table1_backbone_seed{seed}"
        "/recognizer.safetensors",
    },
}
