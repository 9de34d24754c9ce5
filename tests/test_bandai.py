"""Bandai-Namco's motions: a figure written here in their format, and real files where they lie."""

from __future__ import annotations

import logging
import tarfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from datasets.bandai import CLASS_NAMES, clips, files, read, split_of
from datasets.kinect_chirality import forward_agrees
from datasets.kinematics import JOINT, Body
from tests.conftest import SHARED
from tests.made_bvh import Point, bvh_text
from wildpose.geometry import Array
from wildpose.types import Clip

ARCHIVE = SHARED / "bandai.tar.xz"
needs_data = pytest.mark.skipif(
    not ARCHIVE.exists(), reason="Bandai-Namco's motions are not beside this checkout"
)
WALK = "dataset-1_walk_happy_001"

FIGURE: dict[str, tuple[str, Point]] = {
    "joint_Root": ("", (0, 0, 0)),
    "Hips": ("joint_Root", (0, 90, 0)),
    "Spine": ("Hips", (0, 15, 0)),
    "Chest": ("Spine", (0, 10, 0)),
    "Neck": ("Chest", (0, 18, 0)),
    "Head": ("Neck", (0, 6, 0)),
}
for letter, sign in (("L", 1), ("R", -1)):
    FIGURE |= {
        f"Shoulder_{letter}": ("Chest", (sign * 5, 13, 0)),
        f"UpperArm_{letter}": (f"Shoulder_{letter}", (sign * 5, 0, 0)),
        f"LowerArm_{letter}": (f"UpperArm_{letter}", (sign * 24, 0, 0)),
        f"Hand_{letter}": (f"LowerArm_{letter}", (sign * 22, 0, 0)),
        f"UpperLeg_{letter}": ("Hips", (sign * 6.5, -2, 0)),
        f"LowerLeg_{letter}": (f"UpperLeg_{letter}", (0, -39, 0)),
        f"Foot_{letter}": (f"LowerLeg_{letter}", (0, -41, 0)),
        f"Toes_{letter}": (f"Foot_{letter}", (0, -6, 10)),
    }
# Arms spread, palms down, looking along z: the head's x is up, the right hand's y out of the palm.
SPREAD: dict[str, Point] = {"Head": (90, 90, 0), "Hand_R": (0, 180, 0)}


def written(folder: Path, *, name: str = WALK, text: str | None = None) -> Path:
    path = folder / f"{name}.bvh"
    path.write_text(bvh_text(FIGURE, [SPREAD] * 3, frame_time=0.0333333) if text is None else text)
    return path


