"""Labels over time: a skeleton in sliding windows, and the scores of windows as segments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from wildpose.alignment import HALF_TURN
from wildpose.types import Clip, Segment, SkeletonSequence

Array = npt.NDArray[np.floating]
BACKGROUND = "background"
"""A class of this name is what a recognizer says of everything it has no name for."""
MIN_FRAMES = 5  # of a window; in fewer nothing can be seen to move
MAX_GAP_S = 0.5  # of an absence inside a window; smoothing has filled shorter ones
MAX_GAP_STEPS = 1.5  # the same where frames are far apart: none is missing in between


@dataclass(frozen=True)
class Windows:
    """How a recording is cut, and what is kept of the labels."""

    window_s: float = 2.0
    stride_s: float = 0.5
    top_k: int = 5
    """Classes named for each segment."""
    min_score: float = 0.0
    """Segments of a lower score are left out: nothing is said of these seconds."""

    def __post_init__(self) -> None:
        if not (0 < self.window_s < np.inf and 0 < self.stride_s < np.inf):
            raise ValueError(
                f"window and stride must be positive seconds, got {self.window_s} and "
                f"{self.stride_s}"
            )
        if self.stride_s > self.window_s:
            raise ValueError(
                f"a stride of {self.stride_s} s would leave out time between windows of "
                f"{self.window_s} s: it must not be longer"
            )
        if self.top_k < 1:
            raise ValueError(f"top_k must be at least 1, got {self.top_k}")
        if not 0 <= self.min_score <= 1:
            raise ValueError(f"min_score must be within 0 and 1, got {self.min_score}")


@dataclass(frozen=True)
class Span:
    """A part of a recording."""

    start: float
    """Seconds."""
    stop: float
    """Seconds, not in it any more."""


def spans(times: Array, *, window_s: float, stride_s: float) -> list[Span]:
    """Windows over the stretches in which a person is in view.

    A stretch ends where nobody was seen for longer than MAX_GAP_S, or than MAX_GAP_STEPS between
    frames where that is more. One that is no longer than a window is one window; the last window of
    a longer one ends where the stretch ends. Where frames are so far apart that a window would hold
    fewer than MIN_FRAMES, it is made longer until it holds them; a stretch with fewer has none.

    Args:
        times: (T,) s, increasing.
        window_s: length of each.
        stride_s: from the start of one to the start of the next.

    Returns:
        In order, all different.
    """
    step = _step(times)
    found: dict[Span, None] = {}  # a set that keeps its order
    for own in _stretches(times, max(MAX_GAP_S, MAX_GAP_STEPS * step)):
        if len(own) >= MIN_FRAMES:
            stop = float(own[-1]) + step
            cuts = _evenly(float(own[0]), stop, window_s, stride_s)
            found.update((_wide_enough(span, own, stop), None) for span in cuts)
    return list(found)


def clips(sequence: SkeletonSequence, cuts: Sequence[Span], *, frame_rate: float) -> Iterator[Clip]:
    """What a person did in each span, at a steady rate, as recognizers take it.

    Args:
        sequence: of one person; with a root, the person moves through the scene, unless in body
            axes, of which it is not known how they lie in it.
        cuts: spans of it.
        frame_rate: Hz.
    """
    T, J, C = sequence.joints.shape
    flat = _placed(sequence).reshape(T, J * C)
    for span in cuts:
        near = _inside(sequence.times, span)
        begin, end = sequence.times[near][[0, -1]]
        wanted = np.arange(begin, end + 0.5 / frame_rate, 1 / frame_rate)
        # Up to the first frame that is no earlier than what is wanted last.
        near = slice(near.start, int(np.searchsorted(sequence.times, wanted[-1])) + 1)
        times = sequence.times[near]
        steady = np.stack([np.interp(wanted, times, column) for column in flat[near].T], axis=1)
        yield Clip(
            joints=steady.reshape(1, len(wanted), J, C).astype(np.float32),
            mask=np.ones((1, len(wanted)), dtype=bool),
            joint_set=sequence.joint_set,
            frame_rate=frame_rate,
            axes=sequence.axes,
        )


def segments(
    cuts: Sequence[Span], scores: Array, class_names: Sequence[str], options: Windows
) -> tuple[Segment, ...]:
    """What is done when: seconds that agree on a class become one segment.

    Time is parted where any window begins or ends. A part has the mean scores of the windows that
    hold it; neighbouring parts of one best class are joined, their scores averaged by duration.
    Segments of the background class, or of a score below `min_score`, are left out.

    Args:
        cuts: W spans.
        scores: (W, A) probabilities.
        class_names: A of them.
        options: what is kept.

    Returns:
        In order of time; they do not overlap.
    """
    found: list[Segment] = []
    for group in _runs(_parts(cuts, scores)):
        weights = np.array([part.stop - part.start for part, _ in group])
        mean = np.average([score for _, score in group], axis=0, weights=weights)
        order = np.argsort(-mean, kind="stable")
        best = str(class_names[order[0]])
        if best == BACKGROUND or mean[order[0]] < options.min_score:
            continue
        named = [(str(class_names[a]), round(float(mean[a]), 4)) for a in order]
        top = tuple(pair for pair in named if pair[0] != BACKGROUND)[: options.top_k]
        start, stop = round(group[0][0].start, 4), round(group[-1][0].stop, 4)
        found.append(Segment(start, stop, best, top[0][1], top))
    return tuple(found)


def _parts(cuts: Sequence[Span], scores: Array) -> Iterator[tuple[Span, Array]]:
    """Time between the edges of windows, with its mean scores; none where no window is."""
    edges = sorted({edge for span in cuts for edge in (span.start, span.stop)})
    order = np.argsort([span.start for span in cuts], kind="stable")
    starts, stops = np.array([(cuts[i].start, cuts[i].stop) for i in order]).reshape(-1, 2).T
    latest = np.maximum.accumulate(stops)  # of a window and all that start before it
    for start, stop in pairwise(edges):
        middle = (start + stop) / 2
        # Windows before these have stopped already, those behind them have not begun.
        low, high = (int(np.searchsorted(ends, middle, "right")) for ends in (latest, starts))
        holding = np.sort(order[low:high][middle < stops[low:high]])
        if len(holding) and stop - start > 1e-6:
            yield Span(start, stop), scores[holding].mean(axis=0)


def _runs(parts: Iterator[tuple[Span, Array]]) -> Iterator[list[tuple[Span, Array]]]:
    """Parts that follow each other without a hole and have the same best class."""
    run: list[tuple[Span, Array]] = []
    for part, score in parts:
        if run:
            before, last = run[-1]
            if part.start - before.stop > 1e-6 or score.argmax() != last.argmax():
                yield run
                run = []
        run.append((part, score))
    if run:
        yield run


def _placed(sequence: SkeletonSequence) -> Array:
    """(T, J, 3) float64 m, in the scene where that is known; the root is in camera axes always."""
    joints = sequence.joints.astype(float)
    if sequence.root is None or sequence.axes == "body":
        return joints
    root = sequence.root if sequence.axes == "camera" else sequence.root * HALF_TURN
    return joints + root[:, None]


def _stretches(times: Array, max_gap_s: float) -> list[Array]:
    """The times of each stretch without a longer absence."""
    return np.split(times, np.flatnonzero(np.diff(times) > max_gap_s) + 1)


def _evenly(start: float, stop: float, window_s: float, stride_s: float) -> list[Span]:
    """Windows over a stretch, the last one up to its end."""
    count = max(0, int(np.ceil((stop - start - window_s) / stride_s - 1e-9)))
    starts = [start + i * stride_s for i in range(count)]
    return [*(Span(s, s + window_s) for s in starts), Span(max(start, stop - window_s), stop)]


def _wide_enough(span: Span, times: Array, stop: float) -> Span:
    """The span; where it holds fewer than MIN_FRAMES, so many from its first one on.

    Args:
        span: of a stretch.
        times: (T,) s, of that stretch; T >= MIN_FRAMES.
        stop: where the stretch ends.
    """
    near = _inside(times, span)
    if near.stop - near.start >= MIN_FRAMES:
        return span
    first = min(near.start, len(times) - MIN_FRAMES)
    after = first + MIN_FRAMES
    return Span(float(times[first]), float(times[after]) if after < len(times) else stop)


def _step(times: Array) -> float:
    """Seconds that a frame lasts."""
    return float(np.median(np.diff(times))) if len(times) > 1 else 1 / 30


def _inside(times: Array, span: Span) -> slice:
    """The rows of the frames of a span; (T,) times are in order."""
    start, stop = np.searchsorted(times, [span.start - 1e-9, span.stop - 1e-9])
    return slice(int(start), int(stop))
