"""CMU mocap as exponential maps: the skeleton, its size, left and right, falls, what is refused."""

from __future__ import annotations

import logging
import tarfile
from pathlib import Path

import numpy as np
import pytest

from datasets import cmu_expmap
from datasets.kinematics import JOINT, SIDES
from tests.conftest import SHARED
from wildpose.geometry import Array
from wildpose.types import Clip

ARCHIVE = SHARED / "cmu_expmap.tar.xz"
# All near the beginning of the archive, so that little of it is unpacked.
WALK = "test/walking/walking_1"
JUMP = "test/jumping/jumping_1"
SOCCER = "test/soccer/soccer_1"
TUMBLE = "train/walking_extra/walking_26"
STANDING = (WALK, JUMP, SOCCER)

INDEX = {name: index for index, (name, _, _) in enumerate(cmu_expmap.SKELETON)}


def column(name: str) -> slice:
    """Where a row holds the turn of a joint."""
    return slice(3 + 3 * INDEX[name], 6 + 3 * INDEX[name])


def standing(T: int = 4, height: float = 17.5) -> Array:
    """(T, 117) rows of somebody who stands with straight legs in a T-pose and looks along z."""
    rows = np.zeros((T, cmu_expmap.COLUMNS))
    rows[:, 1] = height
    rows[:, column("left_hip")] = [0, 0, np.radians(20)]  # the skeleton's legs splay
    rows[:, column("right_hip")] = [0, 0, -np.radians(20)]
    return rows


def written(root: Path, rows: Array, name: str = "train/walking/walking_1") -> Path:
    path = root / f"{name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, rows, delimiter=",", fmt="%.9g")
    return path


def named(clip: Clip) -> dict[str, Array]:
    """(T, 3) metres by joint."""
    return {name: clip.joints[0, :, index].astype(float) for name, index in JOINT.items()}


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not ARCHIVE.exists():
        pytest.skip("the CMU exponential maps are not beside this checkout")
    folder = tmp_path_factory.mktemp("cmu")
    missing = {f"cmu_expmap/{name}.txt" for name in (*STANDING, TUMBLE)}
    with tarfile.open(ARCHIVE, "r|xz") as archive:
        for member in archive:
            if member.name in missing:
                archive.extract(member, folder, filter="data")
                missing.remove(member.name)
            if not missing:
                break
    assert not missing
    return folder / "cmu_expmap"


@pytest.fixture(scope="session")
def people(real: Path) -> dict[str, dict[str, Array]]:
    return {name: named(cmu_expmap.read(real / f"{name}.txt")) for name in STANDING}


def test_the_t_pose_in_the_first_row_is_no_frame_and_arms_point_sideways(tmp_path: Path) -> None:
    clip = cmu_expmap.read(written(tmp_path, standing(T=5)))
    at = named(clip)

    assert clip.joints.shape == (1, 4, 25, 3)
    assert (clip.frame_rate, clip.joint_set) == (120, "kinect25")
    assert (at["left_wrist"] - at["left_shoulder"])[0, 0] > 0.4  # x to the left
    np.testing.assert_allclose((at["left_wrist"] - at["left_shoulder"])[0, 1:], 0, atol=1e-6)
    assert (at["left_foot"] - at["left_ankle"])[0, 2] > 0.1  # z forward


def test_an_elbow_turns_the_other_way_round_than_its_vector(tmp_path: Path) -> None:
    rows = standing()
    rows[:, column("left_elbow")] = [0, np.pi / 2, 0]

    at = named(cmu_expmap.read(written(tmp_path, rows)))

    # The usual right hand would take x to -z, and bend the elbow backwards.
    forearm = (at["left_wrist"] - at["left_elbow"])[0]
    assert forearm[2] > 0.2
    np.testing.assert_allclose(forearm[:2], 0, atol=1e-6)


@pytest.mark.parametrize("height", [15.5, 17.5, 19.0])
def test_the_body_has_the_size_that_stands_on_the_floor(height: float, tmp_path: Path) -> None:
    at = named(cmu_expmap.read(written(tmp_path, standing(height=height))))

    lowest = min(at[f"{side}_foot"][0, 1] for side in SIDES)
    assert 0.0 < lowest < 0.03  # metres
    # By hand, in units: 1.80 from the root down to the hips,
    # thigh 7.59, shin 7.29 and 0.58 from ankle to toes, less 1 cm (0.18) below the toes.
    size = (height - 0.18) / (1.80 + 7.59 + 7.29 + 0.58)
    thigh = np.linalg.norm(at["left_hip"] - at["left_knee"], axis=-1)
    np.testing.assert_allclose(thigh, 7.59 * cmu_expmap.UNIT * size, rtol=0.01)


