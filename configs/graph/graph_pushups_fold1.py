"""A graph network tells whether push-ups are done correctly: 13 joints in body axes, fold 1.

All folds: `tools/rerun_table.py CONFIG itself --protocols fold1 fold2 fold3 fold4 fold5`; `scene1`
to `scene5` keep each recording in one split.
"""

_base_ = "graph_utd_mhad_xsub_lcr13.py"
data = {"name": "pushups", "protocol": "fold1"}
augmentation = {"mirror": 0.5}  # a push-up has no side, and some videos show a mirror image
network = {"width": 16}  # some 80 clips train, too few to choose by
schedule = {"batch": 16}
variants = {"_delete_": True}
