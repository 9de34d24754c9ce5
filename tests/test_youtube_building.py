"""Sets are built row by row: only what is missing or was changed, whenever a run ended."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import build_youtube_set
import numpy as np
import pytest

from datasets import skeleton_pickle
from datasets.labelled_video_files import read_skeleton, skeleton_path
from datasets.youtube import clips
from datasets.youtube_files import whole_set
from tests.made_results import result
from tests.made_youtube import FAST, StandIn, build, content_of, fail, read_status, row, two_people
from tests.media import write_video
from tools.youtube import people
from tools.youtube.records import Record
from wildpose.results import Result
from wildpose.video import VideoError


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn()
    monkeypatch.setattr(build_youtube_set, "_pipeline", lambda *_: stand_in)
    return stand_in


@pytest.fixture
def local(tmp_path: Path) -> Path:
    """A folder with a video, beside the manifest."""
    (tmp_path / "local").mkdir()
    write_video(tmp_path / "local" / "other.mp4", pictures=30, fps=25)
    return tmp_path


def test_another_actor_is_chosen_without_looking_for_people_again(
    local: Path, pipeline: StandIn
) -> None:
    name = ""
    for actor, frames in (("", [2, 3, 4]), ("1", [0, 1, 2, 3]), ("longest", [0, 1, 2, 3]),
                          ("first", [0, 1, 2, 3]), ("2", [2, 3, 4])):  # fmt: skip
        assert build(local, [row("local/other.mp4", 0, 0.4, "A43", actor=actor)]) == 0
        (entry,) = whole_set(local / "out").entries
        assert name in ("", entry.name)
        name = entry.name
        assert read_skeleton(skeleton_path(local / "out", name))["frames"].tolist() == frames
    assert len(pipeline.asked) == 1
    sheet = local / "out" / "sheets" / f"{name}.jpg"
    before = sheet.read_bytes()
    assert build(local, [row("local/other.mp4", 0, 0.4, "A43", actor="3")]) == 1
    (line,) = read_status(local / "out")
    assert line["reason"] == "nobody has the number 3: those on the contact sheet are 1, 2"
    assert (line["stage"], line["sheet"]) == ("actor", f"sheets/{name}.jpg")
    assert sheet.read_bytes() != before  # nobody is marked on it
    assert len(pipeline.asked) == 1 and whole_set(local / "out").entries == ()


def test_another_label_or_split_moves_a_clip_and_makes_nothing_anew(
    local: Path, pipeline: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    build(local, [row("local/other.mp4", 0, 0.4, "A43")])
    assert build(local, [row("local/other.mp4", 0, 0.4, "my own", split="train")]) == 0
    (entry,) = whole_set(local / "out").entries
    assert (entry.label, entry.split) == ("my own", "train")
    found = [str(path.relative_to(local / "out" / "clips")) for path in local.rglob("clips/*/*")]
    assert found == [entry.video] == [f"my_own/{entry.name}.mp4"]
    assert [path.name for path in local.rglob("clips/*")] == ["my_own"]
    assert len(pipeline.asked) == 1
    assert "note" not in capsys.readouterr().err


def test_pictures_of_the_person_before_are_removed_with_the_skeleton(
    local: Path, pipeline: StandIn
) -> None:
    build(local, [row("local/other.mp4", 0, 0.4, "A43")])
    (name,) = (entry.name for entry in whole_set(local / "out").entries)
    cut = local / "out" / "footage" / "people_256x256"
    ours = [cut / f"test_{name}.npz", cut / "features_x" / f"train_{name}.npz"]
    others = [cut / f"test_more_{name}.npz", cut / "test_z.npz"]
    (cut / "features_x").mkdir(parents=True)
    for path in [*ours, *others]:
        path.touch()
    build(local, [row("local/other.mp4", 0, 0.4, "A27", actor="2")])  # who was kept before
    assert all(path.exists() for path in [*ours, *others])
    build(local, [row("local/other.mp4", 0, 0.4, "A27", actor="1")])
    assert [path.exists() for path in [*ours, *others]] == [False, False, True, True]


def test_a_clip_of_no_row_any_more_is_left_and_told(
    local: Path, pipeline: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    build(local, [row("local/other.mp4", 0, 0.4, "A43")])
    (old,) = local.rglob("clips/*/*.mp4")
    assert build(local, [row("local/other.mp4", 0.4, 0.6, "A43")]) == 0
    assert f"note: 1 clip of no row any more lies there, as {old}" in capsys.readouterr().err
    assert old.is_file() and len(whole_set(local / "out").entries) == 1


def test_a_file_that_was_changed_is_cut_again(local: Path, pipeline: StandIn) -> None:
    rows = [row("local/other.mp4", 0, 0.4, "A43")]
    build(local, rows)
    (clip,) = local.rglob("clips/*/*.mp4")
    before = clip.read_bytes()
    os.utime(local / "local" / "other.mp4", (0, 0))
    build(local, rows)
    assert len(pipeline.asked) == 1  # it is as it was
    write_video(local / "local" / "other.mp4", pictures=20)
    assert build(local, rows) == 0
    assert clip.read_bytes() != before and len(pipeline.asked) == 2


@pytest.mark.parametrize("lost", ["clips/*/*", "people/*", "sheets/*", "skeletons/*", "prov*/*"])
def test_what_was_lost_is_made_again(lost: str, local: Path, pipeline: StandIn) -> None:
    rows = [row("local/other.mp4", 0, 0.4, "A43")]
    build(local, rows)
    before = content_of(local / "out")
    for damage in (Path.unlink, lambda path: path.write_bytes(b"{")):
        (path,) = (local / "out").glob(lost)
        if damage is not Path.unlink and "sheets" in lost:
            continue  # a picture: whoever looks at it sees
        damage(path)
        assert build(local, rows) == 0
        after = content_of(local / "out")
        assert after.keys() == before.keys()
        same = [name for name in before if after[name] == before[name]]
        assert [name for name in before if name not in same and "provenance" not in name] == []


def test_a_video_of_nobody_and_one_that_breaks_us_are_rows_that_fail(
    local: Path, pipeline: StandIn
) -> None:
    shutil.copy(local / "local" / "other.mp4", local / "local" / "broken.mp4")
    shutil.copy(local / "local" / "other.mp4", local / "local" / "odd.mp4")
    pipeline.before["other"] = result  # of nobody
    pipeline.before["broken"] = lambda: fail(VideoError("is broken"))
    pipeline.before["odd"] = lambda: fail(ZeroDivisionError("by\nzero"))
    names = ("other", "broken", "odd")
    rows = [row(f"local/{name}.mp4", 0, 0.4, "A43") for name in names]
    assert build(local, rows) == 1
    told = [(line["stage"], line["reason"]) for line in read_status(local / "out")]
    assert told == [
        ("actor", "nobody was found in it"),
        ("people", "is broken"),
        ("", "internal error: ZeroDivisionError: by zero"),
    ]
    assert len(list((local / "out" / "sheets").iterdir())) == 1  # so that one sees why
    pipeline.asked.clear()
    assert build(local, rows) == 1
    assert not any("other" in name for name in pipeline.asked)


def test_an_interrupted_run_keeps_what_is_made_and_goes_on(
    local: Path, pipeline: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row("local/other.mp4", i / 10, i / 10 + 0.2, "A43") for i in range(3)]
    build(local, rows[:1])
    pipeline.before["0000100"] = lambda: fail(KeyboardInterrupt())
    assert build(local, rows) == 130
    assert "interrupted; what was made is kept" in capsys.readouterr().err
    assert [r["status"] for r in read_status(local / "out")] == ["done", "waiting", "waiting"]
    with pytest.raises(ValueError, match=r"not complete, run tools/build_youtube_set\.py again"):
        clips(local / "out")
    pipeline.before.clear()
    pipeline.asked.clear()
    assert build(local, rows) == 0
    assert len(pipeline.asked) == 2 and len(list(clips(local / "out"))) == 3


def test_a_run_may_end_at_any_moment(
    local: Path, pipeline: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file appears by a rename: all runs that end before their n-th, and then go on."""
    rows = [row("local/other.mp4", 0, 0.4, "A43")]
    build(local, rows)
    wanted = {name: data for name, data in content_of(local / "out").items() if "prov" not in name}
    rename, left = Path.replace, [0]

    def counted(self: Path, target: Path) -> Path:
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", counted)
    ends = 0
    for ends in range(100):
        shutil.rmtree(local / "out")
        left[0] = ends
        if build(local, rows) == 0:
            break
        left[0] = -1
        assert not list(local.rglob("*.partial"))
        assert build(local, rows) == 0
        made = content_of(local / "out")
        assert {name: data for name, data in made.items() if "prov" not in name} == wanted
    assert 8 < ends < 20


