"""`wildpose.run` and the names of the package, as somebody who imports it meets them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wildpose
from tests.media import write_video
from wildpose.export.result_json import read_result

Rendered = tuple[Path, wildpose.Result]
CHECKOUT = Path(wildpose.__file__).resolve().parent.parent
HEAVY = ("ai_edge_litert", "av", "cv2", "filterpy", "jsonschema", "numpy", "scipy")


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Six gray pictures: nobody is in view, so a run is quick."""
    return write_video(tmp_path / "gray.mp4", pictures=6)


def told_by(code: str) -> str:
    """What a fresh interpreter prints, started in the checkout."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# A run


def test_a_run_without_out_writes_nothing(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    result = wildpose.run(video, offline=True)
    assert (result.video.frames, result.people) == (6, ())
    assert list((tmp_path / "cwd").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cwd", "gray.mp4"]


def test_a_run_gives_the_people_of_the_video(waving: Rendered) -> None:
    result = wildpose.run(str(waving[0]), offline=True, stop=0.2, smooth="none")
    assert isinstance(result, wildpose.Result)
    (person,) = result.people
    assert isinstance(person, wildpose.Person)
    assert isinstance(person.skeleton, wildpose.SkeletonSequence)
    assert person.skeleton.joints.shape == (6, 13, 3)
    assert result.settings == wildpose.Settings(stop=0.2, smooth="none")


def test_progress_counts_the_frames_one_by_one(video: Path) -> None:
    told: list[tuple[int, int | None]] = []
    wildpose.run(video, offline=True, progress=lambda done, total: told.append((done, total)))
    assert told == [(done, 6) for done in range(1, 7)]


def test_a_run_with_out_writes_what_save_names(video: Path, tmp_path: Path) -> None:
    result = wildpose.run(video, out=tmp_path / "out", save=["json", "npz"], offline=True)
    folder = tmp_path / "out" / "gray"
    assert sorted(path.name for path in folder.iterdir()) == ["result.json", "skeletons.npz"]
    assert read_result(folder / "result.json").video == result.video


def test_a_result_that_is_there_is_read_instead_of_computed(
    waving: Rendered, tmp_path: Path
) -> None:
    told: list[int] = []

    def run(*, overwrite: bool = False) -> wildpose.Result:
        return wildpose.run(
            waving[0],
            out=tmp_path,
            save=["json"],
            overwrite=overwrite,
            offline=True,
            stop=0.2,
            progress=lambda done, _: told.append(done),
        )

    first, second = run(), run()
    assert told == [1, 2, 3, 4, 5, 6]  # once
    joints = [result.people[0].skeleton.joints for result in (first, second)]
    np.testing.assert_allclose(joints[1], joints[0], atol=1e-4)  # as rounded in the file
    run(overwrite=True)
    assert len(told) == 12


# What it refuses


@pytest.mark.parametrize("save", [["pdf"], ["json", "pdf"]])
def test_an_unknown_kind_of_file_is_refused_before_anything_is_written(
    video: Path, tmp_path: Path, save: list[str]
) -> None:
    with pytest.raises(
        ValueError, match="save takes json, npz, activitynet, mmpose, video; got pdf"
    ):
        wildpose.run(video, out=tmp_path / "out", save=save, offline=True)
    assert not (tmp_path / "out").exists()


def test_an_unknown_setting_is_named(video: Path) -> None:
    with pytest.raises(ValueError, match="unknown setting 'tile'"):
        wildpose.run(video, offline=True, tile=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"detector": "blazepos"}, "Did you mean 'blazepose'"),
        ({"smooth": "spline"}, "unknown smoother 'spline'"),
        ({"actor": "me"}, "unknown actor 'me'"),
        ({"max_people": 0}, "max_people must be at least 1, got 0"),
        ({"fps": -1.0}, "fps must be a positive number"),
    ],
)
def test_a_setting_that_is_not_allowed_is_named(
    video: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        wildpose.run(video, offline=True, **options)


@pytest.mark.parametrize("out", [None, "out"])
def test_a_missing_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"no clip\.mp4: no such file"):
        wildpose.run("no clip.mp4", out=out, offline=True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_video_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("these are notes, not pictures\n" * 20)
    with pytest.raises(ValueError, match=r"notes\.mp4: .*not a video"):
        wildpose.run(tmp_path / "notes.mp4", offline=True)


# The package


def test_importing_the_package_loads_no_library() -> None:
    loaded = told_by(
        f"import sys, wildpose; print([name for name in {HEAVY} if name in sys.modules])"
    )
    assert loaded == "[]"


def test_the_types_load_no_network_and_no_video_library() -> None:
    loaded = told_by(
        "import sys, wildpose; wildpose.SkeletonSequence, wildpose.Settings, wildpose.Result;"
        "print([n for n in ('ai_edge_litert', 'av', 'cv2', 'scipy') if n in sys.modules])"
    )
    assert loaded == "[]"


def test_every_public_name_is_there() -> None:
    names = json.loads(
        told_by(
            "import json, wildpose;"
            "print(json.dumps({n: getattr(wildpose, n).__name__ for n in wildpose.__all__}))"
        )
    )
    assert {"Person", "Result", "Settings", "SkeletonSequence", "run"} <= set(names)
    assert all(name == own for name, own in names.items())


def test_a_name_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(AttributeError, match=r"no 'Skeleton'.* run, .*SkeletonSequence"):
        _ = wildpose.Skeleton
    assert not hasattr(wildpose, "Skeleton")
