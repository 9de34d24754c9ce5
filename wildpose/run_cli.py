"""`wildpose run`, as `python tools/run_video.py`: what it understands, does and prints."""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from wildpose.atomic import partial_path
from wildpose.batch import FILES, Outcome, run_batch, run_one
from wildpose.counting import number_of
from wildpose.exit_codes import DONE, FAILED, INTERRUPTED
from wildpose.inputs import expand, place_alone
from wildpose.pipeline import Pipeline
from wildpose.predictions import check_one_video_each
from wildpose.progress import Bar
from wildpose.settings_cli import add_settings, asked, backend_options
from wildpose.weights import WeightsError

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - no other name


def add_parser(subparsers: Subparsers) -> None:
    """Add the command `run`; its parsed options hold its function as `handler`."""
    parser = subparsers.add_parser("run", description="Find people and their skeletons in videos.")
    add_run_options(parser)
    parser.set_defaults(handler=partial(run_videos, parser=parser))


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Declare what `wildpose run` and tools/run_video.py understand."""
    add = parser.add_argument
    add("input", nargs="+", metavar="INPUT", help="video files, folders, glob patterns")
    add("--out", type=Path, default=Path("results"), metavar="DIR", help="default: %(default)s")
    add(
        "--save",
        default="json,npz,video",
        metavar="LIST",
        help=f"of {', '.join(FILES)}; json is always written",
    )
    add_settings(parser)
    add(
        "--poses",
        metavar="FILE|DIR",
        help="2D poses in mmpose's JSON format, in place of --detector and --pose; for several "
        "videos a folder with <stem>.json for each, or of results with --save mmpose",
    )
    add("--threads", type=int, metavar="N", help="threads of each network; default: the cores")
    add("--overwrite", action="store_true", help="compute again what is already there, poses too")
    add("--show", action="store_true", help="open each overlay in the system's player")
    add("--quiet", action="store_true", help="errors only")
    add("--json-summary", action="store_true", help="end with one JSON object on stdout")
    add("--debug", action="store_true", help="show where in the code an input failed")


def run_videos(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Do what the parsed options ask for.

    Args:
        options: as declared by `add_run_options`.
        parser: its `error` ends the program with exit code 2.
    """
    if options.debug:
        logging.basicConfig(level=logging.DEBUG)
    try:
        if options.threads is not None and options.threads < 1:
            raise ValueError(f"--threads must be at least 1, got {options.threads}")
        settings, save = asked(options)
        if settings.poses is not None:
            paths, _ = expand(options.input, out=options.out)
            check_one_video_each(Path(settings.poses), paths)
        pipeline = Pipeline(settings, threads=options.threads, **backend_options(options))
    except WeightsError as error:
        print(f"wildpose: {error}", file=sys.stderr)
        return FAILED
    except ValueError as error:
        parser.error(str(error))
    if pipeline.caution and not options.quiet:
        print(f"wildpose: {pipeline.caution}", file=sys.stderr)
    problem = _cannot_write(options.out)
    if problem:
        print(f"wildpose: cannot write to --out {options.out}: {problem}", file=sys.stderr)
        return FAILED
    try:
        outcomes = _run_all(options, pipeline, save)
    except KeyboardInterrupt:
        print("wildpose: interrupted; finished results are kept", file=sys.stderr)
        return INTERRUPTED
    if options.json_summary:
        _say(json.dumps(_summary(outcomes)))
    return FAILED if any(o.status == "failed" for o in outcomes) else DONE


def _run_all(options: argparse.Namespace, pipeline: Pipeline, save: list[str]) -> list[Outcome]:
    paths, failed = expand(options.input, out=options.out)
    outcomes = [Outcome(path, "failed", error=error) for path, error in failed.items()]
    for outcome in outcomes:
        _report(outcome, quiet=options.quiet)

    def work(path: Path, place: Path) -> Outcome:
        quiet = options.quiet
        with (
            Bar(path.name, "frames", quiet=quiet) as frames,
            Bar(path.name, "overlay", quiet=quiet) as drawn,
        ):
            outcome, _ = run_one(
                path,
                place,
                pipeline,
                save=save,
                earlier=options.out / place_alone(path),
                overwrite=options.overwrite,
                on_frame=frames,
                on_overlay=drawn,
            )
        return outcome

    def done(outcome: Outcome) -> None:
        _report(outcome, quiet=options.quiet)
        if options.show and outcome.folder is not None:
            _show(outcome.folder / FILES["video"])

    return outcomes + run_batch(paths, options.out, work, done=done)


def _cannot_write(folder: Path) -> str | None:
    """Why nothing can be written there, found before hours of work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial = partial_path(folder / "trial")
        trial.touch()
        trial.unlink()
    except OSError as error:
        return error.strerror or str(error)
    return None


def _say(line: str) -> None:
    """Print a line; whoever reads it may have gone away, the work goes on."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        print(line.encode(encoding, "backslashreplace").decode(encoding), flush=True)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding=encoding)  # noqa: PTH123, SIM115


def _report(outcome: Outcome, *, quiet: bool) -> None:
    """One line per input: errors on stderr, the rest on stdout."""
    if outcome.status == "failed":
        print(f"{outcome.path}: {outcome.error}", file=sys.stderr)
        return
    if quiet:
        return
    people = number_of(outcome.people, "person", "people")
    if outcome.status == "skipped":
        _say(f"{outcome.path}: already done, {people} -> {outcome.folder}")
        return
    rate = outcome.frames / max(outcome.seconds, 1e-9)
    note = f" ({outcome.note})" if outcome.note else ""
    frames = number_of(outcome.frames, "frame")
    _say(f"{outcome.path}: {frames}, {people}, {rate:.0f} frames/s -> {outcome.folder}{note}")


def _summary(outcomes: list[Outcome]) -> dict:
    count = {
        status: sum(o.status == status for o in outcomes)
        for status in ("done", "skipped", "failed")
    }
    videos = [
        {
            name: str(value) if isinstance(value, Path) else value
            for name, value in asdict(o).items()
        }
        for o in outcomes
    ]
    return {"inputs": len(outcomes), **count, "videos": videos}


def _show(path: Path) -> None:
    """Open a file in the program that the system has for it."""
    if not path.exists():
        return
    if sys.platform == "win32":
        os.startfile(path)  # noqa: S606  # the user asked for it, and it is our own file
        return
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        subprocess.Popen([opener, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError:
        print(f"{path}: nothing here to open it with ({opener} is missing)", file=sys.stderr)
