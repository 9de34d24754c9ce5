"""The tool that builds sets from the web: what it makes, leaves out, and how it goes on."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import build_youtube_set
import pytest

from datasets.youtube import CLASS_NAMES, clips, recordings
from datasets.youtube_files import whole_set
from tests.made_youtube import (
    COLUMNS,
    Rows,
    Site,
    StandIn,
    build,
    content_of,
    nobody_listens,
    read_status,
    row,
    serving,
)
from tests.media import cut, index_of, indices_of, noise_pictures, write_video
from wildpose.hashing import sha256_of


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn()
    monkeypatch.setattr(build_youtube_set, "_pipeline", lambda *_: stand_in)
    return stand_in


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A second of video by name, whole and in ruins."""
    folder = tmp_path_factory.mktemp("contents")
    made = {
        "/good.mp4": write_video(folder / "good.mp4", pictures=30),
        "/other.mp4": write_video(folder / "other.mp4", pictures=30, fps=25),
        "/half.mp4": cut(write_video(folder / "half.mp4", pictures=30), 0.6),
        "/part.mp4": cut(
            write_video(
                folder / "part.mp4",
                pictures=noise_pictures(30),
                container_options={"movflags": "+faststart"},
            ),
            0.6,
        ),
    }
    return {path: file.read_bytes() for path, file in made.items()}


