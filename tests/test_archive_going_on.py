"""`wildpose label` without INPUT goes on as the last run did, wherever it is started."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import recognizers
from tests.made_archive import HerePool, Quiet, begun, run, videos
from wildpose import lifting, weights
from wildpose.archive.command import add_options
from wildpose.archive.database import SCHEMA
from wildpose.archive.going_on import difference, last_options, options_of
from wildpose.archive.jobs import StoppedError
from wildpose.archive.ledger import Ledger
from wildpose.archive.pool import Pool
from wildpose.cli import main
from wildpose.export.result_json import read_result
from wildpose.hashing import sha256_of
from wildpose.results import Result, Settings
from wildpose.settings_cli import add_settings, asked, given

Rendered = tuple[Path, Result]
NOBODY_TYPED: frozenset[str] = frozenset()


def label(*arguments: str | Path) -> int:
    return main(["label", "--offline", "--progress", "json", *map(str, arguments)])


def events(capfd: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    """What a run has told, by what it was; nothing of it twice, and no error."""
    said = capfd.readouterr()
    assert said.err == ""
    told = [json.loads(line) for line in said.out.splitlines()]
    return {each["event"]: each for each in told}


# A run as a user meets it


def test_what_is_not_typed_is_as_in_the_last_run_and_what_is_redone_is_told(
    waving: Rendered, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    first = ("--stop", "0.3", "--recognizer", "none", "--save", "json,mmpose", "--workers", "1")
    assert label(waving[0], "--out", out, *first) == 0
    events(capfd)
    folder = out / "videos" / "waving"
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert before.keys() == {"result.json", "predictions.json"}

    assert label("--out", out) == 0
    told = events(capfd)
    assert told.keys() == {"looking", "began", "ended"} and told["ended"]["totals"]["done"] == 1
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before

    assert label("--out", out, "--recognizer", "default", "--top-k", "2", "--workers", "1") == 0
    told = events(capfd)
    assert told["replacing"]["videos"] == 1
    assert told["replacing"]["how"] == (
        "labelled anew, their poses kept: recognizer default instead of none, top_k 2 instead of 5"
    )
    assert told["done"]["video"]["note"] == "poses kept from before"
    settings = read_result(folder / "result.json").settings
    assert settings == Settings(stop=0.3, top_k=2)
    assert not (folder / "skeletons.npz").exists()  # of which --save said nothing


def test_where_videos_are_named_what_is_not_typed_has_its_default(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert label("no.mp4", "--out", out, "--stop", "0.3") == 1
    assert label("no.mp4", "--out", out) == 1
    capfd.readouterr()
    assert label("--out", out, "--status") == 0
    records = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [record["settings"]["stop"] for record in records] == [0.3, None]


def test_workers_that_begin_in_other_folders_find_files_of_relative_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    here = tmp_path / "here"
    for folder in ("weights", "models", "empty"):
        (here / folder).mkdir(parents=True)
    for name in ("blazepose_detector", "blazepose_landmarks"):
        shutil.copy(weights.find(name, offline=True), here / "weights")
    lifter, recognizer = here / "models" / "l.safetensors", here / "models" / "r.safetensors"
    shutil.copy(Path(lifting.__file__).parent / "lcr13.safetensors", lifter)
    shutil.copy(Path(recognizers.__file__).parent / "everyday13.safetensors", recognizer)
    (here / "bad.mp4").write_text("no video")
    monkeypatch.setenv("WILDPOSE_CACHE", str(here / "empty"))
    monkeypatch.delenv("WILDPOSE_WEIGHTS", raising=False)
    monkeypatch.chdir(here)

    def elsewhere(make_work: Any, **options: int) -> Pool:  # noqa: ANN401 - makes what works
        os.chdir(tmp_path)
        try:
            return HerePool(make_work)  # with all networks, as a worker of another machine
        finally:
            os.chdir(here)

    monkeypatch.setattr("wildpose.archive.command.LocalPool", elsewhere)
    files = ("--lifter", "models/l.safetensors", "--recognizer", "./models/r.safetensors")
    assert label("bad.mp4", "--out", "out", "--weights-dir", "weights", *files) == 1
    assert json.loads(capfd.readouterr().out.splitlines()[-1])["totals"]["quarantined"] == 1
    found = last_options(here / "out", given=NOBODY_TYPED)
    assert (found["lifter"], found["recognizer"]) == (str(lifter), str(recognizer))


# What the ledger keeps


def test_a_run_goes_on_with_files_where_they_lie_as_long_as_they_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    out, model = tmp_path / "out", tmp_path / "model.safetensors"
    model.write_bytes(b"first")
    settings = Settings(lifter=str(model), fps=5)
    options = options_of(settings, ["json"])
    with begun(out, record=settings.record, options=options):
        pass
    monkeypatch.chdir(out)
    assert last_options(out, given=NOBODY_TYPED)["lifter"] == str(model)
    hash_then = sha256_of(model)[:16]
    for happens in (lambda: model.write_bytes(b"another"), model.unlink):
        happens()
        assert label("--out", out) == 1
        assert capfd.readouterr().err == (
            f"wildpose label: the last run in {out} had --lifter model.safetensors "
            f"sha256:{hash_then}, which is not what lies at {model} now: give --lifter\n"
        )
        found = last_options(out, given={"lifter"})  # which was asked for anew
        assert "lifter" not in found and found["fps"] == 5


def test_a_ledger_of_before_goes_on_by_its_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, model = tmp_path / "out", tmp_path / "model.safetensors"
    model.write_bytes(b"first")
    now = Settings(lifter=str(model), recognizer=None, stop=0.5).record
    old = {**now, "lifter": f"./model.safetensors sha256:{sha256_of(model)[:16]}"}
    with monkeypatch.context() as before:
        schema = re.sub(r"(finished REAL),(.*\n).*options TEXT.*\n", r"\1\2", SCHEMA)
        before.setattr("wildpose.archive.database.SCHEMA", schema)
        Ledger(out).close()
    with closing(sqlite3.connect(out / "ledger.sqlite")) as database:
        database.execute("INSERT INTO settings VALUES ('then', ?)", (json.dumps(old),))
        database.execute("INSERT INTO runs (settings, started) VALUES ('then', 1.0)")
        assert "options" not in {row[1] for row in database.execute("PRAGMA table_info(runs)")}
        database.commit()
    monkeypatch.chdir(tmp_path)
    found = last_options(out, given=NOBODY_TYPED)
    assert Settings.of(found) == Settings(lifter="./model.safetensors", recognizer=None, stop=0.5)
    monkeypatch.chdir(out)  # where the path as it was typed means nothing
    line = r"which is not what lies at \./model\.safetensors now: give --lifter$"
    with pytest.raises(StoppedError, match=line):
        last_options(out, given=NOBODY_TYPED)
    folder = videos(tmp_path / "in", {"a": "1"})
    with begun(out, folder, record=now, options={"stop": 0.5}) as ledger:
        assert ledger.counts == {"waiting": 1}
    assert last_options(out, given=NOBODY_TYPED) == {"stop": 0.5}


def test_a_ledger_without_a_run_is_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Ledger(tmp_path).close()
    assert label("--out", tmp_path) == 1
    assert capfd.readouterr().err == (
        f"wildpose label: nothing has been labelled in {tmp_path} yet: name the videos to label\n"
    )


def test_options_of_a_later_version_are_left_out(tmp_path: Path) -> None:
    record = {**Settings().record, "of_the_future": 1}
    with begun(tmp_path, record=record, options={"stop": 1.0, "of_the_future": 1}):
        pass
    assert last_options(tmp_path, given=NOBODY_TYPED) == {"stop": 1.0}


# What is typed and what is not


def typed(*flags: str, last: Settings) -> tuple[Settings, list[str]]:
    """What a run that goes on after one of some settings, and of all files, is asked for."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    add_settings(parser)
    options = parser.parse_args(["--out", "DIR", *flags])
    kept = options_of(last, ["json", "npz", "video"])
    return asked(options, {name: kept[name] for name in kept.keys() - given(options)})


