"""Manifests of sets from YouTube: what rows mean, and that every mistake is told with its row."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from datasets import youtube
from tools.youtube.extra import MissingPackageError
from tools.youtube.manifest import ManifestError, Row, read_manifest
from tools.youtube.sources import source_of

HEAD = "video,start,stop,label,actor,split,licence,note\n"
ID = "aaaaaaaaaaa"  # eleven characters: no video
TEMPLATE = Path(youtube.__file__).with_name("youtube_template.csv")


def rows_of(
    folder: Path, text: str, name: str = "m.csv", media: Sequence[Path] = ()
) -> tuple[Row, ...]:
    (folder / name).write_text(text, encoding="utf-8")
    return read_manifest(folder / name, media=media)


def mistakes_of(
    folder: Path, text: str, name: str = "m.csv", media: Sequence[Path] = ()
) -> list[str]:
    with pytest.raises(ManifestError) as told:
        rows_of(folder, text, name, media=media)
    start = f"{folder / name}: "
    lines = str(told.value).splitlines()
    assert all(line.startswith(start) for line in lines)
    return [line.removeprefix(start) for line in lines]


def test_a_row_says_which_part_of_which_video_shows_what(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, HEAD + f"{ID},1:02.5,63.25,A35,2,train,CC BY,bows twice\n")
    assert (row.number, row.start, row.stop) == (2, 62.5, 63.25)
    assert (row.label, row.folder) == ("nod head/bow", "nod_head_bow")
    assert (row.actor, row.split, row.licence, row.note) == ("2", "train", "CC BY", "bows twice")
    assert row.source.url == f"https://www.youtube.com/watch?v={ID}"
    assert row.name == f"{ID}_0062500_0063250"


def test_what_is_left_empty_has_its_default(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, f"label,video\nclap,{ID}\n")
    assert (row.start, row.stop, row.actor, row.split) == (0.0, None, "largest", "test")
    assert row.name == f"{ID}_0000000_end"


def test_comments_and_empty_rows_are_passed_by_but_counted(tmp_path: Path) -> None:
    text = f'# say, "so\n{HEAD}\n,,,,,,,\n#{ID},0,1,A1\n"# as, spreadsheets"\n{ID},0,1,A1,,,,\n'
    assert [row.number for row in rows_of(tmp_path, text)] == [7]


def test_text_in_quotes_may_have_commas_and_ends_of_lines(tmp_path: Path) -> None:
    text = HEAD + f'{ID},0,1,A1,,,,"one,\n# two"\n{ID},1,2,A1\n'
    rows = rows_of(tmp_path, text)
    assert [(row.number, row.note) for row in rows] == [(2, "one, # two"), (4, "")]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_spreadsheets_may_part_columns_otherwise(tmp_path: Path, separator: str) -> None:
    text = "\ufeff" + (HEAD + f"{ID},0,1,A1,,,,\n").replace(",", separator)
    assert rows_of(tmp_path, text)[0].label == "drink water"


def test_yaml_is_a_list_of_the_same(tmp_path: Path) -> None:
    text = f"""
    - {{video: {ID}, start: 1:15.5, stop: 80, label: A8, actor: 2}}
    - video: "12345678901"
      label: clap
      note:
    """
    first, second = rows_of(tmp_path, text, "m.yaml")
    assert (first.start, first.stop, first.actor) == (75.5, 80.0, "2")
    assert (first.number, second.number, second.source.key) == (1, 2, "12345678901")
    csv = rows_of(tmp_path, f"video,start,stop,label,actor\n{ID},1:15.5,80,A8,2\n")
    assert first == Row(**{**vars(csv[0]), "number": 1})


def test_every_mistake_is_a_line_with_its_row(tmp_path: Path) -> None:
    text = HEAD + (
        f"{ID},5,3,A1,,,,\n"  # 2
        f"{ID},1:75,,A200,nobody,tests,,\n"
        ",,,,,,,a note alone\n"
        f"{ID},0,1,A1,,,,good\n"
        f"{ID},0.0,1.0,A2,,,,that again\n"  # 6
        f"{ID},0,2,A1,,,,too,many\n"
        f"{ID},-1,nan,A1,0,,,\n"
        f"bbbbbbbbbbb,0,1,Nod Head BOW,,,,\n"
        f"bbbbbbbbbbb,1,2,A35,,,,\n"  # 10
    )
    assert mistakes_of(tmp_path, text) == [
        "row 7: has 9 cells, and there are 8 columns: put text in which the separator occurs in "
        "quotes",
        "row 2: start 5 must come before stop 3",
        "row 3: label 'A200': NTU RGB+D has the actions A1 to A120",
        "row 3: start '1:75' is no time: give seconds, 75.5, or 1:15.5",
        "row 3: actor 'nobody' is neither a number on the contact sheet nor one of largest, "
        "longest, first",
        "row 3: split 'tests' is none of train, val, test",
        "row 4: video is empty",
        "row 4: label is empty",
        "row 8: start '-1' is no time: give seconds, 75.5, or 1:15.5",
        "row 8: stop 'nan' is no time: give seconds, 75.5, or 1:15.5",
        "row 8: actor '0' is neither a number on the contact sheet nor one of largest, longest, "
        "first",
        "row 6: is row 5 again: the same part of the same video, and the same actor",
        "row 10: label 'nod head/bow' and 'Nod Head BOW' would share the folder 'nod_head_bow': "
        "rename one",
    ]


def test_numbers_of_actions_that_no_set_has_are_mistakes_and_not_words(tmp_path: Path) -> None:
    labels = ("A0", "A121", "A1000", "a000000200")
    text = HEAD + "".join(f"{ID},{i},,{label},,,,\n" for i, label in enumerate(labels))
    assert mistakes_of(tmp_path, text) == [
        f"row {2 + i}: label {label!r}: NTU RGB+D has the actions A1 to A120"
        for i, label in enumerate(labels)
    ]


def test_actions_that_the_60_do_not_have_are_told_once(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    labels = ("A60", "A99", "a99", "A120", "running on the spot")
    rows = "".join(f"{ID},{i},,{label},,,,\n" for i, label in enumerate(labels))
    path.write_text(HEAD + rows, encoding="utf-8")
    told: list[str] = []
    assert [row.label for row in read_manifest(path, tell=told.append)][1:3] == [labels[-1]] * 2
    assert told == [
        f"{path}: row 3: label A99 is 'running on the spot', of NTU RGB+D 120 alone",
        f"{path}: row 5: label A120 is 'finger-guessing game (playing rock-paper-scissors)', "
        "of NTU RGB+D 120 alone",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("video,lable\n", "row 1: unknown column 'lable': there are .* Did you mean 'label'"),
        ("video,start\n", "row 1: there is no 'label'; columns are video,start,"),
        ("video,label,video\n", "row 1: there are two columns 'video'"),
        (HEAD, "has no rows yet"),
        ("", "has no rows yet"),
        (HEAD + 'x,"a"b\n', "row 2: cannot be read as CSV"),
        (HEAD + f'{ID},0,1,"A1\n', "row 2: cannot be read as CSV"),
    ],
)
def test_a_table_that_is_none_is_told(tmp_path: Path, text: str, line: str) -> None:
    assert re.match(line, mistakes_of(tmp_path, text)[0])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1", "expected a list"),
        ("- [1, 2]", "row 1: expected {video"),
        ("- {video: 12345678901, label: A1}", "row 1: video 12345678901 is no text: put it in quo"),
        (f"- {{video: {ID}, label: no}}", "row 1: label False is no text"),
        (f"- {{video: {ID}, lable: x}}", "row 1: unknown column 'lable'"),
        ("- {", "cannot be read as YAML"),
        ("- !!python/object/apply:os.system [ls]", "cannot be read as YAML"),
        ("&a [*a]", "row 1: expected {video"),
    ],
)
def test_yaml_that_means_something_else_is_told(tmp_path: Path, text: str, line: str) -> None:
    assert mistakes_of(tmp_path, text, "m.yml")[0].startswith(line)


def test_a_few_lines_of_yaml_that_stand_for_gigabytes_are_told_briefly(tmp_path: Path) -> None:
    text = "- &a0 [x, x]\n" + "".join(f"- &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
    lines = mistakes_of(tmp_path, text, "m.yaml")
    assert len(lines) == 21 and max(map(len, lines)) < 120
    assert lines[-1] == "and 20 more"


def test_text_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes(HEAD.encode() + b"\xe9\n")
    with pytest.raises(ManifestError, match="is not UTF-8 text"):
        read_manifest(tmp_path / "m.csv")
    with pytest.raises(FileNotFoundError):
        read_manifest(tmp_path / "none.csv")


def test_a_missing_package_is_one_line_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingPackageError) as told:
        rows_of(tmp_path, "- {}", "m.yaml")
    assert str(told.value) == (
        "the package pyyaml is not installed: pip install -c constraints.txt -e '.[youtube]'"
    )


def test_a_part_that_ends_where_the_video_begins_is_told(tmp_path: Path) -> None:
    (line,) = mistakes_of(tmp_path, HEAD + f"{ID},,0,A1,,,,\n")
    assert line == "row 2: start 0 must come before stop 0"


def test_one_range_for_two_people_is_two_clips(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, HEAD + f"{ID},0,1,A1,1,,,\n{ID},0,1,A2,2,,,\n")
    assert [row.name for row in rows] == [f"{ID}_0000000_0001000_{who}" for who in "12"]


@pytest.mark.parametrize(
    "address",
    [
        f"https://www.youtube.com/watch?v={ID}&t=75",
        f"https://youtu.be/{ID}?si=x",
        f"https://m.youtube.com/shorts/{ID}",
        f"http://youtube.com/watch?list=PL1&v={ID}",
    ],
)
def test_all_addresses_of_a_video_of_youtube_are_one_video(address: str, tmp_path: Path) -> None:
    assert source_of(address, [tmp_path]).key == ID
    assert source_of(address, [tmp_path]).url == source_of(ID, [tmp_path]).url


def test_videos_elsewhere_are_told_apart_by_all_of_their_address(tmp_path: Path) -> None:
    one, other = (source_of(f"https://a.org/{part}/v.mp4", [tmp_path]) for part in "xy")
    assert one.key != other.key and one.key.startswith("v-") and one.path is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("https://www.youtube.com/playlist?list=PL1", "names no video of YouTube"),
        ("https://www.youtube.com/@somebody", "names no video of YouTube"),
        ("file:///etc/passwd", "is no address that videos are fetched from"),
        ("ftp://a.org/v.mp4", "is no address that videos are fetched from"),
        ("https://", "is no address that videos are fetched from"),
        ("http://[::1/v.mp4", "is no address that videos are fetched from"),
        ("https://me:secret@a.org/v.mp4", "names a user"),
        ("https://a.org/a b.mp4", "has spaces"),
        ("clap", "is neither a YouTube id"),
        ("clip.txt", "is neither a YouTube id"),
    ],
)
def test_what_is_no_video_is_told(text: str, line: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=line) as told:
        source_of(text, [tmp_path])
    assert "secret" not in str(told.value)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder with a manifest's videos, one beside it, and a link that leads there."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("in/deep/a.mp4", "b.mp4"):
        (tmp_path / name).touch()
    (tmp_path / "in" / "link.mp4").symlink_to(tmp_path / "b.mp4")
    (tmp_path / "in" / "out").symlink_to(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "text",
    ["../b.mp4", "deep/../../b.mp4", "..\\b.mp4", "link.mp4", "out/b.mp4", "/etc/hosts.mp4", "/b/"],
)
def test_no_path_leads_out_of_the_manifests_folder(text: str, house: Path) -> None:
    (line,) = mistakes_of(house / "in", HEAD + f"{text},,,A1,,,,\n")
    assert line.startswith(f"row 2: video {text!r} is outside of {house / 'in'}: give --media")


def test_files_are_found_in_the_manifests_folder_and_in_those_of_media(house: Path) -> None:
    inside = house / "in"
    text = HEAD + f"deep/a.mp4,,,A1,,,,\nb.mp4,,,A2,,,,\n{house / 'b.mp4'},0,1,A2,,,,\n"
    first, second, third = rows_of(inside, text, media=[house])
    assert first.source.path == inside / "deep" / "a.mp4"
    assert second.source.path == third.source.path == house / "b.mp4"
    assert len({row.name for row in (first, second, third)}) == 3


def test_the_template_is_a_manifest_of_the_ten_classes_of_the_thesis(tmp_path: Path) -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    assert mistakes_of(tmp_path, text) == ["has no rows yet: add one for each clip, with a video "
                                           "and a label"]  # fmt: skip
    filled = re.sub(r"^#VIDEO", "VIDEO", text, flags=re.MULTILINE)
    for number in range(30):
        filled = filled.replace("VIDEO,", f"videos/{number}.mp4,", 1)
    rows = rows_of(tmp_path, filled)
    assert [row.label for row in rows] == [name for name in youtube.TEN for _ in range(3)]
    assert not re.search(r"youtube\.com|youtu\.be", text)  # nobody's videos are named
