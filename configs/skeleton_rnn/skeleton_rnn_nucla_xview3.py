"""Le Roux 2017's GRU behind an affine skeleton transformer on N-UCLA, views 1 and 2 to view 3."""

_base_ = "thesis_rows.py"
data = {"name": "nucla", "protocol": "xview3"}
preparation = {"joint_set": "kinect20", "axes": "kinect", "origin": "first"}
sampling = {"frames": 52}
# Chosen on view 2 after training on view 1 alone, for what is asked for here is a view that nobody
# has trained on. Turned the whole way round about the vertical it is 14 points better than with 0.3
# radians; with left and right exchanged in some clips, as the Kinect does with backs, 2 more.
augmentation = {"turn": (0.3, 3.1416, 0.3), "shortest": 0.8, "exchanged": 0.3}
network = {"type": "SkeletonRnn", "transformer": "affine"}
schedule = {
    "epochs": 60,
    "batch": 64,
    "repeats": 4,
    "averaging": 0.002,
    "monitor": None,
    "patience": None,
    "optimizer": {"type": "Adam", "lr": 5e-3, "eps": 1e-4, "weight_decay": 1e-5},
    "param_scheduler": [{"type": "CosineAnnealingLR", "by_epoch": True}],
}
# Subject 8 validates; once everything is chosen, that subject trains too, as in published figures.
variants = {"final": {"data": {"train_on_val": True}}}
