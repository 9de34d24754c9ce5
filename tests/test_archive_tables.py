"""Tables of an archive hold what its results do, each video once, whatever was killed when."""

from __future__ import annotations

import errno
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.made_archive import RECORD, begun, results, videos
from tests.made_tables import label, parts, read, videos_in
from wildpose.archive import table_parts, table_schema
from wildpose.archive.jobs import StoppedError
from wildpose.archive.table_schema import ABOUT, FOLDER, TABLES
from wildpose.archive.tables import Updated, update_tables
from wildpose.export.result_json import arrays, read_result

SOME = {"a": "wave 0.9 fall 0.5; clap 0.3", "b": "fall 0.7", "c": "nobody", "d": "nothing"}
SIZES = {"videos": 2, "people": 2, "segments": 2, "frames": 1}


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of few contents."""
    for table, size in SIZES.items():
        monkeypatch.setitem(table_schema.CONTENTS_PER_PART, table, size)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Labelled, without tables."""
    label(tmp_path / "out", videos(tmp_path / "in", SOME))
    return tmp_path / "out"


def stamps(out: Path) -> dict[str, int]:
    """When each file of the tables was written."""
    files = (out / FOLDER).rglob("*.parquet")
    return {f"{p.parent.name}/{p.stem[-2:]}": p.stat().st_mtime_ns for p in files}


def changed(before: dict[str, int], after: dict[str, int]) -> set[str]:
    return {name for name in before | after if before.get(name) != after.get(name)}


def check_once(out: Path, names: str) -> None:
    """Assert that tables hold these videos, once each, with all of their rows."""
    assert videos_in(out, "videos") == sorted(names)
    trees = [json.loads(text) for text in results(out).values()]
    said = {Path(tree["video"]["path"]).stem: tree["people"] for tree in trees}
    for table in ("people", "frames", "segments"):
        expected: Counter[str] = Counter()
        for name in names:
            for person in said[name]:
                rows = {"people": [0], "frames": person["frames"], "segments": person["actions"]}
                expected[name] += len(rows[table])
        assert Counter(videos_in(out, table)) == +expected, table


def test_rows_are_what_the_results_say(archive: Path) -> None:
    assert update_tables(archive) == Updated(results=4, files=4)
    wanted = read_result(archive / "videos" / "a" / "result.json")
    video = str(archive.parent / "in" / "a.mp4")
    frames = [row for row in read(archive, "frames").to_pylist() if row["video"] == video]
    at = 0
    for person in wanted.people:
        rows, at = frames[at : at + len(person)], at + len(person)
        assert {row["person"] for row in rows} == {person.id}
        columns = {"frames": "frame", "times": "time", "boxes": "box"}
        for name, values in arrays(person).items():
            found = [row[columns.get(name, name)] for row in rows]
            flat = values.reshape(len(person), -1).squeeze(-1) if values.ndim == 1 else values
            # float32 holds hundredths of pixels up to 100000 px
            np.testing.assert_allclose(
                np.array(found, float).reshape(np.shape(values)), flat, rtol=1e-6, atol=0
            )
    assert at == len(frames)


def test_people_and_segments_sum_up_what_the_results_say(archive: Path) -> None:
    update_tables(archive)
    wanted = read_result(archive / "videos" / "a" / "result.json")
    first = wanted.people[0]
    found = read(archive, "people").to_pylist()[0]
    assert found["score"] == pytest.approx(first.skeleton.scores.mean(), abs=1e-6)
    del found["score"]
    assert found == {
        "content": 1,
        "video": str(archive.parent / "in" / "a.mp4"),
        "person": 1,
        "start": first.skeleton.times[0],
        "stop": first.skeleton.times[-1],
        "first_frame": 1,
        "last_frame": 4,
        "poses": 4,
        "observed": 2,
        "segments": 2,
    }
    segments = read(archive, "segments").to_pylist()
    told = [(s["person"], s["start"], s["stop"], s["label"], s["score"]) for s in segments]
    assert told == [
        (1, 0.0, 1.0, "wave", 0.9),
        (1, 1.0, 2.0, "fall", 0.5),
        (2, 0.0, 1.0, "clap", 0.3),
        (1, 0.0, 1.0, "fall", 0.7),
    ]
    top = [{"label": "wave", "score": 0.9}, {"label": "other", "score": 0.45}]
    assert segments[0]["top"] == top


def test_videos_tell_how_each_was_labelled(archive: Path) -> None:
    update_tables(archive)
    rows = {Path(row["video"]).stem: row for row in read(archive, "videos").to_pylist()}
    assert {name: row["people"] for name, row in rows.items()} == {"a": 2, "b": 1, "c": 0, "d": 1}
    wanted = read_result(archive / "videos" / "a" / "result.json")
    for name in ("width", "height", "fps", "frames", "duration_s", "rotation", "sha256"):
        assert rows["a"][name] == getattr(wanted.video, name)
    assert json.loads(rows["a"]["settings_record"]) == json.loads(
        json.dumps(wanted.settings.record)
    )
    assert (archive / rows["a"]["folder"] / "result.json").exists()


