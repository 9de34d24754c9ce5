"""Six real files of NTU RGB+D, where they lie beside the checkout: bodies, sides, colour."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest

from datasets.kinect_chirality import forward_agrees
from datasets.ntu import PROTOCOLS_60, clips, read, read_sample
from datasets.ntu_skeleton_file import read_skeleton_file
from tests.conftest import SHARED
from wildpose.geometry import Array
from wildpose.joints import joint_set
from wildpose.types import Clip

ARCHIVE = SHARED / "ntu.tar"
KINECT25 = joint_set("kinect25")
SAMPLES = {  # name -> people, frames
    "S001C001P001R001A001": (1, 103),
    "S001C001P001R001A011": (1, 82),
    "S001C003P008R002A058": (2, 70),
    "S002C001P003R001A003": (1, 100),
    "S003C001P015R001A034": (1, 71),
    "S004C002P003R001A017": (1, 124),
}
pytestmark = pytest.mark.skipif(
    not ARCHIVE.exists(), reason="the samples of NTU RGB+D are not beside this checkout"
)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the six samples."""
    folder = tmp_path_factory.mktemp("ntu")
    with tarfile.open(ARCHIVE) as archive:
        wanted = [m for m in archive.getmembers() if m.name.endswith(".skeleton")]
        archive.extractall(folder, members=wanted, filter="data")
    return folder


def test_the_samples_are_read_right(samples: Path) -> None:
    found = {clip.name: clip for clip in clips(samples)}
    assert {name: clip.mask.shape for name, clip in found.items()} == SAMPLES
    assert all(clip.mask.all() for clip in found.values())
    assert [clip.label for clip in found.values()] == [0, 10, 57, 2, 33, 16]
    assert [clip.subject for clip in found.values()] == [
        "P001",
        "P001",
        "P008",
        "P003",
        "P015",
        "P003",
    ]
    assert PROTOCOLS_60["xview"].rule("S001C003P008R002A058") == "train"


def test_people_who_stand_face_where_their_feet_point(samples: Path) -> None:
    agrees = [
        forward_agrees(joints[mask], "kinect25")
        for clip in clips(samples)
        for joints, mask in zip(clip.joints, clip.mask, strict=True)
    ]
    assert len(np.concatenate(agrees)) > 400
    assert np.concatenate(agrees).mean() > 0.97


def slope(sample_x: Array, joints: Array) -> float:
    """Pixels by which colour x grows per unit of x / z."""
    return float(np.polyfit((joints[..., 0] / joints[..., 2]).ravel(), sample_x.ravel(), 1)[0])


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_colour_coordinates_are_unmirrored(samples: Path, name: str) -> None:
    (path,) = samples.rglob(f"{name}.skeleton")
    sample, as_filmed = read_sample(path), read_sample(path, mirrored=True)
    assert sample.colour_known.all()
    # x points to the sensor's left: in a picture that is not mirrored, it falls as joints' x grows.
    assert -1200 < slope(sample.colour[..., 0], sample.clip.joints) < -900  # minus the focal length
    assert 900 < slope(as_filmed.colour[..., 0], sample.clip.joints) < 1200
    raw = [float(body.colour[0, 0, 0]) for body in read_skeleton_file(path).bodies]
    np.testing.assert_allclose(sorted(raw), sorted(as_filmed.colour[:, 0, 0, 0]), atol=1e-3)


def test_the_two_who_shake_hands_face_each_other_and_touch(samples: Path) -> None:
    (path,) = samples.rglob("*A058.skeleton")
    one, two = read(path).joints
    hips = KINECT25.index("spine_base")
    apart = np.linalg.norm(one[:, hips] - two[:, hips], axis=-1)
    hand = KINECT25.index("right_hand")
    hands = np.linalg.norm(one[:, hand] - two[:, hand], axis=-1)
    assert 0.4 < apart.min() < 1.2  # m
    assert hands.min() < 0.2


@pytest.mark.parametrize(
    ("parent", "child", "low", "high"),
    [
        ("hip", "knee", 0.30, 0.46),
        ("knee", "ankle", 0.30, 0.46),
        ("shoulder", "elbow", 0.20, 0.32),
        ("elbow", "wrist", 0.19, 0.30),
    ],
)
def test_limbs_are_an_adults_and_alike_on_both_sides(
    samples: Path, parent: str, child: str, low: float, high: float
) -> None:
    standing: list[Clip] = [clip for clip in clips(samples) if clip.label != 16]
    joints = np.concatenate([clip.joints[clip.mask] for clip in standing])
    medians = []
    for side in ("left", "right"):
        a, b = KINECT25.index(f"{side}_{parent}"), KINECT25.index(f"{side}_{child}")
        medians.append(np.median(np.linalg.norm(joints[:, a] - joints[:, b], axis=-1)))
    assert low < min(medians)
    assert max(medians) < high
    assert abs(medians[0] - medians[1]) < 0.03  # m
