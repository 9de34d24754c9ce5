"""A graph network on N-UCLA, views 1 and 2 to view 3: 20 joints as the sensor saw them."""

data = {"name": "nucla", "protocol": "xview3"}
preparation = {"joint_set": "kinect20", "axes": "kinect", "origin": "first"}
sampling = {"frames": 32}
# Chosen on view 2 after training on view 1 alone, for what is asked for here is a view that nobody
# has trained on. Sides are exchanged as the Kinect does with backs.
augmentation = {
    "turn": (0.8, 3.1416, 0.3),
    "size": 0.3,
    "shortest": 0.8,
    "exchanged": 0.3,
}
network = {
    "type": "GraphRecognizer",
    "width": 32,
    "depths": (2, 2, 2),
    "dropout": 0.5,
    "label_smoothing": 0.1,
}
schedule = {
    "epochs": 60,
    "batch": 32,
    "repeats": 2,
    "averaging": 0.01,
    "monitor": None,
    "optimizer": {"type": "AdamW", "lr": 2e-3, "weight_decay": 0.05},
    "param_scheduler": [{"type": "CosineAnnealingLR", "by_epoch": True}],
}
# Subject 8 validates; once everything is chosen, that subject trains too, as in published figures.
variants = {"final": {"data": {"train_on_val": True}}}
