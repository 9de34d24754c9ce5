"""Make clips of labelled videos: python tools/prepare_videos.py VIDEOS --out DATA/NAME.

VIDEOS holds a folder of videos for each class, VIDEOS/CLASS/FILE. Finds people and their skeletons
in every video, as run_video does, and keeps one person of each, who is seen longest unless asked
otherwise, as a clip that networks train on: datasets/README.md says how to name the set. A video
that cannot be used gets a line and is left out; a run that was stopped goes on where it was. Exit
code: 0 done, 1 some videos could not be used, or it could not go on, 2 usage.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import cv2
import torch

from datasets.labelled_video_files import (
    SKELETONS,
    Index,
    LabelledVideo,
    origin_of,
    read_index,
    skeleton_path,
    write_index,
    write_skeleton,
)
from tools.preparing import beginning, exit_code, results_of, working
from tools.progress import shown, tell
from wildpose.atomic import remove_leftovers
from wildpose.counting import number_of
from wildpose.exit_codes import DONE, FAILED
from wildpose.hashing import sha256_of
from wildpose.inputs import is_video_name
from wildpose.people import LARGEST
from wildpose.pipeline import Pipeline
from wildpose.results import Settings
from wildpose.usage import Parser
from wildpose.video import VideoError

ACTORS = ("longest", "largest", "first")  # of `wildpose.people.select`, those who are one person
NOBODY = "nobody was found in it"


@dataclass(frozen=True)
class Job:
    """A video, and where its person goes."""

    name: str
    video: Path
    skeleton: Path


@dataclass(frozen=True)
class Outcome:
    """What became of a video."""

    new: bool
    """Its skeleton was not there before."""
    wrong: str | None = None
    """Why there is no clip of it."""


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("videos", type=Path, metavar="VIDEOS", help="a folder of videos for each class in it")
    add("--out", type=Path, required=True, metavar="DIR", help="of the data set: DATA/NAME")
    add(
        "--actor",
        choices=ACTORS,
        default=ACTORS[0],
        help=f"who is kept ({LARGEST}); default: %(default)s",
    )
    add("--weights-dir", type=Path, metavar="DIR", help="files of networks, looked at first")
    add("--offline", action="store_true", help="never download")
    add("--workers", type=int, default=os.cpu_count(), help="processes; default: the cores")
    options = parser.parse_args(arguments)
    if options.workers < 1:
        parser.error(f"--workers must be at least 1, got {options.workers}")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Make or complete the clips; the exit code."""
    options = options_of(arguments)
    return exit_code(partial(run, options), tool="prepare_videos", so_far="found")


def run(options: argparse.Namespace) -> int:
    """Find the people of the videos that were not looked at yet; the exit code."""
    started = time.perf_counter()
    settings = Settings(recognizer=None, actor=options.actor)
    with beginning():
        index = _asked(options.videos, settings)
        _check_same(options.out, index)
        find = partial(_find, settings=settings, networks=(options.weights_dir, options.offline))
        _pipeline(settings, options.weights_dir, options.offline)  # fetches weights for all
    jobs = [
        Job(clip.name, index.videos / clip.video, skeleton_path(options.out, clip.name))
        for clip in index.clips
    ]
    with working(options.out):
        (options.out / SKELETONS).mkdir(parents=True, exist_ok=True)
        remove_leftovers(options.out / SKELETONS)
        write_index(options.out, index)
        outcomes = results_of(find, jobs, workers=options.workers, prepare=_take_one_thread)
        left_out, new = _told(jobs, outcomes)
        write_index(options.out, replace(index, left_out=left_out, complete=True))
    print(
        f"{number_of(len(jobs) - len(left_out), 'clip')} of "
        f"{number_of(len(index.class_names), 'class', 'classes')} in {options.out}: "
        f"{new} new; {len(left_out)} left out; {time.perf_counter() - started:.0f} s"
    )
    return FAILED if left_out else DONE


