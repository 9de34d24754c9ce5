"""Figures of a split: how much people move, what is right, and which clips are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datasets.synthetic_takes import Hold
from tests.made_explained import (
    T,
    clip_of,
    footage_of,
    looking_at,
    person,
    recognizer_of,
    truth_with,
)
from tests.made_samples import seeded
from tools.explaining.cases import Case
from tools.explaining.dynamicity import dynamicity
from tools.explaining.hand_weights import HandShare
from tools.explaining.split_figures import draw_dynamicity, draw_features, draw_hand_shares
from tools.explaining.split_findings import Findings, draw_split, figures_of, findings
from wildpose.geometry import Array, rotation_y


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


# Motion


def moved(joints: Array) -> float:
    return dynamicity(clip_of(joints))


def test_who_walks_turns_or_grows_without_a_change_of_pose_does_not_move() -> None:
    pose = person()[:1]
    times = np.arange(6)[:, None, None]
    assert moved(np.repeat(pose, 6, axis=0)) == pytest.approx(0, abs=1e-4)
    assert moved(pose + times * [0.1, 0.0, -0.2]) == pytest.approx(0, abs=1e-4)
    turned = np.concatenate([pose @ rotation_y(0.3 * t) for t in range(6)])
    assert moved(turned) == pytest.approx(0, abs=1e-4)
    assert moved(pose * (1 + 0.05 * times)) == pytest.approx(0, abs=1e-4)


def test_motion_is_that_of_the_joints_in_metres_a_second() -> None:
    # Two of 25 joints part in the very middle, 1 cm in each frame: no move, turn or change of size
    # of the whole could take away from it.
    pose = np.random.default_rng(0).normal(0, 1, (25, 3))
    pose[3:5] = 0
    pose[5:] -= pose[5:].mean(axis=0) + pose[:3].sum(axis=0) / 20
    joints = np.repeat(pose[None], 4, axis=0)
    joints[:, 3, 0] += 0.01 * np.arange(4)
    joints[:, 4, 0] -= 0.01 * np.arange(4)
    assert moved(joints) == pytest.approx(2 * 0.01 * 30 / 25, rel=0.02)
    slower = replace(clip_of(joints), frame_rate=10.0)
    assert dynamicity(slower) == pytest.approx(moved(joints) / 3)


def test_frames_without_the_person_and_people_without_frames_do_not_count() -> None:
    still, waving = np.repeat(person()[:1], T, axis=0), person()
    alone = dynamicity(clip_of(waving))
    both = dynamicity(clip_of(waving, still))
    assert both == pytest.approx(alone / 2, rel=1e-3)
    clip = clip_of(waving, still)
    clip.mask[1] = False
    assert dynamicity(clip) == pytest.approx(alone)
    clip = clip_of(waving)
    clip.joints[0, 6:9] = 0
    clip.mask[0, 6:9] = False
    parts = [moved(waving[:6]), moved(waving[9:])]  # of 5 and of T - 10 steps
    assert dynamicity(clip) == pytest.approx(np.average(parts, weights=[5, T - 10]))
    clip = clip_of(waving)
    clip.joints[0, 1::2] = 0  # seen in every second frame: no two follow each other
    clip.mask[0, 1::2] = False
    assert dynamicity(clip) == 0


# Findings


def test_findings_are_the_recognizers_own_scores_and_features() -> None:
    clip = clip_of(person())
    footage = footage_of(clip)
    for family, width in (("sta", 6 + 8), ("glimpse_clouds", 3 * 6), ("vpn", 8)):
        recognizer = recognizer_of(family)
        found = findings(recognizer, Case(clip, 0), footage)
        np.testing.assert_allclose(
            found.scores, recognizer.predict([clip], lambda _: footage)[0], atol=1e-6
        )
        assert found.features is not None and found.features.shape == (width,)
        assert found.share is None
    plain = findings(recognizer_of("skeleton_rnn"), Case(clip, 0), None)
    assert plain.features is None and plain.scores.sum() == pytest.approx(1)


def test_only_what_weighs_hands_is_asked_for_the_one_that_holds() -> None:
    clip = clip_of(person())
    case = Case(clip, 0, lambda: truth_with(Hold(0, 1, 0, T), both_hands=True))
    found = findings(looking_at(1), case, footage_of(clip))
    assert found.share is not None and found.share.both_hands
    np.testing.assert_allclose(found.share.share, 1.0)
    poses = recognizer_of("sta", mode="pose")
    assert findings(poses, case, footage_of(clip)).share is None
    assert findings(recognizer_of("vpn"), case, footage_of(clip)).share is None


def some_findings(count: int, *, right: int) -> tuple[list[Findings], np.ndarray]:
    """Of clips of two of three classes, of which the first ones are right."""
    rng = np.random.default_rng(0)
    labels = np.arange(count) % 2
    said = np.where(np.arange(count) < right, labels, 2)
    share = HandShare(
        both_hands=True,
        since=np.array([0, 3, 6]),
        share=np.array([0.1, 0.5, 0.9]),
        even=np.full(3, 0.5),
    )
    return [
        Findings(np.eye(3)[a] * 0.8 + 0.05, rng.normal(size=4) + 9 * label, share)
        for a, label in zip(said, labels, strict=True)
    ], labels


def test_accuracies_are_by_class_and_none_where_there_is_no_clip() -> None:
    found, labels = some_findings(8, right=5)
    told = figures_of(found, labels)
    assert told["top1"] == pytest.approx(5 / 8)
    assert told["per_class"] == [0.75, 0.5, None]
    assert told["holding_hand_share"] == {"both_hands": 0.7, "one_hand": None}


# Figures


def test_all_figures_are_drawn_where_there_is_enough(tmp_path: Path) -> None:
    found, labels = some_findings(10, right=7)
    cases = [Case(clip_of(person(0.1 * i)), int(label)) for i, label in enumerate(labels)]
    told = draw_split(tmp_path, ["a", "b", "c"], cases, {"one": found, "other": found})
    assert {path.name for path in tmp_path.iterdir()} == {
        "dynamicity.png", "features.png", "holding_hand.png",
    }  # fmt: skip
    motion = dynamicity(cases[0].clip)
    assert told["motion"] == [pytest.approx(motion, rel=0.01)] * 2 + [None]
    assert list(told["recognizers"]) == ["one", "other"]


def test_figures_of_an_earlier_run_do_not_stay(tmp_path: Path) -> None:
    found, labels = some_findings(10, right=7)
    cases = [Case(clip_of(person()), int(label)) for label in labels]
    draw_split(tmp_path, ["a", "b", "c"], cases, {"one": found})
    (tmp_path / "notes.png").touch()  # somebody's own
    bare = [replace(each, features=None, share=None) for each in found]
    draw_split(tmp_path, ["a", "b", "c"], cases, {"one": bare})
    assert {path.name for path in tmp_path.iterdir()} == {"dynamicity.png", "notes.png"}


def test_a_network_that_tells_no_features_has_no_plane(tmp_path: Path) -> None:
    points = [np.ones(3)] * 9
    labels = np.zeros(9, dtype=int)
    path = tmp_path / "features.png"
    assert not draw_features(path, {"a": [None] * 9}, labels, ["x"])
    assert not draw_features(path, {"a": points[:4]}, labels[:4], ["x"])
    assert not path.exists()
    assert draw_features(path, {"a": [None] * 9, "b": points}, labels, ["x"])
    assert path.exists()


def test_classes_without_clips_are_left_out_and_many_can_be_drawn(tmp_path: Path) -> None:
    names = [f"class {a}" for a in range(30)]
    motion = [None if a % 3 else a / 30 for a in range(30)]
    accuracy = [None if a % 3 else 0.5 for a in range(30)]
    draw_dynamicity(tmp_path / "d.png", motion, {"one": accuracy}, names, [7] * 30)
    share = HandShare(
        both_hands=False,
        since=np.array([0, 5]),
        share=np.array([0.2, 0.6]),
        even=np.array([0.5, 0.5]),
    )
    draw_hand_shares(tmp_path / "h.png", {"one": [share, share]})
    for name in ("d.png", "h.png"):
        assert (tmp_path / name).stat().st_size > 5000
