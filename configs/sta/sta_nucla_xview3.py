"""A pose stream of synthetic NTU, fine-tuned with a fifth of N-UCLA.

The network that it begins with: `sta_synthetic_ntu_xsub.py --variant turned_A`. Joints that the
Kinect of N-UCLA does not know stand in their places of synthetic NTU's as copies of the nearest
ones. At a tenth of the rate, as Baradel et al. 2017 go on from NTU, its few steps do not suffice.
"""

_base_ = "sta_synthetic_ntu_xsub.py"
data = {"name": "nucla", "protocol": "xview3", "share": 0.2}
preparation = {"joint_set": "kinect20", "people": 1}
pictures = None
augmentation = {"turn": (0.2, 3.1416, 0.2), "noise": 0.01}
network = {
    "mode": "pose",
    "backbone": None,
    "pose_network": None,
    "freeze_pose": False,
    "scales": (1.0, 0.3, 0.03),
    "initial": "{runs}/sta_synthetic_ntu_xsub_turned_A_seed{seed}/recognizer.safetensors",
}
schedule = {"epochs": 100}
variants = {
    "_delete_": True,
    "transfer": {},
    "transfer_tenth": {"schedule": {"optimizer": {"lr": 1e-4}}},
    # Of two rates the better on validation: at 1e-3 one seed in three learns nothing.
    "transfer_scratch": {
        "network": {"initial": None},
        "schedule": {"optimizer": {"lr": 3e-4}},
    },
}
