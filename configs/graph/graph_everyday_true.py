"""Everyday actions learned from true joints, of Kinects and captures, to be tried on videos.

What comes before an adaptation: nothing of it has seen what a pipeline does to poses. By itself it
is shown noise of the size that `tools/measure_noise.py` measures; rows have less of that.
"""

_base_ = "graph_everyday_xsub.py"
data = {"protocol": "true"}
# Deviations of 0.16, 0.11 and 0.16 radians, spread evenly; 0.006 m from frame to frame; 0.036 m of
# what stays and of what changes slowly, 0.019 and 0.031.
augmentation = {
    "turn": (0.28, 0.18, 0.27),
    "noise": 0.006,
    "wander": 0.036,
}
schedule = {
    "averaging": 0.01,
    "monitor": None,  # the validation split is of videos
}
precision = None
_plain = {"turn": (0.0, 0.0, 0.0), "noise": 0.0, "wander": 0.0, "lost_joints": 0.0}
variants = {
    "_delete_": True,
    "unaligned": {"preparation": {"axes": "kinect"}, "augmentation": _plain},
    "aligned": {"augmentation": _plain},
    "kinect": {"data": {"protocol": "true_kinect"}},
}
