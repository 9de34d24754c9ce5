"""Which files are meant, and where the results of each go."""

from __future__ import annotations

from pathlib import Path

import pytest

from wildpose.inputs import expand, folders


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A few videos in folders, among other files."""
    for name in (
        "b.mp4", "a.MOV", "notes.txt", "cover.jpg", "day1/walk.mp4", "day1/run.mkv",
        "day2/deep/walk.avi", "results/b/overlay.mp4", "day1/results/kept.webm",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def names(found: list[Path], house: Path) -> list[str]:
    return [path.relative_to(house).as_posix() for path in found]


def places(*paths: str) -> dict[str, str]:
    """Input -> place, both below /videos."""
    base = Path("/videos")
    found = folders([base / path for path in paths])
    return {p.relative_to(base).as_posix(): place.as_posix() for p, place in found.items()}


def test_a_file_stands_for_itself(house: Path) -> None:
    path = house / "b.mp4"
    assert expand([str(path)], out=house / "results") == ([path], {})


def test_a_file_is_taken_whatever_its_suffix(house: Path) -> None:
    path = house / "notes.txt"  # reading it says what is wrong with it
    assert expand([str(path)], out=house / "results") == ([path], {})


def test_links_that_lead_in_a_circle_are_named_as_they_are(house: Path) -> None:
    path = house / "loop.mp4"
    path.symlink_to(path)
    assert expand([str(path)], out=house / "results") == ([path], {})


def test_a_folder_stands_for_all_videos_below_it_without_the_results(house: Path) -> None:
    found, failed = expand([str(house)], out=house / "results")
    assert names(found, house) == [
        "a.MOV", "b.mp4", "day1/results/kept.webm", "day1/run.mkv", "day1/walk.mp4",
        "day2/deep/walk.avi",
    ]  # fmt: skip
    assert failed == {}


def test_a_results_folder_given_relative_is_left_out_too(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(house)
    found, _ = expand(["."], out=Path("day1/../results"))
    assert "results/b/overlay.mp4" not in {path.as_posix() for path in found}
    assert Path("b.mp4") in found


def test_a_folder_called_like_a_video_is_not_one(house: Path) -> None:
    (house / "day2" / "folder.mp4").mkdir()
    found, _ = expand([str(house / "day2")], out=house / "results")
    assert names(found, house) == ["day2/deep/walk.avi"]


def test_a_pattern_stands_for_the_files_that_match_in_order(house: Path) -> None:
    found, failed = expand([str(house / "day*" / "*.m*")], out=house / "out")
    assert names(found, house) == ["day1/run.mkv", "day1/walk.mp4"]
    assert failed == {}


def test_two_stars_go_into_folders(house: Path) -> None:
    found, _ = expand([str(house / "**" / "walk.*")], out=house / "out")
    assert names(found, house) == ["day1/walk.mp4", "day2/deep/walk.avi"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(house: Path) -> None:
    path = house / "take[1].mp4"
    path.touch()
    (house / "take1.mp4").touch()
    assert expand([str(path)], out=house / "out") == ([path], {})


def test_what_stands_for_nothing_is_told_and_the_rest_is_done(house: Path) -> None:
    (house / "empty").mkdir()
    empty, pattern = house / "empty", house / "*.webm"
    found, failed = expand([str(empty), str(pattern), str(house / "b.mp4")], out=house / "out")
    assert found == [house / "b.mp4"]
    assert failed == {
        empty: "a folder without a video file",
        pattern: "no file matches this pattern",
    }


def test_a_file_that_is_not_there_is_left_to_the_reader(house: Path) -> None:
    missing = house / "absent.mp4"
    assert expand([str(missing)], out=house / "out") == ([missing], {})


def test_a_file_given_in_several_ways_comes_once(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(house)
    (house / "link.mp4").symlink_to(house / "b.mp4")
    inputs = ["b.mp4", "day1/../b.mp4", str(house / "b.mp4"), "b.*", "link.mp4"]
    assert expand(inputs, out=Path("results")) == ([Path("b.mp4")], {})


def test_inputs_keep_the_order_in_which_they_were_typed(house: Path) -> None:
    typed = [house / "day1/walk.mp4", house / "b.mp4", house / "a.MOV"]
    found, _ = expand([str(path) for path in typed], out=house / "out")
    assert found == typed


def test_results_go_to_the_stem() -> None:
    assert places("a.mp4", "day1/b.c.mkv") == {"a.mp4": "a", "day1/b.c.mkv": "b.c"}


def test_the_same_stem_in_two_folders_keeps_the_folders() -> None:
    assert places("day1/walk.mp4", "day2/deep/walk.avi", "run.mp4") == {
        "day1/walk.mp4": "day1/walk",
        "day2/deep/walk.avi": "day2/deep/walk",
        "run.mp4": "run",
    }


def test_the_same_stem_with_two_suffixes_keeps_the_suffix() -> None:
    assert places("walk.mp4", "walk.avi") == {"walk.mp4": "walk.mp4", "walk.avi": "walk.avi"}


def test_folders_and_suffixes_are_kept_only_where_they_are_needed() -> None:
    assert places("x/walk.mp4", "x/walk.avi", "y/walk.mp4") == {
        "x/walk.mp4": "x/walk.mp4",
        "x/walk.avi": "x/walk.avi",
        "y/walk.mp4": "y/walk",
    }


def test_stems_that_differ_in_case_alone_are_kept_apart() -> None:
    found = places("day1/Walk.mp4", "day2/walk.mp4")
    assert found == {"day1/Walk.mp4": "day1/Walk", "day2/walk.mp4": "day2/walk"}


def test_the_place_of_an_input_does_not_depend_on_their_order() -> None:
    paths = ["x/walk.mp4", "y/walk.mp4", "run.mp4", "x/walk.avi"]
    assert places(*paths) == places(*paths[::-1])


def test_one_input_alone_goes_to_its_stem() -> None:
    assert places("day1/deep/walk.mp4") == {"day1/deep/walk.mp4": "walk"}


def test_no_inputs_have_no_places() -> None:
    assert folders([]) == {}


@pytest.mark.parametrize(
    "paths",
    [
        ("a.mov", "a.mp4", "a.mp4.mkv"),
        ("A.mp4", "a.mp4"),
        ("X/b.mp4", "x/b.mp4"),
    ],
)
def test_no_two_inputs_share_a_place_not_even_in_another_case(paths: tuple[str, ...]) -> None:
    assert len({place.casefold() for place in places(*paths).values()}) == len(paths)


def test_links_keep_their_own_names(tmp_path: Path) -> None:
    for name in ("store/1.mp4", "store/2.mp4", "z/1.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for name, target in (("x/a.mp4", "1"), ("y/a.mp4", "2")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).symlink_to(tmp_path / f"store/{target}.mp4")
    found = folders([tmp_path / name for name in ("x/a.mp4", "y/a.mp4", "z/1.mp4")])
    assert sorted(str(place) for place in found.values()) == ["1", "x/a", "y/a"]


def test_a_pattern_leaves_out_the_overlays_of_an_earlier_run(tmp_path: Path) -> None:
    for name in ("a.mp4", "results/a/overlay.mp4", "older/b/overlay.mp4", "older/b/result.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found, _ = expand([str(tmp_path / "**" / "*.mp4")], out=tmp_path / "results")
    assert found == [tmp_path / "a.mp4"]


def test_results_may_go_into_the_folder_of_the_inputs(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    assert expand([str(tmp_path)], out=tmp_path) == ([tmp_path / "a.mp4"], {})
