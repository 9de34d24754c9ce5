"""VPN, Das et al. 2020: poses say where and when an I3D looks, NTU-60 X-Sub, 93.5 %.

In two stages: `--variant table1_backbone` is the I3D alone, from weights of Kinetics given by
`--cfg-options network.backbone.pretrained=FILE`; the others begin with it.
"""

_base_ = "paper_rows.py"
data = {"name": "ntu60", "protocol": "xsub"}
preparation = {"joint_set": "kinect25", "people": 2, "axes": "kinect", "origin": "first"}
# Three cuts of ten moments.
sampling = {"frames": 20, "moments": "bins", "views": 30, "together": "max"}
pictures = {"size": (256, 256), "kept": "people", "shown": 224, "frames": 64, "crops": 3}
network = {
    "type": "VideoPoseNetwork",
    "backbone": {
        "type": "I3D",
        "pretrained": "{runs}/{config}_table1_backbone_seed{seed}/recognizer.safetensors",
    },
}
variants = {"table1_backbone": {"network": {"backbone": {"pretrained": True}}}}
schedule = {
    "epochs": 30,
    "batch": 16,
    "optimizer": {"type": "SGD", "lr": 0.01, "momentum": 0.9},
    "clip_norm": None,
    "param_scheduler": [{"type": "StepLR", "step_size": 10, "gamma": 0.1}],
    "monitor": "top1",
}
published = 93.5