LAST = Settings(
    recognizer=None, tiles=3, actor="largest", max_people=2, window=3, stride=1, top_k=2,
    min_score=0.5, fps=10, start=1, stop=2, smooth="none", lifter="blazepose_world",
)  # fmt: skip


def test_all_that_is_not_typed_is_as_before() -> None:
    assert typed(last=LAST) == (LAST, ["json", "npz", "video"])
    assert typed("--save", "npz", last=LAST) == (LAST, ["npz"])


def test_what_is_typed_stands_also_where_it_is_the_default() -> None:
    flags = "--recognizer default --tiles auto --actor all --stride 0.5 --top-k 5 --smooth viterbi"
    numbers = "--max-people none --window none --min-score none --fps none --start none --stop none"
    settings, _ = typed(*flags.split(), *numbers.split(), "--lifter", "lcr", last=LAST)
    assert settings == Settings()


def test_a_preset_stands_before_the_last_run_and_behind_what_is_typed() -> None:
    settings, _ = typed("--preset", "fast", last=LAST)
    assert (settings.tiles, settings.lifter, settings.stop) == (1, "lcr", 2)
    settings, _ = typed("--preset", "fast", "--tiles", "4", last=LAST)
    assert (settings.tiles, settings.lifter) == (4, "lcr")


def test_what_differs_is_told_with_what_it_costs() -> None:
    def told(before: Settings, now: Settings) -> str:
        return difference(before.record, now.record)

    assert told(Settings(), Settings(stop=1)) == "done anew: stop 1.0 instead of none"
    assert told(Settings(), Settings(recognizer=None)) == (
        "labelled anew, their poses kept: recognizer none instead of default"
    )
    old = {**Settings().record, "revision": 0}
    assert difference(old, Settings().record).endswith(" instead of 0")


def test_videos_whose_results_are_of_other_settings_are_counted(tmp_path: Path) -> None:
    folder = videos(tmp_path / "in", {"a": "1", "b": "22", "c": "22", "d": "broken"})
    progress = Quiet()
    run(tmp_path / "out", folder, progress=progress)
    assert progress.replaced == []
    run(tmp_path / "out", folder / "c.mp4", record={"smooth": "none"}, progress=progress)
    assert progress.replaced == [
        (1, "done anew: smooth none instead of viterbi, revision none instead of 1")
    ]
    run(tmp_path / "out", record={"smooth": "x", "revision": 1}, progress=Quiet())
    run(tmp_path / "out", record={"smooth": "x", "revision": 1}, progress=progress)
    assert len(progress.replaced) == 1
