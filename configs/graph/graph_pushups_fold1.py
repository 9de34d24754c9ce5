"""A graph network tells whether push-ups are done correctly: 13 joints in body axes, fold 1.

Other folds are `--cfg-options data.protocol=fold2 --work work/fold2/graph_pushups`, and so are
`scene1` to `scene5`, which keep each recording in one split.
"""

data = {"name": "pushups", "protocol": "fold1"}
preparation = {"joint_set": "lcr13", "axes": "body", "upright": True}
sampling = {"frames": 52}
augmentation = {
    "turn": (0.3, 0.5, 0.3),
    "size": 0.1,
    "stretch": 0.1,
    "noise": 0.005,
    "wander": 0.02,
    "shortest": 0.8,
    "mirror": 0.5,  # a push-up has no side, and some of the videos show a mirror image
}
# As on UTD-MHAD, narrower: some 80 clips train, too few to choose by.
network = {
    "type": "GraphRecognizer",
    "width": 16,
    "depths": (2, 2, 2),
    "dropout": 0.5,
    "label_smoothing": 0.1,
}
schedule = {
    "epochs": 40,
    "batch": 16,
    "optimizer": {"type": "AdamW", "lr": 2e-3, "weight_decay": 0.05},
    "clip_norm": 5.0,
    "param_scheduler": [
        {"type": "LinearLR", "start_factor": 0.1, "end": 4},
        {"type": "CosineAnnealingLR", "begin": 4},
    ],
    "monitor": None,
}