@pytest.fixture
def site(contents: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(contents) as site:
        yield site


def good_and_bad(site: Site) -> Rows:
    return [
        row(site.url("/good.mp4"), 0.2, 0.5, "A7", licence="CC BY", note="a ball"),
        row(nobody_listens() + "/dead.mp4", 0, 1, "A7"),
        row(site.url("/gone.mp4"), 0, 1, "A7"),
        row(site.url("/half.mp4"), 0, 0.5, "A7"),
        row(site.url("/part.mp4"), 0.7, 0.9, "A7"),
        row(site.url("/good.mp4"), 0.9, 1.4, "A27"),
        row(site.url("/good.mp4"), 30, 31, "A27"),
        row(site.url("/good.mp4"), 0.5, "", "A27", actor="1", split="train"),
        row("local/other.mp4", 0, 0.4, "A43", split="val"),
        row("local/none.mp4", 0, 0.4, "A43"),
    ]


@pytest.fixture
def local(tmp_path: Path, contents: dict[str, bytes]) -> Path:
    return with_local_video(tmp_path, contents)


def with_local_video(folder: Path, contents: dict[str, bytes]) -> Path:
    """A folder with a video, beside the manifest."""
    (folder / "local").mkdir()
    (folder / "local" / "other.mp4").write_bytes(contents["/other.mp4"])
    return folder


@dataclass
class First:
    """A run with good and bad rows, and all that is needed for the next."""

    folder: Path
    site: Site
    rows: Rows
    code: int
    said: str
    complained: str

    @property
    def out(self) -> Path:
        return self.folder / "out"


@pytest.fixture(scope="module")
def first(contents: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Iterator[First]:
    """Read by several tests, none of which changes what was made."""
    folder = with_local_video(tmp_path_factory.mktemp("first"), contents)
    said, complained, stand_in = io.StringIO(), io.StringIO(), StandIn()
    with serving(contents) as site:
        rows = good_and_bad(site)
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("no_proxy", "127.0.0.1")
            patched.setattr(build_youtube_set, "_pipeline", lambda *_: stand_in)
            with redirect_stdout(said), redirect_stderr(complained):
                code = build(folder, rows)
        yield First(folder, site, rows, code, said.getvalue(), complained.getvalue())


def test_bad_rows_have_their_reasons_and_the_rest_is_built(first: First) -> None:
    assert first.code == 1
    line = f"3 clips of 3 classes in {first.out}: 3 new or changed; 7 rows failed; "
    assert first.said.splitlines()[-1].startswith(line)
    status = read_status(first.out)
    told = [(line["row"], line["status"], line["stage"]) for line in status]
    assert told == [
        ("2", "done", ""),
        ("3", "failed", "fetch"),
        ("4", "failed", "fetch"),
        ("5", "failed", "check"),
        ("6", "failed", "check"),
        ("7", "failed", "cut"),
        ("8", "failed", "cut"),
        ("9", "done", ""),
        ("10", "done", ""),
        ("11", "failed", "fetch"),
    ]
    reasons = [line["reason"] for line in status if line["reason"]]
    said = ["refused", "404", "cut short", "is cut off or damaged", "past the end of the video, "
            "which is at 1.00 s", "past the end", "no such file"]  # fmt: skip
    assert all(part in reason for part, reason in zip(said, reasons, strict=True))
    assert first.complained.count("\n") == 7 and "failed: row 4: http" in first.complained
    assert [(line["people"], line["actor"]) for line in status if line["status"] == "done"] == [
        ("2", "2"),  # the largest
        ("2", "1"),  # who was asked for
        ("2", "2"),
    ]


def test_what_is_built_is_a_set_with_labels_splits_and_pictures(first: First) -> None:
    made = {clip.name.split("_")[0]: clip for clip in clips(first.out)}
    assert {split: CLASS_NAMES[c.label or 0] for split, c in made.items()} == {
        "test": "throw",
        "train": "jump up",
        "val": "falling",
    }
    found = {name.split("_")[0]: reading for name, reading in recordings(first.out)}
    # The clip begins at frame 6 of the video; the larger person is in its frames 2 to 4.
    assert [index_of(picture) for picture in found["test"]().pictures()] == [8, 9, 10]
    assert [index_of(picture) for picture in found["train"]().pictures()] == [15, 16, 17, 18]
    entry = next(e for e in whole_set(first.out).entries if e.split == "test")
    assert (entry.start, entry.stop, entry.frames) == (pytest.approx(0.2), pytest.approx(0.5), 9)
    assert (entry.licence, entry.note, entry.url) == (
        "CC BY",
        "a ball",
        first.site.url("/good.mp4"),
    )
    assert indices_of(first.out / "clips" / entry.video) == list(range(6, 15))


def test_each_clip_says_where_it_came_from(first: First) -> None:
    for entry in whole_set(first.out).entries:
        record = json.loads((first.out / "provenance" / f"{entry.name}.json").read_text())
        content = first.site.files["/other.mp4" if entry.url is None else "/good.mp4"]
        assert record["source"]["sha256"] == sha256(content).hexdigest()
        assert record["source"]["video"] == entry.source
        assert record["clip"]["sha256"] == sha256_of(first.out / "clips" / entry.video)
        assert {"ffmpeg", "wildpose"} <= record["versions"].keys()
        assert record["clip"]["made"].endswith("+00:00")
        fetched = {"url", "fetched", "extractor", "versions"} <= record["source"].keys()
        assert fetched == (entry.url is not None)
        assert str(first.folder) not in json.dumps(record["source"])


def test_a_rerun_adds_nothing_twice(
    first: First, pipeline: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    before = content_of(first.out)
    times = {path: (first.out / path).stat().st_mtime_ns for path in before}
    first.site.asked.clear()
    assert build(first.folder, first.rows) == 1
    assert content_of(first.out) == before
    again = {"status.csv", "youtube.json", "labelled_videos.json"}
    kept = {path: (first.out / path).stat().st_mtime_ns for path in before.keys() - again}
    assert kept == {path: times[path] for path in kept}
    assert pipeline.asked == []
    # Only what failed is tried again; damaged files may have been damaged on their way.
    assert set(first.site.asked) == {"/gone.mp4", "/half.mp4", "/part.mp4"}


def test_a_row_that_failed_is_built_when_it_can_be(
    site: Site, local: Path, pipeline: StandIn, contents: dict[str, bytes]
) -> None:
    rows = [row(site.url(f"/{name}.mp4"), 0.2, 0.5, "A7") for name in ("good", "gone", "half")]
    assert build(local, rows) == 1
    site.files |= {"/gone.mp4": contents["/good.mp4"], "/half.mp4": contents["/good.mp4"]}
    assert len(pipeline.asked) == 1
    assert build(local, rows) == 0
    assert [line["status"] for line in read_status(local / "out")] == ["done"] * 3
    assert len(pipeline.asked) == 3


def test_each_row_that_is_built_has_a_line_where_no_terminal_shows_a_bar(
    local: Path, pipeline: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row(f"local/{name}.mp4", 0, 0.4, "A7") for name in ("other", "none")]
    for what in ("new or changed", "was there already"):
        assert build(local, rows) == 1
        out, err = capsys.readouterr()
        assert out.splitlines()[0] == f"1 of 2: row 2: local/other.mp4: {what}"
        assert err.startswith("failed: row 3: local/none.mp4: fetch: no such file")


def test_a_set_that_is_whole_needs_neither_downloads_nor_the_net(
    site: Site, local: Path, pipeline: StandIn
) -> None:
    rows = [row(site.url("/good.mp4"), 0.2, 0.5, "A7")]
    assert build(local, rows) == 0
    shutil.rmtree(local / "out" / "downloads")
    site.asked.clear()
    assert build(local, rows, "--offline") == 0
    assert site.asked == []
    rows.append(row(site.url("/good.mp4"), 0.5, 0.8, "A7"))
    assert build(local, rows, "--offline") == 1
    assert "--offline forbids" in read_status(local / "out")[1]["reason"]


def test_mistakes_of_the_manifest_are_told_before_anything_is_fetched(
    site: Site, local: Path, pipeline: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        row(site.url("/good.mp4"), 0.2, 0.5, "A7"),
        row("../m.csv.mp4", 0, 1, "A7"),
        row(site.url("/good.mp4"), 3, 2, "A7"),
    ]
    assert build(local, rows) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"build_youtube_set: {local / 'm.csv'}: row 3: video '../m.csv.mp4' is")
    assert second == f"{local / 'm.csv'}: row 4: start 3 must come before stop 2"
    assert site.asked == [] and not (local / "out").exists()
    assert build_youtube_set.main([str(local / "none.csv"), "--out", str(local / "out")]) == 2
    assert capsys.readouterr().err == (
        f"build_youtube_set: {local / 'none.csv'}: no such file or folder: check the spelling and "
        "the folder\n"
    )


def test_a_folder_that_cannot_be_is_told(local: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (local / "out").touch()
    assert build(local, [row("local/other.mp4", 0, 0.4, "A99")], "--out", f"{local}/out/in") == 2
    note, line = capsys.readouterr().err.splitlines()
    assert note.endswith("row 2: label A99 is 'running on the spot', of NTU RGB+D 120 alone")
    assert line == f"build_youtube_set: cannot write to --out {local}/out/in: Not a directory"


@pytest.mark.parametrize("module", ["ffmpeg", "imageio_ffmpeg", "yt_dlp"])
def test_a_missing_package_is_told_before_anything_is_done(
    module: str, site: Site, local: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setitem(sys.modules, module, None)
    assert build(local, [row(site.url("/good.mp4"), 0.2, 0.5, "A7")]) == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1 and "is not installed: pip install -c constraints.txt" in line
    assert not (local / "out").exists() and site.asked == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--media", "nowhere"], "--media nowhere: no such folder"),
        (["--export", "coco"], "--export takes activitynet, pickle; got coco"),
        (["--cookies", "nothing.txt"], "--cookies nothing.txt: no such file"),
        (["--rate", "fast"], "'fast' is no number of bytes, as 500K or 4M"),
        (["--retries", "-1"], "--retries must be a number from 0 on"),
        (["--pause", "nan"], "--pause must be a number from 0 on"),
        (["--height", "0"], "--height must be at least 1"),
        (["--cookies-from-browser", "netscape"], "invalid choice: 'netscape'"),
    ],
)
def test_wrong_options_are_usage(
    options: list[str], said: str, local: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        build(local, [], *options)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_rates_are_bytes() -> None:
    way = ["m.csv", "--out", "o", "--rate"]
    rates = [build_youtube_set.options_of([*way, text]).rate for text in ("500k", "1.5M", "7", "0")]
    assert rates == [512_000, 1_572_864, 7, None]


def test_status_is_a_table_that_a_spreadsheet_opens(first: First) -> None:
    lines = (first.out / "status.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "row,name,video,label,split,status,stage,reason,people,actor,sheet"
    assert [len(cells) for cells in csv.reader(lines)] == [11] * 11
    assert set(COLUMNS) & set(lines[0].split(",")) == {"video", "label", "split", "actor"}