def test_an_archive_without_people_has_empty_tables(tmp_path: Path) -> None:
    label(tmp_path / "out", videos(tmp_path / "in", {"a": "nobody"}))
    update_tables(tmp_path / "out")
    for table, rows in {"videos": 1, "people": 0, "frames": 0, "segments": 0}.items():
        found = read(tmp_path / "out", table)
        assert (found.num_rows, found.schema) == (rows, TABLES[table])


def test_copies_are_in_videos_but_their_people_are_not_counted_twice(tmp_path: Path) -> None:
    label(tmp_path / "out", videos(tmp_path / "in", {"a": "wave 0.9", "copy": "wave 0.9"}))
    update_tables(tmp_path / "out")
    assert videos_in(tmp_path / "out", "videos") == ["a", "copy"]
    assert set(read(tmp_path / "out", "videos")["content"].to_pylist()) == {1}
    assert videos_in(tmp_path / "out", "people") == ["a"]


def test_a_second_update_reads_and_writes_nothing(archive: Path) -> None:
    update_tables(archive)
    before = stamps(archive)
    assert update_tables(archive) == Updated()
    assert stamps(archive) == before


@pytest.mark.usefixtures("small_parts")
def test_a_new_video_touches_its_files_alone(tmp_path: Path, archive: Path) -> None:
    update_tables(archive)
    before = stamps(archive)
    label(archive, videos(tmp_path / "in", {"e": "wave 0.8"}))  # the fifth: contents 4 and 5
    assert update_tables(archive).results == 1
    touched = {"videos/02", "people/02", "segments/02", "frames/05"}
    assert changed(before, stamps(archive)) == touched
    check_once(archive, "abcde")


@pytest.mark.usefixtures("small_parts")
def test_one_labelled_anew_has_its_new_rows_only(tmp_path: Path, archive: Path) -> None:
    update_tables(archive)
    before = stamps(archive)
    label(archive, tmp_path / "in" / "b.mp4", record={**RECORD, "smooth": "none"})
    assert update_tables(archive).results == 1
    touched = {"videos/01", "people/01", "segments/01", "frames/02"}
    assert changed(before, stamps(archive)) == touched
    check_once(archive, "abcd")
    rows = read(archive, "videos").to_pylist()
    settings = {Path(row["video"]).stem: row["settings"] for row in rows}
    assert settings["b"] not in (settings["a"], settings["c"], settings["d"])


@pytest.mark.usefixtures("small_parts")
def test_frames_stay_where_only_labels_are_others(tmp_path: Path, archive: Path) -> None:
    update_tables(archive)
    before = stamps(archive)
    label(archive, tmp_path / "in" / "b.mp4", record={**RECORD, "recognizer": "other"})
    assert update_tables(archive).results == 1
    touched = {"videos/01", "people/01", "segments/01"}
    assert changed(before, stamps(archive)) == touched
    check_once(archive, "abcd")


@pytest.mark.usefixtures("small_parts")
def test_what_is_no_longer_done_leaves_the_tables(tmp_path: Path, archive: Path) -> None:
    update_tables(archive)
    for name in "cd":
        (tmp_path / "in" / f"{name}.mp4").write_text("broken")
    label(archive, tmp_path / "in")
    update_tables(archive)
    check_once(archive, "ab")
    assert [len(parts(archive, table)) for table in SIZES] == [2, 2, 2, 2]  # 1; 2 (and 3)


@pytest.mark.usefixtures("small_parts")
def test_a_file_that_is_another_now_is_there_once(tmp_path: Path, archive: Path) -> None:
    update_tables(archive)
    (tmp_path / "in" / "a.mp4").write_text("fall 0.7")  # the same as b
    label(archive, tmp_path / "in")
    update_tables(archive)
    assert videos_in(archive, "videos") == ["a", "b", "c", "d"]
    assert read(archive, "segments").num_rows == 1  # of what a and b are both


class Killed(BaseException):
    """As if the process had ended there."""


