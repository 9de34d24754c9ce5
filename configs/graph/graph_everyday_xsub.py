"""The recognizer that comes with wildpose: everyday actions on 13 joints in body axes."""

data = {"name": "everyday", "protocol": "xsub"}
preparation = {"joint_set": "lcr13", "axes": "body", "upright": True}
sampling = {"frame_rate": 15.0, "longest": 30}  # 2 s, the window in which videos are looked at
# Lifting and its errors are in the clips already; these are what they lack.
augmentation = {
    "turn": (0.2, 0.4, 0.2),
    "size": 0.1,
    "stretch": 0.05,
    "noise": 0.01,
    "wander": 0.03,
    "lost_joints": 0.02,
    "shortest": 0.6,
    "held_s": 0.8,
    "mirror": 0.5,
}
network = {"type": "GraphRecognizer", "width": 32, "depths": (2, 2, 2), "dropout": 0.2}
schedule = {
    "epochs": 16,
    "batch": 64,
    "optimizer": {"type": "AdamW", "lr": 2e-3, "weight_decay": 0.05},
    "clip_norm": 5.0,
    # The rate stays as it is: fallen to nothing by a cosine it gave 91.9 % on the validation split,
    # mean over classes, where the average of weights at a steady rate has 92.4.
    "averaging": 0.002,
    "monitor": "mean_class",
}
precision = 0.9  # of the labels that are given, on the validation split
# One set tests, the others train: what to expect where people, rooms and ways to act are new.
variants = {
    f"without_{_name}": {"data": {"protocol": f"without_{_name}"}, "schedule": {"epochs": 5}}
    for _name in ("nucla", "utd_mhad", "msr_action3d", "bandai", "cmu_expmap")
}
