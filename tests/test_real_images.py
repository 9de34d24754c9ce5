"""Real pictures with measured joints: the Kinect's text files, and annotated stills."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import SHARED
from tools.evaluation import real_images
from wildpose.joints import joint_set

LCR13 = joint_set("lcr13")


def skeleton_text(frames: int, bodies: int = 1) -> str:
    """An NTU .skeleton file whose joint j of frame t is at (t, j, 0.5), tracked where j is even."""
    lines = [str(frames)]
    for t in range(frames):
        lines.append(str(bodies))
        for body in range(bodies):
            lines += [f"{7205 + body} 0 1 1 1 1 0 0.1 -0.2 2", "25"]
            lines += [f"{t} {j} 0.5 1 2 3 NaN 0 0 0 0 {2 - j % 2}" for j in range(25)]
    return "\n".join(lines) + "\n"


def test_the_first_body_of_a_kinect_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.skeleton"
    path.write_text(skeleton_text(3, bodies=2))
    joints, tracked = real_images.read_kinect(path)
    assert joints.shape == (3, 25, 3)
    np.testing.assert_array_equal(joints[2, 7], [2, 7, 0.5])
    assert tracked[1].tolist() == [j % 2 == 0 for j in range(25)]


def test_a_kinect_file_without_anybody_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.skeleton"
    path.write_text(skeleton_text(2, bodies=0))
    with pytest.raises(ValueError, match=r"a.skeleton: the first body is not there"):
        real_images.read_kinect(path)


def test_joints_of_3dhp_are_taken_by_their_names() -> None:
    names = (
        "head_top neck right_shoulder right_elbow right_wrist left_shoulder left_elbow left_wrist "
        "right_hip right_knee right_ankle left_hip left_knee left_ankle root spine head"
    ).split()  # mmpose's MPI-INF-3DHP
    rows = [[names[i] for i in rows] for rows in real_images.DHP_TO_LCR13]
    assert rows == [*([name] for name in LCR13.names[:-1]), ["head", "head_top"]]


@pytest.fixture(scope="module")
def stills(tmp_path_factory: pytest.TempPathFactory) -> dict[str, real_images.Still]:
    """The annotated stills by the names of their pictures, which are not unpacked."""
    archive = SHARED / "stills.tar"
    if not archive.exists():
        pytest.skip(f"no {archive.name} in {SHARED}")
    folder = tmp_path_factory.mktemp("stills")
    with tarfile.open(archive) as file:
        members = [m for m in file.getmembers() if m.name.endswith(real_images.STILLS)]
        file.extractall(folder, members=members, filter="data")
    found = [path for name in real_images.STILLS for path in folder.rglob(Path(name).name)]
    return {still.path.stem: still for path in found for still in real_images.read_stills(path)}


def length(still: real_images.Still, a: str, b: str) -> float:
    """Metres from one joint to another."""
    return float(np.linalg.norm(still.joints[LCR13.index(a)] - still.joints[LCR13.index(b)]))


def test_people_on_the_stills_have_limbs_of_people(stills: dict[str, real_images.Still]) -> None:
    assert len(stills) == 8
    for still in stills.values():
        for a, b, least, most, apart in (
            ("hip", "knee", 0.30, 0.60, 0.20),  # 3DHP's hips move in the pelvis
            ("knee", "ankle", 0.34, 0.46, 0.01),
            ("shoulder", "elbow", 0.25, 0.35, 0.01),
            ("elbow", "wrist", 0.23, 0.27, 0.01),
        ):
            left, right = (length(still, f"{s}_{a}", f"{s}_{b}") for s in ("left", "right"))
            assert least < left < most
            assert right == pytest.approx(left, abs=apart)
        for side in ("left", "right"):
            assert 0.15 < length(still, "head", f"{side}_shoulder") < 0.4


@pytest.mark.parametrize(
    ("name", "left_is_right"),
    [
        ("S8_WalkDog_1.55011271_000026", True),  # seen from the front
        ("S1_Directions_1.54138969_000001", False),  # from the back
        ("TS1_002001", True),
    ],
)
def test_sides_on_the_stills_are_those_of_the_body(
    stills: dict[str, real_images.Still], name: str, *, left_is_right: bool
) -> None:
    still = stills[name]
    for joint in ("shoulder", "hip"):
        left, right = LCR13.index(f"left_{joint}"), LCR13.index(f"right_{joint}")
        assert (still.joints[left, 0] > still.joints[right, 0]) == left_is_right
        assert (still.joints_2d[left, 0] > still.joints_2d[right, 0]) == left_is_right


def test_the_person_is_in_the_region_of_a_still(stills: dict[str, real_images.Still]) -> None:
    for still in stills.values():
        x, y, side, _ = still.region
        off = np.abs(still.joints_2d - [x, y]).max()
        assert 0.25 * side < off < 0.55 * side
