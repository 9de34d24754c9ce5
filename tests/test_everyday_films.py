"""Takes are chosen evenly, of people who train nowhere, and filmed alike every time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from datasets.everyday_actions import ACTIONS
from datasets.everyday_films import Film, films
from datasets.everyday_takes import Take
from datasets.everyday_videos import SHOTS, TESTED, VALIDATED
from datasets.protocols import Split
from tests.made_sequences import acted
from tools import film_everyday
from tools.evaluation.mannequin_clips import read_truth

WALK = acted("walk", "kinect25")


def take(
    action: str = "walk", split: Split = "test", source: str = "bandai", clip: str = "a",
    frames: int = 30,
) -> Take:  # fmt: skip
    joints = np.resize(WALK, (frames, *WALK.shape[1:]))
    return Take(source, split, clip, "whole", "", action, joints)


def some_takes() -> list[Take]:
    """Of two actions in all splits, more of one set than of the other."""
    return [
        take(action, split, source, f"{split}/{i}")
        for action in ("walk", "bow")
        for split in ("train", "val", "test")
        for source, count in (("bandai", 40), ("utd_mhad", 3))
        for i in range(count)
    ]


def test_as_many_of_each_action_are_filmed_and_nobody_who_trains() -> None:
    found = films(some_takes())
    assert {film.take.split for film in found} == {"val", "test"}
    counts = Counter((film.action, film.name[:4], film.take.split) for film in found)
    wanted = {("shot", "val"): SHOTS + VALIDATED, ("test", "test"): TESTED}
    assert counts == {(action, *k): n for action in ("walk", "bow") for k, n in wanted.items()}
    assert len({(film.action, film.name) for film in found}) == len(found)


def test_sets_take_turns_whichever_has_more() -> None:
    sources = [film.take.source for film in films(some_takes()) if film.name.startswith("test")]
    assert sources[:6] == ["bandai", "utd_mhad"] * 3
    assert Counter(sources[:TESTED])["utd_mhad"] == 3


def test_a_take_is_filmed_again_only_where_there_are_too_few() -> None:
    found = films([take(clip="a"), take(clip="b")])
    assert Counter(film.take.clip for film in found) == {"a": TESTED / 2, "b": TESTED / 2}
    assert len({film.view for film in found}) > TESTED / 2  # from other sides
    often = films(some_takes())
    assert len({(f.action, f.take.name) for f in often}) == len(often)


def test_the_choice_is_the_same_in_any_order() -> None:
    takes = some_takes()
    names = [film.name for film in films(takes)]
    assert [film.name for film in films(reversed(takes))] == names
    assert films([]) == []


def test_actions_come_in_their_order() -> None:
    found = list(dict.fromkeys(film.action for film in films(some_takes())))
    assert found == [action for action in ACTIONS if action in found]


@pytest.mark.parametrize(
    ("source", "frames", "least", "most"),
    [
        ("bandai", 60, 60, 60),
        ("bandai", 400, 90, 91),  # the middle of a long take
        ("nw_ucla", 30, 30, 60),  # whose sensors lost frames: it is slowed down
    ],
)
def test_a_film_is_as_long_as_a_take_and_not_too_long(
    source: str, frames: int, least: int, most: int
) -> None:
    film = Film(take(source=source, frames=frames), "walk", "test00_a")
    assert least <= len(film.joints) <= most
    assert film.joints.shape[1:] == (25, 3)
    np.testing.assert_array_equal(film.joints, film.joints)
    assert 0 <= film.view < 360


# The tool


def test_films_are_made_once_with_the_truth_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    short = [take(frames=12), take("bow", "val", frames=12)]
    monkeypatch.setattr(film_everyday, "CHOICES", ["bandai"])
    monkeypatch.setattr(film_everyday, "takes", lambda data, source: short)
    monkeypatch.setattr(film_everyday, "films", lambda takes: films(takes)[:: TESTED + 1])
    arguments = ["--data", str(tmp_path), "--out", str(tmp_path / "v"), "--workers", "1"]
    assert film_everyday.main(arguments) == 0
    made = sorted((tmp_path / "v").rglob("*.mp4"))
    assert [path.parent.name for path in made] == ["bow", "walk"]
    assert "2 videos" in (out := capsys.readouterr().out) and "2 new" in out
    assert read_truth(made[0]).joints.shape == (12, 13, 3)
    before = [path.stat().st_mtime_ns for path in made]
    assert film_everyday.main(arguments) == 0
    assert [path.stat().st_mtime_ns for path in made] == before
    assert "0 new" in capsys.readouterr().out


def test_without_the_sets_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert film_everyday.main(["--data", str(tmp_path), "--out", str(tmp_path / "v")]) == 2
    assert "film_everyday: " in capsys.readouterr().err