def test_a_run_that_ended_amid_another_choice_leaves_nobody_elses_skeleton(
    local: Path, pipeline: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row("local/other.mp4", 0, 0.4, "A43")]
    build(local, rows)
    (skeleton,) = (local / "out" / "skeletons").iterdir()
    before = skeleton.read_bytes()
    write = people.write_record

    def ending(out: Path, name: str, record: Record) -> Record:
        if "people" in record:
            raise KeyboardInterrupt
        return write(out, name, record)

    with monkeypatch.context() as patched:
        patched.setattr(people, "write_record", ending)
        assert build(local, [row("local/other.mp4", 0, 0.4, "A43", actor="1")]) == 130
    assert skeleton.read_bytes() != before
    assert build(local, rows) == 0
    assert skeleton.read_bytes() == before


def test_two_runs_do_not_work_on_one_folder(
    local: Path, pipeline: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row("local/other.mp4", 0, 0.4, "A43")]
    codes = list[int]()

    def meanwhile() -> Result:
        codes.append(build(local, rows))
        return result(*two_people())

    pipeline.before["other"] = meanwhile
    assert build(local, rows) == 0
    assert codes == [2]
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        f"build_youtube_set: another run is at work in {local / 'out'} (process {os.getpid()}): "
        "wait for it, or stop it"
    )


