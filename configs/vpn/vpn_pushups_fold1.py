"""VPN: poses say where and when to look at one person who does push-ups: fold 1 of 5.

In two stages, as on NTU: `--variant table1_backbone` is the network of videos alone, with which the
others begin. All folds: `tools/rerun_table.py CONFIG table1_backbone itself --protocols fold1 fold2
fold3 fold4 fold5`, each in a folder of its own, for the second stage takes the first that lies
beside it, and another fold's was trained on what this one tests.
"""

_base_ = "vpn_synthetic_ntu_xsub.py"
data = {"name": "pushups", "protocol": "fold1"}
preparation = {"joint_set": "lcr13", "people": 1}
network = {"people_read": 1}
# The rate falls to nothing and the last weights stand: 22 clips validate, too few to choose by.
schedule = {"batch": 8, "monitor": None}
variants = {"pose_lstm": {"network": {"people_read": 1}}}
