"""The rows of the paper's tables 1 to 4, as arguments of the network."""

from __future__ import annotations

from typing import Any, NamedTuple


class Percent(NamedTuple):
    """Reported accuracy; on Toyota Smarthome the mean over classes."""

    ntu120_xsub: float
    ntu120_xset: float
    smarthome_xsub: float
    smarthome_xview2: float


class Row(NamedTuple):
    """A row of results."""

    says: str
    """What it is, in words of the paper."""
    network: dict[str, Any]
    """Arguments of `VideoPoseNetwork` in which it differs from the defaults."""
    percent: Percent


_LSTM = {"pose_backbone": {"type": "lstm"}}
_NO_EMBEDDING = {"embedding": "none"}
_SPATIAL = {"attention": "spatial"}
_SEPARATE = {"attention": "separate"}

ROWS = {
    "table1_backbone": Row(
        "visual backbone", {"attention": "none", **_NO_EMBEDDING}, Percent(77.0, 80.1, 53.4, 45.1)
    ),
    "table1_attention": Row(
        "visual backbone + attention network", _NO_EMBEDDING, Percent(85.4, 86.9, 56.4, 50.5)
    ),
    "table2_lstm_separate": Row(
        "LSTM, no coupler", {**_SEPARATE, **_LSTM}, Percent(84.7, 83.6, 57.1, 50.6)
    ),
    "table2_gcn_separate": Row("GCN, no coupler", _SEPARATE, Percent(85.6, 86.8, 60.1, 53.1)),
    "table2_lstm_coupled": Row("LSTM, coupler", _LSTM, Percent(85.3, 84.1, 57.6, 51.5)),
    "table3_kl_video_pose": Row(
        "KL(f_e || P_e)", {"embedding": "kl_video_pose"}, Percent(85.5, 87.1, 57.2, 50.9)
    ),
    "table3_kl_pose_video": Row(
        "KL(P_e || f_e)", {"embedding": "kl_pose_video"}, Percent(85.6, 86.9, 57.0, 51.1)
    ),
    "table3_kl_both": Row(
        "bi-directional KL-divergence", {"embedding": "kl_both"}, Percent(86.1, 87.2, 57.2, 51.7)
    ),
    "table4_lstm_no_embedding": Row(
        "spatial attention, LSTM, no embedding",
        {**_SPATIAL, **_LSTM, **_NO_EMBEDDING},
        Percent(81.7, 81.2, 45.5, 50.0),
    ),
    "table4_lstm": Row(
        "spatial attention, LSTM, embedding", {**_SPATIAL, **_LSTM}, Percent(82.7, 82.0, 56.5, 52.6)
    ),
    "table4_gcn_no_embedding": Row(
        "spatial attention, GCN, no embedding",
        {**_SPATIAL, **_NO_EMBEDDING},
        Percent(82.6, 84.3, 49.1, 51.7),
    ),
    "table4_gcn": Row(
        "spatial attention, GCN, embedding", _SPATIAL, Percent(83.1, 85.3, 58.4, 53.1)
    ),
}
"""All but the whole network, with which each table ends."""

WHOLE = Percent(86.3, 87.8, 60.8, 53.5)
"""GCN, coupler, normalised euclidean loss."""
