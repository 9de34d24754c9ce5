"""The tools that make and judge clips: what make_demo writes, what evaluate_tracking prints."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import ModuleType

import evaluate_tracking
import make_demo
import numpy as np
import pytest

from tests import made_results
from wildpose.export.result_json import read_result, write_result
from wildpose.results import Result
from wildpose.video import read_frames

TOOLS = Path(__file__).resolve().parent.parent / "tools"
SMALL = ("--size", "160", "120", "--seconds", "0.3")


def tool(module: ModuleType, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """What a tool would have said and returned, run in this process."""
    said, complained = StringIO(), StringIO()
    command = [f"{module.__name__}.py", *map(str, arguments)]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(complained):
        patch.chdir(cwd)
        patch.setattr(sys, "argv", command)
        try:
            code = module.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
    return subprocess.CompletedProcess(command, code, said.getvalue(), complained.getvalue())


# make_demo


def rendered(folder: Path, *motions: str, seed: int = 5) -> Path:
    """The video that make_demo puts into a new folder."""
    options = (*SMALL, "--seed", str(seed), "--motion", *motions)
    done = tool(make_demo, "new/demo.mp4", *options, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert line.startswith("new/demo.mp4: 9 frames made in ")
    return folder / "new" / "demo.mp4"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kicking and a squatting mannequin, 9 frames."""
    return rendered(tmp_path_factory.mktemp("pair"), "kick", "squat")


def check_demo(video: Path, *, actors: int) -> None:
    """Compare the files of a demo with what was asked for."""
    names = ["demo.mp4", "demo.truth.json", "demo.truth.npz"]
    assert sorted(path.name for path in video.parent.iterdir()) == names
    frames = list(read_frames(video))
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(9) / 30, atol=1e-4)
    assert frames[0].image.shape == (120, 160, 3)
    truth = read_result(video.with_suffix(".truth.json"))  # checks it against the schema
    assert (truth.video.frames, truth.video.width, truth.video.height) == (9, 160, 120)
    assert [person.id for person in truth.people] == list(range(1, actors + 1))
    for person in truth.people:
        np.testing.assert_array_equal(person.frames, np.arange(9))
        assert person.skeleton.joints.shape == (9, 13, 3)
    with np.load(video.with_suffix(".truth.npz")) as arrays:
        assert len(arrays.files) > 0


def test_a_demo_of_one_actor_has_its_truth_beside_it(tmp_path: Path) -> None:
    check_demo(rendered(tmp_path, "wave"), actors=1)


def test_a_demo_of_two_actors_has_both_in_its_truth(pair: Path) -> None:
    check_demo(pair, actors=2)


def test_actors_are_where_their_truth_says(pair: Path, tmp_path: Path) -> None:
    others = rendered(tmp_path, "kick", "squat", seed=6)
    images = [next(read_frames(path)).image.astype(int) for path in (pair, others)]
    change = np.abs(images[0] - images[1]).max(axis=2) > 40  # other people in the same room
    for person in read_result(pair.with_suffix(".truth.json")).people:
        x0, y0, x1, y1 = person.boxes[0].astype(int)
        assert change[y0:y1, x0:x1].mean() > 0.1
        change[max(0, y0 - 8) : y1 + 8, max(0, x0 - 8) : x1 + 8] = False
    assert change.mean() < 0.02


def test_the_same_seed_makes_the_same_demo_in_any_process(pair: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(TOOLS / "make_demo.py"), "demo.mp4", *SMALL, "--seed", "5"]
    subprocess.run([*command, "--motion", "kick", "squat"], cwd=tmp_path, check=True)
    for name in ("demo.mp4", "demo.truth.json"):
        assert (tmp_path / name).read_bytes() == pair.with_name(name).read_bytes()


