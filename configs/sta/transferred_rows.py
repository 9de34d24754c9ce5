"""What NTU's networks learn of a smaller set: Baradel et al. 2017, tables 2 and 3.

A base of the configs beside it. Each row begins with that row of `sta_ntu60_xsub.py` (the paper
does not say under which protocol), and everything but the image network learns on, at a tenth of
the rate. Joints that the smaller sets do not know stand in their places of NTU's as copies of the
nearest ones. Epochs of so few clips are two or three steps; each clip counts ten times, for a
tenth of the rate takes that many more (the paper gives no number).
"""

_base_ = "sta_ntu60_xsub.py"
_FIRST = "{{runs}}/sta_ntu60_xsub{}_seed{{seed}}/recognizer.safetensors"
_learned = {"pose_network": None, "freeze_pose": False}
pictures = {"size": (64, 48), "hand_px": 100}  # of pictures of 640 x 480
network = {**_learned, "initial": _FIRST.format("")}
schedule = {"repeats": 10, "optimizer": {"lr": 1e-5}}
variants = {
    "_delete_": True,
    "A": {
        "network": {"mode": "pose", "backbone": None, "initial": _FIRST.format("_A")},
        "pictures": None,
    },
    "G": {"network": {"mode": "rgb", "initial": _FIRST.format("_G")}},
    "K": {"network": {"mode": "both"}},
}
