"""Error of 2D and 3D joints on mannequin clips, 8 motions x 4 views, against MediaPipe's.

Both are mapped to lcr13 by the same rule and compared with the mannequins' exact joints, on the
frames in which both found the person.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from datasets.mannequin import MannequinClip, random_actor
from datasets.mannequin_video import write_clip
from datasets.motions import MOTIONS
from tools.benchmarks import mediapipe_peer
from wildpose.export.result_json import read_result
from wildpose.geometry import orbit_camera
from wildpose.joints import convert, torso
from wildpose.pipeline import Pipeline
from wildpose.pose_metrics import aligned_to, joint_errors
from wildpose.results import Result, Settings

VIEWS = (0, 60, 180, 300)  # degrees around the actor


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what `bench.py pose` understands."""
    add = parser.add_argument
    add("--clips", type=Path, help="folder for the clips, kept and used again; default: temporary")
    add("--seconds", type=float, default=3.0, help="of each clip; default: %(default)s")
    add("--seed", type=int, default=100, help="of bodies, styles and looks")
    add("--views", type=float, nargs="+", default=VIEWS, help="degrees; default: %(default)s")
    add("--mediapipe-python", type=Path, help="an interpreter that has MediaPipe")
    add("--table", action="store_true", help="also one row per clip, on stderr")


def measure(options: argparse.Namespace) -> dict:
    """Mean errors of both, and the ratio of each."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.clips or Path(temporary)
        clips = render(folder, seconds=options.seconds, seed=options.seed, views=options.views)
        landmarks = Path(temporary) / "mediapipe"
        mediapipe_peer.run(
            mediapipe_peer.python(options.mediapipe_python), clips, landmarks=landmarks
        )
        pipeline = Pipeline(Settings(recognizer=None))
        rows = [compare(clip, pipeline.run(clip), landmarks) for clip in clips]
    errors = np.array([row["errors"] for row in rows])  # (clips, 2, 3)
    if options.table:
        _print_table(rows)
    ours, theirs = errors.mean(axis=0)
    names = ("error_2d_px", "mpjpe_mm", "pa_mpjpe_mm")
    return {
        "against": f"{mediapipe_peer.PACKAGE} Solutions API, smoothing on, as its defaults are",
        "clips": len(clips),
        "frames": int(sum(row["frames"] for row in rows)),
        "found_share": {
            "wildpose": round(float(np.mean([r["found"][0] for r in rows])), 4),
            "mediapipe": round(float(np.mean([r["found"][1] for r in rows])), 4),
        },
        "wildpose": {n: round(float(e), 2) for n, e in zip(names, ours, strict=True)},
        "mediapipe": {n: round(float(e), 2) for n, e in zip(names, theirs, strict=True)},
        "ratio": {n: round(float(a / b), 3) for n, a, b in zip(names, ours, theirs, strict=True)},
    }


def render(folder: Path, *, seconds: float, seed: int, views: list[float]) -> list[Path]:
    """Every motion from every view, each with another actor; clips that are there are kept."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * 30)) / 30
    clips = []
    for motion in MOTIONS:
        for view in views:
            actor = random_actor(motion, rng)
            path = folder / f"{motion}_{view:03.0f}.mp4"
            if not path.with_suffix(".truth.json").exists():
                camera = orbit_camera(yaw=np.radians(view))
                write_clip(path, MannequinClip((actor,), camera, times))
            clips.append(path)
    return clips


def compare(clip: Path, result: Result, landmarks: Path) -> dict:
    """Errors of both on one clip: (2, 3) mean of 2D px, MPJPE mm, PA-MPJPE mm."""
    truth = read_result(clip.with_suffix(".truth.json")).people[0].skeleton
    assert truth.joints_2d is not None
    ours = _main_person(result)
    with np.load(landmarks / f"{clip.stem}.npz") as file:
        theirs = {
            "frames": file["frames"],
            "joints_2d": convert(file["joints_2d"], "blazepose33", "lcr13"),
            "joints": convert(file["joints_3d"], "blazepose33", "lcr13"),
        }
    common = np.intersect1d(ours["frames"], theirs["frames"])
    errors = []
    for found in (ours, theirs):
        rows = np.searchsorted(found["frames"], common)
        joints = found["joints"][rows] - torso(found["joints"][rows], "lcr13")
        real = truth.joints[common]
        errors.append(
            [
                joint_errors(found["joints_2d"][rows], truth.joints_2d[common]).mean(),
                1000 * joint_errors(joints, real).mean(),
                1000 * joint_errors(aligned_to(joints, real), real).mean(),
            ]
        )
    total = len(truth)
    return {
        "clip": clip.stem,
        "frames": len(common),
        "found": [len(ours["frames"]) / total, len(theirs["frames"]) / total],
        "errors": errors,
    }


def _main_person(result: Result) -> dict[str, np.ndarray]:
    """The person with most frames, as arrays; empty ones where nobody was found."""
    if not result.people:
        empty = np.zeros((0, 13, 3))
        return {"frames": np.zeros(0, int), "joints_2d": empty[..., :2], "joints": empty}
    person = max(result.people, key=len)
    assert person.skeleton.joints_2d is not None
    return {
        "frames": person.frames,
        "joints_2d": person.skeleton.joints_2d,
        "joints": person.skeleton.joints,
    }


def _print_table(rows: list[dict]) -> None:
    import sys

    for row in rows:
        ours, theirs = row["errors"]
        figures = "  ".join(f"{a:6.1f} {b:6.1f}" for a, b in zip(ours, theirs, strict=True))
        print(f"{row['clip']:16} {row['frames']:4}  {figures}", file=sys.stderr)
