"""Scores of whole clips: of whom, over which windows, and what recognizers are shown."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from tests.made_picture_recognizers import tiny
from tests.made_results import person, result
from tests.made_wild import NAMES, StandInRecognizer
from tools.wild.scoring import TOO_SHORT, said_of
from tools.youtube.people import chosen
from wildpose.labelling import windows_of
from wildpose.recognition import recognized_in_video
from wildpose.results import Person, Result, Settings, as_kept
from wildpose.types import Clip
from wildpose.video import read_frames

SETTINGS = Settings(recognizer=None)


@dataclass(frozen=True)
class InTurns(StandInRecognizer):
    """Says another name of each window."""

    def predict(self, clips: Sequence[Clip]) -> np.ndarray:
        return np.eye(len(NAMES))[: len(clips)]


def test_a_clip_has_the_mean_of_its_windows() -> None:
    somebody = person(1, frames=list(range(44)))  # 1.47 s, windows of 0.5 s: three
    one = said_of(somebody, InTurns(), Path("none.mp4"), SETTINGS)
    assert dict(one.ranked) == pytest.approx(
        {"walk": 1 / 3, "run": 1 / 3, "wave": 1 / 3, "clap": 0, "sit down": 0}
    )
    assert one.background == 0


def test_of_too_few_frames_nothing_is_said() -> None:
    glimpse = person(1, frames=[0, 1, 2])
    one = said_of(glimpse, StandInRecognizer(), Path("none.mp4"), SETTINGS)
    assert (one.ranked, one.reason) == ((), TOO_SHORT)


def test_who_is_meant_is_chosen_among_all() -> None:
    first, second = person(1, frames=[0, 1, 2, 3]), person(4, frames=[2, 3, 4])
    both = result(first, replace(second, boxes=3 * second.boxes))
    for actor, id in (("largest", 4), ("longest", 1), ("first", 1), ("4", 4)):
        meant, _ = chosen(both.people, actor)
        assert meant is not None and meant.id == id
    assert chosen(both.people, "2")[0] is None
    assert chosen(result().people, "largest") == (None, "nobody was found in it")


def test_pictures_are_shown_as_in_a_run(waving: tuple[Path, Result], one_thread: None) -> None:
    """Of one window a run names the same classes with the same scores."""
    video, truth = waving
    whole = truth.people[0]
    short = replace(whole.skeleton, **_first(whole, 15))
    somebody = Person(1, whole.frames[:15], whole.boxes[:15], short)
    recognizer = tiny("glimpse_clouds")
    one = said_of(somebody, recognizer, video, SETTINGS)
    with closing(read_frames(video)) as frames:  # type: ignore[type-var]  # a generator
        ((segment,),) = recognized_in_video(
            [as_kept(short)], recognizer, windows_of(SETTINGS, recognizer), frames
        )
    assert [name for name, _ in one.ranked] == [name for name, _ in segment.top]
    np.testing.assert_allclose(
        [score for _, score in one.ranked], [score for _, score in segment.top], atol=1e-4
    )


def _first(one: Person, count: int) -> dict[str, np.ndarray]:
    """Arrays of a skeleton's first frames."""
    names = ("joints", "scores", "times", "joints_2d", "observed", "root")
    arrays = {name: getattr(one.skeleton, name) for name in names}
    return {name: array[:count] for name, array in arrays.items() if array is not None}
