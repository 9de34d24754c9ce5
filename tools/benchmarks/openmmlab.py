"""Frames per second of a chain of OpenMMLab's networks, against mmpose's own inferencer.

Both sides read the same clip with the same networks, weights and boxes. Weights are random unless
checkpoints are named, and find nobody: both sides run their detector, and then go on with the boxes
of the clip's truth. Ours runs the detector three times a second, as a run does, theirs on every
frame, as it always does: `detector_every_frame` is ours at their pace. With `--lifter` both lift
everybody as well: ours once for each half second or frame, in whole windows of past and future;
theirs every frame, in windows of copies of it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from datasets.mannequin import Actor, MannequinClip
from datasets.mannequin_video import write_clip
from wildpose.detection.mmdet import MmdetDetector
from wildpose.devices import device_named
from wildpose.export.result_json import read_result
from wildpose.following import DETECT_EVERY_S
from wildpose.geometry import orbit_camera
from wildpose.lifting.mmpose import MmposeLifter
from wildpose.openmmlab.configs import find_config
from wildpose.openmmlab.names import Named
from wildpose.openmmlab.packages import Kind, part, quiet
from wildpose.pose.mmpose import MmposeEstimator
from wildpose.regions import region_from_box
from wildpose.results import Result
from wildpose.types import Detections, Track
from wildpose.video import read_frames

Array = npt.NDArray[np.floating]
ACTORS = ("kick", "squat", "wave", "walk")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what `bench.py openmmlab` understands."""
    add = parser.add_argument
    add("--clip", type=Path, help="of tools/make_demo.py, its truth beside it; default: rendered")
    add("--frames", type=int, default=60, help="of the clip that is rendered; default: %(default)s")
    add("--people", type=int, default=2, help="in it; default: %(default)s")
    add("--detector", default="rtmdet-tiny@random", metavar="NETWORK", help="default: %(default)s")
    add("--pose", default="rtmpose-m@random", metavar="NETWORK", help="default: %(default)s")
    add("--lifter", metavar="NETWORK", help="motionbert@random; default: none, 2D alone")
    add("--device", default="auto", help="default: %(default)s")
    add("--threads", type=int, help="of torch; default: the cores")
    add("--rounds", type=int, default=3, help="default: %(default)s")


def measure(options: argparse.Namespace) -> dict:
    """Median frames per second of both sides, in turns, for each precision."""
    if options.threads:
        torch.set_num_threads(options.threads)
    device = device_named(options.device)
    with tempfile.TemporaryDirectory() as folder:
        clip = options.clip or rendered(Path(folder), options.frames, options.people)
        truth = read_result(clip.with_suffix(".truth.json"))
        ours = {
            "fp32": _networks(options, half=False),
            **({"fp16": _networks(options, half=True)} if device.type == "cuda" else {}),
        }
        theirs = Inferencer(options, ours["fp32"], truth, Path(folder))
        return {
            "against": f"mmpose {part('mmpose').__version__} MMPoseInferencer, fp32",
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
            "threads": torch.get_num_threads(),
            "clip": clip.name,
            "people": len(truth.people),
            **compared(clip, truth, ours, theirs, options.rounds),
        }


def rendered(folder: Path, frames: int, people: int) -> Path:
    """A clip of mannequins side by side, with its truth."""
    actors = tuple(
        Actor(ACTORS[k % len(ACTORS)], (1.2 * (k - (people - 1) / 2), 0.0)) for k in range(people)
    )
    camera = orbit_camera(focal_px=824, width=960, height=720)
    path = folder / "mannequins.mp4"
    write_clip(path, MannequinClip(actors, camera, np.arange(frames) / 30))
    return path


@dataclass(frozen=True)
class Networks:
    """A chain of ours."""

    detector: MmdetDetector
    pose: MmposeEstimator
    lifter: MmposeLifter | None


def _networks(options: argparse.Namespace, *, half: bool) -> Networks:
    shared = {"device": options.device, "threads": options.threads, "half": half}
    return Networks(
        MmdetDetector(options.detector, **shared),
        MmposeEstimator(options.pose, min_presence=0, **shared),
        MmposeLifter(network=options.lifter, **shared) if options.lifter else None,
    )


def _config(kind: Kind, network: str) -> str:
    return str(find_config(kind, Named.of(network).name).config)


