"""`wildpose find`: which segments of an archive are found, how they are told, and their clips."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.made_archive import videos
from tests.made_tables import label, parts
from tests.media import indices_of, times_of, write_video
from wildpose.archive.find_clips import clip_name
from wildpose.archive.find_command import clock
from wildpose.archive.finding import Hit, Query, find, names, near
from wildpose.archive.table_schema import ABOUT, FOLDER, TABLES, part_path
from wildpose.archive.tables import update_tables
from wildpose.cli import main

SOME = {
    "a": "wave 0.9 fall 0.5; sit-down 0.3",
    "b": "Fall 0.7 wave 0.4",
    "c": "nobody",
    "d": "walk 0.6 fall 0.5 walk 0.8",
}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    label(out, videos(tmp_path / "in", SOME))
    update_tables(out)
    return out


def found(archive: Path, *terms: str, **options: object) -> list[tuple[str, int, float, str]]:
    limits = {name: options.pop(name) for name in ("order", "limit") if name in options}
    hits = find(archive, Query(terms, **options), **limits).hits  # type: ignore[arg-type]
    return [(Path(h.video).stem, h.person, h.start, h.label) for h in hits]


def run(*arguments: object) -> int:
    return main(["find", *map(str, arguments)])


@pytest.mark.parametrize(
    ("term", "label"),
    [
        ("fall", "fall"),
        ("fall", "Falling down"),
        ("FALL", "falling"),
        ("down fall", "falling down"),  # words in any order
        ("sit do", "sit_down"),
        ("sit-down", "sitting down"),
        ("été", "Été"),
    ],
)
def test_a_term_means_classes_that_its_words_begin_words_of(term: str, label: str) -> None:
    assert names(term, label)


@pytest.mark.parametrize(
    ("term", "label"), [("all", "fall"), ("fall up", "fall down"), ("falling", "fall"), ("-", "a")]
)
def test_a_term_means_no_other_class(term: str, label: str) -> None:
    assert not names(term, label)


def test_classes_that_are_like_a_term_are_suggested_the_likest_first() -> None:
    labels = ["walk", "fall down", "kick", "call", "fall"]
    assert near("fal", labels) == ["fall", "fall down"]
    assert near("falling", labels)[0] == "fall"
    assert near("zzz", labels) == []


def test_the_best_come_first(archive: Path) -> None:
    assert found(archive, "fall") == [
        ("b", 1, 0.0, "Fall"),
        ("a", 1, 1.0, "fall"),  # of two equal scores the earlier video
        ("d", 1, 1.0, "fall"),
    ]


def test_or_they_come_as_time_goes(archive: Path) -> None:
    assert found(archive, "fall", "walk", order="time") == [
        ("a", 1, 1.0, "fall"),
        ("b", 1, 0.0, "Fall"),
        ("d", 1, 0.0, "walk"),
        ("d", 1, 1.0, "fall"),
        ("d", 1, 2.0, "walk"),
    ]


def test_a_limit_keeps_the_first_and_counts_all(archive: Path) -> None:
    every = find(archive, Query()).hits
    for order in ("score", "time"):
        ordered = find(archive, Query(), order=order).hits
        assert sorted(ordered, key=str) == sorted(every, key=str)
        for limit in range(9):
            some = find(archive, Query(), order=order, limit=limit)
            assert (some.hits, some.total) == (ordered[:limit], 8)


def test_scores_labels_and_terms_say_what_is_found(archive: Path) -> None:
    assert found(archive, "fall", min_score=0.5) == found(archive, "fall")
    assert found(archive, "fall", min_score=0.51) == [("b", 1, 0.0, "Fall")]
    assert found(archive, labels=["Fall"]) == [("b", 1, 0.0, "Fall")]
    assert found(archive, "sit", labels=["Fall"]) == [
        ("b", 1, 0.0, "Fall"),
        ("a", 2, 0.0, "sit-down"),
    ]
    assert found(archive, "jump") == []


def test_hits_of_several_files_are_those_of_one(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = find(archive, Query(), limit=5)
    (file,) = parts(archive, "segments")
    table = pq.read_table(file)
    for i in range(0, len(table), 3):
        pq.write_table(table[i : i + 3], file.with_name(f"part-{i:06d}.parquet"))
    split = find(archive, Query(), limit=5)
    assert (split.hits, split.counts, split.labels) == (whole.hits, whole.counts, whole.labels)


def test_lines_tell_where_and_when(
    archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(archive.parent / "in")
    assert run("fall", "--in", archive, "--limit", 2) == 0
    lines = capsys.readouterr()
    assert lines.out.splitlines() == [
        "b.mp4: 0:00:00.0-0:00:01.0, person 1, Fall, 0.700",
        "a.mp4: 0:00:01.0-0:00:02.0, person 1, fall, 0.500",
    ]
    assert lines.err == "2 of 3 hits; --limit 0 tells all\n"
    assert run("fall", "--in", archive, "--limit", 0) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_json_has_an_object_for_each_hit(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sit", "--in", archive, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "content": 1,
        "video": str(archive.parent / "in" / "a.mp4"),
        "person": 2,
        "start": 0.0,
        "stop": 1.0,
        "label": "sit-down",
        "score": 0.3,
    }


def test_without_a_term_it_tells_which_actions_there_are(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--in", archive) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [["2", "fall"], ["2", "walk"], ["2", "wave"], ["1", "Fall"], ["1", "sit-down"]]
    assert run("--in", archive, "--json", "--min-score", 0.7) == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert objects == [{"label": each, "segments": 1} for each in ("Fall", "walk", "wave")]


def test_an_action_that_nobody_does_is_told_with_what_may_be_meant(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("fal1", "walk", "--label", "FALL", "--in", archive) == 0
    lines = capsys.readouterr()
    assert len(lines.out.splitlines()) == 2
    assert lines.err.splitlines() == [
        "nobody does 'fal1' here: did you mean 'Fall' or 'fall'?",
        "nobody does 'FALL' here: did you mean 'Fall' or 'fall'?",
    ]
    assert run("xyz", "--in", archive) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "nobody does 'xyz' here: found are Fall, fall, sit-down, walk, wave",
        f"no hits in {archive}",
    ]


def test_an_archive_without_people_has_no_hits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    label(tmp_path / "out", videos(tmp_path / "in", {"a": "nobody"}))
    update_tables(tmp_path / "out")
    assert run("fall", "--in", tmp_path / "out") == 0
    assert "nobody does 'fall' here: no action was found in any video" in capsys.readouterr().err
    assert run("--in", tmp_path / "out") == 0
    assert capsys.readouterr().err == "no action was found in any video\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--min-score", "1.5"], "--min-score must lie between 0 and 1, got 1.5"),
        (["--min-score", "nan"], "--min-score must lie between 0 and 1, got nan"),
        (["--limit", "-1"], "--limit must be 0 or more, got -1"),
        (["--margin", "-1"], "--margin must be 0 seconds or more, got -1"),
        (["--sort", "name"], "invalid choice: 'name'"),
    ],
)
def test_options_that_are_not_allowed_end_it_with_2(
    archive: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run("fall", "--in", archive, *options)
    assert said in capsys.readouterr().err


def test_so_do_clips_of_nothing_and_a_folder_without_tables(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run("--in", archive, "--clips", tmp_path / "clips")
    assert "--clips needs a TERM or --label" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        run("fall", "--in", tmp_path / "in")
    assert "has no tables to search: `wildpose label` makes them" in capsys.readouterr().err
    about = archive / FOLDER / ABOUT
    about.write_text(about.read_text().replace("/1", "/9"))
    with pytest.raises(SystemExit, match="2"):
        run("fall", "--in", archive)
    assert "are wildpose tables/9, this wildpose reads wildpose tables/1" in capsys.readouterr().err


def test_a_damaged_file_is_told_and_the_others_are_searched(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = part_path(archive, "segments", 5000)
    broken.write_bytes(b"PAR1 and no more")
    assert run("sit", "--in", archive) == 1
    lines = capsys.readouterr()
    assert lines.err == (
        f"wildpose find: {broken} is damaged: remove it, `wildpose label` makes it again\n"
    )
    assert len(lines.out.splitlines()) == 1


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0:00:00.0"),
        (59.96, "0:01:00.0"),
        (3599.94, "0:59:59.9"),
        (36061.5, "10:01:01.5"),
        (-0.5, "-0:00:00.5"),
    ],
)
def test_a_time_is_told_in_hours_minutes_and_seconds(seconds: float, told: str) -> None:
    assert clock(seconds) == told


def test_ctrl_c_amid_a_search_is_one_line_and_exit_code_130(
    archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wildpose.archive.find_command.find", interrupted)
    assert run("fall", "--in", archive) == 130
    assert capsys.readouterr().err == "wildpose: interrupted\n"


def test_it_starts_without_networks_and_video_libraries(archive: Path) -> None:
    program = (
        "import sys; from wildpose.cli import main; code = main(sys.argv[1:]); "
        "print({'torch', 'cv2', 'av', 'scipy', 'pandas', 'pyarrow.dataset'} & {*sys.modules}); "
        "sys.exit(code)"
    )
    command = [sys.executable, "-c", program, "find", "fall", "--in", str(archive)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def hit(video: Path | str, **values: object) -> Hit:
    known = {"content": 7, "person": 2, "start": 0.2, "stop": 0.4, "label": "fall", "score": 0.5}
    return Hit(video=str(video), **{**known, **values})


def test_names_of_clips_sort_as_hits_do_and_are_those_of_files() -> None:
    assert clip_name(hit("/x/my walk.mov", start=3725.5), "score") == (
        "0.500_fall_my-walk_v7_p2_01h02m05.50s.mp4"
    )
    assert clip_name(hit("/x/my walk.mov", start=3725.5), "time") == (
        "my-walk_v7_01h02m05.50s_p2_fall_0.500.mp4"
    )
    odd = clip_name(hit("/x/" + "long" * 60, label="../a\\b:c? (d)\n"), "score")
    assert odd == f"0.500_a-b-c-d_{'long' * 10}_v7_p2_00h00m00.20s.mp4"
    four = "\U00020000"  # bytes of one letter
    wide = clip_name(hit(f"/x/{four * 60}", label=four * 60), "time")
    assert wide == f"{four * 20}_v7_00h00m00.20s_p2_{four * 20}_0.500.mp4"
    assert len(wide.encode()) <= 255  # bytes, that a name may have
    times = [clip_name(hit("a", start=s), "time") for s in (9.0, 59.999, 61.0, 3601.0, 36001.0)]
    assert times == sorted(times)


@pytest.fixture
def filmed(tmp_path: Path) -> Path:
    """An archive of a video of 30 pictures in 3 s, in which somebody falls from 1 s to 2 s."""
    out = tmp_path / "out"
    folder = videos(tmp_path / "in", {"a": "wave 0.9 fall 0.5"})
    label(out, folder)
    update_tables(out)
    write_video(folder / "a.mp4", pictures=30, fps=10)
    return out


def test_clips_show_the_hits_with_a_margin(
    filmed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("fall", "--in", filmed, "--clips", tmp_path / "clips", "--margin", 0.5) == 0
    (clip,) = (tmp_path / "clips").iterdir()
    assert capsys.readouterr().out.rstrip().endswith(f"fall, 0.500 -> {clip}")
    assert indices_of(clip) == list(range(5, 25))
    assert times_of(clip) == pytest.approx([i / 10 for i in range(20)], abs=1e-3)


def test_a_margin_reaches_no_further_than_the_video(filmed: Path, tmp_path: Path) -> None:
    assert run("fall", "wave", "--in", filmed, "--clips", tmp_path / "clips", "--margin", 9) == 0
    for clip in (tmp_path / "clips").iterdir():
        assert indices_of(clip) == list(range(30))


def test_a_clip_that_is_there_stays(
    filmed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("fall", "--in", filmed, "--clips", tmp_path / "clips")
    (clip,) = (tmp_path / "clips").iterdir()
    clip.write_text("mine")
    capsys.readouterr()
    assert run("fall", "--in", filmed, "--clips", tmp_path / "clips", "--json") == 0
    assert clip.read_text() == "mine"
    told = json.loads(capsys.readouterr().out)
    assert (told["clip"], told["error"], told["note"]) == (str(clip), None, "was there already")


def test_a_clip_that_was_cut_with_another_margin_is_cut_anew(
    filmed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("fall", "--in", filmed, "--clips", tmp_path / "clips")
    assert run(*asked, "--margin", 0.5) == 0
    (clip,) = (tmp_path / "clips").iterdir()
    assert len(indices_of(clip)) == 20
    capsys.readouterr()
    assert run(*asked) == 0
    assert capsys.readouterr().out.rstrip().endswith(f"{clip} (cut anew: it showed another part)")
    assert indices_of(clip) == list(range(30))
    assert run(*asked) == 0
    assert capsys.readouterr().out.rstrip().endswith(f"{clip} (was there already)")
    assert list((tmp_path / "clips").iterdir()) == [clip]


def test_a_video_of_somebody_else_stays_whatever_the_margin(filmed: Path, tmp_path: Path) -> None:
    asked = ("fall", "--in", filmed, "--clips", tmp_path / "clips")
    assert run(*asked) == 0
    (clip,) = (tmp_path / "clips").iterdir()
    write_video(clip, pictures=3)
    assert run(*asked, "--margin", 0.5) == 0
    assert indices_of(clip) == [0, 1, 2]


def test_a_clip_that_cannot_be_cut_is_told_and_the_others_are_there(
    filmed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    label(filmed, videos(tmp_path / "more", {"gone": "fall 0.8", "text": "fall 0.7"}))
    update_tables(filmed)
    (tmp_path / "more" / "gone.mp4").unlink()
    capsys.readouterr()
    assert run("fall", "--in", filmed, "--clips", tmp_path / "clips") == 1
    lines = capsys.readouterr()
    assert len(lines.out.splitlines()) == 1
    gone, text = lines.err.splitlines()
    assert gone.startswith(f"{tmp_path}/more/gone.mp4: 0:00:00.0-") and "no such file" in gone
    assert text.startswith(f"{tmp_path}/more/text.mp4: 0:00:00.0-") and "cannot be cut out" in text
    assert [clip.name for clip in (tmp_path / "clips").iterdir()] == [
        "0.500_fall_a_v1_p1_00h00m01.00s.mp4"
    ]


def test_a_folder_that_clips_cannot_go_to_is_told_for_each(
    filmed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert run("fall", "--in", filmed, "--clips", tmp_path / "file" / "clips") == 1
    assert "cannot write" in capsys.readouterr().err


@pytest.mark.parametrize("library", ["duckdb", "pandas"])
def test_other_programs_read_the_tables_by_a_pattern(archive: Path, library: str) -> None:
    module = pytest.importorskip(library, reason=f"{library} is not installed")
    for table, schema in TABLES.items():
        folder = archive / FOLDER / table
        if library == "duckdb":
            read = module.read_parquet(f"{folder}/*.parquet")
            columns, rows = read.columns, len(read.fetchall())  # no column needs a package more
        else:
            read = module.read_parquet(folder)
            columns, rows = list(read.columns), len(read)
        assert columns == schema.names
        assert rows == {"videos": 4, "people": 4, "frames": 16, "segments": 8}[table]
