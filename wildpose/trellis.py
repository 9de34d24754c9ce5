"""The most probable path through a trellis of states, exactly, in memory bounded on long videos."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from itertools import repeat

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
Transitions = Array | Callable[[float], Array]

STEP_S = 1e-4  # time steps are rounded to this: two that differ by less share a matrix
CACHE_BYTES = 64 << 20  # of transition matrices kept, for steps that come back
BLOCK = 512  # frames advanced at a time
HELD = 2048  # frames held before the past is looked at, so that what agrees can be written down
FEW = 16  # rows: fewer are reduced at once, more are halved first, which is faster
LONGEST_WAIT = 64  # frames until bounds that did not help are tried again, and scores rescaled
SLACK = 1e-9  # of the largest log probability: keeps what rounding might make best


def best_path(
    observations: Array | Iterable[Array],
    transitions: Transitions,
    *,
    initial: Array | None = None,
    steps: Iterable[float] | None = None,
) -> tuple[npt.NDArray[np.intp], float]:
    """The most probable sequence of states, and the log of its probability (Viterbi 1967).

    All probabilities are natural logarithms and need not be normalised; -inf forbids. Equal paths:
    of two ways into a state, and of two last states, the one from the lower index wins.

    The observations are read once. Instead of back pointers the running scores are held, and the
    way back is found again from them: going forward that needs only the best of all moves, not
    where it came from, which takes longer. The past is written down once all surviving paths agree
    on it, so that memory does not grow with the length of a video as long as they do; where they
    never do, one score per frame and state is held. The answer is exact.

    Args:
        observations: (T, S) log probability of each frame under each state, or an iterable of its
            rows (S,) or blocks (n, S), in time order.
        transitions: (S, S) log probability [from, to]; or a function of the seconds between two
            frames that returns it. The function gets the step rounded to 0.1 ms, and is asked once
            for each step, or again after many others.
        initial: (S,) log probability of the first state; None for all alike.
        steps: T - 1 seconds between following frames, for a function; read as a stream.

    Returns:
        (T,) state of every frame, and the path's log probability. Empty and 0.0 where T is 0.

    Raises:
        ValueError: arrays that do not fit together, NaN or +inf, no path that is allowed.
    """
    trellis: _Trellis | None = None
    for block in _blocks(observations):
        if trellis is None and len(block):
            matrices = _matrices(transitions, steps, block.shape[1])
            trellis = _Trellis(block[0], initial, matrices)
            block = block[1:]
        if trellis is not None:
            trellis.advance(block)
    path, log_probability = trellis.finish() if trellis else (np.zeros(0, dtype=np.intp), 0.0)
    if isinstance(steps, Sized) and len(steps) != max(0, len(path) - 1):
        raise ValueError(f"{len(path)} frames have {len(path) - 1} steps between, got {len(steps)}")
    return path, log_probability


class _Matrix:
    """Log transitions of one time step, and bounds on which states may be worth leaving."""

    def __init__(self, values: Array, states: int) -> None:
        values = _checked(np.array(values, dtype=np.float64, order="C"), "transitions")
        if values.shape != (states, states):
            raise ValueError(
                f"transitions must have shape ({states}, {states}), as the observations have "
                f"{states} states, got {values.shape}"
            )
        self.rows = values  # [from, to]
        self._floors: dict[int, Array] = {}
        finite = np.abs(values[np.isfinite(values)])
        self._slack = SLACK * (1.0 + finite.max(initial=0.0))

    def floor(self, best: int) -> Array:
        """(S,) score below which a state can be nobody's predecessor, `best` having score 0.

        State i leads to no j better than `best` does if score[i] + rows[i, j] < rows[best, j] for
        every j: if score[i] < -max over j of (rows[i, j] - rows[best, j]).
        """
        if best not in self._floors:
            with np.errstate(invalid="ignore"):  # -inf - -inf: neither gets there
                gain = np.fmax.reduce(self.rows - self.rows[best], axis=1)
            self._floors[best] = -gain - self._slack
        return self._floors[best]


class _Trellis:
    """Running scores of all states, for the frames that are not settled yet."""

    def __init__(self, first: Array, initial: Array | None, matrices: Iterator[_Matrix]) -> None:
        S = len(first)
        prior = np.full(S, -np.log(S)) if initial is None else np.asarray(initial, np.float64)
        if prior.shape != (S,):
            raise ValueError(f"initial must have shape ({S},) as the rows have, got {prior.shape}")
        self._matrices = matrices
        self._step = _Step(S)
        self._scores = np.empty((HELD, S))
        self._scores[0] = first + _checked(prior, "initial")
        self._moves: list[_Matrix] = []  # into frames 1, 2, ... of those held
        self._shift = _rescale(self._scores[0])[1]
        self._settled: list[npt.NDArray[np.intp]] = []

    def advance(self, block: Array) -> None:
        """Take in (n, S) following observations; n is at most BLOCK."""
        S = self._scores.shape[1]
        if block.shape[1] != S:
            raise ValueError(f"observations have {block.shape[1]} states here, {S} before")
        count = len(self._moves) + 1
        if count + len(block) > len(self._scores):
            count = self._settle()
        scores = self._scores[count - 1 : count + len(block)]
        for before, after, row in zip(scores[:-1], scores[1:], block, strict=True):
            matrix = next(self._matrices, None)
            if matrix is None:
                raise ValueError("steps ended before the observations did")
            self._shift += self._step(matrix, before, after)
            self._moves.append(matrix)
            after += row
        self._shift += _rescale(scores[-1])[1]

    def finish(self) -> tuple[npt.NDArray[np.intp], float]:
        """The path and its log probability."""
        frame = len(self._moves)
        state = int(self._scores[frame].argmax())
        end = np.array([state], dtype=np.intp)
        log_probability = self._shift + float(self._scores[frame, state])
        return np.concatenate([*self._settled, self._before(frame, state), end]), log_probability

    def _settle(self) -> int:
        """Write down what all survivors agree on, make room; the number of frames still held."""
        agreed, state = self._agreed()
        self._settled.append(self._before(agreed, state))
        del self._moves[:agreed]
        count = len(self._moves) + 1
        rest = self._scores[agreed : agreed + count]
        room = len(self._scores)
        if 2 * count > room:  # doubled, so that walks in vain cost no more than the frames do
            self._scores = np.empty((2 * room, rest.shape[1]))
        self._scores[:count] = rest
        return count

    def _agreed(self) -> tuple[int, int]:
        """The last held frame at which all survivors are in one state, and that state; or 0, 0."""
        frame = len(self._moves)
        alive = (self._scores[frame] > -np.inf).nonzero()[0]
        while len(alive) > 1 and frame:
            frame -= 1
            ways = self._moves[frame].rows.T.take(alive, 0)  # [to, from]
            alive = np.unique((ways + self._scores[frame]).argmax(1))
        return (frame, int(alive[0])) if len(alive) == 1 else (0, 0)

    def _before(self, frame: int, state: int) -> npt.NDArray[np.intp]:
        """States of the held frames before `frame`, on the best path to `state` there."""
        path = np.empty(frame, dtype=np.intp)
        scores, moves = self._scores, self._moves
        for t in range(frame - 1, -1, -1):
            path[t] = state = (scores[t] + moves[t].rows[:, state]).argmax()
        return path


class _Step:
    """From the scores of one frame to those of the next, before its observation.

    Few states are worth leaving once the observations are clear, so bounds are tried first; where
    they keep too many, they rest for a while.
    """

    def __init__(self, states: int) -> None:
        self._sums = np.empty((states, states))
        self._halves = []  # pairs of views to be reduced to the first of them, one after another
        rows = states
        while rows > FEW:
            half = rows // 2
            self._halves.append((self._sums[:half], self._sums[rows - half : rows]))
            rows -= half
        self._rest = self._sums[:rows]
        self._wait, self._patience = 0, 1

    def __call__(self, matrix: _Matrix, before: Array, after: Array) -> float:
        """Write the best ways into each state to `after`; what was taken off `before`."""
        shift = 0.0
        if self._wait:
            self._wait -= 1
        else:
            best, shift = _rescale(before)
            kept = (before >= matrix.floor(best)).nonzero()[0]
            if 0 < 4 * len(kept) <= len(before):
                self._patience = 1
                _from_some(kept, matrix, before, after)
                return shift
            self._wait, self._patience = self._patience, min(2 * self._patience, LONGEST_WAIT)
        np.add(matrix.rows, before.reshape(-1, 1), self._sums)  # [from, to]
        for first, second in self._halves:
            np.maximum(first, second, out=first)
        np.maximum.reduce(self._rest, axis=0, out=after)
        return shift


def _from_some(kept: npt.NDArray[np.intp], matrix: _Matrix, before: Array, after: Array) -> None:
    sums = matrix.rows.take(kept, 0)
    sums += before.take(kept).reshape(-1, 1)
    np.maximum.reduce(sums, axis=0, out=after)


def _rescale(scores: Array) -> tuple[int, float]:
    """Take the best score off all of them, in place; the state that has it, and the score."""
    best = int(scores.argmax())
    top = float(scores[best])
    if top == -np.inf:
        raise ValueError("every path is forbidden: no state is left that can be reached")
    scores -= top
    return best, top


def _blocks(observations: Array | Iterable[Array]) -> Iterator[Array]:
    """The observations as blocks (n, S) of float64, checked."""
    whole = isinstance(observations, np.ndarray)
    for piece in (observations,) if whole and observations.ndim == 2 else observations:
        if np.ndim(piece) not in (1, 2):
            raise ValueError(f"observations come as (S,) or (n, S), got shape {np.shape(piece)}")
        block = np.atleast_2d(piece)
        if not block.shape[1]:
            raise ValueError("observations have no states")
        for start in range(0, len(block), BLOCK):  # a view, where it is float64 already
            part = np.asarray(block[start : start + BLOCK], dtype=np.float64)
            yield _checked(part, "observations")


def _matrices(
    transitions: Transitions, steps: Iterable[float] | None, states: int
) -> Iterator[_Matrix]:
    """The transitions into each frame but the first."""
    if callable(transitions):
        if steps is None:
            raise ValueError("transitions that are a function need steps, in seconds")
        return _timed_matrices(transitions, steps, states)
    if steps is not None:
        raise ValueError("steps need transitions that are a function of them, not one matrix")
    return repeat(_Matrix(transitions, states))


def _timed_matrices(
    transitions: Callable[[float], Array], steps: Iterable[float], states: int
) -> Iterator[_Matrix]:
    kept: dict[int, _Matrix] = {}  # the least recently used first
    for step in steps:
        if not 0 < step < np.inf:
            raise ValueError(f"steps must be positive seconds, got {step}: are frames in order?")
        key = max(1, round(step / STEP_S))
        matrix = kept.pop(key, None) or _Matrix(transitions(key * STEP_S), states)
        kept[key] = matrix
        if len(kept) > max(2, CACHE_BYTES // (2 * matrix.rows.nbytes)):
            del kept[next(iter(kept))]
        yield matrix


def _checked(values: Array, name: str) -> Array:
    """The same log probabilities, if none is NaN or +inf."""
    if values.size and not values.max() < np.inf:
        raise ValueError(f"{name} must be log probabilities: finite or -inf, not NaN or +inf")
    return values
