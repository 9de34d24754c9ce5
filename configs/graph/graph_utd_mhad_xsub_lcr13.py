"""A graph network on UTD-MHAD, odd subjects to even ones: 13 joints in body axes, as in videos."""

data = {"name": "utd_mhad", "protocol": "xsub"}
preparation = {"joint_set": "lcr13", "axes": "body", "upright": True}
sampling = {"frames": 52}
# Chosen on subject 7, with subjects 1, 3 and 5 to train.
augmentation = {
    "turn": (0.3, 0.5, 0.3),
    "size": 0.1,
    "stretch": 0.1,
    "noise": 0.005,
    "wander": 0.02,
    "shortest": 0.8,
}
network = {
    "type": "GraphRecognizer",
    "width": 32,
    "depths": (2, 2, 2),
    "dropout": 0.5,
    "label_smoothing": 0.1,
}
schedule = {
    "epochs": 40,
    "batch": 32,
    "optimizer": {"type": "AdamW", "lr": 2e-3, "weight_decay": 0.05},
    "clip_norm": 5.0,
    "param_scheduler": [
        {"type": "LinearLR", "start_factor": 0.1, "end": 4},
        {"type": "CosineAnnealingLR", "begin": 4},
    ],
    "monitor": None,
}
# Subject 7 validates; once everything is chosen, that subject trains too, as in published figures.
variants = {"final": {"data": {"train_on_val": True}}}
