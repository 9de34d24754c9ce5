"""How large people are in the videos of a training is measured in those videos."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from datasets.catalogue import dataset_named
from datasets.ntu_skeleton_file import SkeletonFile
from datasets.ntu_writing import tracked_body, write_skeleton_file
from tests.made_sequences import acted
from tests.media import write_video
from tools.experiments.footage import FootageFolder
from tools.experiments.people_size import trunk_px
from tools.experiments.samples import Samples
from wildpose.joints import joint_set

KINECT = joint_set("kinect25")
T = 6
NAMES = [f"S001C001P{p:03}R001A001" for p in (1, 2, 4)]


def trunk_m(joints: np.ndarray) -> float:
    """Metres in the picture's plane, of a body that stands still."""
    middles = [
        (joints[0, KINECT.index(f"left_{j}")] + joints[0, KINECT.index(f"right_{j}")]) / 2
        for j in ("shoulder", "hip")
    ]
    return float(np.linalg.norm((middles[0] - middles[1])[:2]))


@pytest.fixture
def samples(tmp_path: Path) -> Samples:
    """Three clips of people who are 300, 400 and 900 px to the metre in 1920 x 1080 px."""
    root = tmp_path / "ntu"
    root.mkdir()
    joints = acted("wave", "kinect25")[:T] + np.array([0.0, 0.0, 3.0])
    for name, scale in zip(NAMES, (300, 400, 900), strict=True):
        pixels = np.stack([960 - scale * joints[..., 0], 540 - scale * joints[..., 1]], axis=-1)
        body = tracked_body(joints, id="1", pixels=pixels)
        write_skeleton_file(root / f"{name}.skeleton", SkeletonFile(T, (body,)))
        pictures = [np.full((108, 192, 3), 60, dtype=np.uint8)] * T
        write_video(root / f"{name}_rgb.mp4", pictures=pictures)
    chosen = dataset_named("ntu60")
    clips = list(chosen.clips(tmp_path))
    return Samples(
        {"train": clips},
        {"train": [0, 0, 0]},
        chosen.protocols["xsub"],
        FootageFolder(root / "footage" / "whole_16x16_hands12"),
    )


def test_it_is_the_median_over_people_in_px_of_their_videos(samples: Samples) -> None:
    wanted = 400 * trunk_m(acted("wave", "kinect25")) / 10  # the videos are a tenth as wide
    assert trunk_px("ntu60", samples) == pytest.approx(wanted, rel=0.03)  # the spine sways


def test_only_clips_of_the_training_count(samples: Samples) -> None:
    last = Samples(
        {"train": samples.clips["train"][2:]}, {"train": [0]}, samples.protocol, samples.footage
    )
    wanted = 900 * trunk_m(acted("wave", "kinect25")) / 10
    assert trunk_px("ntu60", last) == pytest.approx(wanted, rel=0.03)


def test_a_video_that_is_gone_is_left_out_and_without_any_a_line_says_so(
    samples: Samples, caplog: pytest.LogCaptureFixture
) -> None:
    assert samples.footage is not None
    root = samples.footage.folder.parents[1]
    (root / f"{NAMES[1]}_rgb.mp4").write_bytes(b"no video")
    both = trunk_px("ntu60", samples)
    wanted = 600 * trunk_m(acted("wave", "kinect25")) / 10  # of 300 and 900
    assert both == pytest.approx(wanted, rel=0.03)
    for name in NAMES:
        (root / f"{name}_rgb.mp4").unlink()
    with caplog.at_level(logging.WARNING):
        assert trunk_px("ntu60", samples) is None
    (record,) = caplog.records
    assert "how large people are in the videos is not known" in record.getMessage()
