"""A graph network on N-UCLA, views 1 and 2 to view 3: 13 joints in body axes, as in videos."""

_base_ = "graph_nucla_xview3.py"
preparation = {
    "_delete_": True,
    "joint_set": "lcr13",
    "axes": "body",
    "upright": True,
}
# Turned the whole way round also in body axes: where a back is taken for a chest they point away.
augmentation = {"turn": (0.3, 3.1416, 0.3), "size": 0.0}
