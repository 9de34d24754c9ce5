"""OpenMMLab's packages, absent or too new: one line that names the script, wherever it shows."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

import wildpose
from tests.media import write_video
from wildpose.openmmlab import packages
from wildpose.openmmlab.packages import SCRIPT, PackagesError, check_packages
from wildpose.run_cli import add_run_options, run_videos

CHECKOUT = Path(wildpose.__file__).resolve().parent.parent
GOOD = {"mmengine-lite": "0.10.7", "mmcv": "2.1.0", "mmdet": "3.3.0", "mmpose": "1.3.2"}


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """What is installed, for a test to change; mmcv has its operations."""
    there = dict(GOOD)

    def version(name: str) -> str:
        if name not in there:
            raise PackageNotFoundError(name)
        return there[name]

    (tmp_path / "_ext.so").touch()
    monkeypatch.setattr(packages, "version", version)
    monkeypatch.setattr(packages, "package_folder", lambda _: tmp_path)
    return there


def test_versions_that_work_together_pass(installed: dict[str, str]) -> None:
    check_packages("mmdet")
    check_packages("mmpose")


@pytest.mark.parametrize("name", ["mmengine-lite", "mmcv", "mmdet", "mmpose"])
def test_an_absent_package_is_named_with_the_script(installed: dict[str, str], name: str) -> None:
    del installed[name]
    line = f"mmpose needs {name.removesuffix('-lite')}, which is not installed here: {SCRIPT}"
    with pytest.raises(PackagesError, match=re.escape(line)):
        check_packages("mmpose")


def test_detectors_do_without_mmpose(installed: dict[str, str]) -> None:
    del installed["mmpose"]
    check_packages("mmdet")


@pytest.mark.parametrize(
    ("name", "version"),
    [("mmcv", "2.2.0"), ("mmcv", "1.7.2"), ("mmdet", "2.28.2"), ("mmpose", "0.29.0")],
)
def test_versions_that_cannot_work_are_refused(
    installed: dict[str, str], name: str, version: str
) -> None:
    installed[name] = version
    low, high = packages.RANGES[name]
    line = f"{name} {version} cannot work here: it must be {low} or later, below {high}. {SCRIPT}"
    with pytest.raises(PackagesError, match=re.escape(line)):
        check_packages("mmpose")


def test_mmcv_without_operations_is_refused(installed: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "_ext.so").unlink()
    with pytest.raises(PackagesError, match="mmcv here is without its compiled operations: tools/"):
        check_packages("mmdet")


def run(*flags: str) -> int:
    parser = argparse.ArgumentParser()
    add_run_options(parser)
    return run_videos(parser.parse_args([*flags]), parser)


@pytest.mark.parametrize(
    "flags",
    [
        ("--detector", "mmdet:rtmdet-m"),
        ("--pose", "mmpose:rtmpose-m"),
        ("--lifter", "mmpose:motionbert"),
    ],
)
def test_a_run_without_the_packages_is_one_line(
    installed: dict[str, str],
    flags: tuple[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    installed.clear()
    video = write_video(tmp_path / "gray.mp4", pictures=2)
    assert run(str(video), "--out", str(tmp_path / "out"), "--offline", *flags) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "needs mmengine, which is not installed here: tools/install_openmmlab.sh" in error


def test_importing_wildpose_imports_none_of_them() -> None:
    code = (
        "import sys, wildpose.pipeline\n"
        "import wildpose.detection.mmdet, wildpose.pose.mmpose, wildpose.lifting.mmpose\n"
        "print([name for name in sys.modules if name.startswith(('mmcv', 'mmdet', 'mmpose'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stderr