def at(clip: Clip) -> dict[str, Array]:
    """(T, 3) joints by name."""
    return {name: clip.joints[0, :, index] for name, index in JOINT.items()}


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Part 1 in the normal style and some of part 2, unpacked; the names of all files."""
    folder = tmp_path_factory.mktemp("bandai")
    stems = []
    with tarfile.open(ARCHIVE, "r|xz") as archive:  # in one go: seeking would unpack it again
        for member in archive:
            stem = Path(member.name).stem
            stems += [stem] * member.name.endswith(".bvh")
            first = stem.startswith("dataset-1_") and "_normal_" in stem
            if first or (stem.startswith("dataset-2_") and stem.endswith(("04", "19"))):
                archive.extract(member, folder, filter="data")
    return folder / "bandai", stems


@pytest.fixture(scope="session")
def real(unpacked: tuple[Path, list[str]]) -> list[Clip]:
    return list(clips(unpacked[0]))


def test_a_file_becomes_a_clip(tmp_path: Path) -> None:
    clip = read(written(tmp_path))
    assert clip.joints.shape == (1, 3, 25, 3)
    assert clip.joints.dtype == np.float32
    assert clip.mask.all()
    assert (clip.joint_set, clip.axes, clip.frame_rate) == ("kinect25", "kinect", 30.0)
    assert (clip.name, clip.subject) == (WALK, "")
    assert clip.label is not None
    assert CLASS_NAMES[clip.label] == "walk"


def test_left_is_left_and_the_adult_stands_on_the_floor(tmp_path: Path) -> None:
    joints = at(read(written(tmp_path)))
    for part in ("shoulder", "elbow", "wrist", "hand", "thumb", "hip", "knee", "ankle", "foot"):
        left, right = joints[f"left_{part}"], joints[f"right_{part}"]
        assert (left[:, 0] > 0.05).all()
        np.testing.assert_allclose(left, right * (-1, 1, 1), atol=1e-5)
    size = (0.39 + 0.41) / (Body().thigh + Body().shin)
    assert joints["left_foot"][:, 1] == pytest.approx(Body().ball_height * size, abs=1e-5)
    assert (joints["left_foot"] - joints["left_ankle"])[0, 2] > 0.08  # it looks along z


def test_bones_are_those_of_an_adult_with_these_legs(tmp_path: Path) -> None:
    joints = at(read(written(tmp_path)))
    body = Body(1.75 * (0.39 + 0.41) / (Body().thigh + Body().shin))
    for near, far, length in (
        ("left_shoulder", "left_elbow", body.upper_arm),
        ("right_elbow", "right_wrist", body.forearm),
        ("left_hip", "left_knee", body.thigh),
        ("right_knee", "right_ankle", body.shin),
        ("left_hip", "right_hip", 2 * body.hip[0]),
        ("spine_base", "spine_mid", body.spine),
    ):
        span = np.linalg.norm(joints[near] - joints[far], axis=-1)
        np.testing.assert_allclose(span, length, atol=1e-4, err_msg=f"{near} to {far}")


def test_head_and_thumbs_turn_with_what_they_are_fixed_to(tmp_path: Path) -> None:
    down: dict[str, Point] = SPREAD | {"Head": (90, 180, 0), "Hand_L": (0, 90, 0)}
    text = bvh_text(FIGURE, [SPREAD, down], frame_time=0.0333333)
    joints = at(read(written(tmp_path, text=text)))
    thumbs = joints["left_thumb"] - joints["left_wrist"]
    assert thumbs[0, 2] > 0.04  # metres forward, palm down
    assert thumbs[1, 1] < -0.04  # the hand turned from y to z about x: the thumb points down
    right = joints["right_thumb"] - joints["right_wrist"]
    assert (right[:, 2] > 0.04).all()
    nod = joints["head"] - joints["neck"]
    assert nod[0, 2] > 0.005  # a little in front of the neck
    assert nod[1, 2] < nod[0, 2] - 0.005  # the face turned from z to -y takes its centre along


@pytest.mark.parametrize(
    "name",
    [
        "walk_happy_001",
        "dataset-3_walk_happy_001",
        "dataset-1_walk_001",
        "dataset-1_swim_happy_001",
    ],
)
def test_a_name_that_the_set_does_not_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name}\.bvh: not called dataset-"):
        read(written(tmp_path, name=name))


def test_a_malformed_file_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    whole = bvh_text(FIGURE, [SPREAD] * 2, frame_time=0.0333333)
    nothing = bvh_text({k: (v[0], (0, 0, 0)) for k, v in FIGURE.items()}, [{}], frame_time=0.03)
    for text, message in (
        (whole.replace("Toes_L", "Tail"), "the figure lacks Toes_L; it has 27 joints"),
        (whole[:-40], "line [0-9]+: "),
        (whole.replace("90 90 0", "nan 90 0"), "line [0-9]+: NaN or infinity"),
        (nothing, "hips, knees and ankles are all in one place: no skeleton"),
        ("", "no line MOTION"),
    ):
        with pytest.raises(ValueError, match=rf"{WALK}\.bvh: {message}"):
            read(written(tmp_path, text=text))


def test_files_are_sorted_and_none_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no dataset-\*\.bvh: datasets/README\.md says"):
        files(tmp_path)
    later, first = written(tmp_path, name="dataset-2_run_old_003"), written(tmp_path)
    (tmp_path / "notes.bvh").write_text("")
    assert files(tmp_path) == [first, later]


def test_a_bad_file_is_left_out_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    written(tmp_path)
    written(tmp_path, name="dataset-1_bow_happy_001", text="HIERARCHY")
    with caplog.at_level(logging.WARNING):
        assert [clip.name for clip in clips(tmp_path)] == [WALK]
    assert "dataset-1_bow_happy_001.bvh: no line MOTION" in caplog.text


def test_takes_of_one_content_and_style_stay_together(tmp_path: Path) -> None:
    for number in ("001", "002"):
        clip = read(written(tmp_path, name=f"dataset-2_walk_youthful_{number}"))
        assert split_of(clip) == "test"
    assert split_of(read(written(tmp_path, name="dataset-1_kick_normal_001"))) == "test"
    assert split_of(read(written(tmp_path, name="dataset-1_walk_normal_001"))) == "train"


@needs_data
def test_every_split_has_every_content_that_comes_in_styles(
    unpacked: tuple[Path, list[str]],
) -> None:
    stems = unpacked[1]
    one = np.zeros((1, 1, 25, 3)), np.ones((1, 1), dtype=bool), "kinect25", 30.0
    splits = {stem: split_of(Clip(*one, name=stem)) for stem in stems}
    counts = Counter(splits.values())
    assert len(stems) == 804
    assert 0.08 < counts["val"] / 804 < 0.15
    assert 0.08 < counts["test"] / 804 < 0.15
    found, styles = defaultdict(set), defaultdict(set)
    for stem, split in splits.items():
        part, content, style, _ = stem.split("_")
        found[part, content].add(split)
        styles[part, content].add(style)
    assert {content for _, content in found} == set(CLASS_NAMES)
    for group, split in found.items():
        assert len(split) == (3 if len(styles[group]) > 1 else 1), group


@needs_data
def test_real_people_are_adults_whose_left_is_left(real: list[Clip]) -> None:
    assert len(real) > 30
    # Runners' feet point back while they swing, so runs are left out here.
    slow = [clip for clip in real if not {"run", "dash"} & set(clip.name.split("_"))]
    agrees = np.concatenate([forward_agrees(clip.joints[0], "kinect25") for clip in slow])
    assert len(agrees) > 3000
    assert agrees.mean() > 0.99
    for clip in real:
        joints = at(clip)
        for side in ("left", "right"):
            assert 0.35 < length(joints, f"{side}_hip", f"{side}_knee") < 0.50
            assert 0.20 < length(joints, f"{side}_elbow", f"{side}_wrist") < 0.32
        assert 0.27 < length(joints, "left_shoulder", "right_shoulder") < 0.42
        lowest = np.minimum(joints["left_foot"][:, 1], joints["right_foot"][:, 1])
        assert 0.0 < lowest.min() < 0.06


@needs_data
def test_real_joints_do_not_jump(real: list[Clip]) -> None:
    for clip in real:
        speed = np.linalg.norm(np.diff(clip.joints[0], axis=0), axis=-1) * clip.frame_rate
        assert speed.max() < 14  # m/s, a hand that strikes


@needs_data
def test_real_heads_look_and_thumbs_point_where_people_have_them(real: list[Clip]) -> None:
    walks = [clip for clip in real if clip.name.startswith("dataset-1_walk_")]
    joints = np.concatenate([clip.joints[0] for clip in walks])
    named = {name: joints[:, index] for name, index in JOINT.items()}
    front = np.cross(named["left_shoulder"] - named["right_shoulder"], (0, 1, 0))
    nod = named["head"] - named["neck"]
    assert (nod[:, 1] > 0.08).all()
    for side in ("left", "right"):  # arms that hang have their thumbs in front
        thumb = named[f"{side}_thumb"] - named[f"{side}_wrist"]
        assert ((thumb * front).sum(axis=-1) > 0).mean() > 0.9


def length(joints: dict[str, Array], near: str, far: str) -> float:
    return float(np.median(np.linalg.norm(joints[near] - joints[far], axis=-1)))
