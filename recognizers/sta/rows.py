"""The rows of the paper's tables, as arguments of the network."""

from __future__ import annotations

from typing import Any, NamedTuple

_SPATIAL_ONLY = {"temporal_attention": False}
_SUM = {"spatial": "sum", "temporal_attention": False}
_CONCAT = {"spatial": "concat", "temporal_attention": False}


class Row(NamedTuple):
    """A row of results on NTU RGB+D."""

    tables: tuple[int, ...]
    """Where it stands."""
    says: str
    """The method, in the paper's words."""
    network: dict[str, Any]
    """Arguments of `PoseConditionedAttention` in which it differs from the defaults."""
    cross_subject: float
    """Reported accuracy, percent."""
    cross_view: float


ROWS = {
    # Letters are table 6's, which has no D, F and J.
    "A": Row((1, 4, 6), "pose only, topological order", {"mode": "pose"}, 77.1, 84.5),
    "B": Row((6,), "RGB only, no attention (sum)", {"mode": "rgb", **_SUM}, 61.5, 65.9),
    "C": Row((6,), "RGB only, no attention (concat)", {"mode": "rgb", **_CONCAT}, 63.2, 67.2),
    "E": Row((6,), "RGB only, spatial attention", {"mode": "rgb", **_SPATIAL_ONLY}, 67.4, 71.2),
    "G": Row((1, 5, 6), "RGB only, spatio-temporal attention", {"mode": "rgb"}, 75.6, 80.5),
    "H": Row((6,), "multi-modal, no attention (A+B)", {"mode": "both", **_SUM}, 83.0, 88.5),
    "I": Row((6,), "multi-modal, spatial (A+E)", {"mode": "both", **_SPATIAL_ONLY}, 84.1, 90.0),
    "K": Row((1, 5, 6), "multi-modal, spatio-temporal (A+G)", {"mode": "both"}, 84.8, 90.6),
    "random_order": Row(
        (4,), "pose only, random joint order", {"mode": "pose", "order": "random"}, 75.5, 83.2
    ),
    "no_double_entries": Row(
        (4,), "pose only, topological order w/o double entries",
        {"mode": "pose", "order": "topological"}, 76.2, 83.9,
    ),
    "G_unconditioned": Row(
        (5,), "RGB only, attention not conditional to pose",
        {"mode": "rgb", "conditioned": False}, 66.5, 72.0,
    ),
    "K_unconditioned": Row(
        (5,), "multi-modal, attention not conditional to pose",
        {"mode": "both", "conditioned": False}, 83.9, 90.0,
    ),
}  # fmt: skip
"""By letter of table 6, or by what is left out."""

TRANSFERRED = {
    "sbu": {"A": 90.5, "G": 72.0, "K": 94.1},
    "msr_daily": {"A": 74.6, "G": 75.3, "K": 90.0},
}
"""Reported accuracy in percent, tables 2 and 3: learned on NTU RGB+D, then on the smaller set."""
