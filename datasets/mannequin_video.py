"""Mannequin clips as video files, with their ground truth beside them as wildpose results."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from datasets.mannequin import MannequinClip
from wildpose import __version__
from wildpose.export.result_json import write_result
from wildpose.export.skeletons_npz import write_skeletons
from wildpose.geometry import Array
from wildpose.hashing import sha256_of
from wildpose.joints import convert, torso
from wildpose.pipeline import Progress
from wildpose.regions import body_box
from wildpose.results import Person, Result, Settings, VideoSummary
from wildpose.types import SkeletonSequence
from wildpose.video_writer import VideoWriter

TRUTH = Settings(detector="truth", pose="truth", lifter="truth", smooth="none")
"""What a result.json of ground truth says of its making."""


def write_clip(path: Path, clip: MannequinClip, *, progress: Progress | None = None) -> Result:
    """Render a clip to PATH, and its truth to PATH's stem + `.truth.json` and `.truth.npz`.

    Args:
        path: the video, .mp4.
        progress: told the frames done and their number.

    Returns:
        The truth, as written.
    """
    camera, T = clip.camera, len(clip.times)
    visible = np.zeros((len(clip.actors), T, 25), dtype=bool)
    path.parent.mkdir(parents=True, exist_ok=True)
    rate = _rate(clip.times)
    with VideoWriter(path, width=camera.width, height=camera.height, fps=rate) as writer:
        for t, frame in enumerate(clip.scene()):
            writer.write(frame.image, frame.time)
            visible[:, t] = frame.visible
            if progress:
                progress(t + 1, T)
    truth = truth_of(clip, visible, path)
    write_result(path.with_suffix(".truth.json"), truth)
    write_skeletons(path.with_suffix(".truth.npz"), truth)
    return truth


def truth_of(clip: MannequinClip, visible: np.ndarray, path: Path) -> Result:
    """Exact joints of a clip as a result; a joint's score is 1 where it can be seen, else 0.

    Args:
        clip: what was rendered.
        visible: (M, T, 25) as `SceneFrame.visible`.
        path: the rendered video.
    """
    camera, times = clip.camera, np.asarray(clip.times, dtype=float)
    rate = _rate(times)
    people = []
    for m in range(len(clip.actors)):
        joints_25, pixels_25 = clip.joints_camera[m], clip.joints_2d[m]
        joints = convert(joints_25, "kinect25", "lcr13")
        root = torso(joints, "lcr13")
        low_high = np.array([body_box(pixels) for pixels in pixels_25])
        size = np.array([camera.width, camera.height] * 2)
        people.append(
            Person(
                id=m + 1,
                frames=np.arange(len(times)),
                boxes=np.clip(low_high, 0, size),
                skeleton=SkeletonSequence(
                    joints=joints - root,
                    scores=convert(visible[m, ..., None].astype(float), "kinect25", "lcr13")[
                        ..., 0
                    ],
                    times=times,
                    joints_2d=convert(pixels_25, "kinect25", "lcr13"),
                    root=root[:, 0],
                ),
            )
        )
    video = VideoSummary(
        path=path.name,
        sha256=sha256_of(path),
        width=camera.width,
        height=camera.height,
        fps=rate,
        frames=len(times),
        duration_s=float(times[-1] - times[0]) + 1 / rate,
        rotation=0,
    )
    return Result(video, tuple(people), TRUTH, {"wildpose": __version__}, camera.focal_px)


def _rate(times: Array) -> float:
    """Frames per second, from the median step."""
    return round(1 / float(np.median(np.diff(times))), 4) if len(times) > 1 else 30.0