def test_one_flip_of_a_wrist_is_put_right(tmp_path: Path) -> None:
    rows = standing(T=30)
    good = cmu_expmap.read(written(tmp_path, rows))
    rows[15, column("left_wrist")] = [0, np.pi - 0.1, 0]

    flipped = cmu_expmap.read(written(tmp_path, rows))

    np.testing.assert_allclose(flipped.joints, good.joints, atol=1e-6)


def test_a_quick_kick_is_left_alone(tmp_path: Path) -> None:
    angles = np.zeros(30)
    angles[10:15] = np.linspace(-0.2, -1.0, 5)  # 24 radians per second
    angles[15:] = -1.0
    rows = standing(T=30)
    rows[:, column("left_knee").start + 2] = angles

    at = named(cmu_expmap.read(written(tmp_path, rows)))

    shin = at["left_ankle"] - at["left_knee"]
    cosine = (shin * shin[0]).sum(-1) / np.linalg.norm(shin[0]) ** 2
    np.testing.assert_allclose(cosine, np.cos(angles[1:]), atol=1e-5)


def spoiled(rows: Array, row: int, at: int | slice, value: float | tuple[float, ...]) -> Array:
    rows = rows.copy()
    rows[row, at] = value
    return rows


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (standing(2), "2 rows, at least 3"),
        (standing()[:, :-1], "rows must hold 117 numbers, got 116"),
        (spoiled(standing(), 2, 5, np.nan), "NaN"),
        (np.zeros((4, cmu_expmap.COLUMNS)), "nobody stands on the floor"),
        (standing(height=40.0), "nobody stands on the floor"),
        (spoiled(standing(), 2, column("root"), (1.2, 0, 0)), "the pelvis tumbles in"),
        (spoiled(standing(), 2, column("root"), (0, 0.5, 0)), "the pelvis tumbles in"),
    ],
    ids=["short", "narrow", "nan", "zero", "floating", "tilted", "spinning"],
)
def test_a_malformed_file_is_refused_in_one_line_that_names_it(
    rows: Array, text: str, tmp_path: Path
) -> None:
    path = written(tmp_path, rows)

    with pytest.raises(ValueError, match=text) as error:
        cmu_expmap.read(path)

    assert str(error.value).startswith(str(path))


@pytest.mark.parametrize("content", ["", "one,two", "1,2\n3\n"])
def test_what_is_no_table_is_refused(content: str, tmp_path: Path) -> None:
    path = written(tmp_path, standing())
    path.write_text(content)

    with pytest.raises(ValueError, match=str(path)):
        cmu_expmap.read(path)


def test_an_unknown_action_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="none of basketball"):
        cmu_expmap.read(written(tmp_path, standing(), "train/flying/flying_1"))


def test_files_are_in_the_order_of_their_numbers_and_bad_ones_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in (10, 9, 1):
        written(tmp_path, standing(), f"train/running/running_{number}")
    written(tmp_path, standing(2), "test/running/running_1")

    with caplog.at_level(logging.WARNING):
        clips = list(cmu_expmap.clips(tmp_path))

    assert [clip.name for clip in clips] == [f"train/running/running_{n}" for n in (1, 9, 10)]
    assert {cmu_expmap.CLASS_NAMES[clip.label or 0] for clip in clips} == {"running"}
    assert str(Path("test/running/running_1.txt")) in caplog.text


def test_an_empty_folder_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="datasets/README"):
        cmu_expmap.files(tmp_path)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("test/walking/walking_5", "test"),  # also where training has a file of that name
        ("train/walking/walking_5", "val"),
        ("train/walking/walking_4", "train"),
        ("train/walking_extra/walking_5", "train"),
    ],
)
def test_splits_go_by_folder_and_last_file(name: str, split: str, tmp_path: Path) -> None:
    assert cmu_expmap.split_of(cmu_expmap.read(written(tmp_path, standing(), name))) == split


