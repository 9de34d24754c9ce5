"""One input after another: what is computed again, what is kept, and what stands in the folder."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from wildpose import batch, cli
from wildpose.batch import Outcome, run_one
from wildpose.export.result_json import read_result
from wildpose.pipeline import Pipeline
from wildpose.results import Result, Settings

Rendered = tuple[Path, Result]
BARE = Settings(recognizer=None, stop=0.6)
SAYING = Settings(min_score=0.0, window=0.5, stop=0.6)
KEPT = "poses kept from before"
Pipelines = dict[Settings, Pipeline]


@pytest.fixture(scope="module")
def pipelines() -> Pipelines:
    """Those that differ in labels alone, loaded once."""
    some = (BARE, SAYING, replace(SAYING, top_k=1), replace(BARE, stride=0.25))
    return {settings: Pipeline(settings, offline=True, threads=1) for settings in some}


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The videos in which people were looked for."""
    done: list[Path] = []
    real = Pipeline.run

    def counted(self: Pipeline, path: Path, **options: Any) -> Result:
        done.append(path)
        return real(self, path, **options)

    monkeypatch.setattr(Pipeline, "run", counted)
    return done


def made(
    waving: Rendered, folder: Path, pipeline: Pipeline, save: str = "json", **options: Any
) -> Outcome:
    return run_one(waving[0], folder, pipeline, save=save.split(","), **options)[0]


def drawn(folder: Path) -> bytes:
    return (folder / "overlay.mp4").read_bytes()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_other_labels_keep_the_poses_and_the_file_is_that_of_a_whole_run(
    waving: Rendered, pipelines: Pipelines, runs: list[Path], tmp_path: Path
) -> None:
    place, fresh = tmp_path / "a", tmp_path / "b"
    made(waving, place, pipelines[BARE])
    for settings in (SAYING, replace(SAYING, top_k=1), BARE):
        outcome = made(waving, place, pipelines[settings])
        assert (outcome.status, outcome.note, outcome.people) == ("done", KEPT, 1)
        assert len(runs) == 1
        made(waving, fresh, pipelines[settings], overwrite=True)
        assert (place / "result.json").read_bytes() == (fresh / "result.json").read_bytes()
        assert made(waving, place, pipelines[settings]).status == "skipped"
        runs.pop()


def test_files_that_show_labels_are_made_again_and_skeletons_stay(
    waving: Rendered, pipelines: Pipelines, tmp_path: Path
) -> None:
    save = "json,npz,activitynet,video"
    made(waving, tmp_path, pipelines[BARE], save)
    skeletons, before = tmp_path / "skeletons.npz", drawn(tmp_path)
    written = skeletons.stat().st_mtime_ns
    assert made(waving, tmp_path, pipelines[SAYING], save).note == KEPT
    assert skeletons.stat().st_mtime_ns == written
    assert drawn(tmp_path) != before
    (person,) = read_result(tmp_path / "result.json").people
    tree = json.loads((tmp_path / "activitynet.json").read_text(encoding="utf-8"))
    (entries,) = tree["results"].values()
    assert [entry["label"] for entry in entries] == [action.label for action in person.actions]
    assert entries


@pytest.mark.parametrize(
    ("before", "after"), [(SAYING, replace(SAYING, top_k=1)), (BARE, replace(BARE, stride=0.25))]
)
def test_what_shows_the_same_labels_stays(
    before: Settings, after: Settings, waving: Rendered, pipelines: Pipelines, tmp_path: Path
) -> None:
    made(waving, tmp_path, pipelines[before], "video")
    written = (tmp_path / "overlay.mp4").stat().st_mtime_ns
    assert made(waving, tmp_path, pipelines[after], "video").note == KEPT
    assert (tmp_path / "overlay.mp4").stat().st_mtime_ns == written
    assert made(waving, tmp_path, pipelines[after], "video").status == "skipped"


def test_what_shows_older_labels_goes_where_nobody_asks_for_it(
    waving: Rendered, pipelines: Pipelines, tmp_path: Path
) -> None:
    made(waving, tmp_path, pipelines[BARE], "npz,activitynet,video")
    made(waving, tmp_path, pipelines[SAYING], "json")
    assert names(tmp_path) == ["result.json", "skeletons.npz"]


@pytest.mark.parametrize("change", [{"stop": 0.4}, {"actor": "largest"}])
def test_other_poses_are_computed_anew(
    change: dict[str, Any],
    waving: Rendered,
    pipelines: Pipelines,
    runs: list[Path],
    tmp_path: Path,
) -> None:
    made(waving, tmp_path, pipelines[SAYING])
    other = Pipeline(replace(SAYING, **change), offline=True, threads=1)
    outcome = made(waving, tmp_path, other)
    assert outcome.note == "replaces a result with other settings"
    assert len(runs) == 2


def test_overwriting_computes_poses_too(
    waving: Rendered, pipelines: Pipelines, runs: list[Path], tmp_path: Path
) -> None:
    made(waving, tmp_path, pipelines[BARE])
    assert made(waving, tmp_path, pipelines[SAYING], overwrite=True).note is None
    assert len(runs) == 2


def test_a_result_that_is_damaged_inside_is_made_anew(
    waving: Rendered, pipelines: Pipelines, runs: list[Path], tmp_path: Path
) -> None:
    made(waving, tmp_path, pipelines[BARE])
    file = tmp_path / "result.json"
    file.write_text(file.read_text().replace('"observed": [true', '"observed": ['))
    outcome = made(waving, tmp_path, pipelines[SAYING])
    assert outcome.note == "replaces a damaged result"
    assert len(runs) == 2
    assert read_result(file).people[0].actions


def test_poses_outlive_a_run_that_ends_while_it_draws(
    waving: Rendered,
    pipelines: Pipelines,
    runs: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*given: object, **options: object) -> None:
        raise KeyboardInterrupt

    made(waving, tmp_path, pipelines[BARE], "video")
    with monkeypatch.context() as patch:
        patch.setattr(batch, "write_overlay", interrupted)
        with pytest.raises(KeyboardInterrupt):
            made(waving, tmp_path, pipelines[SAYING], "video")
    assert names(tmp_path) == ["result.json"]  # no picture of other labels beside it
    assert made(waving, tmp_path, pipelines[SAYING], "video").note is None
    assert names(tmp_path) == ["overlay.mp4", "result.json"]
    assert len(runs) == 1


def test_poses_outlive_a_full_disk(
    waving: Rendered,
    pipelines: Pipelines,
    runs: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    made(waving, tmp_path, pipelines[BARE])
    before = (tmp_path / "result.json").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(batch, "write_result", full)
        with pytest.raises(OSError, match=r"^cannot write to .*: No space left on device$"):
            made(waving, tmp_path, pipelines[SAYING])
    assert (tmp_path / "result.json").read_bytes() == before
    assert made(waving, tmp_path, pipelines[SAYING]).note == KEPT
    assert len(runs) == 1


def test_the_line_says_that_poses_were_kept(
    waving: Rendered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["run", str(waving[0]), "--out", str(tmp_path), "--save", "json", "--offline"]
    for options in (["--recognizer", "none"], ["--top-k", "3"]):
        assert cli.main([*given, "--stop", "0.3", *options]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith(str(tmp_path / "waving"))
    assert second.endswith(f"{tmp_path / 'waving'} ({KEPT})")
