"""`wildpose find`: what it understands, what it prints, and the clips that it cuts out."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from wildpose.archive.finding import ORDERS, Found, Hit, Query, find, near
from wildpose.archive.jobs import StoppedError
from wildpose.archive.lines import say, write
from wildpose.counting import number_of
from wildpose.exit_codes import DONE, FAILED, INTERRUPTED

if TYPE_CHECKING:
    from wildpose.archive.find_clips import Clip

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - no other name

LIMIT = 50
ABOUT = """Find what people do in the videos of an archive that `wildpose label` made. Exit code: 0,
also without a hit; 1 some clips could not be cut, or a file of the tables is damaged; 2 usage, or
no tables in DIR; 130 interrupted. What a run has labelled is found some minutes later, and when it
has ended."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command `find`; its parsed options hold its function as `handler`."""
    parser = subparsers.add_parser("find", description=ABOUT)
    add_options(parser)
    parser.set_defaults(handler=partial(_handle, parser=parser))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what `wildpose find` understands."""
    add = parser.add_argument
    add(
        "term",
        nargs="*",
        metavar="TERM",
        help="words that names of actions have, or their beginnings: 'fall', 'sit do'; of several "
        "terms any; none: tell which actions there are, and how often",
    )
    add("--in", dest="archive", type=Path, required=True, metavar="DIR", help="`label`'s --out")
    add("--label", action="append", default=[], metavar="NAME", help="this very action; repeatable")
    add("--min-score", type=float, default=0.0, metavar="P", help="no hits below it")
    add("--sort", choices=tuple(ORDERS), default="score", help="best first, or by video and time")
    add(
        "--limit",
        type=int,
        default=LIMIT,
        metavar="N",
        help="at most so many hits, 0: all; default: %(default)s",
    )
    add("--json", action="store_true", help="a JSON object per line")
    add(
        "--clips",
        type=Path,
        metavar="OUT",
        help="cut the hits out of their videos into this folder, as mp4 without sound; a clip that "
        "is there already stays, unless it was cut with another --margin",
    )
    add(
        "--margin",
        type=float,
        default=1.0,
        metavar="S",
        help="seconds before and after a clip's hit; default: %(default)s",
    )


def _handle(options: argparse.Namespace, *, parser: argparse.ArgumentParser) -> int:
    try:
        _check(options)
        query = Query(options.term, options.label, options.min_score)
        listing = not options.term and not options.label
        limit = 0 if listing else options.limit or None
        found = find(options.archive, query, order=options.sort, limit=limit)
    except (ValueError, StoppedError) as error:
        parser.error(str(error))
    for problem in found.problems:
        write(sys.stderr, f"wildpose find: {problem}")
    if listing:
        _tell_labels(found, as_json=options.json)
        failed = 0
    else:
        _tell_unknown(query, found)
        try:
            failed = _tell_hits(found, options)
        except KeyboardInterrupt:
            write(sys.stderr, "wildpose find: interrupted; clips that are whole are kept")
            return INTERRUPTED
    return FAILED if failed or found.problems else DONE


def _check(options: argparse.Namespace) -> None:
    """Raise ValueError, one clear line, for options that are not allowed."""
    if not 0 <= options.min_score <= 1:
        raise ValueError(f"--min-score must lie between 0 and 1, got {options.min_score:g}")
    if options.limit < 0:
        raise ValueError(f"--limit must be 0 or more, got {options.limit}")
    if not 0 <= options.margin < float("inf"):
        raise ValueError(f"--margin must be 0 seconds or more, got {options.margin:g}")
    if options.clips and not options.term and not options.label:
        raise ValueError("--clips needs a TERM or --label: which actions are to be cut out?")


def _tell_labels(found: Found, *, as_json: bool) -> None:
    if not found.counts:
        write(sys.stderr, "no action was found in any video")
    for label, segments in sorted(found.counts.items(), key=lambda item: (-item[1], item[0])):
        if as_json:
            say({"label": label, "segments": segments})
        else:
            write(sys.stdout, f"{segments:8d}  {label}")


def _tell_unknown(query: Query, found: Found) -> None:
    """A line for each term or label that nobody here does, with what may have been meant."""
    unknown = [t for t in query.terms if not any(Query([t]).asks(each) for each in found.labels)]
    unknown += [label for label in query.labels if label not in found.labels]
    for text in unknown:
        labels = sorted(found.labels)
        meant = " or ".join(repr(label) for label in near(text, labels))
        rest = f"found are {', '.join(labels)}" if labels else "no action was found in any video"
        guess = f"did you mean {meant}?" if meant else rest
        write(sys.stderr, f"nobody does {text!r} here: {guess}")


def _tell_hits(found: Found, options: argparse.Namespace) -> int:
    """Print the hits, with their clips where these are wanted; how many clips failed."""
    failed = 0
    for hit in found.hits:
        clip = _clip(hit, options) if options.clips else None
        if options.json:
            say({**asdict(hit), **(_record(clip) if clip else {})})
        elif clip is None or clip.error is None:
            write(sys.stdout, _line(hit) + (_arrow(clip) if clip else ""))
        if clip is not None and clip.error is not None:
            write(sys.stderr, f"{_line(hit)}: {clip.error}")
            failed += 1
    if not found.hits:
        write(sys.stderr, f"no hits in {options.archive}")
    elif found.total > len(found.hits):
        write(
            sys.stderr, f"{len(found.hits)} of {number_of(found.total, 'hit')}; --limit 0 tells all"
        )
    return failed


def _clip(hit: Hit, options: argparse.Namespace) -> Clip:
    from wildpose.archive.find_clips import cut_out  # loads a video library

    return cut_out(hit, options.clips, order=options.sort, margin=options.margin)


def _record(clip: Clip) -> dict[str, str | None]:
    return {"clip": None if clip.error else str(clip.path), "error": clip.error, "note": clip.note}


def _arrow(clip: Clip) -> str:
    return f" -> {clip.path}{f' ({clip.note})' if clip.note else ''}"


def _line(hit: Hit) -> str:
    span = f"{clock(hit.start)}-{clock(hit.stop)}"
    return f"{_near_here(hit.video)}: {span}, person {hit.person}, {hit.label}, {hit.score:.3f}"


def clock(seconds: float) -> str:
    """A time as 1:02:03.4: hours, minutes, seconds."""
    tenths = round(abs(seconds) * 10)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if seconds < 0 and (hours or minutes or tenths) else ""
    return f"{sign}{hours}:{minutes:02}:{tenths // 10:02}.{tenths % 10}"


def _near_here(path: str) -> str:
    """A path as a user would type it: from the folder that he is in, where it is below that."""
    here = os.path.join(os.getcwd(), "")  # noqa: PTH118, PTH109 - of many hits
    return path.removeprefix(here)
