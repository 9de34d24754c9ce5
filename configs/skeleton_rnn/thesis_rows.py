"""Rows of the tables of Le Roux 2017: what each changes, and what NTU X-Sub gave there in percent.

A base of the configs beside it: `tools/train.py CONFIG --variant table4_lstm_200`.
"""

_cells = ("rnn", "lstm", "gru")
_one_way = {  # units -> percent, table 4
    "rnn": {100: 43.58, 200: 48.98, 400: 59.5, 800: 60.3},
    "lstm": {100: 76.05, 200: 76.82, 400: 76.22, 800: 75.98},
    "gru": {100: 79.2, 200: 79.03, 400: 78.83, 800: 79.14},
}
_two_ways = {  # units of each direction -> percent, table 4
    "rnn": {50: 40.91, 100: 54.82, 200: 54.9, 400: 66.54},
    "lstm": {50: 73.82, 100: 76.67, 200: 77.13, 400: 77.35},
    "gru": {50: 73.9, 100: 78.37, 200: 78.71, 400: 78.1},
}
_every_step = {  # table 11
    "rnn": {50: 53.77, 100: 62.15, 200: 66.06, 400: 66.54},
    "lstm": {50: 75.45, 100: 77.42, 200: 77.66, 400: 77.35},
    "gru": {50: 75.35, 100: 77.9, 200: 79.03, 400: 78.1},
}
_layers = (72.35, 77.09, 79.2, 77.94, 77.83, 77.2, 76.72, 74.62)  # 1 to 8, table 5
_kept = {1.0: 75.17, 0.9: 76.93, 0.7: 78.11, 0.5: 79.2, 0.3: 72.91, 0.1: 57.72}  # table 6
_plateau = {  # VA-RNN's, which the thesis began with; it calls this and the end early stopping
    "type": "ReduceOnPlateauLR",
    "monitor": "top1",
    "rule": "greater",
    "factor": 0.1,
    "patience": 5,
    "cooldown": 3,
    "min_value": 5e-6,
}
_stopping = {  # the best checkpoint is taken either way, as the thesis does
    True: {"monitor": "top1", "patience": 15, "param_scheduler": [_plateau]},
    False: {"monitor": "top1", "patience": None, "param_scheduler": []},
}
_regularised = {  # table 7: L2, early stopping
    "none": (False, False, 68.12),
    "early_stopping": (False, True, 72.29),
    "l2": (True, False, 76.02),
    "both": (True, True, 79.2),
}
_transformers = {  # sparsity 0, 0.001, 0.01, table 8
    "linear": (78.47, 77.78, 77.08),
    "affine": (79.58, 77.36, 77.51),
    "positive": (78.69, 78.19, 77.27),
    "convex": (78.95, 78.75, 78.26),
}
_hardest = {10: 78.36, 20: 79.09, 30: 78.6, 40: 78.6, 50: 79.07, 60: 78.86, 70: 78.88,
            None: 79.03}  # |S|, table 12; None: all steps  # fmt: skip
_steps = {"bidirectional": True, "head": "every_step"}
_plain = {"transformer": None}

schedule = _stopping[True]
variants = {
    "table3": {"network": {"transformer": "affine"}, "published": 79.58},
    **{
        f"table4_{cell}_{units}": {
            "network": {**_plain, "cell": cell, "units": units},
            "published": published,
        }
        for cell in _cells
        for units, published in _one_way[cell].items()
    },
    **{
        f"table4_two_ways_{cell}_{units}": {
            "network": {**_plain, "cell": cell, "units": units, "bidirectional": True},
            "published": published,
        }
        for cell in _cells
        for units, published in _two_ways[cell].items()
    },
    **{
        f"table5_{layers}_layers": {"network": {**_plain, "layers": layers}, "published": published}
        for layers, published in enumerate(_layers, start=1)
    },
    **{
        f"table6_keep_{round(100 * keep)}": {
            "network": {**_plain, "keep": keep},
            "published": published,
        }
        for keep, published in _kept.items()
    },
    **{
        f"table7_{name}": {
            "network": dict(_plain),
            "schedule": {
                **({} if l2 else {"optimizer": {"weight_decay": 0.0}}),
                **_stopping[stopping],
            },
            "published": published,
        }
        for name, (l2, stopping, published) in _regularised.items()
    },
    "table8_none": {"network": dict(_plain), "published": 79.2},
    **{
        f"table8_{kind}_{sparsity:g}": {
            "network": {"transformer": kind, "sparsity": sparsity},
            "published": published,
        }
        for kind, row in _transformers.items()
        for sparsity, published in zip((0.0, 0.001, 0.01), row, strict=True)
    },
    "motion": {"network": {**_plain, "streams": ["joint_motion"]}, "published": 75.57},
    **{
        f"table9_{joints}_{'aligned' if aligned else 'as_seen'}": {
            "network": dict(_plain),
            "preparation": {
                **({"joint_set": "lcr13"} if joints == 13 else {}),
                **({"axes": "body"} if aligned else {}),
                **({"people": 1} if (joints, aligned) == (13, True) else {}),  # as in videos
            },
            "published": published,
        }
        for joints, aligned, published in (
            ("all", False, 79.2), ("all", True, 76.28), (13, False, 75.94), (13, True, 74.43),
        )
    },
    "table9_13_aligned_two_people": {
        "network": dict(_plain),
        "preparation": {"joint_set": "lcr13", "axes": "body", "people": 2},
    },
    **{
        f"table11_{cell}_{units}": {
            "network": {**_plain, **_steps, "cell": cell, "units": units},
            "published": published,
        }
        for cell in _cells
        for units, published in _every_step[cell].items()
    },
    **{
        f"table12_{hardest or 'all'}": {
            "network": {**_plain, **_steps, "units": 200, "hardest": hardest},
            "published": published,
        }
        for hardest, published in _hardest.items()
    },
}  # fmt: skip
