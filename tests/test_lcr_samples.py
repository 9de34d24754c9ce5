"""Training samples: mirrored people are people, and targets decode to the truth."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from tests.made_samples import some_anchors, some_people
from wildpose.geometry import Array
from wildpose.joints import joint_set, torso
from wildpose.lifting.anchors import UPPER_BODY, boxes_around, input_boxes, out_of_box
from wildpose.lifting.lcr_samples import (
    GROSS_M,
    LiftingSamples,
    centred,
    classes_of,
    corrections_of,
)

N, K = 40, 5
PEOPLE, ANCHORS = some_people(N), some_anchors(K)
ALL = np.ones(N, dtype=bool)
JOINT = {name: i for i, name in enumerate(joint_set("lcr13").names)}


def assert_same(a: LiftingSamples, b: LiftingSamples) -> None:
    for f in fields(LiftingSamples):
        np.testing.assert_allclose(
            getattr(a, f.name), getattr(b, f.name), atol=1e-9, err_msg=f.name
        )


def pairwise_distances(joints: Array) -> Array:
    return np.linalg.norm(joints[:, :, None] - joints[:, None], axis=-1)


# Mirrors


def test_mirrored_twice_is_the_same() -> None:
    assert_same(PEOPLE.mirrored(ALL).mirrored(ALL), PEOPLE)


def test_only_the_chosen_are_mirrored_and_nothing_is_changed_in_place() -> None:
    before = replace(PEOPLE, **{f.name: getattr(PEOPLE, f.name).copy() for f in fields(PEOPLE)})
    rows = np.arange(N) % 3 == 0
    some, every = PEOPLE.mirrored(rows), PEOPLE.mirrored(ALL)
    assert_same(some[np.flatnonzero(rows)], every[np.flatnonzero(rows)])
    assert_same(some[np.flatnonzero(~rows)], PEOPLE[np.flatnonzero(~rows)])
    assert_same(PEOPLE, before)


def test_a_mirrored_person_has_the_same_lengths_in_metres() -> None:
    mirrored = PEOPLE.mirrored(ALL)
    order = list(joint_set("lcr13").mirrored)
    for name in ("truth", "joints_3d", "truth_2d", "joints_2d"):
        own = pairwise_distances(getattr(PEOPLE, name))[:, order][:, :, order]
        np.testing.assert_allclose(pairwise_distances(getattr(mirrored, name)), own, atol=1e-9)


def test_a_mirrored_person_is_no_person_turned_inside_out() -> None:
    for people in (PEOPLE, PEOPLE.mirrored(ALL)):
        at = {name: people.truth[:, i] for name, i in JOINT.items()}
        up = at["left_shoulder"] + at["right_shoulder"] - at["left_hip"] - at["right_hip"]
        chest = np.cross(at["left_hip"] - at["right_hip"], up)
        # Knees bend forward: they lie before the line from hip to ankle.
        knees = sum(
            2 * at[f"{s}_knee"] - at[f"{s}_hip"] - at[f"{s}_ankle"] for s in ("left", "right")
        )
        assert ((chest * knees).sum(axis=-1) > 0).mean() > 0.9


def test_a_raised_right_hand_is_a_raised_left_hand_on_the_other_side() -> None:
    mirrored = PEOPLE.mirrored(ALL)
    right, left = JOINT["right_wrist"], JOINT["left_wrist"]
    np.testing.assert_allclose(mirrored.truth[:, left], PEOPLE.truth[:, right] * (-1, 1, 1))
    np.testing.assert_allclose(mirrored.joints_2d[:, left], PEOPLE.joints_2d[:, right] * (-1, 1))
    np.testing.assert_array_equal(mirrored.scores[:, left], PEOPLE.scores[:, right])
    np.testing.assert_allclose(mirrored.aside, PEOPLE.aside * (-1, 1))
    np.testing.assert_array_equal(mirrored.legs, PEOPLE.legs)


def test_features_of_the_mirrored_are_features_with_x_turned() -> None:
    own, mirrored = PEOPLE.features(), PEOPLE.mirrored(ALL).features()
    order = list(joint_set("lcr13").mirrored)
    shape, turned = (f[:, :26].reshape(N, 13, 2) for f in (own, mirrored))
    np.testing.assert_allclose(turned, shape[:, order] * (-1, 1), atol=1e-5)
    np.testing.assert_allclose(mirrored[:, 79:], own[:, 79:] * (-1, 1), atol=1e-6)


# Classes and targets


def test_the_class_is_the_nearest_in_3d_full_or_upper_by_the_legs() -> None:
    distance = ((PEOPLE.truth[:, None] - ANCHORS.joints) ** 2).sum(axis=(2, 3))
    classes = classes_of(PEOPLE, ANCHORS)
    np.testing.assert_array_equal(classes % K, distance.argmin(axis=1))
    np.testing.assert_array_equal(classes < K, PEOPLE.legs)


def test_how_a_person_appears_does_not_change_the_class() -> None:
    other = replace(PEOPLE, truth_2d=PEOPLE.truth_2d * 9, joints_2d=PEOPLE.joints_2d[::-1])
    np.testing.assert_array_equal(classes_of(other, ANCHORS), classes_of(PEOPLE, ANCHORS))


def test_corrections_of_every_class_decode_to_the_truth() -> None:
    classes = np.tile(np.arange(2 * K), (N, 1))
    corrections = corrections_of(PEOPLE, ANCHORS, classes)
    assert corrections.shape == (N, 2 * K, 65)
    full, upper = input_boxes(PEOPLE.joints_2d)
    for k in range(2 * K):
        within = ANCHORS.joints_2d[k] + corrections[:, k, :26].reshape(N, 13, 2)
        pixels = out_of_box(within, full if k < K else upper)
        np.testing.assert_allclose(pixels, PEOPLE.truth_2d, atol=1e-6)
        joints = ANCHORS.joints[k % K] + corrections[:, k, 26:].reshape(N, 13, 3)
        np.testing.assert_allclose(joints, PEOPLE.truth, atol=1e-9)


def test_corrections_of_one_class_each_are_rows_of_all() -> None:
    classes = classes_of(PEOPLE, ANCHORS)
    one = corrections_of(PEOPLE, ANCHORS, classes[:, None])[:, 0]
    every = corrections_of(PEOPLE, ANCHORS, np.tile(np.arange(2 * K), (N, 1)))
    np.testing.assert_allclose(one, every[np.arange(N), classes])


def test_nobody_has_no_targets() -> None:
    nobody = PEOPLE[slice(0, 0)]
    classes = classes_of(nobody, ANCHORS)
    assert classes.shape == (0,)
    assert corrections_of(nobody, ANCHORS, classes[:, None]).shape == (0, 1, 65)


def test_boxes_are_around_what_the_backend_sees() -> None:
    full, upper = input_boxes(PEOPLE.joints_2d)
    np.testing.assert_array_equal(full, boxes_around(PEOPLE.joints_2d))
    np.testing.assert_array_equal(upper, boxes_around(PEOPLE.joints_2d[:, UPPER_BODY]))
    assert (upper[:, 3] < full[:, 3]).all()  # the legs are below


# Rows and files


def test_joined_parts_are_the_whole() -> None:
    parts = [PEOPLE[slice(0, 7)], PEOPLE[np.arange(7, 20)], PEOPLE[slice(20, None)]]
    assert [len(part) for part in parts] == [7, 13, 20]
    assert_same(LiftingSamples.joined(parts), PEOPLE)


def test_centred_poses_have_the_torso_at_the_origin() -> None:
    moved = centred(PEOPLE.truth + np.array([1, 2, 3]))
    np.testing.assert_allclose(moved, PEOPLE.truth, atol=1e-9)
    np.testing.assert_allclose(torso(moved, "lcr13"), 0, atol=1e-9)


def test_features_can_go_without_3d() -> None:
    assert PEOPLE.features()[:, 78].all()
    assert not PEOPLE.features(with_3d=False)[:, 39:79].any()


def test_samples_are_the_same_after_saving_and_loading(tmp_path: Path) -> None:
    PEOPLE.save(tmp_path / "samples.npz")
    again = LiftingSamples.load(tmp_path / "samples.npz")
    for f in fields(LiftingSamples):
        own, read = getattr(PEOPLE, f.name), getattr(again, f.name)
        np.testing.assert_allclose(read, own, rtol=1e-6, atol=1e-6)  # single precision
    assert again.legs.dtype == bool and again.truth.dtype == np.float32
    assert [path.name for path in tmp_path.iterdir()] == ["samples.npz"]


def test_a_file_without_a_field_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "samples.npz", joints_2d=PEOPLE.joints_2d)
    with pytest.raises(KeyError, match="scores"):
        LiftingSamples.load(tmp_path / "samples.npz")


def test_a_share_of_the_errors_stays_in_2d_and_in_3d() -> None:
    people = some_people(6)
    slight = replace(
        people, joints_2d=people.truth_2d + 3.0, joints_3d=people.truth + 0.05 * np.eye(13)[:, :3]
    )
    other = slight.with_errors(np.full(6, 0.5), np.full(6, 2.0))
    np.testing.assert_allclose(other.joints_2d - people.truth_2d, 1.5, atol=1e-4)
    before = centred(slight.joints_3d) - people.truth
    np.testing.assert_allclose(other.joints_3d - people.truth, 2 * before, atol=1e-6)
    np.testing.assert_array_equal(other.scores, people.scores)


def test_gross_mistakes_are_not_halved() -> None:
    people = some_people(4)
    mistaken = replace(people, joints_3d=people.truth * [-1, 1, -1] * 3, joints_2d=people.truth_2d)
    wrong = np.linalg.norm(centred(mistaken.joints_3d) - people.truth, axis=-1).mean(axis=1)
    assert wrong.min() > GROSS_M
    kept = mistaken.with_errors(np.full(4, 0.1), np.full(4, 0.1))
    np.testing.assert_allclose(kept.joints_3d, centred(mistaken.joints_3d), atol=1e-6)
