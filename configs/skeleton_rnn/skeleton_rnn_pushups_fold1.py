"""A bidirectional GRU tells whether push-ups are done correctly: 13 joints in body axes, fold 1.

Other folds are `--cfg-options data.protocol=fold2 --work work/fold2/skeleton_rnn_pushups`, and so
are `scene1` to `scene5`, which keep each recording in one split.
"""

data = {"name": "pushups", "protocol": "fold1"}
preparation = {"joint_set": "lcr13", "axes": "body", "upright": True}
sampling = {"frames": 64}
augmentation = {
    "turn": (0.3, 0.5, 0.3),
    "size": 0.1,
    "stretch": 0.1,
    "noise": 0.005,
    "wander": 0.02,
    "shortest": 0.8,
    "mirror": 0.5,  # a push-up has no side, and some of the videos show a mirror image
}
# As on UTD-MHAD. Nothing was chosen on these data: some 80 clips train, too few to choose by.
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
    "epochs": 60,
    "batch": 16,
    "monitor": None,
    "optimizer": {"type": "AdamW", "lr": 2e-3, "weight_decay": 0.01},
    "clip_norm": 5.0,
    "param_scheduler": [
        {"type": "LinearLR", "start_factor": 0.04, "end": 6},
        {"type": "CosineAnnealingLR", "begin": 6},
    ],
}
