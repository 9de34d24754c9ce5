"""skeletons.npz: the arrays of result.json, without pickles."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.made_results import person, result
from wildpose.export.result_json import write_result
from wildpose.export.skeletons_npz import write_skeletons
from wildpose.results import Result

FIELDS = ["frames", "times", "boxes", "joints_2d", "joints_3d", "root", "observed", "scores"]


def arrays_in(folder: Path, content: Result) -> dict[str, npt.NDArray]:
    write_skeletons(folder / "skeletons.npz", content)
    with np.load(folder / "skeletons.npz", allow_pickle=False) as file:
        return dict(file)


def test_it_says_who_is_in_it_and_which_joints(tmp_path: Path) -> None:
    arrays = arrays_in(tmp_path, result(person(1, frames=[0, 1]), person(7, frames=[3])))
    assert arrays["ids"].tolist() == [1, 7]
    assert arrays["joint_set"].item() == "lcr13"
    assert arrays["joint_names"].tolist()[::12] == ["right_ankle", "head"]
    names = {f"person{id}_{field}" for id in (1, 7) for field in FIELDS}
    assert set(arrays) == names | {"ids", "joint_set", "joint_names"}


def test_shapes_are_those_of_the_skeletons(tmp_path: Path) -> None:
    arrays = arrays_in(tmp_path, result(person(7, frames=[0, 1, 4])))
    shapes = {field: arrays[f"person7_{field}"].shape for field in FIELDS}
    assert shapes == {
        "frames": (3,),
        "times": (3,),
        "boxes": (3, 4),
        "joints_2d": (3, 13, 2),
        "joints_3d": (3, 13, 3),
        "root": (3, 3),
        "observed": (3,),
        "scores": (3, 13),
    }


@pytest.mark.parametrize(
    ("field", "tolerance"),
    [
        ("frames", 0),
        ("times", 5e-7),
        ("boxes", 5e-3),
        ("joints_2d", 5e-3),
        ("joints_3d", 5e-5),
        ("root", 5e-5),
        ("observed", 0),
        ("scores", 5e-5),
    ],
)
def test_it_agrees_with_result_json_up_to_its_rounding(
    tmp_path: Path, field: str, tolerance: float
) -> None:
    content = result(person(1, frames=[0, 1, 4]), person(2, frames=[2]))
    arrays = arrays_in(tmp_path, content)
    write_result(tmp_path / "result.json", content)
    people = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["people"]
    for entry in people:
        found = arrays[f"person{entry['id']}_{field}"]
        expected = np.array(entry[field])
        assert found.dtype.kind == expected.dtype.kind
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance + 1e-12)


def test_the_numbers_are_not_rounded(tmp_path: Path) -> None:
    somebody = person(1, frames=[0, 1])
    arrays = arrays_in(tmp_path, result(somebody))
    np.testing.assert_array_equal(arrays["person1_joints_3d"], somebody.skeleton.joints)
    np.testing.assert_array_equal(arrays["person1_boxes"], somebody.boxes)


def test_nobody_in_view_is_a_file_without_people(tmp_path: Path) -> None:
    arrays = arrays_in(tmp_path, result())
    assert set(arrays) == {"ids", "joint_set", "joint_names"}
    assert arrays["ids"].shape == (0,)
    assert arrays["joint_names"].shape == (13,)


def test_only_the_whole_file_is_left_in_the_folder(tmp_path: Path) -> None:
    arrays_in(tmp_path / "new", result(person(1, frames=[0])))
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["skeletons.npz"]
