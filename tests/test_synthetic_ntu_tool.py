"""The tool makes the same files however many processes do it, and goes on where it was stopped."""

from __future__ import annotations

import shutil
from pathlib import Path

import make_synthetic_ntu
import pytest

from datasets import synthetic_ntu
from datasets.synthetic_files import is_made, read_index
from datasets.synthetic_takes import Take
from tools.preparing import LOCK, alone

TINY = ["--size", "64", "36", "--frames", "12", "12", "--subjects", "2", "--setups", "1"]


def run(out: Path, *options: str, clips: int = 4, workers: int = 1) -> int:
    return make_synthetic_ntu.main(
        ["--out", str(out), "--clips", str(clips), "--workers", str(workers), *TINY, *options]
    )


def contents(out: Path) -> dict[str, bytes]:
    """All files below a folder but for its lock."""
    files = [path for path in out.rglob("*") if path.is_file() and path.name != LOCK]
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four clips, made by one process at one go."""
    out = tmp_path_factory.mktemp("made")
    assert run(out) == 0
    return out


def test_it_makes_a_set_that_can_be_read(made: Path) -> None:
    clips = list(synthetic_ntu.clips(made / "synthetic_ntu"))
    assert [clip.name for clip in clips] == [
        "S001C001P001R001A001",
        "S001C001P001R001A002",
        "S001C002P001R001A001",
        "S001C003P001R001A001",
    ]
    assert len(contents(made)) == 3 * 4 + 1


def test_one_run_makes_a_set_at_a_time(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(made, tmp_path / "copy")
    with alone(tmp_path / "copy" / "synthetic_ntu"):
        assert run(tmp_path / "copy", clips=6) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("make_synthetic_ntu: another run is at work in ")
    assert contents(tmp_path / "copy") == contents(made)


@pytest.mark.thorough
def test_two_processes_make_the_same_files(made: Path, tmp_path: Path) -> None:
    assert run(tmp_path, workers=2) == 0
    assert contents(tmp_path) == contents(made)


def test_a_stopped_run_goes_on_and_ends_with_the_same_files(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write = make_synthetic_ntu.write_clips

    def stopped(root: Path, take: Take, cameras: tuple[int, ...], *rest: object, **options: object):  # noqa: ANN202
        write(root, take, cameras[:1], *rest, **options)  # type: ignore[arg-type]
        (root / "videos" / ".killed.999999999.ab.partial").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(make_synthetic_ntu, "write_clips", stopped)
    assert run(tmp_path) == 130
    assert "run it again to go on" in capsys.readouterr().err
    with pytest.raises(ValueError, match="not complete"):
        synthetic_ntu.clips(tmp_path / "synthetic_ntu")
    monkeypatch.setattr(make_synthetic_ntu, "write_clips", write)
    assert run(tmp_path) == 0
    assert "4 clips in" in (out := capsys.readouterr().out) and "3 new, 1 from before" in out
    assert contents(tmp_path) == contents(made)


def test_more_clips_are_added_to_those_there(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, clips=2) == 0
    assert len(list(synthetic_ntu.clips(tmp_path / "synthetic_ntu"))) == 2
    assert run(tmp_path, clips=4) == 0
    assert contents(tmp_path) == contents(made)
    few = "fewer than 195 clips leave splits without some actions, got"
    assert capsys.readouterr().err.splitlines() == [f"{few} 2", f"{few} 4"]
    assert run(tmp_path, clips=1) == 0  # no clip is taken away
    assert contents(tmp_path) == contents(made)
    assert "was begun with 4 clips: it gets those, not 1" in capsys.readouterr().err


def test_what_was_deleted_is_made_again(made: Path, tmp_path: Path) -> None:
    assert run(tmp_path, clips=2) == 0
    root, name = tmp_path / "synthetic_ntu", "S001C002P001R001A001"
    synthetic_ntu.video_of(root, name).unlink()
    assert not is_made(root, name)
    assert run(tmp_path, clips=2) == 0
    assert {k: v for k, v in contents(tmp_path).items() if "json" not in k}.items() <= contents(
        made
    ).items()


def test_other_settings_do_not_add_to_a_set(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(made)
    assert run(made, "--seed", "1") == 2
    assert "made with" in capsys.readouterr().err
    assert contents(made) == before


def test_a_full_disk_is_a_line_and_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(make_synthetic_ntu, "write_clips", full)
    assert run(tmp_path) == 1
    root = tmp_path / "synthetic_ntu"
    assert f"cannot write to {root}: No space left" in capsys.readouterr().err
    index = read_index(root)
    assert index is not None and not index["complete"]


@pytest.mark.parametrize(
    "wrong",
    [
        ["--clips", "0"],
        ["--clips", "157"],  # 13 actions x 2 subjects x 1 setup x 2 replications x 3 cameras + 1
        ["--subjects", "107"],
        ["--setups", "33"],
        ["--workers", "0"],
        ["--size", "480", "271"],
        ["--size", "500", "281"],
        ["--frames", "11", "20"],
        ["--frames", "20", "19"],
        ["--both-hands", "1.5"],
        ["--seed", "-1"],
    ],
)
def test_wrong_options_are_usage(tmp_path: Path, wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, *wrong)
    assert ended.value.code == 2
    assert not list(tmp_path.iterdir())


def test_missing_captures_are_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--data", str(tmp_path / "nowhere")) == 2
    assert "nowhere" in capsys.readouterr().err
