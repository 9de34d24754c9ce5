"""A pose stream of synthetic NTU, fine-tuned with a fifth of N-UCLA at a tenth of the rate.

The network that it begins with: `sta_synthetic_ntu_xsub.py --variant A`. Joints that the Kinect of
N-UCLA does not know stand in their places of synthetic NTU's as copies of the nearest ones.
"""

_base_ = "sta_synthetic_ntu_xsub.py"
data = {"name": "nucla", "protocol": "xview3", "share": 0.2}
preparation = {"joint_set": "kinect20", "people": 1}
pictures = None
network = {
    "mode": "pose",
    "backbone": None,
    "pose_network": None,
    "freeze_pose": False,
    "initial": "{runs}/sta_synthetic_ntu_xsub_A_seed{seed}/recognizer.safetensors",
}
schedule = {"optimizer": {"lr": 1e-4}, "epochs": 60}
variants = {
    "_delete_": True,
    "transfer": {},
    "transfer_scratch": {
        "network": {"initial": None},
        "schedule": {"optimizer": {"lr": 1e-3}},
    },
}
