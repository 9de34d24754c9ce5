"""People of clips as each smoother gives them, kept on disk; and what recognizers say of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.wild.classes import Answers
from tools.wild.clips import WildClip
from tools.wild.measures import Figures, Judged, figures
from tools.wild.scoring import Said, said_of
from tools.youtube.people import chosen
from wildpose.batch import result_of_one
from wildpose.pipeline import Pipeline, Progress
from wildpose.recognition import Recognizer
from wildpose.results import Person, Settings
from wildpose.windows import BACKGROUND

POSES = "poses"
NOT_FETCHED = "is on the web: tools/build_youtube_set.py fetches it and makes a set"
PipelineOf = Callable[[Settings], Pipeline]


@dataclass(frozen=True)
class Candidate:
    """A recognizer that is evaluated."""

    name: str
    """As it was asked for."""
    recognizer: Recognizer
    answers: Answers
    """What is right for each class of clips."""
    min_score: float
    """Below which a run says nothing."""


@dataclass(frozen=True)
class Looked:
    """A clip, and what was said of the person in it."""

    clip: WildClip
    person: Person | None
    """With the skeleton of the first smoother that gave one; None where nobody was found."""
    said: Mapping[tuple[str, str], Said]
    """By candidate's name and smoother."""
    frames: int
    """How many there are in the part of its video that it is."""


@dataclass(frozen=True)
class Row:
    """A row of the tables: a recognizer that was shown the skeletons of a smoother."""

    candidate: Candidate
    smoother: str
    judged: tuple[Judged, ...]
    """A clip each."""
    figures: Figures

    @property
    def min_score(self) -> float:
        """Below which a run says nothing."""
        return self.candidate.min_score


def rows_of(
    looked: Sequence[Looked], candidates: Sequence[Candidate], smoothers: Sequence[str]
) -> list[Row]:
    """A row for each recognizer and smoother, in that order."""
    rows = []
    for one in candidates:
        names = sum(name != BACKGROUND for name in one.recognizer.class_names)
        for smoother in smoothers:
            judged = tuple(
                Judged(seen.clip, one.answers[seen.clip.label], seen.said[one.name, smoother])
                for seen in looked
            )
            rows.append(Row(one, smoother, judged, figures(judged, one.min_score, names)))
    return rows


def settings_of(clip: WildClip, smoother: str) -> Settings:
    """How the people of a clip are found: everybody, for who is meant is chosen afterwards."""
    return Settings(recognizer=None, smooth=smoother, start=clip.start, stop=clip.stop)


def look(
    clip: WildClip,
    out: Path,
    pipeline_of: PipelineOf,
    candidates: Sequence[Candidate],
    smoothers: Sequence[str],
    *,
    on_frame: Progress | None = None,
) -> Looked:
    """What all candidates say of a clip.

    Args:
        clip: with its video on this machine.
        out: where people are kept, `poses/SMOOTHER/CLIP/result.json`.
        pipeline_of: one with the networks of some settings loaded.
        candidates: recognizers.
        smoothers: names, in the order of the report.
        on_frame: told of every analysed frame.

    Raises:
        VideoError, OSError, ValueError: with one line that says why it cannot be done.
    """
    if clip.video is None:
        raise ValueError(NOT_FETCHED)
    shown, words, frames = None, dict[tuple[str, str], Said](), 0
    for smoother in smoothers:
        settings = settings_of(clip, smoother)
        place = out / POSES / smoother / clip.name
        pipeline = pipeline_of(settings)
        result = result_of_one(clip.video, place, pipeline, save=(), on_frame=on_frame)
        person, reason = chosen(result.people, clip.actor)
        if person is None and result.people:  # the list is wrong, not what was seen
            there = ", ".join(f"{one.id}" for one in result.people)
            raise ValueError(f"nobody has the number {clip.actor}: there are {there}")
        shown, frames = shown or person, result.video.frames
        for one in candidates:
            words[one.name, smoother] = (
                Said(reason=reason)
                if person is None
                else said_of(person, one.recognizer, clip.video, settings)
            )
    return Looked(clip, shown, words, frames)
