"""Runs in MediaPipe's own environment, which has no wildpose: clips in, landmarks and times out."""

import argparse
import json
import time
from pathlib import Path

import cv2
import mediapipe  # type: ignore[import-not-found]  # not in our environment, on purpose
import numpy as np


def process(clip: Path, out: "Path | None") -> dict:
    """One clip through the Solutions API with its defaults, as its documentation shows."""
    pose = mediapipe.solutions.pose.Pose()
    pose.process(np.zeros((64, 64, 3), np.uint8))  # start-up is not measured
    pose.reset()
    found, pixels, world, visibility = [], [], [], []
    started = time.perf_counter()
    video = cv2.VideoCapture(str(clip))
    frames = 0
    while True:
        more, image = video.read()
        if not more:
            break
        result = pose.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
        if result.pose_landmarks is not None:
            height, width = image.shape[:2]
            found.append(frames)
            points = result.pose_landmarks.landmark
            pixels.append([(p.x * width, p.y * height) for p in points])
            world.append([(p.x, p.y, p.z) for p in result.pose_world_landmarks.landmark])
            visibility.append([p.visibility for p in points])
        frames += 1
    seconds = time.perf_counter() - started
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        np.savez(
            out / f"{clip.stem}.npz",
            frames=np.array(found),
            joints_2d=np.array(pixels).reshape(-1, 33, 2),
            joints_3d=np.array(world).reshape(-1, 33, 3),
            scores=np.array(visibility).reshape(-1, 33),
        )
    return {"clip": clip.name, "frames": frames, "seconds": seconds, "found": len(found)}


def main() -> None:
    """One JSON line per clip."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    for clip in options.clips:
        print(json.dumps(process(clip, options.out)), flush=True)


if __name__ == "__main__":
    main()
