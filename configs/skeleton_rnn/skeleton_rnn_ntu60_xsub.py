"""Le Roux 2017: three layers of GRU behind an affine skeleton transformer, NTU X-Sub, 79.58 %."""

_base_ = "thesis_rows.py"
data = {"name": "ntu60", "protocol": "xsub"}
preparation = {"joint_set": "kinect25", "people": 2, "axes": "kinect", "origin": "first"}
sampling = {"longest": 300}
network = {"type": "SkeletonRnn", "transformer": "affine"}
schedule = {
    "epochs": 200,
    "batch": 256,
    "optimizer": {"type": "Adam", "lr": 5e-3, "eps": 1e-4, "weight_decay": 1e-5},
    "clip_norm": 1.0,
}
published = 79.58