def test_validation_holds_the_last_training_file_of_every_action() -> None:
    if not ARCHIVE.exists():
        pytest.skip("the CMU exponential maps are not beside this checkout")
    with tarfile.open(ARCHIVE) as archive:
        names = [name for name in archive.getnames() if name.endswith(".txt")]
    last: dict[str, int] = {}
    for name in names:
        _, split, action, file = name.split("/")
        if split == "train":
            number = int(file.removesuffix(".txt").rpartition("_")[2])
            last[action] = max(number, last.get(action, 0))
    prefixes = {action: action.removesuffix("_extra") for action in last}

    expected = {f"train/{a}/{prefixes[a]}_{number}" for a, number in last.items()}

    assert expected == cmu_expmap.VALIDATION
    assert {name.split("/")[2] for name in names} == set(cmu_expmap.CLASS_NAMES)


def test_real_people_have_left_on_their_left(people: dict[str, dict[str, Array]]) -> None:
    for at in people.values():
        feet = sum(at[f"{side}_foot"] - at[f"{side}_ankle"] for side in SIDES)
        ahead = np.cross(at["left_shoulder"] - at["right_shoulder"], (0.0, 1.0, 0.0))
        assert ((ahead * feet)[:, [0, 2]].sum(axis=-1) > 0).mean() > 0.97


def test_real_people_have_adult_limbs_of_equal_length(
    people: dict[str, dict[str, Array]],
) -> None:
    ranges = {  # metres
        ("hip", "knee"): (0.35, 0.50),
        ("knee", "ankle"): (0.33, 0.48),
        ("shoulder", "elbow"): (0.24, 0.34),
        ("elbow", "wrist"): (0.20, 0.32),
    }
    for at in people.values():
        for (near, far), (low, high) in ranges.items():
            left, right = (
                np.median(np.linalg.norm(at[f"{side}_{near}"] - at[f"{side}_{far}"], axis=-1))
                for side in SIDES
            )
            assert low < left < high
            assert right == pytest.approx(left, rel=0.05)
        width = np.linalg.norm(at["left_shoulder"] - at["right_shoulder"], axis=-1)
        assert 0.33 < np.median(width) < 0.46
        trunk = np.linalg.norm(at["spine_shoulder"] - at["spine_base"], axis=-1)
        assert 0.40 < np.median(trunk) < 0.55  # a third shorter without the thorax


def test_a_walking_foot_stands_still_on_the_floor(people: dict[str, dict[str, Array]]) -> None:
    at = people[WALK]
    feet = np.stack([at[f"{side}_foot"] for side in SIDES])  # (2, T, 3)
    slower = np.linalg.norm(np.diff(feet, axis=1), axis=-1).min(axis=0) * 120
    walked = np.linalg.norm(np.diff(at["spine_base"], axis=0), axis=-1) * 120

    assert 0.8 < np.median(walked) < 2.0  # metres per second
    assert np.median(slower) < 0.15 * np.median(walked)
    lowest = feet[..., 1].min(axis=0)
    assert lowest.min() > -0.02 and np.percentile(lowest, 95) < 0.07  # metres


def test_a_jumper_falls_as_fast_as_everybody(people: dict[str, dict[str, Array]]) -> None:
    at = people[JUMP]
    lowest = np.min([at[f"{side}_foot"][:, 1] for side in SIDES], axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (lowest > 0.12).astype(int), [0]])))
    flights = [range(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 20]
    # Roughly where the masses are: half in the trunk, the rest in thighs, arms and head.
    parts = {"spine_mid": 0.5, "head": 0.1}
    parts |= {f"{side}_{part}": 0.1 for side in SIDES for part in ("knee", "elbow")}
    height = np.sum([share * at[name][:, 1] for name, share in parts.items()], axis=0)

    falls = [2 * np.polyfit(np.array(f) / 120, height[f.start : f.stop], 2)[0] for f in flights]

    assert len(flights) >= 4
    # 60 or 100 frames per second would be 2.5 or 6.8.
    assert np.median(falls) == pytest.approx(-9.81, rel=0.08)


def test_a_real_tumbling_pelvis_is_refused(real: Path) -> None:
    with pytest.raises(ValueError, match="the pelvis tumbles in"):
        cmu_expmap.read(real / f"{TUMBLE}.txt")
