"""`wildpose run` as a user meets it: exit codes, lines, skipping, batches, output folders."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from wildpose.cli import main
from wildpose.export.result_json import read_result, validate
from wildpose.pipeline import Pipeline
from wildpose.results import Result

Rendered = tuple[Path, Result]
TOOL = Path(__file__).resolve().parent.parent / "tools" / "run_video.py"


def run(*arguments: str | Path) -> int:
    return main(["run", "--offline", *map(str, arguments)])


def test_a_run_writes_json_npz_and_overlay_and_says_one_line(
    waving_briefly: Rendered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(waving_briefly[0], "--out", tmp_path) == 0
    folder = tmp_path / "waving"
    assert sorted(p.name for p in folder.iterdir()) == [
        "overlay.mp4",
        "result.json",
        "skeletons.npz",
    ]
    validate(json.loads((folder / "result.json").read_text()), "result.json")
    lines = capsys.readouterr()
    assert lines.err == ""
    (line,) = lines.out.splitlines()
    assert line.startswith(f"{waving_briefly[0]}: 9 frames, 1 person, ")


def test_the_overlay_has_the_videos_frames_times_and_size(waving: Rendered, tmp_path: Path) -> None:
    run(waving[0], "--out", tmp_path)
    read = []
    for path in (waving[0], tmp_path / "waving" / "overlay.mp4"):
        with av.open(str(path)) as container:
            frames = [(f.time, f.to_ndarray(format="rgb24")) for f in container.decode(video=0)]
        read.append(frames)
    plain, drawn = read
    np.testing.assert_allclose([t for t, _ in drawn], [t for t, _ in plain], atol=1e-4)
    change = np.abs(drawn[20][1].astype(int) - plain[20][1]).max(axis=2)
    assert 0.005 < (change > 60).mean() < 0.2  # a skeleton was drawn, and not everywhere


def test_a_second_run_skips_what_is_done_and_overwrite_does_not(
    waving_briefly: Rendered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (waving_briefly[0], "--out", tmp_path, "--save", "json")
    file = tmp_path / "waving" / "result.json"
    run(*arguments)
    first = file.stat().st_mtime_ns
    capsys.readouterr()
    assert run(*arguments) == 0
    assert "already done" in capsys.readouterr().out
    assert file.stat().st_mtime_ns == first
    assert run(*arguments, "--overwrite") == 0
    assert "already done" not in capsys.readouterr().out
    assert file.stat().st_mtime_ns > first


def test_other_settings_are_computed_anew(waving_briefly: Rendered, tmp_path: Path) -> None:
    run(waving_briefly[0], "--out", tmp_path, "--save", "json")
    run(waving_briefly[0], "--out", tmp_path, "--save", "json", "--stop", "0.2")
    assert read_result(tmp_path / "waving" / "result.json").video.frames == 6


def test_only_a_missing_file_is_added_to_a_result(waving_briefly: Rendered, tmp_path: Path) -> None:
    run(waving_briefly[0], "--out", tmp_path, "--save", "json")
    file = tmp_path / "waving" / "result.json"
    before = file.stat().st_mtime_ns
    run(waving_briefly[0], "--out", tmp_path, "--save", "json,npz")
    assert (tmp_path / "waving" / "skeletons.npz").exists()
    assert file.stat().st_mtime_ns == before


def test_a_result_of_another_video_is_never_overwritten(
    waving_briefly: Rendered, two_actors_briefly: Rendered, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = shutil.copy(waving_briefly[0], tmp_path / "a" / "clip.mp4")
    two = shutil.copy(two_actors_briefly[0], tmp_path / "b" / "clip.mp4")
    out = tmp_path / "out"
    assert run(one, "--out", out, "--save", "json") == 0
    assert run(two, "--out", out, "--save", "json") == 0
    assert len(read_result(out / "clip" / "result.json").people) == 1
    (other,) = [p for p in out.iterdir() if p.name != "clip"]
    assert len(read_result(other / "result.json").people) == 2
    assert run(two, "--out", out, "--save", "json") == 0  # found again under its name
    assert len(list(out.iterdir())) == 2


def test_one_bad_input_does_not_stop_the_others(
    waving_briefly: Rendered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / "missing.mp4"
    code = run(missing, waving_briefly[0], "--out", tmp_path / "out", "--save", "json")
    assert code == 1
    lines = capsys.readouterr()
    (error,) = lines.err.splitlines()
    assert error.startswith(f"{missing}: ")
    assert (tmp_path / "out" / "waving" / "result.json").exists()


def test_the_json_summary_is_the_last_line_and_counts_everything(
    waving_briefly: Rendered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(
        waving_briefly[0],
        tmp_path / "no.mp4",
        "--out",
        tmp_path,
        "--save",
        "json",
        "--json-summary",
    )
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (summary["inputs"], summary["done"], summary["failed"]) == (2, 1, 1)
    done = next(v for v in summary["videos"] if v["status"] == "done")
    assert (done["frames"], done["people"]) == (9, 1)


def test_quiet_prints_nothing_but_errors(
    waving_briefly: Rendered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(waving_briefly[0], "--out", tmp_path, "--save", "json", "--quiet")
    lines = capsys.readouterr()
    assert (lines.out, lines.err) == ("", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--save", "jsn"],
            "--save takes a list of json, npz, activitynet, mmpose, video, got 'jsn'",
        ),
        (["--tiles", "few"], "tiles is auto or a number of rows, got 'few'"),
        (["--smooth", "spline"], "unknown smoother 'spline': there are viterbi, track2d, none"),
        (["--detector", "blazepos"], "Did you mean 'blazepose'?"),
        (["--device", "gpu"], "unknown device 'gpu'"),
        (["--recognizer", "gru"], "unknown recognizer 'gru'"),
        (["--actor", "me"], "unknown actor 'me'"),
        (["--tiles", "50"], "tiles must be 1 to 8 rows, got 50"),
        (["--actor", "id=0"], "unknown actor 'id=0'"),
        (["--threads", "0"], "--threads must be at least 1"),
        (["--start", "4", "--stop", "2"], "0 <= start < stop"),
        (["--window", "5"], "a window of 5 s is longer than the 2 s"),
        (["--stride", "3"], "a stride of 3.0 s would leave out time between windows of 2.0 s"),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        run("clip.mp4", *arguments)
    assert stop.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert message in line


def test_actor_and_max_people_choose_whom_to_keep(
    two_actors_briefly: Rendered, tmp_path: Path
) -> None:
    for options in (["--actor", "id=2"], ["--max-people", "1"], ["--actor", "largest"]):
        assert run(two_actors_briefly[0], "--out", tmp_path, "--save", "json", *options) == 0
        people = read_result(tmp_path / "two actors" / "result.json").people
        assert len(people) == 1
        assert options[1] != "id=2" or people[0].id == 2


def test_missing_weights_are_one_line_that_says_where_to_put_them(
    waving_briefly: Rendered,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WILDPOSE_CACHE", str(tmp_path / "empty"))
    monkeypatch.delenv("WILDPOSE_WEIGHTS", raising=False)
    assert run(waving_briefly[0], "--out", tmp_path) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "pose_detection.tflite" in line
    assert "--offline" in line or "offline" in line


def test_the_tool_runs_from_another_folder(waving_briefly: Rendered, tmp_path: Path) -> None:
    command = [sys.executable, str(TOOL), str(waving_briefly[0]), "--save", "json", "--offline"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert (tmp_path / "results" / "waving" / "result.json").exists()


def test_result_json_is_always_written_so_that_every_run_is_known_again(
    waving_briefly: Rendered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(waving_briefly[0], "--out", tmp_path, "--save", "npz")
    assert sorted(p.name for p in (tmp_path / "waving").iterdir()) == [
        "result.json",
        "skeletons.npz",
    ]
    capsys.readouterr()
    run(waving_briefly[0], "--out", tmp_path, "--save", "npz")
    assert "already done" in capsys.readouterr().out


def test_files_of_other_settings_never_stand_beside_each_other(
    waving_briefly: Rendered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(waving_briefly[0], "--out", tmp_path, "--save", "json,npz")
    run(waving_briefly[0], "--out", tmp_path, "--save", "json", "--stop", "0.2")
    assert "replaces a result with other settings" in capsys.readouterr().out
    assert [p.name for p in (tmp_path / "waving").iterdir()] == ["result.json"]
    run(waving_briefly[0], "--out", tmp_path, "--save", "npz", "--stop", "0.2")
    with np.load(tmp_path / "waving" / "skeletons.npz") as file:
        assert len(file["person1_times"]) == 6


def test_a_name_of_dots_stays_inside_the_output(waving_briefly: Rendered, tmp_path: Path) -> None:
    video = Path(shutil.copy(waving_briefly[0], tmp_path / "...mp4"))
    assert run(video, "--out", tmp_path / "a" / "out", "--save", "json") == 0
    written = [p.relative_to(tmp_path) for p in tmp_path.rglob("result.json")]
    assert [p.parts[:2] for p in written] == [("a", "out")]
    assert len(written[0].parts) == 4


def test_an_error_inside_is_one_line_and_the_rest_is_done(
    waving_briefly: Rendered,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = shutil.copy(waving_briefly[0], tmp_path / "bad.mp4")
    real = Pipeline.run

    def breaks(self: Pipeline, path: Path, **options: Any) -> Result:
        if path.name == "bad.mp4":
            raise RuntimeError("a delegate failed")
        return real(self, path, **options)

    monkeypatch.setattr(Pipeline, "run", breaks)
    assert run(bad, waving_briefly[0], "--out", tmp_path / "out", "--save", "json") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{bad}: internal error, --debug shows where: RuntimeError: a delegate")
    assert (tmp_path / "out" / "waving" / "result.json").exists()


def test_a_reader_who_went_away_does_not_stop_the_batch(
    waving_briefly: Rendered, tmp_path: Path
) -> None:
    one, two = (shutil.copy(waving_briefly[0], tmp_path / name) for name in ("1.mp4", "2.mp4"))
    command = [sys.executable, str(TOOL), one, two, "--out", str(tmp_path / "out"), "--offline"]
    process = subprocess.Popen(
        [*command, "--save", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert b"Traceback" not in errors
    assert (tmp_path / "out" / "2" / "result.json").exists()


def test_hidden_files_in_a_folder_are_not_meant(waving_briefly: Rendered, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    (folder / ".thumbnails").mkdir(parents=True)
    shutil.copy(waving_briefly[0], folder / "clip.mp4")
    (folder / "._clip.mp4").write_bytes(b"Mac OS X")
    (folder / ".thumbnails" / "a.mp4").write_bytes(b"")
    assert run(folder, "--out", tmp_path / "out", "--save", "json") == 0
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["clip"]


def test_a_failed_video_leaves_no_folder(tmp_path: Path) -> None:
    (tmp_path / "junk.mp4").write_text("no video")
    assert run(tmp_path / "junk.mp4", "--out", tmp_path / "out") == 1
    assert list((tmp_path / "out").iterdir()) == []


def test_a_video_done_alone_is_known_again_among_others_of_its_name(
    waving_briefly: Rendered,
    two_actors_briefly: Rendered,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("x", "y"):
        (tmp_path / "lib" / name).mkdir(parents=True)
    shutil.copy(waving_briefly[0], tmp_path / "lib" / "x" / "clip.mp4")
    out = tmp_path / "out"
    run(tmp_path / "lib", "--out", out, "--save", "json")
    shutil.copy(two_actors_briefly[0], tmp_path / "lib" / "y" / "clip.mp4")
    capsys.readouterr()
    run(tmp_path / "lib", "--out", out, "--save", "json")
    assert "x/clip.mp4: already done" in capsys.readouterr().out
    assert len(list(out.rglob("result.json"))) == 2
