"""`wildpose label`: what it understands beside the settings, and what it does then."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wildpose.archive.database import FILE
from wildpose.archive.going_on import last_options, options_of
from wildpose.archive.jobs import StoppedError
from wildpose.archive.lines import write
from wildpose.archive.local_pool import LocalPool
from wildpose.archive.pool import Pool
from wildpose.archive.progress import JsonLines, Lines, Progress
from wildpose.archive.run import run_archive
from wildpose.archive.states import ATTEMPTS
from wildpose.archive.status import print_status
from wildpose.archive.tables import update_tables
from wildpose.archive.worker import MakeLabelling
from wildpose.batch import FILES
from wildpose.devices import check_there
from wildpose.exit_codes import DONE, FAILED
from wildpose.recognition import caution_of, load_recognizer
from wildpose.results import Settings
from wildpose.settings_cli import add_settings, asked, backend_options, given
from wildpose.weights import WeightsError

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - no other name

ABOUT = """Label an archive, each video once. With INPUT, settings that are not given have their
defaults. Without, it goes on with all that DIR knows: settings and --save that are not given are
those of the last run there, and `none` for a number, as in --stop none, takes it back."""
SAVE = "json,npz"
PROGRESS = ("auto", "bar", "lines", "json", "none")
OWN_CLUSTER = "auto"
ADDRESS = re.compile(rf"{OWN_CLUSTER}|(ray://)?[^/\s]+:\d+")


def add_parser(subparsers: Subparsers) -> None:
    """Add the command `label`; its parsed options hold its function as `handler`."""
    parser = subparsers.add_parser("label", description=ABOUT)
    add_options(parser)
    add_settings(parser)
    parser.set_defaults(handler=partial(label, parser=parser))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what `wildpose label` understands beside the settings."""
    add = parser.add_argument
    add(
        "input",
        nargs="*",
        metavar="INPUT",
        help="video files, folders, glob patterns, and lists: a .csv with a column `path`, or a "
        ".txt with a path in each line; none: all videos that the ledger knows, as in the last run",
    )
    add("--out", type=Path, required=True, metavar="DIR", help="of the archive")
    add(
        "--save",
        default=argparse.SUPPRESS,
        metavar="LIST",
        help=f"of {', '.join(FILES)}; json is always written; default: {SAVE}",
    )
    add("--workers", type=int, metavar="N", help="processes; default: as many as cores allow")
    add(
        "--ray",
        nargs="?",
        const=OWN_CLUSTER,
        metavar="ADDRESS",
        help="work on a Ray cluster, whose nodes find INPUT and DIR under the same paths: the one "
        "at HOST:PORT; without ADDRESS, the one that this machine is a node of, or else a new one "
        "of this machine alone. After INPUT; needs pip install 'wildpose[cluster]'",
    )
    add(
        "--threads-per-worker",
        dest="threads",
        type=int,
        default=1,
        metavar="N",
        help="threads of each network; default: %(default)s",
    )
    add(
        "--attempts",
        type=int,
        default=ATTEMPTS,
        metavar="N",
        help="that may fail before a video is given up; default: %(default)s",
    )
    add(
        "--timeout",
        type=float,
        metavar="S",
        help="seconds that a video may take; default: 10 minutes and 60 times its length",
    )
    add("--retry-quarantined", action="store_true", help="try again what was given up")
    add("--status", action="store_true", help="print what the ledger says, and do nothing")
    add(
        "--progress",
        choices=PROGRESS,
        default=PROGRESS[0],
        help="json: an object per line on stdout; default: a bar on a terminal, lines elsewhere",
    )


