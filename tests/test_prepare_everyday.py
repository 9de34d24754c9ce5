"""The tool that makes clips of everyday actions: what it keeps, how it goes on, what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import prepare_everyday
import pytest

from datasets import everyday, everyday_windows
from datasets.clip_cache import INDEX, ClipCache
from datasets.everyday_actions import Choice
from datasets.everyday_takes import Take
from datasets.protocols import SPLITS, Split
from tests.test_everyday_windows import acted
from tests.test_lifting_samples import true_looks


def take(source: str, split: Split, action: str) -> Take:
    return Take(source, split, f"a {action}", "whole", "", action, acted(action, 0.5))


TAKES = [
    take("nw_ucla", "train", "walk"),
    take("nw_ucla", "val", "throw"),
    take("utd_mhad", "train", "squat"),
    take("utd_mhad", "test", "wave"),
    take("bandai", "train", "kick"),
]
CLIPS = 2 + 2 + 7 + 2 + 5  # of one view: rare actions have more


@pytest.fixture
def looks(tmp_path: Path) -> Path:
    """A file of looks for each split."""
    for split in SPLITS:
        (tmp_path / "looks" / split).mkdir(parents=True)
        true_looks(20).save(tmp_path / "looks" / split / "looks_0000.npz")
    return tmp_path / "looks"


@pytest.fixture(autouse=True)
def _made_up_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    def takes(_: Path, source: str) -> Iterator[Take]:
        return (take for take in TAKES if take.source == source)

    monkeypatch.setattr(prepare_everyday, "takes", takes)


def run(looks: Path, *options: str, workers: int = 1) -> int:
    fixed = ["--data", str(looks.parent), "--looks", str(looks), "--workers", str(workers)]
    return prepare_everyday.main([*fixed, "--views", "1", *options])


def test_all_variants_are_kept_where_the_loader_takes_them(
    looks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(looks) == 0
    out, err = capsys.readouterr()
    place = looks.parent / "everyday" / "cache"
    assert out.startswith(f"{CLIPS} clips in {place}: {CLIPS} new, 0 from before; 0 views without")
    assert err == ""
    names = [clip.name for clip in everyday.clips(place.parent)]
    assert [name for name in names if name.endswith("/true")] == [f"{t.name}/true" for t in TAKES]
    assert len(names) == len(set(names)) == CLIPS
    assert {everyday.PROTOCOLS["xsub"].rule(name) for name in names} == {*SPLITS, None}


def test_other_processes_make_the_same_in_the_same_order(
    looks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare_everyday, "CHUNK", 8)  # one job: a process takes seconds to begin
    assert run(looks, "--out", str(looks / "one")) == 0
    assert run(looks, "--out", str(looks / "two"), workers=2) == 0
    one, two = ClipCache(looks / "one"), ClipCache(looks / "two")
    assert one.names == two.names
    for first, second in zip(one, two, strict=True):
        np.testing.assert_allclose(first.joints, second.joints, atol=1e-4)


def test_an_interrupted_run_goes_on_where_it_was(
    looks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    variants, asked = prepare_everyday.variants, []

    def interrupted(take: Take, *others: object, **options: object) -> object:
        asked.append(take.clip)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return variants(take, *others, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(prepare_everyday, "CHUNK", 1)
    monkeypatch.setattr(prepare_everyday, "variants", interrupted)
    assert run(looks) == 130
    assert "run it again to go on" in capsys.readouterr().err
    cache = looks.parent / "everyday" / "cache"
    assert len(ClipCache(cache)) == 4 and not ClipCache(cache).complete
    assert run(looks) == 0
    assert asked[3:] == [take.clip for take in TAKES[2:]]
    assert f"{CLIPS - 4} new, 4 from before" in capsys.readouterr().out
    assert len(ClipCache(cache)) == CLIPS and ClipCache(cache).complete


def test_views_without_a_pose_are_counted(
    looks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("datasets.everyday_variants.as_seen", lambda *_: None)
    assert run(looks) == 0
    assert f"{CLIPS - len(TAKES)} views without a pose" in capsys.readouterr().out


def test_a_full_disk_is_a_line_and_a_failure(
    looks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    assert run(looks) == 1
    assert "cannot write to" in capsys.readouterr().err


def test_clips_made_otherwise_are_not_added_to(
    looks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(looks) == 0
    assert run(looks, "--views", "2") == 2
    assert "made with {'views': 1}, not with {'views': 2}; use another" in capsys.readouterr().err


def test_clips_made_with_other_looks_are_not_added_to(
    looks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(looks) == 0
    true_looks(21).save(looks / "val" / "looks_0000.npz")  # as many files as before
    assert run(looks) == 2
    line = capsys.readouterr().err
    assert re.search(r"made with {'looks': .*}, not with {'looks': .*}; use another folder", line)
    true_looks(20).save(looks / "val" / "looks_0000.npz")
    assert run(looks) == 0


@pytest.mark.parametrize(
    ("constant", "other"),
    [
        ("everyday_windows.EVIDENCE", {("bandai", "bow"): (everyday_windows.leaning, 0.3)}),
        ("everyday_windows.EVIDENCE", {("bandai", "bow"): (everyday_windows.waving, 0.25)}),
        ("everyday_windows.WINDOW_S", 2.5),
        ("everyday_windows.REST_S", 0.5),
        ("everyday_takes.STRIDE_S", 0.5),
        ("everyday_takes.RESTING", {}),
        ("everyday_takes.HELD_OUT", {}),
        ("everyday_variants.MORE_VIEWS", {"squat": 5}),
        ("everyday_variants.PACES", {"nw_ucla": (0.6, 1.0)}),
        ("everyday_variants.CLASS_NAMES", ("run", "walk")),
        ("as_seen.FAITH", 3.0),
        ("as_seen.ERRORS_2D", (0.5, 1.0)),
        ("as_seen.ERRORS_3D", (0.1, 1.1)),
        ("virtual_cameras.HIGH_SHARE", 0.1),
        ("prepare_everyday.SEED", 1),
    ],
)
def test_clips_made_with_another_constant_are_not_added_to(
    looks: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    constant: str,
    other: object,
) -> None:
    monkeypatch.setattr(prepare_everyday, "takes", lambda *_: iter([]))
    assert run(looks) == 0
    place = constant if constant.startswith("prepare") else f"datasets.{constant}"
    monkeypatch.setattr(place, other)
    assert run(looks) == 2
    assert re.search(r"made with .*, not with .*; use another folder", capsys.readouterr().err)


def test_settings_are_the_same_in_every_process() -> None:
    plain = prepare_everyday._plain
    assert list({0, 8}) != list({8, 0})  # as sets of texts are from one process to the next
    assert plain({0, 8}) == plain({8, 0}) == plain(frozenset({0, 8}))
    assert plain({"a": 1, "b": 2}) == plain({"b": 2, "a": 1}) != plain({"a": 2, "b": 1})
    assert " at 0x" not in plain(everyday_windows.EVIDENCE)
    assert plain(np.float64(0.1)) == plain(0.1) and plain(np.ones(2)) == plain([1.0, 1.0])
    assert plain(Choice("walk", "steps")) == plain(Choice("walk", "strides"))
    assert plain(Choice("walk", "")) != plain(Choice("run", ""))


def test_a_cache_with_clips_that_are_not_asked_for_is_not_added_to(
    looks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(looks) == 0
    gone = TAKES[1]
    monkeypatch.setattr(
        prepare_everyday,
        "takes",
        lambda _, source: (take for take in TAKES if take.source == source and take is not gone),
    )
    assert run(looks) == 2
    err = capsys.readouterr().err
    assert f"holds 2 clips that are not to be made of these data, such as {gone.name}/" in err
    assert "use another folder, or delete this one" in err
    assert len(list(everyday.clips(looks.parent / "everyday"))) == CLIPS


def test_a_cache_of_before_is_read_and_not_added_to(
    looks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(looks) == 0
    path = looks.parent / "everyday" / "cache" / INDEX
    index = json.loads(path.read_text())
    del index["left_out"], index["ignored"]
    index["settings"] = {"set": "everyday actions", "views": 1, "looks": dict.fromkeys(SPLITS, 1)}
    path.write_text(json.dumps(index))
    assert len(list(everyday.clips(path.parent))) == CLIPS
    assert run(looks) == 2
    assert "use another folder, or delete this one" in capsys.readouterr().err
    assert len(list(everyday.clips(path.parent))) == CLIPS


def test_an_interrupt_while_sets_are_read_is_a_line_too(
    looks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> Iterator[Take]:
        raise KeyboardInterrupt

    monkeypatch.setattr(prepare_everyday, "takes", interrupted)
    assert run(looks) == 130
    line = "prepare_everyday: interrupted; what was made is kept, run it again to go on\n"
    assert capsys.readouterr().err == line


def test_looks_of_every_split_are_needed(looks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (looks / "val" / "looks_0000.npz").unlink()
    assert run(looks) == 2
    assert "tools/measure_detector.py --split val" in capsys.readouterr().err


def test_a_set_that_is_not_there_is_said(
    looks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.undo()
    assert run(looks) == 2
    assert "no NW-UCLA skeletons" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--workers", "0"], ["--views", "0"], ["--views", "many"]])
def test_wrong_options_are_usage(looks: Path, wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(looks, *wrong)
    assert ended.value.code == 2
