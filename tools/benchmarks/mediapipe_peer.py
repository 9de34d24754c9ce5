"""MediaPipe's own Solutions API in a virtual environment of its own: the peer of our figures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

from wildpose.weights import cache_dir

PACKAGE = "mediapipe==0.10.21"
WORKER = Path(__file__).with_name("mediapipe_worker.py")


def python(given: Path | None) -> Path:
    """The interpreter that has MediaPipe; its environment is made once where none is given."""
    if given is not None:
        return given
    folder = cache_dir() / "bench" / PACKAGE.replace("==", "-")
    executable = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "complete").exists():
        print(f"making an environment for {PACKAGE}, once (about 400 MB)", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        install = [str(executable), "-m", "pip", "install", "-q", PACKAGE]
        subprocess.run(install, check=True)
        (folder / "complete").touch()
    return executable


def run(executable: Path, clips: list[Path], *, landmarks: Path | None = None) -> list[dict]:
    """Each clip through `mp.solutions.pose.Pose()` with its defaults.

    Args:
        executable: of `python`.
        clips: videos.
        landmarks: folder for one .npz per clip with what was found; None to time alone.

    Returns:
        Per clip: frames, seconds (decode and process, without start-up), found (frames).
    """
    command = [str(executable), str(WORKER), *map(str, clips)]
    if landmarks is not None:
        command += ["--out", str(landmarks)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return [json.loads(line) for line in done.stdout.decode().splitlines() if line.startswith("{")]
