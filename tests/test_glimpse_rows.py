"""The rows of the paper's tables can be built, and say what the paper says."""

from __future__ import annotations

import pytest

from recognizers.glimpse_clouds import GlimpseClouds
from recognizers.glimpse_clouds.rows import ROWS, SECTION_6_2, TABLE_3, TABLE_4

SMALL = {"type": "SmallVideo", "stage_channels": (8, 8, 8, 8)}


def network_of(row: str) -> GlimpseClouds:
    return GlimpseClouds(
        joint_set="lcr13", people=2, classes=3, backbone=SMALL, attention_units=4, worker_units=4,
        **ROWS[row].network,
    )  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_every_row_can_be_built_and_goes_on_from_a_first_stage_with_the_same_losses(
    name: str,
) -> None:
    made, first = network_of(name), ROWS[name].first
    assert (made.cloud is None) == (first is None)
    if first is not None:
        before = network_of(first)
        assert before.cloud is None
        assert before.pose_weight == made.pose_weight


def test_no_two_rows_are_the_same_but_the_best_one() -> None:
    best = {"GC", "G3_C3"}  # chosen among the sixteen
    others = [row.network for name, row in ROWS.items() if name not in best]
    assert all(others.count(network) == 1 for network in others)
    assert ROWS["GC"].network == {}


def test_reported_averages_are_those_of_the_two_protocols() -> None:
    for row in [*TABLE_3.values(), *TABLE_4.values()]:
        assert row.cross_subject is not None and row.cross_view is not None
        assert row.average == pytest.approx((row.cross_subject + row.cross_view) / 2, abs=0.11)
    best = TABLE_3["GC"].average
    assert best is not None
    lost = [SECTION_6_2[name].average for name in ("distance_random", "distance_fixed", "concat")]
    assert lost == pytest.approx([best - 0.4, best - 0.8, best - 1.1])
    assert sum(name.startswith("G") for name in SECTION_6_2) == 16
