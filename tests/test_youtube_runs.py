"""Whole runs of the tool that builds sets from the web: killed amid a download, on real clips."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import build_youtube_set
import numpy as np
import pytest

from datasets.youtube import CLASS_NAMES, clips, recordings
from tests.conftest import SHARED
from tests.made_youtube import (
    FAST,
    Rows,
    Site,
    StandIn,
    build,
    content_of,
    nobody_listens,
    read_status,
    row,
    serving,
    wait_until,
    write_manifest,
)
from tests.media import write_video
from wildpose.results import Result

KILLED = """
import sys
sys.path[:0] = [{root!r}, {tools!r}]
import build_youtube_set
from tests.made_youtube import StandIn
if {stand_in!r}:
    build_youtube_set._pipeline = lambda *_: StandIn()
sys.exit(build_youtube_set.main({arguments!r}))
"""


def kill_amid_download(folder: Path, rows: Rows, site: Site, *, stand_in: bool) -> None:
    """Begin a run in another process, and end it when half of something slow has come."""
    manifest = write_manifest(folder / "m.csv", rows)
    root = Path(build_youtube_set.__file__).parent.parent
    program = KILLED.format(
        root=str(root),
        tools=str(root / "tools"),
        stand_in=stand_in,
        arguments=[str(manifest), "--out", str(folder / "out"), *FAST],
    )
    (folder / "p.py").write_text(program)
    with subprocess.Popen([sys.executable, str(folder / "p.py")]) as process:
        wait_until(site.half_sent)
        process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
    site.slow.clear()


@pytest.mark.skipif(os.name == "nt", reason="no signal ends a process at once there")
def test_a_run_that_was_killed_amid_a_download_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(build_youtube_set, "_pipeline", lambda *_: StandIn())
    content = write_video(tmp_path / "v.mp4", pictures=30).read_bytes()
    out = tmp_path / "out"
    with serving({"/good.mp4": content, "/slow.mp4": content}) as site:
        site.slow.add("/slow.mp4")
        rows = [
            row(site.url("/good.mp4"), 0.2, 0.5, "A7"),
            row(site.url("/slow.mp4"), 0.2, 0.6, "A7"),
            row("v.mp4", 0, 0.4, "A43"),
        ]
        kill_amid_download(tmp_path, rows, site, stand_in=True)
        assert [line["status"] for line in read_status(out)] == ["done", "waiting", "waiting"]
        assert not list((out / "downloads").glob("slow*.mp4"))
        first = {path: path.stat().st_mtime_ns for path in (out / "clips").rglob("*.mp4")}
        site.asked.clear()
        assert build(tmp_path, rows) == 0
    assert "/good.mp4" not in site.asked and "/slow.mp4" in site.asked
    assert {path: path.stat().st_mtime_ns for path in first} == first
    assert len(list(clips(out))) == 3
    assert not list(tmp_path.rglob("*.part*"))


def test_a_mannequin_on_the_web_becomes_a_labelled_skeleton(
    waving: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, truth = waving
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving({"/w.mp4": path.read_bytes()}) as site:
        assert build(tmp_path, [row(site.url("/w.mp4"), 0.5, 1.0, "A23")]) == 0
    (clip,) = clips(tmp_path / "out")
    assert CLASS_NAMES[clip.label or 0] == "hand waving"
    assert clip.mask.all() and clip.joints.shape == (1, 15, 13, 3)
    recording = dict(recordings(tmp_path / "out"))[clip.name]()
    places = truth.people[0].skeleton.joints_2d
    assert places is not None
    wrists = recording.seen_2d[0, :, 6:8]
    # The clip's first frame is the video's 15th: nothing is moved in time, and nothing mirrored.
    error = np.linalg.norm(recording.joints_2d[0, :, 6:8] - places[15:30, 6:8], axis=-1)
    assert np.median(error[wrists]) < 12  # px of 320; the wrists are some 60 px apart
    assert len(list((tmp_path / "out" / "sheets").glob("*.jpg"))) == 1


@pytest.mark.thorough
@pytest.mark.skipif(os.name == "nt", reason="no signal ends a process at once there")
@pytest.mark.skipif(
    not (SHARED / "clips.tar").exists(), reason="the real clips are not beside this checkout"
)
def test_real_clips_on_the_web_become_a_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    names = ("tai_chi.mp4", "yoga.mp4", "aerobics_three_people.avi")
    with tarfile.open(SHARED / "clips.tar") as archive:
        files = {f"/{n}": archive.extractfile(f"clips/{n}").read() for n in names}  # type: ignore[union-attr]
    files["/half.mp4"] = files["/yoga.mp4"][: len(files["/yoga.mp4"]) // 2]
    with serving(files) as site:
        rows = [
            row(site.url("/tai_chi.mp4"), 2, 2.4, "tai chi"),
            row(site.url("/half.mp4"), 1, 1.4, "yoga"),
            row(site.url("/yoga.mp4"), 1, 1.4, "yoga"),
            row(site.url("/tai_chi.mp4"), 12, 13, "tai chi"),
            row(site.url("/aerobics_three_people.avi"), 1, 1.6, "aerobics", actor="3"),
            row(site.url("/gone.mp4"), 1, 1.6, "aerobics"),
            row(nobody_listens() + "/dead.mp4", 1, 1.6, "aerobics"),
        ]
        site.slow.add("/yoga.mp4")
        kill_amid_download(tmp_path, rows, site, stand_in=False)
        begun = [line["status"] for line in read_status(tmp_path / "out")]
        assert begun == ["done", "failed", *["waiting"] * 5]
        assert build(tmp_path, rows) == 1
        before = content_of(tmp_path / "out")
        assert build(tmp_path, rows) == 1
    assert content_of(tmp_path / "out") == before
    status = read_status(tmp_path / "out")
    done = [line["status"] == "done" for line in status]
    assert done == [True, False, True, False, True, False, False]
    assert (status[4]["people"], status[4]["actor"]) == ("3", "3")
    said = ["cut short", "past the end of the video", "404", "refused"]
    reasons = [line["reason"] for line in status if line["reason"]]
    assert all(part in reason for part, reason in zip(said, reasons, strict=True))
    made = list(clips(tmp_path / "out", class_names=("aerobics", "tai chi", "yoga")))
    assert sorted(clip.label or 0 for clip in made) == [0, 1, 2]
    assert all(clip.mask.mean() > 0.8 for clip in made)