class Inferencer:
    """mmpose's own program on the same weights, its detector's boxes replaced by the truth."""

    def __init__(self, options: argparse.Namespace, ours: Networks, truth: Result, folder: Path):
        """Save our weights, and let it load them."""
        chain = {"det_": ours.detector, "pose2d_": ours.pose, "pose3d_": ours.lifter}
        files = {}
        for role, backend in chain.items():
            if backend is not None:
                files[f"{role}weights"] = str(folder / f"{role}.pth")
                weights = {"state_dict": backend.network.state_dict()}
                torch.save(weights, files[f"{role}weights"])
        configs = {"det_model": _config("mmdet", options.detector)}
        configs["pose2d"] = _config("mmpose", options.pose)
        if options.lifter:
            configs["pose3d"] = _config("mmpose", options.lifter)
        with quiet(), redirect_stdout(sys.stderr):  # it tells what it loads
            self._infer = part("mmpose.apis").MMPoseInferencer(
                **configs, **files, det_cat_ids=[0], device=str(device_named(options.device))
            )
        in_2d = self._infer.inferencer
        in_2d = getattr(in_2d, "pose2d_model", in_2d)
        self._detector, in_2d.detector = in_2d.detector, self._planted
        self._truth, self._frame = truth, 0

    def _planted(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - mmdet's
        found = self._detector(*arguments, **options)
        boxes = torch.tensor(boxes_of(self._truth, self._frame), dtype=torch.float32)
        self._frame += 1
        found["predictions"][0].pred_instances = part("mmengine.structures").InstanceData(
            bboxes=boxes,
            scores=torch.full((len(boxes),), 0.9),
            labels=torch.zeros(len(boxes), dtype=torch.long),
        )
        return found

    def __call__(self, clip: Path) -> int:
        """Frames that it read."""
        self._frame = 0
        with quiet(), redirect_stdout(sys.stderr):
            return sum(1 for _ in self._infer(str(clip), return_vis=False))


def compared(
    clip: Path, truth: Result, ours: dict[str, Networks], theirs: Inferencer, rounds: int
) -> dict:
    """Frames per second, of ours by precision, and ratios to theirs."""
    ways: dict[str, Callable[[], int]] = {"inferencer": lambda: theirs(clip)}
    for name, networks in ours.items():
        ways[f"{name}_batched"] = _run_of(clip, truth, networks)
        ways[f"{name}_one_by_one"] = _run_of(clip, truth, networks, batch=1)
        ways[f"{name}_detector_every_frame"] = _run_of(clip, truth, networks, every_s=0.0)
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, run in ways.items():
            started = time.perf_counter()
            frames = run()
            if turn:  # the first one warms up
                rates[name].append(frames / (time.perf_counter() - started))
    fps = {name: round(median(each), 2) for name, each in rates.items()}
    peer = fps.pop("inferencer")
    return {
        "fps": fps,
        "inferencer_fps": peer,
        "ratio": {name: round(rate / peer, 3) for name, rate in fps.items()},
    }


def _run_of(
    clip: Path,
    truth: Result,
    networks: Networks,
    *,
    batch: int | None = None,
    every_s: float = DETECT_EVERY_S,
) -> Callable[[], int]:
    """A run that reads the clip, detects now and then, estimates and lifts everybody."""
    detector, pose, lifter = networks.detector, networks.pose, networks.lifter

    def run() -> int:
        frames, due = 0, -np.inf
        for frame in read_frames(clip):
            if frame.time - due >= every_s:
                detector.detect(frame.image)
                due = frame.time
            boxes = boxes_of(truth, frame.index)
            for some in _parts(boxes, batch or len(boxes)):
                pose.estimate(
                    frame.image, Detections(some, np.ones(len(some)), region_from_box(some))
                )
            frames += 1
        if lifter is not None:
            for track in tracks_of(truth):
                for _ in lifter.lift(track):
                    pass
        return frames

    return run


def _parts(boxes: Array, size: int) -> Iterator[Array]:
    rows = iter(boxes)
    while some := list(islice(rows, size)):
        yield np.stack(some)


def boxes_of(truth: Result, frame: int) -> Array:
    """(N, 4) px of everybody in a frame."""
    found = [p.boxes[row] for p in truth.people for row in np.flatnonzero(p.frames == frame)]
    return np.array(found, dtype=float).reshape(-1, 4)


def tracks_of(truth: Result) -> Iterator[Track]:
    """Everybody's true 2D joints over time."""
    for person in truth.people:
        joints = np.asarray(person.skeleton.joints_2d)
        yield Track(
            id=person.id,
            frames=person.frames,
            times=person.skeleton.times,
            boxes=person.boxes,
            joints_2d=joints,
            scores=np.ones(joints.shape[:2]),
            joint_set=person.skeleton.joint_set,
        )
