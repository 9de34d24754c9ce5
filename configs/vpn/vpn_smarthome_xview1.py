"""VPN, Das et al. 2020: poses say where and when an I3D looks, Toyota Smarthome CV1, 43.8 %.

Of the rows the paper gives the I3D alone, in table 6.
"""

_base_ = "vpn_smarthome_xsub.py"
data = {"protocol": "xview1"}
published = 43.8
variants = {
    "_delete_": True,
    "table1_backbone": {
        "network": {
            "attention": "none",
            "embedding": "none",
            "backbone": {"pretrained": True},
        },
        "published": 34.9,
    },
}
