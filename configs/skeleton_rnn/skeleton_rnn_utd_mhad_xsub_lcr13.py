"""A bidirectional GRU on UTD-MHAD, odd subjects to even ones: 13 joints in body axes, motion."""

data = {"name": "utd_mhad", "protocol": "xsub"}
preparation = {"joint_set": "lcr13", "axes": "body", "upright": True}
sampling = {"frames": 64}
augmentation = {
    "turn": (0.3, 0.5, 0.3),
    "size": 0.1,
    "stretch": 0.1,
    "noise": 0.005,
    "wander": 0.02,
    "shortest": 0.8,
}
# Chosen by leaving out each odd subject in turn: 97 %, where joints alone, three layers and the
# last state had 91, and the graph network 87.
network = {
    "type": "SkeletonRnn",
    "streams": ("joint", "joint_motion"),
    "motion_scale": 10.0,
    "transformer": "affine",
    "cell": "fast_gru",
    "bidirectional": True,
    "layers": 2,
    "units": 128,
    "head": "mean_logits",
    "label_smoothing": 0.1,
}
schedule = {
    "epochs": 40,
    "batch": 32,
    "monitor": None,
    "optimizer": {"type": "AdamW", "lr": 2e-3, "weight_decay": 0.01},
    "clip_norm": 5.0,
    "param_scheduler": [
        {"type": "LinearLR", "start_factor": 0.04, "end": 4},
        {"type": "CosineAnnealingLR", "begin": 4},
    ],
}
# Subject 7 validates; once everything is chosen, that subject trains too, as in published figures.
variants = {"final": {"data": {"train_on_val": True}}}