def test_an_unknown_motion_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    done = tool(make_demo, "demo.mp4", "--motion", "wave", "wav", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "unknown motion 'wav': there are walk, wave, " in done.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("--seconds", ["0"]),
        ("--seconds", ["-1"]),
        ("--seconds", ["inf"]),
        ("--seconds", ["long"]),
        ("--fps", ["-3"]),
        ("--fps", ["nan"]),
        ("--focal", ["0"]),
        ("--distance", ["0"]),
        ("--yaw", ["nan"]),
        ("--size", ["8", "120"]),
        ("--size", ["160", "0"]),
    ],
)
def test_a_bad_number_is_one_line_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    option: str,
    values: list[str],
) -> None:
    video = str(tmp_path / "demo.mp4")
    monkeypatch.setattr(sys, "argv", ["make_demo.py", video, *SMALL, option, *values])
    with pytest.raises(SystemExit) as stop:
        make_demo.main()
    assert stop.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("make_demo.py: ") and option in line
    assert list(tmp_path.iterdir()) == []


# evaluate_tracking


BOXES = {1: [100, 100, 200, 300], 2: [400, 100, 500, 300]}


def annotated(tmp_path: Path, *clips: str) -> Path:
    """Both people of `BOXES` in frames 0 and 5 of every clip."""
    people = [{"person": id, "box": box} for id, box in BOXES.items()]
    clip = {"frames": {"0": people, "5": people}}
    path = tmp_path / "people.json"
    path.write_text(json.dumps(dict.fromkeys(clips, clip)))
    return path


def save(folder: Path, content: Result) -> None:
    folder.mkdir(parents=True)
    write_result(folder / "result.json", content)


def found(frames: dict[int, list[int]], *, at: dict[int, int]) -> Result:
    """A result with these ids, each in its frames, at the box of an annotated person."""
    people = []
    for id, indices in frames.items():
        boxes = np.tile(np.array(BOXES[at[id]], float), (len(indices), 1))
        people.append(replace(made_results.person(id, frames=indices), boxes=boxes))
    return made_results.result(*people)


def rows_of(done: subprocess.CompletedProcess[str]) -> list[list[str]]:
    """The words of each row below the heading."""
    heading, *rows = done.stdout.splitlines()
    assert heading.split()[0] == "clip"
    return [row.split() for row in rows]


def test_a_clip_without_result_is_told_and_exit_code_1(tmp_path: Path) -> None:
    save(tmp_path / "results" / "there", found({1: [0, 5], 2: [0, 5]}, at={1: 1, 2: 2}))
    people = annotated(tmp_path, "gone.avi", "there.mp4")
    done = tool(evaluate_tracking, "results", "--annotations", people, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "gone.avi: no result in results\n"
    assert [row[0] for row in rows_of(done)] == ["there.mp4"]  # the others are still judged


def test_rows_count_what_was_found_switched_shared_and_false(tmp_path: Path) -> None:
    results = tmp_path / "results"
    save(results / "perfect", found({1: [0, 5], 2: [0, 5]}, at={1: 1, 2: 2}))
    # Person 1 is id 1, then id 3; person 2 is missed in frame 5.
    save(results / "switch", found({1: [0], 2: [0], 3: [5]}, at={1: 1, 2: 2, 3: 1}))
    # Id 2 lies on nobody who is left: person 1 has one box already.
    save(results / "double", found({1: [0, 5], 2: [0, 5]}, at={1: 1, 2: 1}))
    save(results / "empty", found({}, at={}))
    people = annotated(tmp_path, "perfect.mp4", "switch.avi", "double.mkv", "empty.mp4")
    done = tool(evaluate_tracking, results, "--annotations", people, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    perfect, switch, double, empty = rows_of(done)
    # clip, found, all found, switches, shared ids, false boxes, false people, ids
    assert perfect == ["perfect.mp4", "4/4", "2/2", "0", "0", "0", "0", "1:1", "2:2"]
    assert switch == ["switch.avi", "3/4", "1/2", "1", "0", "0", "0", "1:1,3", "2:2"]
    assert double[:7] == ["double.mkv", "2/4", "0/2", "0", "0", "2", "1"]
    assert empty == ["empty.mp4", "0/4", "0/2", "0", "0", "0", "0"]


def test_a_folder_that_is_not_there_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    people = annotated(tmp_path, "clip.mp4")
    done = tool(evaluate_tracking, "resluts", "--annotations", people, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "resluts: no such file or folder" in done.stderr.splitlines()[-1]
