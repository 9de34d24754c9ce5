"""The tool that reads NTU once: what it keeps, what it says of bad files, how it goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import prepare_ntu
import pytest

from datasets import ntu
from datasets.clip_cache import ClipCache
from tests.test_ntu import waving, written

NAMES = [f"S001C001P001R001A{action:03}" for action in (1, 2, 3, 60, 100)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of five good files and a list that names none of them."""
    for number, name in enumerate(NAMES):
        written(tmp_path / "ntu" / "s001", waving(12 + number), name=name, frame_count=20)
    (tmp_path / "ntu" / "NTU_missing_skeletons.txt").write_text("S001C002P005R002A008\n")
    return tmp_path / "ntu"


def run(root: Path, *options: str, workers: int = 1) -> int:
    return prepare_ntu.main(["--root", str(root), "--workers", str(workers), *options])


def test_the_clips_are_kept_where_the_loader_takes_them(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = list(ntu.clips(root))
    assert run(root) == 0
    out, err = capsys.readouterr()
    assert out.startswith(
        f"5 clips in {root / 'cache'}: 5 new, 0 from before; left out: 0 by lists,"
    )
    assert err == ""
    for path in root.rglob("*.skeleton"):
        path.unlink()
    found = list(ntu.clips(root))
    assert [clip.name for clip in found] == NAMES
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.joints, other.joints)
        assert one.label == other.label


def test_several_processes_keep_the_same_in_the_same_order(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare_ntu, "CHUNK", 2)
    (root / "s001" / f"{NAMES[2]}.skeleton").write_text("1\n")
    assert run(root, "--out", str(root / "one")) == 1
    assert run(root, "--out", str(root / "two"), workers=2) == 1
    one, two = ClipCache(root / "one"), ClipCache(root / "two")
    assert one.names == two.names == (*NAMES[:2], *NAMES[3:])
    for first, second in zip(one, two, strict=True):
        np.testing.assert_array_equal(first.joints, second.joints)


def test_each_bad_file_has_a_line_and_the_rest_is_kept(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = root / "s001" / f"{NAMES[1]}.skeleton"
    bad.write_bytes(bad.read_bytes()[:5000])
    assert run(root) == 1
    out, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert err.startswith(f"left out: {bad}: line ")
    assert "4 clips" in out and "1 malformed" in out
    written(root / "s001", waving(14), name=NAMES[1])  # the file is got again
    assert run(root) == 0
    assert capsys.readouterr().out.startswith(f"5 clips in {root / 'cache'}: 1 new, 4 from before")


def test_a_file_without_anybody_is_said_and_no_failure(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(root, name="S001C001P001R001A004")
    assert run(root) == 0
    out, err = capsys.readouterr()
    assert "A004.skeleton: nobody was tracked" in err
    assert "1 without anybody, 0 malformed" in out


def test_lists_leave_out_what_they_name(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [root / "one.txt", root / "two.txt"]
    for path, name in zip(paths, NAMES, strict=False):
        path.write_text(name)
    assert run(root, "--ignore-list", *map(str, paths)) == 0
    assert "2 by lists" in capsys.readouterr().out
    assert ClipCache(root / "cache").names == tuple(NAMES[2:])


def test_lists_leave_out_what_was_kept_before_too(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(root) == 0
    path = root.parent / "later.txt"
    path.write_text(NAMES[1])
    capsys.readouterr()
    assert run(root, "--ignore-list", str(path)) == 0
    assert capsys.readouterr().out.startswith(
        f"4 clips in {root / 'cache'}: 0 new, 4 from before; left out: 1 by lists,"
    )
    assert [clip.name for clip in ntu.clips(root)] == [NAMES[0], *NAMES[2:]]
    assert run(root) == 0  # the set's own list is the one again
    assert "5 clips" in capsys.readouterr().out
    assert [clip.name for clip in ntu.clips(root)] == NAMES


def test_no_list_is_worth_a_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "NTU_missing_skeletons.txt").unlink()
    assert run(root) == 0
    assert "no list of missing skeletons" in capsys.readouterr().err


def test_an_interrupted_run_goes_on_where_it_was(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read, asked = ntu.read, []

    def interrupted(path: Path, **options: object) -> object:
        asked.append(path.stem)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return read(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(prepare_ntu, "CHUNK", 1)
    monkeypatch.setattr(ntu, "read", interrupted)
    assert run(root) == 130
    assert "run it again to go on" in capsys.readouterr().err
    assert ClipCache(root / "cache").names == tuple(NAMES[:2])
    assert run(root) == 0
    assert asked[3:] == NAMES[2:]
    assert ClipCache(root / "cache").complete


def test_a_finished_cache_that_grows_is_not_taken_before_it_is_whole(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(root) == 0
    written(root, waving(14), name="S001C001P001R001A070", frame_count=20)
    read, refused = ntu.read, []

    def looked(path: Path, **options: object) -> object:
        with pytest.raises(ValueError, match="not complete") as error:
            ntu.clips(root)
        refused.append(error)
        return read(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(ntu, "read", looked)
    assert run(root) == 0
    assert len(refused) == 1
    assert len(list(ntu.clips(root))) == 6


def test_the_loader_warns_of_files_that_came_later_and_of_no_others(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (root / "s001" / f"{NAMES[2]}.skeleton").write_text("1\n")
    written(root, name="S001C001P001R001A004")  # holds nobody
    assert run(root, "--ignore-list", str(root / "NTU_missing_skeletons.txt")) == 1
    assert len(list(ntu.clips(root))) == 4
    assert caplog.messages == []
    written(root, waving(14), name="S001C001P001R001A070", frame_count=20)
    assert len(list(ntu.clips(root))) == 4
    (line,) = caplog.messages
    assert line.startswith("1 .skeleton files") and "S001C001P001R001A070" in line


@pytest.mark.parametrize("where", ["files", "ignored"])
def test_an_interrupt_before_anything_is_read_is_a_line_too(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    def interrupted(_: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ntu, where, interrupted)
    assert run(root) == 130
    line = "prepare_ntu: interrupted; what was read is kept, run it again to go on\n"
    assert capsys.readouterr().err == line


def test_a_joint_that_is_never_known_is_malformed(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = waving(20)
    people[:, 22] = np.nan
    written(root, people, name="S001C001P001R001A004")
    assert run(root) == 1
    out, err = capsys.readouterr()
    assert "0 without anybody, 1 malformed" in out
    assert "A004.skeleton" in err and "left_thumb is known in none" in err


def test_a_full_disk_is_a_line_and_a_failure(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    assert run(root) == 1
    assert f"cannot write to {root / 'cache'}: No space left" in capsys.readouterr().err


def test_what_cannot_begin_is_usage(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "nowhere") == 2
    assert "no NTU RGB+D skeletons" in capsys.readouterr().err
    assert run(root, "--ignore-list", str(tmp_path / "absent.txt")) == 2
    assert "absent.txt" in capsys.readouterr().err
    assert run(root) == 0
    capsys.readouterr()
    assert run(root, "--fill", "cubic") == 2
    assert "made with" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--workers", "0"], ["--max-gap", "-1"], ["--fill", "linear"]])
def test_wrong_options_are_usage(root: Path, wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(root, *wrong)
    assert ended.value.code == 2
