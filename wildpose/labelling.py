"""Labels for the people of a result: how time is cut for a recognizer, and what it is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from math import inf

from wildpose.recognition import (
    Recognizer,
    longest_window,
    recognized,
    recognized_in_video,
)
from wildpose.results import Person, Result, Settings, as_kept, parts
from wildpose.types import Frame
from wildpose.windows import Windows

Frames = Callable[[], AbstractContextManager[Iterable[Frame]]]
"""Opens the video that skeletons are of, with the frames that they were found in."""


def labelled_people(
    people: Sequence[Person], recognizer: Recognizer | None, windows: Windows, frames: Frames
) -> tuple[Person, ...]:
    """People with what they do and when; nothing without a recognizer.

    The recognizer is shown skeletons as result.json keeps them, so that it says the same of those
    that were just found and of those that are read from a file.

    Args:
        people: what they were said to do before is forgotten.
        recognizer: whose classes are named.
        windows: how time is cut.
        frames: the video, opened where the recognizer looks at pictures.

    Raises:
        VideoError: the video is not that of the people.
    """
    skeletons = [as_kept(person.skeleton) for person in people]
    if recognizer is None:
        return tuple(replace(person, actions=()) for person in people)
    if recognizer.needs_rgb:
        with frames() as video:
            actions = recognized_in_video(skeletons, recognizer, windows, video)
    else:
        actions = [recognized(skeleton, recognizer, windows) for skeleton in skeletons]
    return tuple(replace(p, actions=said) for p, said in zip(people, actions, strict=True))


def check_poses(result: Result, settings: Settings) -> None:
    """See that a result's poses are those that a run with some settings would give.

    Raises:
        ValueError: they are not; one line with the first setting that differs.
    """
    there, here = parts(result.settings.record).poses, parts(settings.record).poses
    for name in {**here, **there}:
        before, now = there.get(name), here.get(name)
        if before != now:
            raise ValueError(
                f"the skeletons were made with {name} {before!r}, and these settings have "
                f"{now!r}: run the video again"
            )


def windows_of(settings: Settings, recognizer: Recognizer | None = None) -> Windows:
    """How time is cut for labels.

    Without a window in the settings, as long as what the recognizer was trained on, as far as it
    looks, and no shorter than the stride, so that no time is left out.

    Args:
        settings: of the run.
        recognizer: None where it is not loaded yet.

    Raises:
        ValueError: a length or score that is not allowed.
    """
    calibrated = 0.0 if recognizer is None else recognizer.min_score
    trained_on = Windows.window_s if recognizer is None else recognizer.window_s
    longest = inf if recognizer is None else longest_window(recognizer)
    window = settings.window
    if window is not None and longest < window < inf:
        raise ValueError(
            f"a window of {window:g} s is longer than the {longest:g} s at which the recognizer "
            f"looks at once, and the rest would not be seen: give at most {longest:g}"
        )
    return Windows(
        window_s=min(max(trained_on, settings.stride), longest) if window is None else window,
        stride_s=settings.stride,
        top_k=settings.top_k,
        min_score=calibrated if settings.min_score is None else settings.min_score,
    )
