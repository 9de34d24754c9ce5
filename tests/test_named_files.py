"""Files that settings name are the same setting wherever they lie, and are found from anywhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from wildpose.hashing import sha256_of
from wildpose.named_files import NETWORKS, POSES, absolute, recorded, recorded_now
from wildpose.results import Settings, parts, settings_from


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the process is in, with some files below it."""
    (tmp_path / "my models").mkdir()
    for name in ("m.safetensors", "c.py", "w.pth", "poses.json"):
        (tmp_path / "my models" / name).write_text(f"content of {name}")
        shutil.copy(tmp_path / "my models" / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(name: str) -> str:
    """How a record tells a file that is in this folder."""
    return f"sha256:{sha256_of(Path(name))[:16]}"


@pytest.mark.parametrize("setting", NETWORKS)
@pytest.mark.parametrize("folder", ["", "./", "my models/", "my models/../", "{whole}/my models/"])
def test_every_spelling_of_a_path_and_a_copy_are_one_setting(
    files: Path, setting: str, folder: str
) -> None:
    path = f"{folder.format(whole=files)}m.safetensors"
    assert Settings.of({setting: path}).record[setting] == (
        f"m.safetensors {told('m.safetensors')}"
    )


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("detector", "mmdet:{f}/c.py@{f}/w.pth", "mmdet:c.py@w.pth {c.py} {w.pth}"),
        ("pose", "mmpose:rtmpose-m@my models/w.pth", "mmpose:rtmpose-m@w.pth {w.pth}"),
        ("lifter", "mmpose:./c.py@random", "mmpose:c.py@random {c.py}"),
        ("poses", "my models/poses.json", "poses.json {poses.json}"),
        ("poses", "{f}", "{f}"),  # a folder: which of its files, each video tells
        ("detector", "mmdet:rtmdet-m", "mmdet:rtmdet-m"),
        ("lifter", "lcr", "lcr"),
        ("lifter", "gone/m.safetensors", "gone/m.safetensors"),
    ],
)
def test_files_are_told_by_name_and_hash_and_all_else_as_it_is(
    files: Path, setting: str, value: str, expected: str
) -> None:
    names = {name: told(name) for name in ("c.py", "w.pth", "poses.json")}
    expected = expected.replace("{f}", str(files))
    for name, text in names.items():
        expected = expected.replace(f"{{{name}}}", text)
    first = recorded(setting, value.format(f=files))
    assert first == expected
    assert recorded(setting, first) == first  # also out of a record, beside files of these names


def test_records_that_have_paths_as_they_were_typed_are_told_as_now() -> None:
    hashes = f"sha256:{'0' * 16} sha256:{'f' * 16}"
    old = {
        "detector": f"mmdet:/my models/c.py@w/w.pth {hashes}",
        "recognizer": f"../m.safetensors {hashes[:23]}",
        "poses": f"some folder/p.json {hashes[:23]}",
        "lifter": "lcr",
        "actor": "a/b.safetensors",
        "stop": 0.5,
        "tiles": None,
    }
    assert recorded_now(old) == {
        **old,
        "detector": f"mmdet:c.py@w.pth {hashes}",
        "recognizer": f"m.safetensors {hashes[:23]}",
        "poses": f"p.json {hashes[:23]}",
    }


@pytest.mark.usefixtures("files")
def test_settings_out_of_a_result_have_the_same_poses_as_those_that_made_it() -> None:
    made = Settings(detector="mmdet:my models/c.py@w.pth", lifter="./m.safetensors")
    before = {**made.record, "detector": f"mmdet:./c.py@w.pth {told('c.py')} {told('w.pth')}"}
    for record in (made.record, before):
        assert parts(settings_from(record).record).poses == parts(made.record).poses


def test_paths_are_made_absolute_and_names_are_not(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(files))
    monkeypatch.setenv("USERPROFILE", str(files))
    (files / "random").touch()  # in whose place random weights are asked for
    settings = Settings(
        detector="mmdet:c.py@random",
        pose="mmpose:rtmpose-m@my models/w.pth",
        lifter="gone.safetensors",
        recognizer="~/m.safetensors",
        poses="my models",
    )
    assert settings.with_absolute_paths() == Settings(
        detector=f"mmdet:{files / 'c.py'}@random",
        pose=f"mmpose:rtmpose-m@{files / 'my models' / 'w.pth'}",
        lifter="gone.safetensors",
        recognizer=str(files / "m.safetensors"),
        poses=str(files / "my models"),
    )
    assert Settings().with_absolute_paths() == Settings()
    assert absolute(POSES, "c.py") == str(files / "c.py")
