"""The script that installs OpenMMLab's packages: what it says before it changes anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import wildpose
from tests.made_openmmlab import ABSENCE, needs_openmmlab

SCRIPT = Path(wildpose.__file__).resolve().parent.parent / "tools" / "install_openmmlab.sh"


def script(
    *arguments: str, folder: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        cwd=folder,
        check=False,
    )


def test_the_script_wants_an_environment(tmp_path: Path) -> None:
    done = script(str(tmp_path / "python"))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"no interpreter {tmp_path / 'python'}: make the environment first" in done.stderr


@pytest.mark.thorough
@pytest.mark.skipif(ABSENCE is None, reason="all is there already: nothing is compiled")
def test_the_script_needs_a_compiler_and_says_so_before_it_changes_anything(tmp_path: Path) -> None:
    done = script(sys.executable, CXX=str(tmp_path / "g++"), WILDPOSE_CACHE=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"no C++ compiler ({tmp_path / 'g++'}) to build mmcv with" in done.stderr
    assert list(tmp_path.iterdir()) == []


@needs_openmmlab
def test_the_script_finds_all_there_from_any_folder(tmp_path: Path) -> None:
    done = script(os.path.relpath(sys.executable, tmp_path), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "all there already, nothing done" in done.stdout