@pytest.mark.usefixtures("small_parts")
def test_tables_are_whole_whenever_an_update_is_killed(
    tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update_tables(archive)
    videos(tmp_path / "in", {"e": "wave 0.8"})
    label(archive, tmp_path / "in", record={**RECORD, "smooth": "none"})  # all rows are old now
    replace, kills = Path.replace, 0

    def killed_at(calls: int) -> None:
        left = [calls]

        def counted(path: Path, target: Path) -> Path:
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            return replace(path, target)

        monkeypatch.setattr(Path, "replace", counted)
        update_tables(archive)

    for calls in (1, 2, 4, 7, 3, 5):
        try:
            killed_at(calls)
        except Killed:
            kills += 1
        for table in SIZES:
            found = read(archive, table).to_pylist()
            assert len({json.dumps(row, default=str) for row in found}) == len(found)
        assert len(set(videos_in(archive, "videos"))) == len(videos_in(archive, "videos"))
    assert kills >= 4
    monkeypatch.setattr(Path, "replace", replace)
    update_tables(archive)
    check_once(archive, "abcde")
    assert not list((archive / FOLDER).rglob("*.partial"))


@pytest.mark.usefixtures("small_parts")
def test_an_update_can_be_stopped_and_goes_on_the_next_time(archive: Path) -> None:
    asked = iter([False, False, True, True, True])
    first = update_tables(archive, stopped=lambda: next(asked))
    second = update_tables(archive)
    assert (0 < first.results < 4, first.results + second.results) == (True, 4)
    check_once(archive, "abcd")


def test_a_result_that_cannot_be_read_is_named_and_the_others_are_there(archive: Path) -> None:
    (archive / "videos" / "a" / "result.json").write_text('{"format": "wildpose/1"}\n')
    (archive / "videos" / "b" / "result.json").unlink()
    updated = update_tables(archive)
    (a, why_a), (b, why_b) = updated.unread
    assert (Path(a).stem, Path(b).stem) == ("a", "b")
    assert "result.json is damaged: " in why_a and why_a.endswith("remove it, and it is made again")
    assert why_b == "cannot read its result: No such file or directory"
    assert videos_in(archive, "videos") == ["c", "d"]
    label(archive)  # b is missed; a looks whole
    assert [Path(video).stem for video, _ in update_tables(archive).unread] == ["a"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],  # cut off
        lambda text: text.replace('"joints_3d": [[[', '"joints_3d": [[['[:-1] + "[0.0], [", 1),
        lambda text: text.replace('"lcr13"', '"kinect25"'),
        lambda text: text.replace('"wildpose/1"', '"wildpose/9"'),
        lambda text: text.replace('"sha256": "', '"sha256": "0'),
        lambda text: re.sub(r'"fps": [\d.]+', '"fps": null', text),
        lambda text: text.replace('"label": "wave"', '"label": null'),
        lambda text: text.replace('"frames": [1', '"frames": [99999999999'),
    ],
    ids=[
        *("cut off", "uneven", "other joints", "other format", "other video"),
        *("no rate", "no label", "too large"),
    ],
)
def test_no_row_of_a_damaged_result_is_taken(archive: Path, spoil: object) -> None:
    file = archive / "videos" / "a" / "result.json"
    text = file.read_text()
    file.write_text(spoil(text))  # type: ignore[operator]
    assert file.read_text() != text
    assert [Path(video).stem for video, _ in update_tables(archive).unread] == ["a"]
    for table in SIZES:
        assert "a" not in videos_in(archive, table)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("damage", [b"", b"PAR1", None], ids=["empty", "no footer", "body"])
def test_a_damaged_file_is_written_again(
    tmp_path: Path, archive: Path, damage: bytes | None
) -> None:
    update_tables(archive)
    file = parts(archive, "segments")[1]  # of b and c
    if damage is None:  # the footer is whole, what it tells of is not
        data = bytearray(file.read_bytes())
        data[4:300] = bytes(296)
        damage = bytes(data)
    file.write_bytes(damage)
    label(archive, tmp_path / "in" / "b.mp4", record={**RECORD, "smooth": "none"})
    update_tables(archive)
    check_once(archive, "abcd")


def test_tables_of_another_ledger_or_version_are_made_anew(tmp_path: Path, archive: Path) -> None:
    update_tables(archive)
    about = archive / FOLDER / ABOUT
    about.write_text(about.read_text().replace("/1", "/0"))
    assert update_tables(archive).results == 4
    for file in archive.glob("ledger.sqlite*"):
        file.unlink()
    label(archive, tmp_path / "in" / "d.mp4", tmp_path / "in")  # other numbers than before
    assert update_tables(archive).results == 4
    check_once(archive, "abcd")


def test_a_full_disk_is_told_in_a_line_and_what_was_there_stays(
    tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update_tables(archive)
    before = {table: read(archive, table) for table in SIZES}
    label(archive, videos(tmp_path / "in", {"e": "wave 0.8"}))

    def full(self: object, rows: object) -> None:
        raise OSError(errno.ENOSPC, "Error writing bytes to file. Detail: [errno 28]")

    monkeypatch.setattr(table_parts.pq.ParquetWriter, "write_table", full)
    with pytest.raises(StoppedError, match=r"cannot write .*tables: No space left on device"):
        update_tables(archive)
    assert all(read(archive, table).equals(before[table]) for table in SIZES)
    assert not list((archive / FOLDER).rglob("*.partial"))


def test_an_archive_that_does_not_exist_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(StoppedError, match="nothing has been labelled in"):
        update_tables(tmp_path)


def test_tables_can_be_updated_while_a_run_has_the_ledger(tmp_path: Path, archive: Path) -> None:
    with begun(archive, tmp_path / "in"):
        assert update_tables(archive).results == 4


def test_names_that_are_not_unicode_are_spelled_out(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    try:
        (folder / "caf\udce9.mp4").write_text("wave 0.9")
    except (OSError, UnicodeError):
        pytest.skip("this file system takes Unicode names only")
    label(tmp_path / "out", folder)
    assert update_tables(tmp_path / "out").unread == ()
    assert read(tmp_path / "out", "segments")["video"].to_pylist()[0].endswith("caf\\udce9.mp4")
