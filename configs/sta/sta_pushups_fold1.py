"""Poses steer attention over the hands of one person who does push-ups: fold 1 of 5.

In two stages, as on NTU: `--variant A` is the pose stream alone, with which those that read poses
begin. All folds, each in a folder of its own:
`tools/rerun_table.py CONFIG A itself --protocols fold1 fold2 fold3 fold4 fold5`,
for the second stage takes the first that lies beside it, and another fold's was
trained on what this one tests. `scene1` to `scene5` keep each recording in one split.
"""

_base_ = "sta_synthetic_ntu_xsub.py"
data = {"name": "pushups", "protocol": "fold1"}
preparation = {"joint_set": "lcr13", "people": 1}
pictures = {"hand_px": 48, "trunk_px": 130}  # people are of all sizes
# The rate falls to nothing and the last weights stand: 22 clips validate, too few to choose by.
schedule = {
    "epochs": 40,
    "batch": 8,
    "param_scheduler": [{"type": "CosineAnnealingLR", "by_epoch": True}],
    "monitor": None,
    "patience": None,
}
