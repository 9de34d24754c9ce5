"""Choosing among hypotheses, and filling short gaps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from wildpose.smoothing.chosen import Chosen
from wildpose.smoothing.gaps import rows_to_fill, spline_fill
from wildpose.smoothing.track2d import HELD_S, best_scored, track2d
from wildpose.types import Hypotheses

Array = npt.NDArray[np.floating]
# Two joints, the corners of a box of 6 x 8 px: its diagonal is 10 px, the farthest jump 5 px.
POSE = np.array([[0.0, 0], [6, 8]])


def frame(*hypotheses: tuple[float, float]) -> Hypotheses:
    """Candidates given as (x, score): the same pose at x px; x is also its depth in metres."""
    places = np.array([x for x, _ in hypotheses]).reshape(-1, 1, 1)
    joints = np.zeros((len(hypotheses), 2, 3))
    joints[..., 2:] = places
    return Hypotheses(
        joints=joints,
        joints_2d=POSE + places * [1, 0],
        scores=np.array([score for _, score in hypotheses]),
        classes=np.zeros(len(hypotheses), dtype=int),
    )


def places(chosen: Chosen) -> list[float | None]:
    """Where the chosen pose of each frame is, None where none was admissible."""
    np.testing.assert_array_equal(chosen.joints[:, 0, 2], chosen.joints_2d[:, 0, 0])
    return [
        float(x) if taken else None
        for x, taken in zip(chosen.joints_2d[:, 0, 0], chosen.taken, strict=True)
    ]


def tracked(frames: list[Hypotheses], *, fps: float = 30) -> Chosen:
    """2D tracking through frames at a steady rate."""
    return track2d(np.arange(len(frames)) / fps, frames)


def best(frames: list[Hypotheses]) -> Chosen:
    return best_scored(frames)


def test_best_scored_takes_the_top_score_wherever_it_is() -> None:
    frames = [frame((0, 0.9), (100, 0.5)), frame((0, 0.3), (100, 0.8)), frame((0, 0.6))]
    assert places(best(frames)) == [0, 100, 0]


def test_best_scored_leaves_a_frame_without_hypotheses_without_a_pose() -> None:
    assert places(best([frame((0, 0.9)), frame(), frame((1, 0.2))])) == [0, None, 1]


def test_2d_tracking_starts_from_the_top_score() -> None:
    assert places(tracked([frame((50, 0.6), (0, 0.7), (200, 0.1))])) == [0]


def test_2d_tracking_takes_the_top_score_among_those_near() -> None:
    assert places(tracked([frame((0, 0.9)), frame((1, 0.2), (4, 0.4), (60, 0.99))])) == [0, 4]


@pytest.mark.parametrize(("jump", "expected"), [(5.0, 5.0), (-5.0, -5.0), (5.01, None)])
def test_2d_tracking_jumps_at_most_half_the_diagonal_of_the_box(
    jump: float, expected: float | None
) -> None:
    assert places(tracked([frame((0, 0.9)), frame((jump, 0.99))])) == [0, expected]


def test_2d_tracking_measures_the_jump_from_the_last_chosen_pose() -> None:
    frames = [frame((x, 0.9)) for x in (0, 4, 8, 12)]
    assert places(tracked(frames)) == [0, 4, 8, 12]
    held = [frame((0, 0.9)), frame(), frame((50, 0.9)), frame((3, 0.2))]
    assert places(tracked(held)) == [0, None, None, 3]


@pytest.mark.parametrize(("scale", "taken"), [(1.0, [True, True]), (1.1, [True, False])])
def test_2d_tracking_averages_the_jump_over_the_joints(scale: float, taken: list[bool]) -> None:
    first, moved = frame((70, 0.9)), frame((70, 0.9))
    moved.joints_2d[0, 0] += scale * np.array([6, -8])  # 10 px for one of two: 5 on average
    assert tracked([first, moved]).taken.tolist() == taken


def test_2d_tracking_starts_afresh_after_ten_frames_without_an_admissible_one() -> None:
    frames = [frame((0, 0.9))] + [frame((100, 0.9), (300, 0.3))] * 12
    assert places(tracked(frames)) == [0] + [None] * 10 + [100, 100]
    assert pytest.approx(10 / 30) == HELD_S


def test_frames_without_any_hypothesis_count_as_held_too() -> None:
    assert places(tracked([frame((0, 0.9))] + [frame()] * 9 + [frame((100, 0.9))])) == (
        [0] + [None] * 10
    )
    assert places(tracked([frame((0, 0.9))] + [frame()] * 10 + [frame((100, 0.9))])) == (
        [0] + [None] * 10 + [100]
    )


def test_a_pose_found_again_ends_the_hold() -> None:
    frames = [frame((0, 0.9))] + [frame()] * 8 + [frame((1, 0.9))] + [frame()] * 8
    assert places(tracked([*frames, frame((100, 0.9))]))[-1] is None


def test_at_a_lower_rate_a_person_may_go_further_from_frame_to_frame() -> None:
    frames = [frame((x, 0.9)) for x in (0, 14, 28, 42)]
    assert places(tracked(frames, fps=10)) == [0, 14, 28, 42]
    assert places(tracked(frames, fps=30)) == [0, None, None, None]


def test_after_an_absence_a_person_is_taken_wherever_they_come_back() -> None:
    frames = [frame((0, 0.9)), frame((1, 0.9)), frame((500, 0.9)), frame((501, 0.9))]
    chosen = track2d(np.array([0.0, 1 / 30, 5.0, 5.0 + 1 / 30]), frames)
    assert places(chosen) == [0, 1, 500, 501]


def test_frames_before_the_person_is_seen_have_no_pose() -> None:
    assert places(tracked([frame(), frame(), frame((7, 0.1))])) == [None, None, 7]


def test_where_nothing_was_chosen_the_arrays_are_finite() -> None:
    chosen = tracked([frame((0, 0.9)), frame()])
    assert chosen.joints.shape == (2, 2, 3)
    assert np.isfinite(chosen.joints).all() and np.isfinite(chosen.joints_2d).all()


def test_short_gaps_are_filled_and_long_ones_are_not() -> None:
    times = np.arange(20) / 10
    seen = np.array([1, 2, 5, 14, 16])  # gaps of 0.3, 0.9 and 0.2 s
    filled = rows_to_fill(times, seen, max_gap_s=0.5)
    assert filled.tolist() == [1, 2, 3, 4, 5, 14, 15, 16]


def test_a_gap_is_measured_in_seconds_not_in_frames() -> None:
    slow, fast = np.arange(10) / 5, np.arange(10) / 60
    seen = np.array([0, 9])
    assert rows_to_fill(slow, seen, max_gap_s=0.5).tolist() == [0, 9]
    assert rows_to_fill(fast, seen, max_gap_s=0.5).tolist() == list(range(10))


@pytest.mark.parametrize(("last", "filled"), [(2, [0, 1, 2]), (3, [0, 3])])
def test_gaps_of_up_to_half_a_second_are_filled_unless_told_otherwise(
    last: int, filled: list[int]
) -> None:
    assert rows_to_fill(np.arange(9) / 4, np.array([0, last])).tolist() == filled


def test_nothing_is_filled_before_the_first_and_after_the_last_sighting() -> None:
    times = np.arange(10) / 30
    assert rows_to_fill(times, np.array([4, 6])).tolist() == [4, 5, 6]
    assert rows_to_fill(times, np.array([4])).tolist() == [4]


def test_of_somebody_never_seen_nothing_is_filled() -> None:
    assert rows_to_fill(np.arange(10) / 30, np.zeros(0, dtype=int)).shape == (0,)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 9])
def test_the_spline_passes_through_what_is_known(count: int) -> None:
    rng = np.random.default_rng(count)
    times = np.cumsum(rng.uniform(0.01, 0.2, count))
    values = rng.normal(size=(count, 13, 3))
    np.testing.assert_allclose(spline_fill(times, values, times), values, atol=1e-9)


def test_the_spline_keeps_between_its_neighbours_beside_an_abrupt_change() -> None:
    rng = np.random.default_rng(0)
    times = np.array([0.0, 0.1, 0.2, 0.3, 0.7, 0.8, 0.9])
    values = rng.normal(size=(7, 5)) + 100 * (np.arange(7) > 2)[:, None]
    wanted = np.linspace(0, 0.9, 181)
    filled = spline_fill(times, values, wanted)
    left = np.clip(np.searchsorted(times, wanted, side="right") - 1, 0, 5)
    low = np.minimum(values[left], values[left + 1])
    high = np.maximum(values[left], values[left + 1])
    assert (filled >= low - 1e-9).all() and (filled <= high + 1e-9).all()


def test_the_spline_is_curved_and_exact_on_a_straight_line() -> None:
    times, wanted = np.array([0.0, 1, 2, 4]), np.array([0.5, 1.5, 3.0])
    np.testing.assert_allclose(spline_fill(times, 3 * times, wanted), 3 * wanted, atol=1e-12)
    assert abs(spline_fill(times, times**2, wanted)[2] - 10) > 0.1  # 10 would be linear


@pytest.mark.parametrize("count", [1, 3, 6])
def test_outside_the_known_times_the_ends_are_held(count: int) -> None:
    times = np.arange(count, dtype=float)
    values = times[:, None] ** 2 + 1
    filled = spline_fill(times, values, np.array([-5.0, count + 5.0]))
    np.testing.assert_allclose(filled, values[[0, -1]], atol=1e-12)


@pytest.mark.parametrize("count", [2, 5])
def test_asking_for_no_times_gives_an_empty_array_of_the_shape(count: int) -> None:
    values = np.zeros((count, 13, 3))
    assert spline_fill(np.arange(count, dtype=float), values, np.zeros(0)).shape == (0, 13, 3)


def test_a_gap_of_just_the_limit_is_filled_wherever_it_lies() -> None:
    times = np.arange(40) / 10
    filled = [len(rows_to_fill(times, np.array([k, k + 5]))) for k in range(30)]
    assert set(filled) == {6}
