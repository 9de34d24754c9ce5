"""Windows of a track: every row in the middle of its own past and future, by time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from wildpose.lifting.track_windows import Look, answers, middles, stretches, windows

Array = npt.NDArray[np.floating]
RATE = 30.0
TIMES = np.arange(40) / RATE + 7.0


def seen(times: Array, look: Look, rows: list[int] | None = None) -> Array:
    """(N, L) s: the times of what windows show, since what is shown is the time itself."""
    which = np.arange(len(times)) if rows is None else np.array(rows)
    return windows(times, times[:, None], which, look)[..., 0]


def test_the_drawing_in_the_module() -> None:
    look = Look(5, 1.0)
    found = seen(np.arange(6.0), look, [0, 3, 5])
    np.testing.assert_array_equal(found, [[0, 0, 0, 1, 2], [1, 2, 3, 4, 5], [3, 4, 5, 5, 5]])


@pytest.mark.parametrize("frames", [1, 3, 27, 243])
@pytest.mark.parametrize("rate", [10.0, 25.0, 30.0, 50.0, 59.94])
def test_each_row_is_in_the_middle_of_its_own_window(frames: int, rate: float) -> None:
    times = np.arange(30) / rate
    found = seen(times, Look(frames, 1 / 50))
    expected = times[:, None] + (np.arange(frames) - frames // 2) / 50
    np.testing.assert_allclose(found, np.clip(expected, times[0], times[-1]), atol=1e-12)


def test_a_causal_network_sees_the_past_alone() -> None:
    found = seen(TIMES, Look(9, 1 / RATE, causal=True))
    np.testing.assert_allclose(found[:, -1], TIMES)
    assert (found <= TIMES[:, None] + 1e-9).all()
    np.testing.assert_allclose(found[20], TIMES[12:21])


def test_rows_in_uneven_time_are_interpolated() -> None:
    times = np.array([0.0, 0.1, 0.4, 0.5])
    values = np.array([0.0, 1.0, 7.0, 9.0])[:, None]
    (found,) = windows(times, values, np.array([1]), Look(5, 0.1))
    np.testing.assert_allclose(found[:, 0], [0, 0, 1, 3, 5], atol=1e-12)


def test_windows_one_by_one_are_those_of_a_batch() -> None:
    values = np.random.default_rng(0).normal(size=(40, 17, 2))
    look = Look(27, 1 / 50)
    together = windows(TIMES, values, np.arange(40), look)
    for row in range(40):
        alone = windows(TIMES, values, np.array([row]), look)[0]
        np.testing.assert_array_equal(together[row], alone)


def test_a_single_row_is_repeated() -> None:
    values = np.ones((1, 2, 3))
    found = windows(np.array([3.0]), values, np.array([0]), Look(5, 0.02))
    np.testing.assert_array_equal(found, np.ones((1, 5, 2, 3)))


def test_no_window_reaches_over_a_long_absence() -> None:
    times = np.array([0.0, 0.1, 0.6, 1.2, 1.3])
    assert stretches(times) == [slice(0, 3), slice(3, 5)]
    assert stretches(times[:1]) == [slice(0, 1)]
    assert stretches(times[:0]) == []


@pytest.mark.parametrize("every_s", [0.0, 0.1, 0.5, 9.0])
@pytest.mark.parametrize("count", [1, 2, 40])
def test_every_row_is_told_of_by_the_nearest_window(every_s: float, count: int) -> None:
    times = TIMES[:count]
    rows, owner = middles(times, Look(243, 1 / 50, every_s=every_s))
    assert (np.diff(rows) > 0).all()
    away = np.abs(times[:, None] - times[rows][None])
    np.testing.assert_allclose(away[np.arange(count), owner], away.min(axis=1))
    assert away.min(axis=1).max() <= every_s / 2 + 0.5 / RATE + 1e-9
    if every_s == 0:
        np.testing.assert_array_equal(rows, np.arange(count))


@pytest.mark.parametrize("every_s", [0.0, 0.5])
def test_what_a_window_says_of_a_row_is_read_at_the_rows_time(every_s: float) -> None:
    """A network that says what it sees: of every row, its own time."""
    look = Look(81, 1 / 50, every_s=every_s)
    rows, owner = middles(TIMES, look)
    said = windows(TIMES, TIMES[:, None], rows, look)[owner]
    found = answers(said, TIMES[rows][owner], TIMES, look)[:, 0]
    # At both ends a window holds still between its last step and the track's end.
    np.testing.assert_allclose(found, TIMES, atol=1e-12 if every_s == 0 else 0.01)
    inside = slice(3, -3)
    np.testing.assert_allclose(found[inside], TIMES[inside], atol=1e-9)


def test_a_window_has_frames_and_time() -> None:
    for frames, step in ((0, 0.02), (3, 0.0), (3, float("nan"))):
        with pytest.raises(ValueError, match="a window has frames and a step"):
            Look(frames, step)
