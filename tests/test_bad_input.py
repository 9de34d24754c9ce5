"""What people feed to such a tool by mistake: one clear line each, nothing half-written."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.media import cut, spoil_packets, write_sound, write_video
from wildpose.cli import main
from wildpose.export.result_json import read_result
from wildpose.results import Result
from wildpose.video import read_frames

Rendered = tuple[Path, Result]
ROOT = Path(__file__).resolve().parent.parent


def run(*arguments: str | Path) -> int:
    return main(["run", "--offline", "--save", "json", *map(str, arguments)])


def half_written(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.name.endswith(".partial")]


def text_file(folder: Path) -> Path:
    path = folder / "notes.mp4"
    path.write_text("this is no video\n" * 50)
    return path


def empty_file(folder: Path) -> Path:
    path = folder / "empty.mp4"
    path.touch()
    return path


def audio_only(folder: Path) -> Path:
    return write_sound(folder / "sound.m4a")


def headless(folder: Path) -> Path:
    """An MP4 whose end, with its index, was lost."""
    return cut(write_video(folder / "cut.mp4", pictures=30), 0.5)


def empty_folder(folder: Path) -> Path:
    path = folder / "no videos here"
    path.mkdir()
    return path


def missing(folder: Path) -> Path:
    return folder / "missing.mp4"


@pytest.mark.parametrize(
    "make", [text_file, empty_file, audio_only, headless, empty_folder, missing]
)
def test_what_is_no_video_fails_with_one_line_that_begins_with_its_path(
    make: Callable[[Path], Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = make(tmp_path)
    assert run(path, "--out", tmp_path / "out") == 1
    lines = capsys.readouterr()
    (line,) = lines.err.splitlines()
    assert line.startswith(f"{path}: ")
    assert len(line) < 400
    assert lines.out == ""
    assert not list((tmp_path / "out").rglob("result.json"))


def test_a_truncated_file_gives_the_frames_that_are_there(waving: Rendered, tmp_path: Path) -> None:
    images = [frame.image for frame in read_frames(waving[0])][:30]
    path = cut(write_video(tmp_path / "half.mkv", pictures=images), 0.6)
    assert run(path, "--out", tmp_path / "out") == 0
    result = read_result(tmp_path / "out" / "half" / "result.json")
    assert 5 <= result.video.frames < 30
    assert len(result.people) == 1


def test_corrupt_frames_in_the_middle_do_not_end_the_run(waving: Rendered, tmp_path: Path) -> None:
    images = [frame.image for frame in read_frames(waving[0])][:40]
    whole = write_video(
        tmp_path / "damaged.avi", pictures=images, codec="mjpeg", pix_fmt="yuvj420p"
    )
    path = spoil_packets(whole, range(15, 18))
    assert run(path, "--out", tmp_path / "out") == 0
    (person,) = read_result(tmp_path / "out" / "damaged" / "result.json").people
    assert person.skeleton.times[-1] > 1.2  # the end of the video is there


def test_unicode_and_spaces_in_paths(waving_briefly: Rendered, tmp_path: Path) -> None:
    folder = tmp_path / "vidéos à moi – 動画"
    folder.mkdir()
    path = folder / "Überkopf wurf 投げる.mp4"
    path.write_bytes(waving_briefly[0].read_bytes())
    assert run(path, "--out", folder / "aus gabe") == 0
    result = read_result(folder / "aus gabe" / path.stem / "result.json")
    assert result.video.path == str(path)


def test_a_4k_frame_is_no_trouble(waving: Rendered, tmp_path: Path) -> None:
    frames = list(read_frames(waving[0]))[:3]
    images = [frame.image.repeat(12, axis=0).repeat(12, axis=1) for frame in frames]
    assert images[0].shape == (2880, 3840, 3)
    path = write_video(tmp_path / "4k.mp4", pictures=images)
    assert run(path, "--out", tmp_path / "out") == 0
    (person,) = read_result(tmp_path / "out" / "4k" / "result.json").people
    assert len(person) == 3


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_output_is_one_line(
    waving: Rendered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "locked"
    out.mkdir(mode=0o500)
    assert run(waving[0], "--out", out) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"wildpose: cannot write to --out {out}: Permission denied"


def test_an_output_that_is_a_file_is_one_line(
    waving: Rendered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.write_text("in the way")
    assert run(waving[0], "--out", out) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"wildpose: cannot write to --out {out}: ")
    assert out.read_text() == "in the way"


@pytest.mark.skipif(os.name == "nt", reason="file size limits are a POSIX notion")
def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(
    waving_briefly: Rendered, tmp_path: Path
) -> None:
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "from wildpose.cli import main;"
        "video, out, *kinds = sys.argv[1:];"
        "run = lambda save: main(['run', video, '--out', out, '--save', save, '--offline']);"
        "sys.exit(any([run(save) != 1 for save in kinds]))"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            program,
            str(waving_briefly[0]),
            str(tmp_path),
            "json",
            "npz",
            "video",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    for line in lines:
        assert line.startswith(f"{waving_briefly[0]}: cannot write to {tmp_path / 'waving'}: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("long", [1, pytest.param(5, marks=pytest.mark.thorough)])
def test_kill_9_in_the_middle_and_a_rerun_give_the_undisturbed_result(
    waving: Rendered, tmp_path: Path, long: int
) -> None:
    images = [frame.image for frame in read_frames(waving[0])] * long
    path = write_video(tmp_path / "long.mp4", pictures=images)
    undisturbed, disturbed = tmp_path / "a", tmp_path / "b"
    assert main(["run", str(path), "--out", str(undisturbed), "--offline", "--quiet"]) == 0
    command = [sys.executable, str(ROOT / "tools" / "run_video.py"), str(path)]
    command += ["--out", str(disturbed), "--offline", "--quiet"]
    folder = disturbed / "long"
    for started in (lambda: disturbed.exists(), lambda: bool(half_written(folder))):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not started() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
        process.wait()
        assert not (folder / "result.json").exists()
        assert not (folder / "overlay.mp4").exists()
    assert main(["run", *command[2:]]) == 0
    assert half_written(disturbed) == []
    names = ("result.json", "overlay.mp4")
    same = [(undisturbed / "long" / n).read_bytes() == (folder / n).read_bytes() for n in names]
    assert same == [True, True]


def mutants(folder: Path, sources: list[Path], count: int) -> list[Path]:
    """Copies of small videos with flipped bytes, cut ends and cut heads, from a fixed seed."""
    chance = random.Random(20)
    made = []
    for number in range(count):
        source = sources[number % len(sources)]
        data = bytearray(source.read_bytes())
        kind = ("few bytes", "many bytes", "head bytes", "end cut", "head cut")[number // 5 % 5]
        if kind == "end cut":
            del data[chance.randrange(1, len(data)) :]
        elif kind == "head cut":
            del data[: chance.randrange(1, len(data) // 2)]
        else:
            flips = {"few bytes": 3, "many bytes": len(data) // 20, "head bytes": 10}[kind]
            end = 200 if kind == "head bytes" else len(data)
            for _ in range(flips):
                data[chance.randrange(min(end, len(data)))] = chance.randrange(256)
        path = folder / f"{number:03}{source.suffix}"
        path.write_bytes(data)
        made.append(path)
    return made


@pytest.mark.parametrize("count", [25, pytest.param(200, marks=pytest.mark.thorough)])
def test_damaged_videos_in_one_batch_end_each_in_a_result_or_a_line(
    waving: Rendered, tmp_path: Path, count: int
) -> None:
    images = [frame.image[::2, ::2] for frame in read_frames(waving[0])][:8]
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    sources = [
        write_video(seeds / "a.mp4", pictures=images, sound=("aac", 0.0, 0.3)),
        write_video(seeds / "b.mkv", pictures=images),
        write_video(seeds / "c.avi", pictures=images, codec="mpeg4"),
        write_video(seeds / "d.webm", pictures=images, codec="libvpx"),
        write_video(seeds / "e.ts", pictures=images, codec="mpeg2video"),
    ]
    folder = tmp_path / "damaged"
    folder.mkdir()
    damaged = mutants(folder, sources, count)
    command = [sys.executable, str(ROOT / "tools" / "run_video.py"), *map(str, damaged)]
    command += ["--out", str(tmp_path / "out"), "--offline", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    failed = {Path(line.split(": ")[0]) for line in done.stderr.splitlines()}
    results = {p.parent.name: read_result(p) for p in (tmp_path / "out").rglob("result.json")}
    finished = {path for path in damaged if path.stem in results}
    assert failed | finished == set(damaged)
    assert not failed & finished
    assert len(failed) > count / 20
    assert len(finished) > count / 4
    assert half_written(tmp_path / "out") == []
