"""The evaluation in the wild as a user meets it: what it says, writes, keeps and passes by."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.made_wild import StandInPipeline, StandInRecognizer
from tests.made_youtube import entry, write_entries, write_manifest
from tests.media import write_video
from tools import evaluate_wild
from wildpose.results import Result, Settings

LABELS = Path(__file__).resolve().parent / "labels_of_clips.csv"
Asked = list[tuple[str, Settings]]


@pytest.fixture
def recognizers(monkeypatch: pytest.MonkeyPatch) -> dict[str, StandInRecognizer]:
    """Recognizers by name: one says wave, another sit down."""
    there = {
        "default": StandInRecognizer(),
        "seated": StandInRecognizer(scores=(0.1, 0.1, 0.2, 0.1, 0.5, 0.0), min_score=0.6),
    }
    monkeypatch.setattr(evaluate_wild, "load_recognizer", lambda name, **_: there[name])
    return there


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, recognizers: object) -> Asked:
    """What pipelines were asked to find people in."""
    found: Asked = []
    monkeypatch.setattr(
        evaluate_wild, "Pipeline", lambda settings, **_: StandInPipeline(settings, found)
    )
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Clips of three classes, one of which no recognizer knows."""
    root = tmp_path / "clips"
    for number, name in enumerate(
        ("wave/a.mp4", "wave/nobody.mp4", "sit_down/a.mp4", "<b>&yoga/a.mp4")
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        write_video(root / name, pictures=24 + number)
    return root


def run(clips: Path, *options: str) -> int:
    return evaluate_wild.main([str(clips), "--out", str(clips.parent / "out"), *options])


def tree(clips: Path) -> dict[str, Any]:
    return json.loads((clips.parent / "out" / "evaluation.json").read_text(encoding="utf-8"))


def test_table_ten_and_what_a_run_says(
    folder: Path, asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder) == 0
    note, *out = capsys.readouterr().out.splitlines()
    steps, out = out[:4], out[4:]
    assert [step.partition(": ")[0] for step in steps] == [f"{n} of 4" for n in (1, 2, 3, 4)]
    assert re.fullmatch(r"4 of 4: wave/nobody.mp4: 24 frames, \d+\.\d s", steps[3])
    assert note == "default has no name for '<b>&yoga': nothing should be said of such clips"
    chance = "20.0% | 60.0%"  # of five names
    assert out[2] == f"| random, of default | - | {chance} | - | - |"
    third = "1/3: 33.3% (6 to 79)"  # sit down is said to be waving; nobody is seen in the third
    said = "1 right, 1 wrong, 1 nothing | 0/1: 0.0% (0 to 79)"
    assert out[3:5] == [
        f"| default | {method} | {third} | {third} | {said} |"
        for method in ("2D tracking", "3D temporal smoothing")
    ]
    assert out[5].startswith("default: 1 clip is right both ways, 0 with 2D tracking alone")
    assert [(name, settings.smooth) for name, settings in asked[:2]] == [
        ("a.mp4", "track2d"),
        ("a.mp4", "viterbi"),
    ]
    assert {settings.recognizer for _, settings in asked} == {None}


def test_on_a_terminal_a_bar_takes_the_place_of_lines(
    folder: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert run(folder) == 0
    out, err = capsys.readouterr()
    assert " of 4:" not in out and "4/4" in err


def test_all_numbers_are_written_with_command_and_settings(folder: Path, asked: Asked) -> None:
    assert run(folder, "--smooth", "viterbi") == 0
    written = tree(folder)
    assert written["command"].endswith("out --smooth viterbi")
    assert written["recognizers"][0]["classes"] == {
        "<b>&yoga": [], "sit_down": ["sit down"], "wave": ["wave"],
    }  # fmt: skip
    (row,) = written["rows"]
    assert row["settings"]["smooth"] == "viterbi" and row["settings"]["recognizer"] == "default"
    assert (row["top1"]["count"], row["top1"]["of"], row["top1"]["value"]) == (1, 3, 0.333333)
    assert row["top1"]["interval_95"] == pytest.approx([0.0615, 0.7923], abs=1e-4)
    assert row["nothing_said_of_others"]["of"] == 1
    assert row["classes"]["wave"]["said"] == {"right": 1, "wrong": 0, "nothing": 1}
    assert [point["answered"]["count"] for point in row["curve"]] == [2, 2]
    with (folder.parent / "out" / "clips.csv").open(encoding="utf-8", newline="") as file:
        lines = {line["clip"]: line for line in csv.DictReader(file)}
    assert len(lines) == 4
    assert lines["wave/a.mp4"]["verdict"] == "right" and lines["wave/a.mp4"]["place"] == "1"
    assert lines["sit_down/a.mp4"]["verdict"] == "wrong"
    assert lines["wave/nobody.mp4"]["reason"] == "nobody was found in it"
    assert lines["<b>&yoga/a.mp4"]["top1"] == "" and lines["<b>&yoga/a.mp4"]["name"] == "wave"
    assert (folder.parent / "out" / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_stands_by_itself_and_shows_what_went_wrong(folder: Path, asked: Asked) -> None:
    assert run(folder) == 0
    text = (folder.parent / "out" / "report.html").read_text(encoding="utf-8")
    cards = re.findall(r'<section class="card">.*?</section>', text)
    titles = [unescape(re.findall("<h3>(.*?)</h3>", card)[0]) for card in cards]
    assert titles == ["sit_down/a.mp4", "wave/nobody.mp4", "<b>&yoga/a.mp4"]
    assert [card.count("data:image/jpeg;base64,") for card in cards] == [3, 3, 3]
    assert "<p>It shows <b>sit_down</b>, that is sit down.</p>" in cards[0]
    assert "<p>It shows <b>wave</b>.</p>" in cards[1]
    assert "</b>, for which no recognizer has a name.</p>" in cards[2]
    assert "“wave” said: wave 60%, walk 20%, run 10%; background 5%" in cards[0]
    assert "nobody was found in it" in cards[1]
    assert "<b>&yoga" not in text and "&lt;b&gt;&amp;yoga" in text
    assert not re.search(r"<script|<link|@import| on\w+=", text)
    assert "url(" not in text and "href" not in text
    assert {text[at.end() : at.end() + 11] for at in re.finditer('src="', text)} == {"data:image/"}
    assert "prefers-color-scheme: dark" in text


def test_names_that_are_not_unicode_are_spelled_out(folder: Path, asked: Asked) -> None:
    name = os.fsdecode(b"caf\xe9.mp4")
    try:
        (folder / "sit_down" / "a.mp4").rename(folder / "sit_down" / name)
    except (OSError, UnicodeError):
        pytest.skip("this file system takes Unicode names only")
    assert run(folder) == 0
    titles = [clip["clip"] for clip in tree(folder)["rows"][0]["clips"]]
    assert titles[1] == f"sit_down/{name}"
    for file in ("clips.csv", "report.html"):
        text = (folder.parent / "out" / file).read_text(encoding="utf-8")
        assert "sit_down/caf\\udce9.mp4" in text


def test_people_are_found_once_and_labelled_by_any_recognizer(
    folder: Path, asked: Asked, recognizers: dict[str, StandInRecognizer]
) -> None:
    assert run(folder) == 0
    first = tree(folder)["rows"]
    assert len(asked) == 8
    asked.clear()
    assert run(folder, "--recognizer", "default", "seated", "--min-score", "0.4") == 0
    assert asked == []
    rows = tree(folder)["rows"]
    assert [(row["recognizer"], row["smooth"]) for row in rows] == [
        ("default", "track2d"), ("default", "viterbi"), ("seated", "track2d"),
        ("seated", "viterbi"),
    ]  # fmt: skip
    assert rows[0] == first[0]
    seated = {clip["clip"]: clip["verdict"] for clip in rows[2]["clips"]}
    assert seated["sit_down/a.mp4"] == "right" and seated["wave/a.mp4"] == "wrong"
    assert recognizers["seated"].shown == [2] * 6  # windows of 0.5 s in 0.8 s


def test_a_recognizer_s_own_lowest_score_holds_unless_another_is_given(
    folder: Path, asked: Asked
) -> None:
    options = ("--recognizer", "seated", "--smooth", "track2d")
    assert run(folder, *options) == 0
    assert tree(folder)["rows"][0]["said"] == {"right": 0, "wrong": 0, "nothing": 3}
    assert run(folder, *options, "--min-score", "0.5") == 0
    assert tree(folder)["rows"][0]["said"] == {"right": 1, "wrong": 1, "nothing": 1}


def test_clips_that_cannot_be_used_have_a_line_and_the_others_are_evaluated(
    folder: Path, asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "wave" / "b.mp4").write_text("no video")
    (folder / "wave" / "c.mp4").touch()
    assert run(folder) == 1
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("failed: wave/b.mp4: ")
    assert lines[1].startswith("failed: wave/c.mp4: is empty (0 bytes)")
    assert "4 clips; 2 could not be used" in out
    assert [clip["clip"] for clip in tree(folder)["failed"]] == ["wave/b.mp4", "wave/c.mp4"]
    assert "wave/c.mp4 (wave)" in (folder.parent / "out" / "report.html").read_text("utf-8")


def test_rows_of_a_list_that_name_no_file_or_person_are_failures(
    folder: Path, asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"video": "wave/a.mp4", "label": "wave", "actor": 1},
        {"video": "wave/a.mp4", "label": "wave", "actor": 7, "start": 0.05},
        {"video": "https://example.org/a.mp4", "label": "wave"},
        {"video": "wave/gone.mp4", "label": "wave"},
        {"video": "sit_down/a.mp4", "label": "sit down", "split": "train"},
    ]
    assert run(write_manifest(folder / "list.csv", rows), "--out", str(folder / "o")) == 1
    out, err = capsys.readouterr()
    assert "left out: 1 clip of other splits than test" in out
    seven, away, gone = err.splitlines()
    assert seven.endswith("nobody has the number 7: there are 1")
    assert "is on the web" in away
    assert gone == "failed: wave/gone.mp4: no such file: check the spelling and the folder"
    parts = {settings.start for _, settings in asked}
    assert parts == {None, 0.05}


def test_nothing_usable_is_one_line(
    tmp_path: Path, asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "clips" / "wave").mkdir(parents=True)
    (tmp_path / "clips" / "wave" / "a.mp4").touch()
    assert run(tmp_path / "clips") == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        "evaluate_wild: none of 1 clip could be used"
    )


def test_an_interrupted_run_goes_on_where_it_was(
    folder: Path, asked: Asked, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = StandInPipeline.run

    def interrupted(self: StandInPipeline, *args: Any, **options: Any) -> Result:
        if len(asked) == 3:
            raise KeyboardInterrupt
        return found(self, *args, **options)

    monkeypatch.setattr(StandInPipeline, "run", interrupted)
    assert run(folder) == 130
    assert "run it again to go on" in capsys.readouterr().err
    monkeypatch.setattr(StandInPipeline, "run", found)
    assert run(folder) == 0
    assert len(asked) == 8


def test_no_more_failures_are_shown_than_asked_for(folder: Path, asked: Asked) -> None:
    assert run(folder, "--gallery", "1") == 0
    text = (folder.parent / "out" / "report.html").read_text(encoding="utf-8")
    assert text.count('<section class="card">') == 1
    assert "And 2 more, which are in clips.csv" in text


def test_a_gallery_lives_without_a_video_that_went_away(folder: Path, asked: Asked) -> None:
    assert run(folder) == 0
    looked = evaluate_wild.failures

    def gone(*rows: Any) -> list[int]:
        (folder / "sit_down" / "a.mp4").unlink()
        return looked(*rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate_wild, "failures", gone)
        assert run(folder) == 0
    text = (folder.parent / "out" / "report.html").read_text(encoding="utf-8")
    assert text.count("No pictures: ") == 1


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--smooth", "viterbi", "viterbi"), "--smooth names 'viterbi' twice"),
        (("--min-score", "2"), "--min-score must be within 0 and 1, got 2"),
        (("--gallery", "-1"), "--gallery must be at least 0"),
        (("--threads", "0"), "--threads must be at least 1"),
        (("--media", "nowhere"), "--media nowhere: no such folder"),
        (("--smooth", "kalman"), "invalid choice: 'kalman'"),
    ],
)
def test_wrong_options_are_told(
    folder: Path, options: tuple[str, ...], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        run(folder, *options)
    assert stop.value.code == 2
    assert line in capsys.readouterr().err


def test_who_is_meant_is_said_of_folders_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = write_entries(tmp_path / "set", entry("a_1_2", "jump up", "test"))
    for clips in (made, write_manifest(tmp_path / "list.csv", [])):
        with pytest.raises(SystemExit):
            run(clips, "--actor", "longest")
        assert "a list or a set says it of each clip" in capsys.readouterr().err


Prepare = Callable[[Path], list[str]]


def _empty(root: Path) -> list[str]:
    (root / "empty").mkdir()
    return [str(root / "empty")]


def _no_such_list(root: Path) -> list[str]:
    return [str(root / "gone.csv")]


def _no_such_table(root: Path) -> list[str]:
    return [str(root / "clips"), "--classes", str(root / "gone.csv")]


def _no_folder(root: Path) -> list[str]:
    (root / "out").touch()
    return [str(root / "clips")]


def _bad_table(root: Path) -> list[str]:
    (root / "classes.csv").write_text("clip,recognizer\nwave,waev\n")
    return [str(root / "clips"), "--classes", str(root / "classes.csv")]


def _class_of_no_clip(root: Path) -> list[str]:
    (root / "classes.csv").write_text("clip,recognizer\nsit_dwon,sit down\n")
    return [str(root / "clips"), "--classes", str(root / "classes.csv")]


def _other_split(root: Path) -> list[str]:
    return [str(root / "clips"), "--split", "train"]


@pytest.mark.parametrize(
    ("prepare", "line"),
    [
        (_empty, "expected a folder for each class"),
        (_no_such_list, "gone.csv: no such file or folder; give a folder with a folder of videos"),
        (_no_such_table, "gone.csv: no such file or folder: check the spelling and the folder"),
        (_no_folder, "cannot write to --out "),
        (_bad_table, "no recognizer has the class 'waev'. Did you mean 'wave'?"),
        (_class_of_no_clip, "no clip is of the class 'sit_dwon'. Did you mean 'sit_down'?"),
        (_other_split, "none of 4 clips is of --split train"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    folder: Path, asked: Asked, prepare: Prepare, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = prepare(folder.parent)
    assert evaluate_wild.main([*arguments, "--out", str(folder.parent / "out")]) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert line in told and told.startswith("evaluate_wild: ")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--recognizer", "defautl"), "Did you mean 'default'?"),
        (("--device", "cuda:99"), "device 'cuda:99'"),
    ],
)
def test_what_is_not_there_is_told_before_anything_is_done(
    folder: Path, options: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, *options) == 2
    assert said in capsys.readouterr().err
    assert not (folder.parent / "out").exists()


def test_a_mannequin_that_waves_is_evaluated_from_its_video(
    waving: tuple[Path, Result], tmp_path: Path
) -> None:
    """All of it as it is, on one rendered clip."""
    video, _ = waving
    (tmp_path / "clips" / "wave").mkdir(parents=True)
    (tmp_path / "clips" / "wave" / "a.mp4").write_bytes(video.read_bytes())
    assert run(tmp_path / "clips", "--offline", "--threads", "1") == 0
    rows = tree(tmp_path / "clips")["rows"]
    assert [row["smooth"] for row in rows] == ["track2d", "viterbi"]
    for row in rows:
        (clip,) = row["clips"]
        scores = [score for _, score in clip["top"]]
        assert scores == sorted(scores, reverse=True)
        assert clip["place"] is not None and clip["place"] <= 3
    assert rows[0]["chance_top1"] == pytest.approx(1 / 16, abs=1e-6)


def test_labels_of_the_real_clips_agree_with_the_list_of_actions() -> None:
    listed = json.loads((LABELS.parent / "actions_in_clips.json").read_text(encoding="utf-8"))
    lines = LABELS.read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    labels = {Path(row["video"]).stem: row["label"] for row in rows}
    assert labels.keys() == listed.keys()
    assert all(labels[name] == action for name, action in listed.items() if action is not None)
