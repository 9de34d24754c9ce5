"""The recognizer that comes with wildpose, fine-tuned with a few videos of each action.

`shots1`, `shots3` and `shots5` say how few: `tools/rerun_table.py CONFIG itself source kinect
scratch --protocols shots1 shots3 shots5`. Rows begin with `graph_everyday_true.py` of the same seed
and work folder, its row `kinect`, or with random weights.
"""

_base_ = "graph_everyday_xsub.py"
data = {"name": "everyday_videos", "protocol": "shots5"}
network = {"initial": "default"}
schedule = {
    # Half the rate, and where its loss on the clips that validate was least with five clips of
    # each action: 0.62 after 6 epochs, 0.71 after 10. A tenth of the rate came to 0.68 in 16.
    "epochs": 6,
    "batch": 34,
    "repeats": 20,
    "optimizer": {"lr": 1e-3},
    "averaging": 0.02,
    "monitor": None,
}
_first = "{runs}/graph_everyday_true%s_seed{seed}/recognizer.safetensors"
variants = {
    "_delete_": True,
    "source": {"network": {"initial": _first % ""}},
    "kinect": {"network": {"initial": _first % "_kinect"}},
    "scratch": {
        "network": {"initial": None},
        "schedule": {"epochs": 30, "optimizer": {"lr": 2e-3}},
    },
}