def test_a_full_disk_is_a_line_and_the_run_goes_on_later(
    local: Path, pipeline: StandIn, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    rows = [row("local/other.mp4", 0, 0.4, "A43")]

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(np, "savez_compressed", full)
        assert build(local, rows) == 1
    line = f"build_youtube_set: cannot write to {local / 'out'}: No space left on device\n"
    assert capsys.readouterr().err == line
    assert build(local, rows) == 0


def test_a_yaml_manifest_makes_the_same_set(local: Path, pipeline: StandIn) -> None:
    build(local, [row("local/other.mp4", 0, 0.4, "A43")])
    before = content_of(local / "out")
    (local / "m.yaml").write_text("- {video: local/other.mp4, start: 0, stop: 0.4, label: A43}\n")
    main = build_youtube_set.main
    assert main([str(local / "m.yaml"), "--out", str(local / "out"), *FAST]) == 0
    after = content_of(local / "out")
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"status.csv"} and len(pipeline.asked) == 1  # its row is the first


def test_exports_are_written_at_the_end(
    local: Path, pipeline: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row("local/other.mp4", 0, 0.4, "A43")]
    assert build(local, rows, "--export", "activitynet,pickle") == 0
    out = capsys.readouterr().out
    for name in ("activitynet.json", "skeletons_2d.pkl", "skeletons_3d.pkl", "label_map.txt"):
        assert f"wrote {local / 'out' / 'export' / name}\n" in out
    content = skeleton_pickle.read(local / "out" / "export" / "skeletons_2d.pkl")
    assert content.annotations[0]["total_frames"] == 10  # 25 frames per second
    rows.append(row("local/other.mp4", 0.4, 0.8, "A43", split="train"))
    assert build(local, rows, "--export", "activitynet") == 1
    assert "not exported: clips of local/other.mp4 are in" in capsys.readouterr().err