def _asked(videos: Path, settings: Settings) -> Index:
    """What is to be made of a folder of videos.

    Raises:
        FileNotFoundError: it is no folder, or holds no videos in folders.
        ValueError: two videos would get one name.
    """
    if not videos.is_dir():
        raise FileNotFoundError(f"no folder {videos}")
    by_class = {folder.name: _videos_in(folder) for folder in sorted(videos.iterdir())}
    class_names = tuple(name for name, paths in by_class.items() if paths)
    clips = [
        LabelledVideo(f"{name}_{path.stem}", label, f"{name}/{path.name}")
        for label, name in enumerate(class_names)
        for path in by_class[name]
    ]
    if not clips:
        raise FileNotFoundError(
            f"no videos in {videos}: expected a folder for each class, {videos}/CLASS/FILE, with "
            f"files such as .mp4"
        )
    _check_names(clips)
    clips.sort(key=lambda clip: clip.name)
    made_with = json.loads(json.dumps(settings.record))  # as it comes back from a file
    return Index(videos.resolve(), class_names, tuple(clips), made_with, {}, complete=False)


def _videos_in(folder: Path) -> list[Path]:
    """The videos of a class, sorted; none where it is no folder, or hidden."""
    if folder.name.startswith(".") or not folder.is_dir():
        return []
    return [p for p in sorted(folder.iterdir()) if is_video_name(p.name) and p.is_file()]


def _check_names(clips: Iterable[LabelledVideo]) -> None:
    """Complain of two videos whose clips would be one file, also on disks that know no case."""
    by_name: dict[str, str] = {}
    for clip in clips:
        other = by_name.setdefault(clip.name.casefold(), clip.video)
        if other != clip.video:
            raise ValueError(
                f"{other} and {clip.video} would both be the clip {clip.name!r}: rename one"
            )


def _check_same(out: Path, index: Index) -> None:
    """Complain of a folder whose skeletons were made otherwise.

    Raises:
        ValueError: the line tells the settings that differ, and what to do.
    """
    there = read_index(out)
    if there is None or there.settings == index.settings:
        return
    names = sorted(there.settings.keys() | index.settings.keys())
    differ = [
        f"{name} {there.settings.get(name)!r}, now {index.settings.get(name)!r}"
        for name in names
        if there.settings.get(name) != index.settings.get(name)
    ]
    raise ValueError(
        f"{out}: its skeletons were made with {'; '.join(differ)}: name another folder, or delete "
        "this one"
    )


def _told(jobs: list[Job], outcomes: Iterable[Outcome]) -> tuple[dict[str, str], int]:
    """Which videos gave no clip, and why, each told in a line; and how many skeletons are new."""
    left_out, new = {}, 0
    outcomes = shown(outcomes, total=len(jobs), unit="video")
    for job, outcome in zip(jobs, outcomes, strict=True):
        if outcome.wrong is not None:
            left_out[job.name] = outcome.wrong
            tell(f"left out: {job.video}: {outcome.wrong}")
        elif outcome.new:
            new += 1
    return left_out, new


def _find(job: Job, settings: Settings, networks: tuple[Path | None, bool]) -> Outcome:
    """Find a video's person, unless that was done before."""
    try:
        content = sha256_of(job.video)
        if job.skeleton.exists():
            return _found_before(job, content)
        result = _pipeline(settings, *networks).run(job.video, sha256=content)
    except VideoError as error:
        return Outcome(new=False, wrong=str(error))
    except OSError as error:  # of the video; one of what is written ends the run
        return Outcome(new=False, wrong=error.strerror or str(error))
    write_skeleton(job.skeleton, result)
    return Outcome(new=True, wrong=None if result.people else NOBODY)


def _found_before(job: Job, content: str) -> Outcome:
    """What was found in a video, if that is the one which is there now."""
    try:
        before, somebody = origin_of(job.skeleton)
    except ValueError as error:
        return Outcome(new=False, wrong=str(error))
    if before != content:
        # Its footage would be of the other video, and nothing would tell.
        wrong = (
            f"is not the video that {job.skeleton} was made of: remove that file and its footage"
        )
        return Outcome(new=False, wrong=wrong)
    return Outcome(new=False, wrong=None if somebody else NOBODY)


@cache
def _pipeline(settings: Settings, weights_dir: Path | None, offline: bool) -> Pipeline:  # noqa: FBT001
    """Its networks are read once in a process."""
    return Pipeline(settings, weights_dir=weights_dir, offline=offline, threads=1)


def _take_one_thread() -> None:
    """Leave the other cores to the other processes."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)


if __name__ == "__main__":
    sys.exit(main())
