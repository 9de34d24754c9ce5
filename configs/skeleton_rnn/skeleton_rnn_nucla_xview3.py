"""Skeleton GRU with an affine transformer on N-UCLA, views 1 and 2 to view 3."""

data = {"name": "nucla", "protocol": "xview3"}
preparation = {"joint_set": "kinect20", "axes": "kinect", "origin": "first"}
sampling = {"frames": 52}
augmentation = {"turn": (0.3, 0.3, 0.3), "shortest": 0.5}
network = {"type": "SkeletonRnn", "transformer": "affine"}
schedule = {
    "epochs": 60,
    "batch": 64,
    "repeats": 4,
    "optimizer": {"type": "Adam", "lr": 5e-3, "eps": 1e-4, "weight_decay": 1e-5},
    "param_scheduler": [
        {"type": "CosineAnnealingLR", "T_max": 60, "eta_min": 0.0, "by_epoch": True}
    ],
}
