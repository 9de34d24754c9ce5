"""The tool that makes clips of everyday actions: what it keeps, how it goes on, what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import prepare_everyday
import pytest

from datasets import everyday
from datasets.clip_cache import ClipCache
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

    def interrupted(take: Take, *others: object) -> object:
        asked.append(take.clip)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return variants(take, *others)  # type: ignore[arg-type]

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
    assert "made with" in capsys.readouterr().err


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
