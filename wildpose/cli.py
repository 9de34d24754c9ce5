"""The command line: `wildpose run` (as `python tools/run_video.py`) and `wildpose models`."""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from wildpose import __version__, models_cli
from wildpose.atomic import partial_path
from wildpose.batch import FILES, Outcome, run_batch, run_one
from wildpose.detection import DETECTORS
from wildpose.inputs import expand, place_alone
from wildpose.lifting import LIFTERS
from wildpose.people import ACTORS
from wildpose.pipeline import Pipeline, check
from wildpose.pose import POSE_ESTIMATORS
from wildpose.progress import Bar
from wildpose.recognition import names as recognizers
from wildpose.results import Settings
from wildpose.smoothing import SMOOTHERS
from wildpose.weights import WeightsError

DONE, SOME_FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 all done, 1 some failed, 2 usage."""
    parser = argparse.ArgumentParser(
        prog="wildpose", description="Any video to 3D skeletons, per person and per moment."
    )
    parser.add_argument("--version", action="version", version=f"wildpose {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="find people and their skeletons in videos")
    add_run_options(run)
    models_cli.add_parser(commands)
    options = parser.parse_args(arguments)
    if options.command == "run":
        return run_videos(options, run)
    return options.handler(options)


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Declare what `wildpose run` and tools/run_video.py understand."""
    default = Settings()
    add = parser.add_argument
    add("input", nargs="+", metavar="INPUT", help="video files, folders, glob patterns")
    add("--out", type=Path, default=Path("results"), metavar="DIR", help="default: %(default)s")
    add(
        "--save",
        default="json,npz,video",
        metavar="LIST",
        help=f"of {', '.join(FILES)}; json is always written",
    )
    add("--actor", default=default.actor, metavar="WHO", help=f"who is kept: {ACTORS}")
    add("--max-people", type=int, metavar="N", help="keep the N people most in view")
    add("--detector", default=default.detector, metavar="NAME", help=_names(DETECTORS))
    add("--pose", default=default.pose, metavar="NAME", help=_names(POSE_ESTIMATORS))
    add(
        "--lifter",
        default=default.lifter,
        metavar="NAME|PATH",
        help=f"{_names(LIFTERS)}; or a .safetensors file of tools/train_lifter.py",
    )
    add("--smooth", default=default.smooth, metavar="NAME", help=_names(SMOOTHERS))
    add(
        "--recognizer",
        default=default.recognizer,
        metavar="NAME|PATH",
        help=f"action labels: {', '.join([*recognizers(), 'none'])}, or the path of a "
        ".safetensors file that tools/train.py wrote; default: %(default)s",
    )
    add(
        "--window",
        type=float,
        metavar="S",
        help="seconds labelled at once; default: those of the clips that the recognizer was "
        "trained on, 2 for the default one",
    )
    add(
        "--stride",
        type=float,
        default=default.stride,
        metavar="S",
        help="seconds between windows; default: %(default)s",
    )
    add(
        "--top-k",
        type=int,
        default=default.top_k,
        metavar="K",
        help="classes of each segment; default: %(default)s",
    )
    add(
        "--min-score",
        type=float,
        metavar="P",
        help="no label below it; default: the recognizer's own",
    )
    add("--tiles", default="auto", metavar="auto|N", help="rows of detector tiles; auto: if needed")
    add("--fps", type=float, metavar="F", help="at most F frames per second, chosen by time")
    add("--start", type=float, metavar="S", help="begin at this time in seconds")
    add("--stop", type=float, metavar="S", help="end before this time in seconds")
    add("--device", default="auto", metavar="auto|cpu", help="where networks run")
    add("--threads", type=int, metavar="N", help="threads of each network; default: the cores")
    add("--weights-dir", type=Path, metavar="DIR", help="look for network weights here first")
    add("--offline", action="store_true", help="never download")
    add("--overwrite", action="store_true", help="compute again what is already there, poses too")
    add("--show", action="store_true", help="open each overlay in the system's player")
    add("--quiet", action="store_true", help="errors only")
    add("--json-summary", action="store_true", help="end with one JSON object on stdout")
    add("--debug", action="store_true", help="show where in the code an input failed")


def _names(table: object) -> str:
    return f"one of: {', '.join(table)}; default: %(default)s"  # type: ignore[call-overload]


def run_videos(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Do what the parsed options ask for.

    Args:
        options: as declared by `add_run_options`.
        parser: its `error` ends the program with exit code 2.
    """
    if options.debug:
        logging.basicConfig(level=logging.DEBUG)
    try:
        settings, save = _settings(options), _save(options)
        check(settings)
        pipeline = Pipeline(
            settings,
            weights_dir=options.weights_dir,
            offline=options.offline,
            threads=options.threads,
        )
    except WeightsError as error:
        print(f"wildpose: {error}", file=sys.stderr)
        return SOME_FAILED
    except ValueError as error:
        parser.error(str(error))
    problem = _cannot_write(options.out)
    if problem:
        print(f"wildpose: cannot write to --out {options.out}: {problem}", file=sys.stderr)
        return SOME_FAILED
    try:
        outcomes = _run_all(options, pipeline, save)
    except KeyboardInterrupt:
        print("wildpose: interrupted; finished results are kept", file=sys.stderr)
        return INTERRUPTED
    if options.json_summary:
        _say(json.dumps(_summary(outcomes)))
    return SOME_FAILED if any(o.status == "failed" for o in outcomes) else DONE


def _settings(options: argparse.Namespace) -> Settings:
    if options.device not in ("auto", "cpu"):
        raise ValueError(
            f"unknown device {options.device!r}: the blazepose backends run on the CPU, so it is "
            "auto or cpu"
        )
    if options.threads is not None and options.threads < 1:
        raise ValueError(f"--threads must be at least 1, got {options.threads}")
    names = (field.name for field in fields(Settings))
    return Settings.of({name: getattr(options, name) for name in names})


def _save(options: argparse.Namespace) -> list[str]:
    kinds = [kind.strip() for kind in options.save.split(",") if kind.strip()]
    unknown = [kind for kind in kinds if kind not in FILES]
    if unknown or not kinds:
        raise ValueError(f"--save takes a list of {', '.join(FILES)}, got {options.save!r}")
    return list(dict.fromkeys(kinds))


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
    people = "1 person" if outcome.people == 1 else f"{outcome.people} people"
    if outcome.status == "skipped":
        _say(f"{outcome.path}: already done, {people} -> {outcome.folder}")
        return
    rate = outcome.frames / max(outcome.seconds, 1e-9)
    note = f" ({outcome.note})" if outcome.note else ""
    frames = "1 frame" if outcome.frames == 1 else f"{outcome.frames} frames"
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


if __name__ == "__main__":
    sys.exit(main())
