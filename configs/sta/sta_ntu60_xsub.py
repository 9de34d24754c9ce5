"""Baradel et al. 2017: poses steer attention over hands and over time, NTU X-Sub, 84.8 %.

In two stages: `--variant A` is the pose stream alone, with which those that read poses begin. B, C
and `G_unconditioned` do not, and rows of other orders of joints have no second stage.
"""

from recognizers.sta.rows import ROWS as _ROWS

data = {"name": "ntu60", "protocol": "xsub"}
preparation = {"joint_set": "kinect25", "people": 2, "axes": "kinect", "origin": "first"}
sampling = {"frames": 20, "moments": "bins", "views": 10, "derivatives": True}
pictures = {"size": (64, 36), "hand_px": 50, "shown": 0}  # hands alone, out of full pictures
network = {
    "type": "PoseConditionedAttention",
    "backbone": {"type": "InceptionV3", "pretrained": True, "frozen": True},
    "pose_network": "{runs}/{config}_A_seed{seed}/recognizer.safetensors",
    "freeze_pose": True,
}
schedule = {
    "epochs": 100,
    "batch": 64,
    "optimizer": {"type": "Adam", "lr": 1e-4},
    "clip_norm": None,
    "monitor": "loss",
    "patience": 10,
}
published = 84.8
# Of rows whose network has no pose stream, and of the stream alone.
_no_poses = {"pose_network": None, "freeze_pose": False}
_begins = {
    **{name: {} for name in _ROWS},
    **{
        name: {**_no_poses, "backbone": None} for name in ("A", "random_order", "no_double_entries")
    },
    **dict.fromkeys(("B", "C", "G_unconditioned"), _no_poses),
}
variants = {
    name: {
        "network": {**_begins[name], **row.network},
        "published": row.cross_subject,
        **({"pictures": None} if row.network["mode"] == "pose" else {}),
    }
    for name, row in _ROWS.items()
}
