"""Make a data set of clips from YouTube: python tools/build_youtube_set.py MANIFEST --out DIR.

MANIFEST is a table, .csv or .yaml, with a row for each clip: video (a YouTube id, an address, or a
file), start, stop, label, actor, split, licence, note; datasets/youtube_template.csv is one to
begin with. Fetches videos, cuts clips to the frame, finds people, and keeps one of each clip: the
largest (most box area summed over frames), or the one whose number on DIR/sheets/CLIP.jpg stands
under `actor`. DIR/status.csv tells of each row. A row that fails does not stop the others; run it
again for what is missing, or was changed. With --out DATA/youtube the set is `youtube` in configs.
Exit code: 0 done, 1 some rows failed, or it could not go on, 2 usage, 130 interrupted.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import argparse
import json
import math
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path

from tqdm import tqdm

from datasets.labelled_video_files import SKELETONS
from datasets.youtube_files import CLIPS, Entry, YoutubeSet, read_set, write_set
from tools.preparing import StoppedError, alone, beginning, exit_code, tell_step, working
from tools.youtube.building import Builder
from tools.youtube.exporting import FOLDER as EXPORTS
from tools.youtube.exporting import WRITERS, exported
from tools.youtube.extra import MissingPackageError, check_packages
from tools.youtube.fetching import Fetcher, Options
from tools.youtube.manifest import Row, read_manifest
from tools.youtube.people import PEOPLE, SHEETS
from tools.youtube.records import PROVENANCE, STATUS, waiting, write_status
from wildpose.atomic import remove_leftovers
from wildpose.counting import number_of
from wildpose.exit_codes import DONE, FAILED, USAGE
from wildpose.pipeline import Pipeline
from wildpose.results import Result, Settings
from wildpose.usage import Parser
from wildpose.weights import WeightsError

DOWNLOADS = "downloads"
BROWSERS = "brave chrome chromium edge firefox opera safari vivaldi whale".split()  # yt-dlp's
SETTINGS = Settings(recognizer=None)  # everybody: who is meant is chosen afterwards
RATE = re.compile(r"(\d+(?:\.\d+)?)([KMG]?)", re.IGNORECASE)


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add, way = parser.add_argument, Options()
    add("manifest", type=Path, metavar="MANIFEST", help="a row for each clip, .csv or .yaml")
    add("--out", type=Path, required=True, metavar="DIR", help="of the data set: DATA/youtube")
    add(
        "--media",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder in which files of videos may lie, besides the manifest's; may be repeated",
    )
    known = "default: %(default)s"
    add("--height", type=int, default=way.height, metavar="PX", help=f"at most; {known}")
    add("--rate", type=_rate, default="4M", metavar="BYTES", help=f"a second; 0: any; {known}")
    add("--retries", type=int, default=way.retries, metavar="N", help=f"of each video; {known}")
    add("--pause", type=float, default=way.pause_s, metavar="S", help=f"between videos; {known}")
    add("--cookies", type=Path, metavar="FILE", help="as browsers export them, where a site asks")
    add("--cookies-from-browser", choices=BROWSERS, help="those of a browser on this machine")
    add("--weights-dir", type=Path, metavar="DIR", help="files of networks, looked at first")
    add("--offline", action="store_true", help="never connect: only what is here")
    add("--export", default="", metavar="LIST", help=f"of {', '.join(WRITERS)}: to DIR/export")
    options = parser.parse_args(arguments)
    options.export = [kind for kind in options.export.split(",") if kind]
    for wrong in _wrong(options):
        parser.error(wrong)
    return options


def _rate(text: str) -> int | None:
    found = RATE.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of bytes, as 500K or 4M")
    return round(float(found[1]) * 1024 ** " KMG".index(found[2].upper() or " ")) or None


def _wrong(options: argparse.Namespace) -> list[str]:
    """What is wrong with options."""
    wrong = [
        f"--{name} must be a number from 0 on"
        for name in ("retries", "pause")
        if not 0 <= getattr(options, name) < math.inf
    ]
    wrong += ["--height must be at least 1"] if options.height < 1 else []
    wrong += [f"--media {path}: no such folder" for path in options.media if not path.is_dir()]
    wrong += [
        f"--export takes {', '.join(WRITERS)}; got {kind}"
        for kind in options.export
        if kind not in WRITERS
    ]
    if options.cookies is not None and not options.cookies.is_file():
        wrong.append(f"--cookies {options.cookies}: no such file")
    return wrong


def main(arguments: list[str] | None = None) -> int:
    """Make or complete the set; the exit code."""
    options = options_of(arguments)
    return exit_code(partial(run, options), tool="build_youtube_set", so_far="made")


def run(options: argparse.Namespace) -> int:
    """Build the rows of the manifest that are not there yet; the exit code."""
    started = time.perf_counter()
    with ExitStack() as stack:
        with beginning(), _needing():
            rows = read_manifest(options.manifest, media=options.media, tell=_note)
            check_packages(fetching=any(row.source.url is not None for row in rows))
            stack.enter_context(alone(options.out))
            made = read_set(options.out)
        with working(options.out), _needing():
            if made is not None:  # until the end it is not what it was
                _write(options.out, made.entries, complete=False)
            entries, failed, new = _built(options, rows)
            _write(options.out, entries, complete=True)
        _tell_strays(options.out, rows)
        exports = _export(options) if entries else DONE
    classes = number_of(len({entry.label for entry in entries}), "class", "classes")
    print(
        f"{number_of(len(entries), 'clip')} of {classes} in "
        f"{options.out}: {new} new or changed; {number_of(failed, 'row')} failed; "
        f"{time.perf_counter() - started:.0f} s; {STATUS} tells of each"
    )
    return FAILED if failed else exports


def _built(options: argparse.Namespace, rows: Sequence[Row]) -> tuple[list[Entry], int, int]:
    """The clips that are there now, how many rows failed, and how many clips are new or changed."""
    builder = _builder(options)
    outcomes = {row.number: waiting(row) for row in rows}
    remove_leftovers(options.out)
    for folder in (SKELETONS, PEOPLE, SHEETS, PROVENANCE, DOWNLOADS, f"{CLIPS}/*"):
        for path in options.out.glob(folder):
            remove_leftovers(path)
    write_status(options.out, outcomes.values())
    entries, new = list[Entry](), 0
    for number, row in enumerate(tqdm(rows, unit="clip", disable=None), start=1):  # on a terminal
        built = builder.build(row)
        outcomes[row.number] = outcome = built.outcome
        write_status(options.out, outcomes.values())
        if built.entry is None:
            line = f"row {row.number}: {row.source.text}: {outcome.stage}: {outcome.reason}"
            tqdm.write(f"failed: {line}", file=sys.stderr)
        else:
            entries.append(built.entry)
            new += built.new
            what = "new or changed" if built.new else "was there already"
            tell_step(f"{number} of {len(rows)}: row {row.number}: {row.source.text}: {what}")
    return entries, len(rows) - len(entries), new


def _builder(options: argparse.Namespace) -> Builder:
    way = Options(
        height=options.height,
        rate=options.rate,
        retries=options.retries,
        pause_s=options.pause,
        cookies=options.cookies,
        browser=options.cookies_from_browser,
        offline=options.offline,
    )

    def find(path: Path, sha256: str) -> Result:
        return _pipeline(options.weights_dir, options.offline).run(path, sha256=sha256)

    return Builder(options.out, Fetcher(options.out / DOWNLOADS, way), find, SETTINGS)


@cache
def _pipeline(weights_dir: Path | None, offline: bool) -> Pipeline:  # noqa: FBT001
    """Its networks are read once, and not where all people were found before."""
    return Pipeline(SETTINGS, weights_dir=weights_dir, offline=offline)


def _write(out: Path, entries: Sequence[Entry], *, complete: bool) -> None:
    settings = json.loads(json.dumps(SETTINGS.record))  # as it comes back from a file
    write_set(out, YoutubeSet(tuple(entries), complete), settings)


def _tell_strays(out: Path, rows: Sequence[Row]) -> None:
    """Say which clips lie there that whoever reads the folder, and not the index, would take."""
    known = {(row.folder, f"{row.name}.mp4") for row in rows}
    strays = [
        p for p in sorted((out / CLIPS).glob("*/*.mp4")) if (p.parent.name, p.name) not in known
    ]
    if strays:
        lie = "lies" if len(strays) == 1 else "lie"
        _note(f"{number_of(len(strays), 'clip')} of no row any more {lie} there, as {strays[0]}")


def _note(line: str) -> None:
    print(f"note: {line}", file=sys.stderr)


def _export(options: argparse.Namespace) -> int:
    """Write the set in other forms; the exit code."""
    with working(options.out / EXPORTS):
        try:
            for path in exported(options.out, options.export):
                print(f"wrote {path}")
        except ValueError as error:
            print(f"build_youtube_set: not exported: {error}", file=sys.stderr)
            return FAILED
    return DONE


@contextmanager
def _needing() -> Iterator[None]:
    """A block in which a package or a network's file may turn out to be missing."""
    try:
        yield
    except MissingPackageError as error:
        raise StoppedError(str(error), USAGE) from None
    except WeightsError as error:
        raise StoppedError(str(error), FAILED) from None


if __name__ == "__main__":
    sys.exit(main())
