"""VPN, Das et al. 2020, on a 3D ResNeXt-101 instead of an I3D, NTU-60 X-Sub, 95.5 %.

In two stages: `--variant table1_backbone` is the ResNeXt alone, from weights of Kinetics given by
`--cfg-options network.backbone.pretrained=FILE`; the others begin with it. It looks at 112 px, as
its authors trained it (Hara et al., CVPR 2018); VPN's paper does not say.
"""

_base_ = "vpn_ntu60_xsub.py"
pictures = {"size": (128, 128), "shown": 112}
network = {"backbone": {"type": "ResNeXt3D101"}, "map_size": (4, 4, 4)}
published = 95.5
