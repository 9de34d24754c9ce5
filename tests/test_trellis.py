"""The best path is the one that trying all of them finds, however the frames come in."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from itertools import pairwise, product, repeat

import numpy as np
import numpy.typing as npt
import pytest

from wildpose import trellis
from wildpose.trellis import Array, best_path

SEEDS = range(20)
FORBIDDEN = -np.inf


def logs(rng: np.random.Generator, *shape: int, forbidden: float = 0.0) -> Array:
    """Log probabilities of random numbers, a share of them forbidden."""
    values = np.log(rng.random(shape))
    return np.where(rng.random(shape) < forbidden, FORBIDDEN, values)


def path_score(path: tuple[int, ...], rows: Array, moves: list[Array], initial: Array) -> float:
    score = initial[path[0]] + sum(row[state] for row, state in zip(rows, path, strict=True))
    return score + sum(move[pair] for move, pair in zip(moves, pairwise(path), strict=True))


def by_trying_all(rows: Array, moves: list[Array], initial: Array) -> tuple[tuple[int, ...], float]:
    T, S = rows.shape
    scores = {p: path_score(p, rows, moves, initial) for p in product(range(S), repeat=T)}
    best = max(scores, key=scores.__getitem__)
    return best, scores[best]


def textbook(rows: Array, moves: list[Array], initial: Array) -> npt.NDArray[np.intp]:
    """The recursion with back pointers for all frames, one state after the other."""
    T, S = rows.shape
    scores, pointers = rows[0] + initial, np.zeros((T, S), dtype=int)
    for t in range(1, T):
        ways = [scores + moves[t - 1][:, state] for state in range(S)]
        pointers[t] = [way.argmax() for way in ways]
        scores = np.array([way.max() for way in ways]) + rows[t]
    path = [int(scores.argmax())]
    for t in range(T - 1, 0, -1):
        path.append(int(pointers[t, path[-1]]))
    return np.array(path[::-1])


def anchored(rng: np.random.Generator, S: int, T: int, *, clear: float) -> tuple[Array, Array]:
    """Observations of a walk among states on a line, where moves cost their length."""
    place = rng.normal(size=S) * 3
    seen = np.cumsum(rng.normal(size=T)) % 6 - 3
    return -clear * (seen[:, None] - place) ** 2, -np.abs(place[:, None] - place)


# The answer


@pytest.mark.parametrize("seed", SEEDS)
def test_no_other_path_is_better_when_moves_stay_alike(seed: int) -> None:
    rng = np.random.default_rng(seed)
    S, T = int(rng.integers(2, 5)), int(rng.integers(2, 8))
    rows, move = logs(rng, T, S), logs(rng, S, S, forbidden=0.3)
    initial = logs(rng, S)
    wanted, score = by_trying_all(rows, [move] * (T - 1), initial)
    if score == FORBIDDEN:
        with pytest.raises(ValueError, match="every path is forbidden"):
            best_path(rows, move, initial=initial)
        return
    path, log_probability = best_path(rows, move, initial=initial)
    assert tuple(path) == wanted
    np.testing.assert_allclose(log_probability, score, atol=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_other_path_is_better_when_moves_depend_on_the_time_step(seed: int) -> None:
    rng = np.random.default_rng(seed)
    S, T = int(rng.integers(2, 5)), int(rng.integers(2, 8))
    table = {1: logs(rng, S, S, forbidden=0.1), 2: logs(rng, S, S), 5: logs(rng, S, S)}
    steps = rng.choice([1, 2, 5], T - 1)
    rows = logs(rng, T, S, forbidden=0.1)
    uniform = np.full(S, -np.log(S))
    wanted, score = by_trying_all(rows, [table[s] for s in steps], uniform)
    path, log_probability = best_path(rows, lambda s: table[round(s / 0.1)], steps=steps * 0.1)
    assert tuple(path) == wanted
    np.testing.assert_allclose(log_probability, score, atol=1e-10)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("clear", [0.0, 0.3, 5.0, 300.0], ids=lambda c: f"clear={c:g}")
def test_the_textbook_recursion_finds_the_same_path(seed: int, clear: float) -> None:
    rng = np.random.default_rng(seed)
    S, T = 30, 200
    rows, move = anchored(rng, S, T, clear=clear)
    rows = rows + logs(rng, T, S)
    move = move + np.where(rng.random((S, S)) < 0.2, FORBIDDEN, 0.0)
    wanted = textbook(rows, [move] * (T - 1), np.zeros(S))
    np.testing.assert_array_equal(best_path(rows, move)[0], wanted)


def test_bounds_are_used_where_observations_are_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    # Else the comparison with the textbook would not try them.
    used = []
    original = trellis._from_some
    monkeypatch.setattr(
        trellis, "_from_some", lambda kept, *rest: (used.append(len(kept)), original(kept, *rest))
    )
    best_path(*anchored(np.random.default_rng(0), 30, 200, clear=5.0))
    assert len(used) > 100
    assert max(used) > 1


def test_equal_paths_are_decided_for_the_lower_index() -> None:
    assert best_path(np.zeros((5, 40)), np.zeros((40, 40)))[0].tolist() == [0] * 5
    # Both last states are alike and each keeps to itself: 0 wins, though 1 was as good throughout.
    stay = np.array([[0.0, FORBIDDEN], [FORBIDDEN, 0.0]])
    assert best_path(np.zeros((5, 2)), stay)[0].tolist() == [0] * 5


# How the frames come in


@pytest.mark.parametrize("size", [1, 7, 600, 5000])
def test_it_makes_no_difference_in_which_blocks_the_observations_come(size: int) -> None:
    rng = np.random.default_rng(3)
    rows, move = logs(rng, 3000, 6), logs(rng, 6, 6)
    whole = best_path(rows, move)
    blocks = (rows[start : start + size] for start in range(0, len(rows), size))
    path, log_probability = best_path(blocks, move)
    np.testing.assert_array_equal(path, whole[0])
    np.testing.assert_allclose(log_probability, whole[1], rtol=1e-12)


def test_single_rows_and_empty_blocks_are_blocks_too() -> None:
    rows, move = logs(np.random.default_rng(4), 5, 3), np.zeros((3, 3))
    pieces = [rows[:0], rows[0], rows[1:3], rows[:0], rows[3], rows[4]]
    assert best_path(pieces, move)[0].tolist() == rows.argmax(axis=1).tolist()


@pytest.mark.parametrize("halves", [1, 2], ids=["survivors agree", "they never do"])
def test_settling_the_past_early_does_not_change_the_path(
    halves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(5)
    rows, move = logs(rng, 900, 8), logs(rng, 8, 8)
    if halves == 2:  # of states that never meet
        move[:4, 4:] = move[4:, :4] = FORBIDDEN
    wanted = textbook(rows, [move] * 899, np.zeros(8))
    monkeypatch.setattr(trellis, "BLOCK", 10)
    monkeypatch.setattr(trellis, "HELD", 40)
    np.testing.assert_array_equal(best_path(rows, move)[0], wanted)


def test_memory_does_not_grow_with_the_video() -> None:
    move = anchored(np.random.default_rng(6), 50, 1, clear=1.0)[1]

    def peak(blocks: int) -> int:
        rng = np.random.default_rng(6)
        tracemalloc.start()
        try:
            best_path((logs(rng, 200, 50) for _ in range(blocks)), move)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    short, long = peak(15), peak(60)
    scores = 45 * 200 * 50 * 8  # bytes, if the scores of the further frames were kept
    assert long - short < scores / 10


def test_many_frames_lose_no_precision() -> None:
    # Scores of -1e7 in all; the two states differ by 1e-6 in every frame.
    T = 20_000
    rows = np.full((T, 2), -500.0)
    rows[np.arange(T), np.arange(T) % 2] += 1e-6
    path, log_probability = best_path(rows, np.zeros((2, 2)), initial=np.zeros(2))
    np.testing.assert_array_equal(path, np.arange(T) % 2)
    np.testing.assert_allclose(log_probability, -500.0 * T + 1e-6 * T, rtol=1e-12)


# Time steps


def counting(calls: list[float], S: int = 2) -> Callable[[float], Array]:
    return lambda step: (calls.append(step), np.zeros((S, S)))[1]


def test_each_time_step_is_asked_for_once() -> None:
    calls: list[float] = []
    steps = [0.04, 0.08, 0.04000001, 0.08, 0.04]
    best_path(np.zeros((6, 2)), counting(calls), steps=steps)
    np.testing.assert_allclose(calls, [0.04, 0.08], atol=1e-12)


def test_few_matrices_are_kept_when_every_step_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trellis, "CACHE_BYTES", 0)  # two are kept at least
    calls: list[float] = []
    steps = [0.1, 0.2, 0.1, 0.3, 0.1, 0.2]  # 0.2 came longest ago when 0.3 comes
    best_path(np.zeros((7, 2)), counting(calls), steps=steps)
    np.testing.assert_allclose(calls, [0.1, 0.2, 0.3, 0.2], atol=1e-12)


def test_a_long_gap_lets_the_path_change_state() -> None:
    # One frame hints at state 1. A change costs a lot at 30 frames/s and little after a second.
    def moves(step: float) -> Array:
        return -(0.1 / step) * (1 - np.eye(2))

    rows = np.log([[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]])
    short, long = [1 / 30, 1 / 30, 1 / 30], [1 / 30, 1.0, 1 / 30]
    assert best_path(rows, moves, steps=short)[0].tolist() == [0, 0, 0, 0]
    assert best_path(rows, moves, steps=long)[0].tolist() == [0, 0, 1, 1]


def test_steps_may_go_on_for_ever() -> None:
    path, _ = best_path(np.eye(3), counting([], 3), steps=repeat(0.04))
    assert path.tolist() == [0, 1, 2]


# Short and wrong input


def test_no_frames_have_an_empty_path() -> None:
    for empty in (np.zeros((0, 3)), [], [np.zeros((0, 3))]):
        path, log_probability = best_path(empty, np.zeros((3, 3)))
        assert path.shape == (0,) and path.dtype == np.intp
        assert log_probability == 0.0


def test_one_frame_takes_its_best_state_under_the_prior() -> None:
    row = np.log([[0.5, 0.4, 0.1]])
    path, log_probability = best_path(row, np.zeros((3, 3)))
    assert path.tolist() == [0]
    np.testing.assert_allclose(log_probability, np.log(0.5 / 3), atol=1e-12)
    assert best_path(row, np.zeros((3, 3)), initial=np.log([0.1, 0.8, 0.1]))[0].tolist() == [1]


def test_a_way_is_found_through_the_only_door() -> None:
    # 0 -> 1 -> 2 is the only way; the observations would have it otherwise.
    move = np.full((3, 3), FORBIDDEN)
    move[0, 1] = move[1, 2] = 0.0
    path, log_probability = best_path(np.log([[0.1, 0.2, 0.7]] * 3), move, initial=np.zeros(3))
    assert path.tolist() == [0, 1, 2]
    np.testing.assert_allclose(log_probability, np.log(0.1 * 0.2 * 0.7), atol=1e-12)


@pytest.mark.parametrize("frames", [1, 2, 50])
def test_it_is_told_when_every_path_is_forbidden(frames: int) -> None:
    rows = np.zeros((frames, 2))
    rows[-1] = FORBIDDEN
    with pytest.raises(ValueError, match="every path is forbidden"):
        best_path(rows, np.zeros((2, 2)))


NAN_MOVES = np.array([[0.0, np.nan], [0.0, 0.0]])
WRONG = {
    "rows of another length": (
        ([np.zeros((2, 3)), np.zeros((2, 4))], np.zeros((3, 3)), {}),
        "4 states here, 3 before",
    ),
    "scalars": (([1.0, 2.0], np.zeros((3, 3)), {}), r"\(S,\) or \(n, S\), got shape \(\)"),
    "no states": ((np.zeros((2, 0)), np.zeros((0, 0)), {}), "have no states"),
    "moves of other states": (
        (np.zeros((2, 3)), np.zeros((3, 2)), {}),
        r"shape \(3, 3\), .* got \(3, 2\)",
    ),
    "prior": (
        (np.zeros((2, 3)), np.zeros((3, 3)), {"initial": np.zeros(2)}),
        r"initial must have shape \(3,\)",
    ),
    "NaN": ((np.full((2, 2), np.nan), np.zeros((2, 2)), {}), "observations must be log"),
    "infinity": ((np.full((2, 2), np.inf), np.zeros((2, 2)), {}), "observations must be log"),
    "NaN in moves": ((np.zeros((2, 2)), NAN_MOVES, {}), "transitions must be log"),
    "function without steps": ((np.zeros((2, 2)), np.diag, {}), "need steps"),
    "steps without function": (
        (np.zeros((2, 2)), np.zeros((2, 2)), {"steps": [1.0]}),
        "steps need transitions that are a function",
    ),
    "too few steps": (
        (np.zeros((3, 2)), counting([]), {"steps": iter([0.1])}),
        "steps ended before",
    ),
    "too many steps": (
        (np.zeros((3, 2)), counting([]), {"steps": [0.1, 0.1, 0.1]}),
        "3 frames have 2 steps between, got 3",
    ),
    "time runs back": (
        (np.zeros((2, 2)), counting([]), {"steps": [-0.1]}),
        "positive seconds, got -0.1",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_named(name: str) -> None:
    (observations, transitions, options), text = WRONG[name]
    with pytest.raises(ValueError, match=text):
        best_path(observations, transitions, **options)
