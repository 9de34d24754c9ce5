"""Which videos inputs stand for, and the folder that each one's results get."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

import pytest

from tests.made_archive import videos
from wildpose.archive.enrolment import places
from wildpose.archive.sources import Found, Wrong, videos_of


def found(*inputs: Path | str, out: Path) -> list[str]:
    """Paths of the videos, none of the inputs being wrong."""
    each = list(videos_of([str(path) for path in inputs], out=out))
    assert all(isinstance(one, Found) for one in each), each
    return [one.path for one in each if isinstance(one, Found)]


def wrong(*inputs: Path | str, out: Path) -> list[str]:
    each = videos_of([str(path) for path in inputs], out=out)
    return [f"{one.what}: {one.why}" for one in each if isinstance(one, Wrong)]


def first_places(path: str, root: str, *, count: int = 4) -> list[str]:
    each = places(Path(path), root, reserved=["result.json"])
    return [place.as_posix() for place in islice(each, count)]


# Inputs


def test_a_folder_stands_for_its_videos_at_any_depth_by_name(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"b": "", "a/c": "", "a/.hidden/d": "", ".e": ""})
    (folder / "notes.md").touch()
    assert found(folder, out=tmp_path / "out") == [f"{folder}/b.mp4", f"{folder}/a/c.mp4"]


def test_the_archive_itself_is_not_searched(tmp_path: Path) -> None:
    videos(tmp_path, {"a": "", "archive/videos/b": "", "c/overlay": ""})
    (tmp_path / "c" / "result.json").touch()  # of another run
    assert found(tmp_path, out=tmp_path / "archive") == [f"{tmp_path}/a.mp4"]


def test_files_and_globs_stand_for_themselves(tmp_path: Path) -> None:
    folder = videos(tmp_path, {"a1": "", "a2": "", "b": ""})
    paths = found(folder / "b.mp4", folder / "a*.mp4", out=tmp_path / "out")
    assert [Path(path).stem for path in paths] == ["b", "a1", "a2"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.txt", "a.mp4\n\n# a remark\n  sub/b.mp4 \r\n  # another\n{absolute}\n"),
        ("list.csv", "label,path\nwave,a.mp4\nclap,sub/b.mp4\nnone,\nbow,{absolute}\n"),
        (
            "blanks.csv",
            'label, path\nwave,  a.mp4\nclap, "sub/b.mp4" \nnone,  \nbow,\t{absolute} \n',
        ),
        ("LIST.CSV", "\ufeffpath\na.mp4\nsub/b.mp4\n{absolute}\n"),
    ],
)
def test_a_list_names_files_from_its_own_folder(tmp_path: Path, name: str, text: str) -> None:
    absolute = tmp_path / "else where.mp4"
    (tmp_path / "lists").mkdir()
    manifest = tmp_path / "lists" / name
    manifest.write_text(text.format(absolute=absolute), encoding="utf-8")
    below = manifest.parent
    assert found(manifest, out=tmp_path / "out") == [
        f"{below}/a.mp4",
        f"{below}/sub/b.mp4",
        str(absolute),
    ]


def test_a_relative_path_never_leads_out_of_the_folder_of_its_list(tmp_path: Path) -> None:
    manifest = tmp_path / "list.txt"
    manifest.write_text("sub/../a.mp4\nsub/../../b.mp4\n")
    first, second = videos_of([str(manifest)], out=tmp_path / "out")
    assert isinstance(first, Found) and first.path == f"{tmp_path}/a.mp4"
    assert second == Wrong(
        str(manifest),
        "line 2: sub/../../b.mp4 leads out of the list's folder: give an absolute path",
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("file,label\na.mp4,x\n", "needs a column 'path' in its first line, which has file, label"),
        ("", "needs a column 'path' in its first line, which has nothing"),
        ("path\n", "a list without a path in it"),
    ],
)
def test_a_table_without_paths_is_a_line(tmp_path: Path, text: str, why: str) -> None:
    manifest = tmp_path / "list.csv"
    manifest.write_text(text)
    (line,) = wrong(manifest, out=tmp_path / "out")
    assert line.startswith(f"{manifest}: ") and line.endswith(why)


def test_what_stands_for_no_video_is_a_line_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    inputs = [tmp_path / "empty", tmp_path / "no.mp4", tmp_path / "*.avi", "", "x" * 5000]
    lines = wrong(*inputs, out=tmp_path / "out")
    assert lines[0] == f"{tmp_path}/empty: a folder without a video file"
    assert lines[1] == f"{tmp_path}/no.mp4: no such file: check the spelling and the folder"
    assert lines[2] == f"{tmp_path}/*.avi: no file matches this pattern"
    assert len(lines) == 5


@pytest.mark.skipif(os.name == "nt", reason="names of files are Unicode there")
def test_names_that_are_not_unicode_are_found(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.mp4")
    (tmp_path / name).touch()
    (tmp_path / "list.txt").write_bytes(b"caf\xe9.mp4\n")
    expected = [str(tmp_path / name)]
    assert found(tmp_path, out=tmp_path / "out") == expected
    assert found(tmp_path / "list.txt", out=tmp_path / "out") == expected


# Places


def test_a_place_is_the_stem_then_with_the_folder_then_the_suffix_then_a_hash() -> None:
    places = first_places("/lib/day1/a/clip.mp4", "/lib")
    assert places[:3] == ["clip", "day1/a/clip", "day1/a/clip.mp4"]
    assert places[3].startswith("clip-") and len(places[3]) == len("clip-01234567")


@pytest.mark.parametrize("root", ["", "/lib/day1", "/somewhere/else"])
def test_a_file_right_in_what_was_named_has_its_folder_for_a_second_choice(root: str) -> None:
    assert first_places("/lib/day1/clip.mp4", root, count=2) == ["clip", "day1/clip"]


def test_a_place_is_never_called_like_a_file_of_a_result() -> None:
    first = first_places("/lib/a/result.json.mp4", "/lib", count=1)[0]
    assert first == "a/result.json.mp4"


def test_places_stay_inside_the_archive_and_within_the_limit_of_names() -> None:
    assert first_places("/....mp4", "/", count=1) == ["_..."]
    last = first_places(f"/a/{'x' * 250}.mp4", "/")[3]
    assert len(last) < 80