def label(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Do what the parsed options ask for; the exit code: 0 all done, 1 some not, 130 interrupted.

    Args:
        options: as `add_parser` declares them.
        parser: its `error` ends the program with exit code 2.
    """
    try:
        _check(options)
        settings, save = asked(options, {"save": SAVE, **_of_last_run(options)})
        if options.ray is None and not options.status:
            check_there(options.device, half=options.half)
    except ValueError as error:
        parser.error(str(error))
    except StoppedError as stop:
        return _stopped(stop)
    settings = settings.with_absolute_paths()  # workers may begin in other folders
    try:
        if options.status:
            print_status(options.out, as_json=options.progress == "json")
            return DONE
        if options.ray is not None and find_spec("ray") is None:
            raise StoppedError("--ray needs Ray: pip install 'wildpose[cluster]'")
        return run_archive(
            options.input,
            options.out,
            partial(_pool, options, settings, save),
            _progress(options.progress),
            record=settings.record,
            files=list(dict.fromkeys([FILES["json"], *(FILES[kind] for kind in save)])),
            attempts=options.attempts,
            retry_quarantined=options.retry_quarantined,
            options=options_of(settings, save),
            update_tables=lambda stopped: update_tables(options.out, stopped=stopped).unread,
        )
    except StoppedError as stop:
        return _stopped(stop)


def _stopped(stop: StoppedError) -> int:
    write(sys.stderr, f"wildpose label: {stop}")
    return FAILED


def _of_last_run(options: argparse.Namespace) -> dict[str, Any]:
    """Of a run that goes on: what the last one had of what is not typed now.

    Where videos are named, what is typed says all that is done, whatever was done before.
    """
    if options.input or options.status:
        return {}
    return last_options(options.out, given=given(options))


def _check(options: argparse.Namespace) -> None:
    """Raise ValueError, one clear line, for options that are not allowed."""
    for flag, value in (
        ("--workers", options.workers),
        ("--threads-per-worker", options.threads),
        ("--attempts", options.attempts),
    ):
        if value is not None and value < 1:
            raise ValueError(f"{flag} must be at least 1, got {value}")
    if options.timeout is not None and not options.timeout > 0:
        raise ValueError(f"--timeout must be more than 0 seconds, got {options.timeout}")
    if options.ray is not None and not ADDRESS.fullmatch(options.ray):
        raise ValueError(
            f"--ray takes the address of a cluster, HOST:PORT, got {options.ray!r}: name the "
            "videos before it"
        )
    if not options.input and not options.status and not (options.out / FILE).exists():
        raise ValueError(f"name the videos to label: {options.out} knows none yet")


def _pool(
    options: argparse.Namespace, settings: Settings, save: Sequence[str], videos: int
) -> Pool:
    """Workers for so many videos, never more than there are."""
    networks = backend_options(options)
    folder = networks.pop("weights_dir")
    _say_caution(settings, folder)
    make_work = MakeLabelling(
        settings,
        tuple(save),
        threads=options.threads,
        timeout_s=options.timeout,
        weights_dir=None if folder is None else folder.absolute(),
        **networks,
    )
    if options.ray is not None:
        from wildpose.archive.ray_pool import RayPool  # an extra, and seconds to load

        return RayPool(
            make_work,
            address=None if options.ray == OWN_CLUSTER else options.ray,
            workers=options.workers,
            most=videos,
            threads=options.threads,
        )
    workers = options.workers or max(1, _cores() // options.threads)
    return LocalPool(make_work, workers=min(workers, videos), threads=options.threads)


def _say_caution(settings: Settings, weights_dir: Path | None) -> None:
    """Say once, for all workers, how far labels can be trusted, if at all."""
    if settings.recognizer is None:
        return
    try:
        own = load_recognizer(settings.recognizer, weights_dir=weights_dir, offline=True)
    except (WeightsError, ValueError, OSError):  # workers will tell, or fetch what is missing
        return
    if line := caution_of(own, name=settings.recognizer, min_score=settings.min_score):
        write(sys.stderr, f"wildpose label: {line}")


def _cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _progress(name: str) -> Progress:
    if name == "json":
        return JsonLines()
    bar = name == "bar" or (name == "auto" and sys.stderr.isatty())
    return Lines(bar=bar, quiet=name == "none")
