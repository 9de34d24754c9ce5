"""What a recognizer says of a whole clip: its scores, and the names that follow from them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wildpose.filmed_windows import filmed
from wildpose.labelling import windows_of
from wildpose.recognition import Recognizer, looking
from wildpose.results import Person, Settings, as_kept
from wildpose.types import SkeletonSequence
from wildpose.video import prefetch, read_frames
from wildpose.windows import BACKGROUND, Span, clips, spans

Array = npt.NDArray[np.floating]
TOO_SHORT = "too few frames of the person to see a motion in"


@dataclass(frozen=True)
class Said:
    """What a recognizer says of a clip."""

    ranked: tuple[tuple[str, float], ...] = ()
    """(class name, score) of all classes but the background, best first; none where there was
    nothing to look at."""
    background: float = 0.0
    """Score of the background."""
    reason: str = ""
    """Why there was nothing to look at."""

    def answer(self, min_score: float) -> str | None:
        """The name that is given, as a run gives one to a window; None where nothing is said.

        Args:
            min_score: nothing of a lower score is said.
        """
        if not self.ranked:
            return None
        name, score = self.ranked[0]
        return name if score >= max(min_score, self.background) else None

    def place(self, right: tuple[str, ...]) -> int | None:
        """Where the first of some names stands in the ranking, from 1; None without one."""
        names = [name for name, _ in self.ranked]
        return min((names.index(name) + 1 for name in right if name in names), default=None)


def said_of(person: Person, recognizer: Recognizer, video: Path, settings: Settings) -> Said:
    """What a recognizer says of a clip in which a person does one thing.

    Classes have the mean of the scores of all windows, which are cut as in a run.

    Args:
        person: who does it.
        recognizer: shown what a run shows it.
        video: read again where the recognizer looks at pictures.
        settings: that the person was found with.

    Raises:
        VideoError: the video is not that of the person.
    """
    skeleton = as_kept(person.skeleton)
    windows = windows_of(settings, recognizer)
    cuts = spans(skeleton.times, window_s=windows.window_s, stride_s=windows.stride_s)
    if not cuts:
        return Said(reason=TOO_SHORT)
    if recognizer.needs_rgb:
        scores = _scores_of_pictures(skeleton, cuts, recognizer, video, settings)
    else:
        shown = list(clips(skeleton, cuts, frame_rate=recognizer.frame_rate))
        scores = recognizer.predict(shown)
    return said(scores.mean(axis=0), recognizer.class_names)


def said(scores: Array, class_names: npt.ArrayLike) -> Said:
    """Names in order of their scores.

    Args:
        scores: (A,) probabilities.
        class_names: A of them; of equal scores the first is best, as in a run.
    """
    names = [str(name) for name in np.asarray(class_names)]
    order = np.argsort(-scores, kind="stable")
    ranked = [(names[a], float(scores[a])) for a in order if names[a] != BACKGROUND]
    background = [float(scores[a]) for a in order if names[a] == BACKGROUND]
    return Said(tuple(ranked), max(background, default=0.0))


def _scores_of_pictures(
    skeleton: SkeletonSequence,
    cuts: list[Span],
    recognizer: Recognizer,
    video: Path,
    settings: Settings,
) -> Array:
    """(W, A) scores of windows that are shown with what the camera saw."""
    scores = np.zeros((len(cuts), len(recognizer.class_names)))
    frames = read_frames(video, start=settings.start, stop=settings.stop, fps=settings.fps)
    with closing(prefetch(frames)) as ahead:
        for part in filmed([skeleton], [cuts], ahead, looking(recognizer)):
            scores[part.window] = recognizer.predict([part.clip])[0]
    return scores
