"""How well recognizers label clips from anywhere: python tools/evaluate_wild.py CLIPS --out DIR.

CLIPS is a folder with a folder of videos for each class, CLIPS/CLASS/FILE; or a list, .csv or
.yaml, with the columns video and label, and if need be start, stop and actor; or a set that
tools/build_youtube_set.py made. Prints table 10 of Le Roux 2017 (random, 2D tracking, 3D temporal
smoothing) and writes DIR/report.html, which shows what went wrong, evaluation.json, clips.csv and
curve.png. Of classes that a recognizer has no name for it should say nothing; they are counted
apart. Skeletons are kept in DIR/poses: run it again for clips that were added, and for other
recognizers. Exit code: 0 done, 1 some clips could not be used, or it could not go on, 2 usage, 130
interrupted.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path
import _matplotlib  # says so where it is missing

import argparse
import shlex
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import lru_cache, partial
from pathlib import Path

from tqdm import tqdm

from datasets.protocols import SPLITS
from tools.preparing import StoppedError, alone, beginning, exit_code, tell_step, working
from tools.wild.classes import (
    Answers,
    check_labels,
    check_table,
    not_known,
    read_table,
    right_names,
)
from tools.wild.clips import LARGEST, WildClip, is_folder_of_classes, read_clips
from tools.wild.gallery import card, failures
from tools.wild.gathering import Candidate, Looked, look, rows_of
from tools.wild.page import page
from tools.wild.plots import draw_curves
from tools.wild.report import (
    CSV,
    CURVE,
    JSON,
    PAGE,
    Evaluation,
    opened_for_names,
    write_csv,
    write_json,
)
from tools.wild.tables import METHODS, differences, markdown, results
from tools.youtube.extra import MissingPackageError
from tools.youtube.manifest import ACTORS
from wildpose.atomic import writing
from wildpose.batch import one_line
from wildpose.counting import number_of
from wildpose.devices import add_device, check_there
from wildpose.exit_codes import DONE, FAILED, USAGE
from wildpose.pipeline import JOINT_SET, Pipeline
from wildpose.progress import Bar
from wildpose.recognition import caution_of, check_can_read, load_recognizer
from wildpose.results import Settings
from wildpose.usage import Parser

SMOOTHERS = ("track2d", "viterbi")  # of table 10
ALL = "all"  # splits
MOST_CARDS = 60


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("clips", type=Path, metavar="CLIPS", help="folder of classes, list, or set of clips")
    add("--out", type=Path, required=True, metavar="DIR", help="for the report and skeletons")
    add("--classes", type=Path, metavar="FILE", help="clip,recognizer: which name is right; .yaml")
    add("--recognizer", nargs="+", default=["default"], metavar="NAME|PATH", help="one or more")
    add("--smooth", nargs="+", default=SMOOTHERS, choices=METHODS, help="one or more")
    add(
        "--actor",
        choices=ACTORS,
        help=f"who is meant, in folders; default: {LARGEST}, of box area over time",
    )
    add("--split", choices=(*SPLITS, ALL), default="test", help="which clips; default: %(default)s")
    add("--media", type=Path, action="append", default=[], metavar="DIR", help="of a list's files")
    add("--min-score", type=float, metavar="P", help="nothing is said below; default: its own")
    add(
        "--gallery", type=int, default=MOST_CARDS, metavar="N", help="at most; default: %(default)s"
    )
    add("--weights-dir", type=Path, metavar="DIR", help="files of networks, looked at first")
    add("--offline", action="store_true", help="never download")
    add("--threads", type=int, metavar="N", help="of each network; default: the cores")
    add_device(parser, "recognizers of files run")
    options = parser.parse_args(arguments)
    options.command = shlex.join(["python", "tools/evaluate_wild.py", *(arguments or sys.argv[1:])])
    for wrong in _wrong(options):
        parser.error(wrong)
    return options


def _wrong(options: argparse.Namespace) -> list[str]:
    """What is wrong with options."""
    wrong = [f"--media {path}: no such folder" for path in options.media if not path.is_dir()]
    wrong += [
        f"--{name} names {value!r} twice"
        for name in ("recognizer", "smooth")
        for value in dict.fromkeys(getattr(options, name))
        if list(getattr(options, name)).count(value) > 1
    ]
    if options.actor is not None and not is_folder_of_classes(options.clips):
        wrong.append("--actor is for folders of videos: a list or a set says it of each clip")
    if options.min_score is not None and not 0 <= options.min_score <= 1:
        wrong.append(f"--min-score must be within 0 and 1, got {options.min_score:g}")
    if options.threads is not None and options.threads < 1:
        wrong.append(f"--threads must be at least 1, got {options.threads}")
    if options.gallery < 0:
        wrong.append(f"--gallery must be at least 0, got {options.gallery}")
    return wrong


def main(arguments: list[str] | None = None) -> int:
    """Evaluate; the exit code."""
    options = options_of(arguments)
    return exit_code(partial(run, options), tool="evaluate_wild", so_far="found")


def run(options: argparse.Namespace) -> int:
    """Look at all clips, and report; the exit code."""
    with ExitStack() as stack:
        with beginning():
            clips, candidates = _asked(options)
            stack.enter_context(alone(options.out))
        with working(options.out):
            looked, failed = _looked(options, clips, candidates)
            if not looked:
                line = f"none of {number_of(len(clips), 'clip')} could be used"
                raise StoppedError(line, FAILED)
            rows = rows_of(looked, candidates, options.smooth)
            evaluation = Evaluation(options.command, str(options.clips), tuple(rows), failed)
            _write(options.out, evaluation, looked, most=options.gallery)
    print(markdown(results(rows)))
    for line in differences(rows):
        print(line)
    used = number_of(len(looked), "clip")
    print(f"{used}; {len(failed)} could not be used; {options.out / PAGE}")
    return FAILED if failed else DONE


def _asked(options: argparse.Namespace) -> tuple[tuple[WildClip, ...], list[Candidate]]:
    """The clips, and the recognizers."""
    check_there(options.device, half=None)
    actor = options.actor or LARGEST
    try:
        clips = read_clips(
            options.clips, out=options.out, media=options.media, actor=actor, tell=_note
        )
        table = {} if options.classes is None else read_table(options.classes)
        check_labels(table, (clip.label for clip in clips))
    except MissingPackageError as error:
        raise StoppedError(str(error), USAGE) from None
    kept = tuple(clip for clip in clips if options.split in (clip.split, ALL))
    if not kept:
        raise ValueError(
            f"{options.clips}: none of {number_of(len(clips), 'clip')} is of "
            f"--split {options.split}"
        )
    if len(kept) < len(clips):
        others = number_of(len(clips) - len(kept), "clip")
        print(f"left out: {others} of other splits than {options.split}")
    candidates = _candidates(options, kept, table)
    for one in candidates:
        unknown = not_known(one.answers, one.recognizer.class_names, table)
        if unknown is not None:
            print(f"{one.name} has no name for {unknown}: nothing should be said of such clips")
    return kept, candidates


def _note(line: str) -> None:
    print(f"note: {line}", file=sys.stderr)


def _candidates(
    options: argparse.Namespace, clips: Sequence[WildClip], table: Answers
) -> list[Candidate]:
    """The recognizers, loaded.

    Raises:
        ValueError: one cannot be used, or the table of classes names what none knows.
        WeightsError: a file is missing or damaged.
    """
    found = {}
    for name in options.recognizer:
        found[name] = load_recognizer(
            name,
            weights_dir=options.weights_dir,
            offline=options.offline,
            threads=options.threads,
            device=options.device,
        )
        check_can_read(found[name], JOINT_SET, name=name)
        if line := caution_of(found[name], name=name, min_score=options.min_score):
            print(line, file=sys.stderr)
    names = dict.fromkeys(name for one in found.values() for name in one.class_names)
    check_table(table, list(names))
    labels = [clip.label for clip in clips]
    return [
        Candidate(
            name,
            one,
            right_names(labels, one.class_names, table),
            one.min_score if options.min_score is None else options.min_score,
        )
        for name, one in found.items()
    ]


def _looked(
    options: argparse.Namespace, clips: Sequence[WildClip], candidates: Sequence[Candidate]
) -> tuple[list[Looked], tuple[tuple[WildClip, str], ...]]:
    """The clips that can be used, and the others with a line each, which is told as it comes."""

    @lru_cache(maxsize=len(options.smooth))  # loaded once, unless clips are parts of videos
    def pipeline_of(settings: Settings) -> Pipeline:
        return Pipeline(
            settings,
            weights_dir=options.weights_dir,
            offline=options.offline,
            threads=options.threads,
            device=options.device,
        )

    def look_at(number: int, clip: WildClip) -> Looked | str:
        started = time.perf_counter()
        try:
            with Bar(clip.title, "frames") as bar:
                one = look(clip, options.out, pipeline_of, candidates, options.smooth, on_frame=bar)
        except (ValueError, OSError, MemoryError) as error:
            tqdm.write(f"failed: {clip.title}: {one_line(error)}", file=sys.stderr)
            return one_line(error)
        took, frames = time.perf_counter() - started, number_of(one.frames, "frame")
        tell_step(f"{number} of {len(clips)}: {clip.title}: {frames}, {took:.1f} s")
        return one

    bar = tqdm(clips, unit="clip", disable=None)  # but on a terminal
    seen = [(clip, look_at(number, clip)) for number, clip in enumerate(bar, start=1)]
    looked = [one for _, one in seen if isinstance(one, Looked)]
    return looked, tuple((clip, one) for clip, one in seen if isinstance(one, str))


def _write(out: Path, evaluation: Evaluation, looked: Sequence[Looked], *, most: int) -> None:
    """The files of the report."""
    rows = evaluation.rows
    write_json(out / JSON, evaluation)
    write_csv(out / CSV, rows)
    draw_curves(out / CURVE, rows)
    wrong = failures(looked, rows)
    cards = [card(looked[i], i, rows) for i in tqdm(wrong[:most], unit="picture", disable=None)]
    text = page(
        evaluation,
        cards,
        left_out=len(wrong) - len(cards),
        curve=(out / CURVE).read_bytes(),
    )
    with writing(out / PAGE) as partial, opened_for_names(partial) as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())
