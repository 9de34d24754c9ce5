"""Small recognizers that look at pictures, and a small synthetic NTU, for the tests of explain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from datasets.footage_files import FOOTAGE, write_footage
from datasets.footage_index import write_index
from datasets.footage_making import footage_of_recording
from datasets.ntu_skeleton_file import SkeletonFile
from datasets.ntu_writing import tracked_body, write_skeleton_file
from datasets.synthetic_files import begin, complete, skeleton_of, truth_path, video_of
from datasets.synthetic_ntu import CLASS_NAMES, recordings
from datasets.synthetic_takes import Hold
from datasets.synthetic_truth import Truth, write_truth
from recognizers.inputs.moments import Sampling
from recognizers.inputs.pictures import Pictures
from recognizers.inputs.preparation import Preparation
from recognizers.networks import network_of
from recognizers.recognizer import ClipRecognizer
from recognizers.sta.network import PoseConditionedAttention
from tests.made_samples import seeded
from tests.made_sequences import acted
from wildpose.footage import Footage, Making
from wildpose.geometry import Array
from wildpose.types import Clip
from wildpose.video_writer import VideoWriter

T, WIDTH, HEIGHT, PATCH = 24, 192, 108, 9
LEFT, RIGHT = 7, 11  # hands of kinect25
PREPARATION = Preparation(joint_set="kinect25", people=2, axes="kinect")
PICTURES = {
    "sta": Pictures(size=(32, 18), hand_px=12, shown=0),
    "glimpse_clouds": Pictures(size=(40, 40), kept="people", shown=32),
    "vpn": Pictures(size=(40, 40), kept="people", shown=32, frames=8),
    "skeleton_rnn": None,
}
SAMPLING = {
    "sta": Sampling(frames=6, moments="bins", views=2, derivatives=True),
    "glimpse_clouds": Sampling(frames=4, moments="bins", views=2),
    "vpn": Sampling(frames=4, moments="bins", views=2, together="max"),
    "skeleton_rnn": Sampling(frames=4),
}
NETWORKS: dict[str, dict[str, Any]] = {
    "sta": {
        "type": "PoseConditionedAttention", "frames": 6, "crop_size": 12, "units": 8,
        "backbone": {"type": "SmallImage", "stage_channels": (8, 8)}, "rgb_features": 6,
        "pose_features": 8, "widths": (3, 4), "spatial_hidden": 5, "temporal_hidden": 6,
    },
    "glimpse_clouds": {
        "type": "GlimpseClouds", "attention_units": 7, "worker_units": 6, "crop": 2,
        "backbone": {"type": "SmallVideo", "stage_channels": (8, 8, 8, 8)},
    },
    "vpn": {
        "type": "VideoPoseNetwork", "map_size": (4, 2, 2), "steps": 4, "people_read": 2,
        "backbone": {"type": "SmallVideo", "stage_channels": (8, 8, 8, 8), "time_stride": 2},
        "hidden": (6, 5), "embedding_width": 7,
    },
    "skeleton_rnn": {"type": "SkeletonRnn", "units": 6, "layers": 1},
}  # fmt: skip


def recognizer_of(family: str, **changes: Any) -> ClipRecognizer:
    """A small one of random weights, which knows the classes of synthetic NTU."""
    config = {**NETWORKS[family], **changes}
    with seeded(0):
        network = network_of(config, joint_set_name="kinect25", people=2, classes=len(CLASS_NAMES))
    return ClipRecognizer(
        network=network.eval(), config=config, class_names=CLASS_NAMES, preparation=PREPARATION,
        sampling=SAMPLING[family], pictures=PICTURES[family],
    )  # fmt: skip


def looking_at(hand: int) -> ClipRecognizer:
    """A recognizer of sta that attends to one of the four hands alone, whatever it sees."""
    recognizer = recognizer_of("sta")
    network = recognizer.network
    assert isinstance(network, PoseConditionedAttention)
    assert network.rgb is not None and network.rgb.weigh_hands is not None
    last = list(network.rgb.weigh_hands.score.children())[-1]
    assert isinstance(last, torch.nn.Linear)
    with torch.no_grad():
        last.weight.zero_()
        last.bias.fill_(-40.0)
        last.bias[hand] = 40.0
    return recognizer


def truth_with(*holds: Hold, both_hands: bool = False, hidden: int = 0) -> Truth:
    """Of a clip of T frames; the object cannot be seen in the first frames."""
    shown = (0,) * hidden + (50,) * (T - hidden)
    return Truth("cup", both_hands, holds, shown, captured=False)


def person(x: float = 0.0, motion: str = "wave") -> Array:
    """(T, 25, 3) m, kinect axes: somebody 3 m away who faces the sensor."""
    return acted(motion, "kinect25")[:T] + np.array([x, 0.0, 3.0])


def pixels(joints: Array) -> Array:
    """(..., 2) px of 1920 x 1080, not mirrored."""
    x, y, z = np.moveaxis(joints, -1, 0)
    return np.stack([960 - 900 * x / z, 540 - 900 * y / z], axis=-1)


def shown_with(joints: Array, hand: int = LEFT) -> list[np.ndarray]:
    """T grey pictures of a clip, with a bright square around a hand of the first person."""
    pictures = []
    for x, y in (pixels(joints[0, :, hand]) * WIDTH / 1920).round().astype(int):
        picture = np.full((HEIGHT, WIDTH, 3), 60, dtype=np.uint8)
        half = PATCH // 2
        picture[max(y - half, 0) : y + half + 1, max(x - half, 0) : x + half + 1] = 250
        pictures.append(picture)
    return pictures


def clip_of(*people: Array, name: str = "clip") -> Clip:
    joints = np.stack(people).astype(np.float32)
    mask = np.ones(joints.shape[:2], dtype=bool)
    return Clip(joints, mask, "kinect25", 30.0, name=name, label=0)


def footage_of(clip: Clip, size: tuple[int, int] = (40, 40)) -> Footage:
    """Random pictures and hands, and joints in the middle of them."""
    rng = np.random.default_rng(0)
    M, T, J, _ = clip.joints.shape
    hands = [rng.integers(0, 256, (2 * M, 12, 12, 3), dtype=np.uint8) for _ in range(T)]
    pictures = [rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8) for _ in range(T)]
    places = np.full((M, T, J, 2), size[1] / 2)
    return Footage(pictures, places, np.ones((M, T, J), dtype=bool), hands)


LEFT_HELD, RIGHT_HELD = "S001C001P005R001A001", "S001C001P010R001A002"
TRAINED = "S001C001P001R001A003"
HELD = {LEFT_HELD: 0, RIGHT_HELD: 1, TRAINED: 1}


def write_set(root: Path) -> None:
    """DATA of two clips that test, something in a left and in a right hand, and one that trains."""
    folder = root / "synthetic_ntu"
    begin(folder, {}, len(HELD))
    for name, hand in HELD.items():
        joints = person()
        body = tracked_body(joints, id="1", pixels=pixels(joints))
        write_skeleton_file(skeleton_of(folder, name), SkeletonFile(T, (body,)))
        truth = truth_with(Hold(0, hand, 0, T), both_hands=hand == 1, hidden=5)
        write_truth(truth_path(folder, name), truth)
        with VideoWriter(video_of(folder, name), width=WIDTH, height=HEIGHT, fps=30) as video:
            for t, picture in enumerate(shown_with(joints[None])):
                video.write(np.ascontiguousarray(picture[:, ::-1]), t / 30)  # mirrored, as NTU's
    complete(folder, {}, len(HELD))


def write_pictures(root: Path) -> None:
    """The footage that each family asks for."""
    folder = root / "synthetic_ntu"
    for asked in {asked.folder: asked for asked in PICTURES.values() if asked is not None}.values():
        making = Making(asked.size, asked.kept, asked.hand_px)
        write_index(folder / FOOTAGE / asked.folder, {})
        for name, read in recordings(folder):
            write_footage(
                folder / FOOTAGE / asked.folder / f"{name}.npz",
                footage_of_recording(read(), making),
            )
