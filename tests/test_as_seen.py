"""A motion comes back from an imagined video as from a real one: from anywhere, with errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from datasets import as_seen as module
from datasets.as_seen import NEAREST_M, Film, Lenders, as_seen, filmed, skeleton_of, track_of
from datasets.detector_errors import BURST, SIZE_PX, Looks
from datasets.kinematics import Body
from tests.test_everyday_windows import acted
from tests.test_lifting_samples import true_looks
from wildpose.geometry import Array
from wildpose.joints import joint_set, torso
from wildpose.lifting.lcr import Lcr

JOINT = {name: i for i, name in enumerate(joint_set("lcr13").names)}


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def whole_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Views keep all of the errors."""
    monkeypatch.setattr(module, "ERRORS_2D", (1.0, 1.0))
    monkeypatch.setattr(module, "ERRORS_3D", (1.0, 1.0))


def film_of(motion: str = "wave", *, seed: int = 0) -> Film:
    return filmed(acted(motion, 2.0), rng(seed))


def error_of(found: Array, truth: Array) -> float:
    """m, mean over joints and frames, both from the torso."""
    own = [joints - torso(joints, "lcr13") for joints in (found, truth)]
    return float(np.linalg.norm(own[0] - own[1], axis=-1).mean())


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# The film


@pytest.mark.parametrize("seed", range(8))
def test_a_film_is_a_pinhole_view_from_a_little_way_off(seed: int) -> None:
    film = film_of("walk", seed=seed)
    assert film.truth.shape == (60, 13, 3)
    assert film.truth[..., 2].min() >= NEAREST_M - 1e-9
    seen = film.truth[..., :2] / film.truth[..., 2:] * film.focal_px + SIZE_PX / 2
    np.testing.assert_allclose(film.joints_2d, seen, atol=1e-6)


def test_people_keep_their_sides_and_get_another_body() -> None:
    thighs = []
    for seed in range(10):
        truth = film_of("squat", seed=seed).truth
        at = {name: truth[:, i] for name, i in JOINT.items()}
        across = at["left_hip"] - at["right_hip"]
        up = at["left_shoulder"] + at["right_shoulder"] - at["left_hip"] - at["right_hip"]
        knees = 2 * at["left_knee"] - at["left_hip"] - at["left_ankle"]  # before hip and ankle
        assert ((np.cross(across, up) * knees).sum(axis=-1) > 0).mean() > 0.95
        thighs.append(np.linalg.norm(at["left_knee"] - at["left_hip"], axis=-1).mean())
    assert np.ptp(thighs) > 0.01
    assert np.mean(thighs) == pytest.approx(Body(1.72).thigh, abs=0.03)


def test_half_of_the_cameras_go_along_and_some_cut_the_legs_off() -> None:
    walked, legs = [], []
    for seed in range(60):
        film = film_of("walk", seed=seed)
        way = torso(film.truth, "lcr13")[:, 0]
        walked.append(np.linalg.norm(way[-1] - way[0]))
        legs.append(film.legs.mean())
    assert 0.3 < (np.array(walked) < 0.3).mean() < 0.7
    assert 0.02 < (np.array(legs) < 0.5).mean() < 0.3


# Errors


@pytest.mark.usefixtures("whole_errors")
def test_without_errors_the_backend_sees_the_truth() -> None:
    film = film_of()
    track = track_of(film, Lenders(true_looks()), rng())
    np.testing.assert_allclose(track.joints_2d, film.joints_2d, atol=1e-3)
    assert track.joints_3d is not None
    assert error_of(track.joints_3d, film.truth) < 1e-6
    np.testing.assert_allclose(track.times, np.arange(60) / 30)
    assert ((track.scores >= 0.2) & (track.scores <= 1)).all()


@pytest.mark.usefixtures("whole_errors")
def test_an_error_is_lent_in_metres_and_shows_in_pixels() -> None:
    looks = true_looks()
    aside = 0.1 * looks.metre_px[:, None, None] * np.array([1.0, 0.0])
    lenders = Lenders(replace(looks, found_2d=looks.found_2d + aside))
    film = film_of()
    error = track_of(film, lenders, rng()).joints_2d - film.joints_2d
    np.testing.assert_allclose(
        error[..., 0], 0.1 * film.metre_px[:, None] + np.zeros(13), rtol=0.01
    )
    np.testing.assert_allclose(error[..., 1], 0, atol=1e-3)


def test_a_view_keeps_a_part_of_the_errors_but_all_of_a_gross_mistake() -> None:
    looks, film = true_looks(), film_of()
    wrist = np.eye(13)[JOINT["left_wrist"]][:, None]
    for size, shares in ((0.5, (0.2, 1.1)), (5.0, (1.0, 1.0))):
        wrong = Lenders(replace(looks, found_3d=looks.found_3d + size * wrist * (1, 0, 0)))
        found = []
        for seed in range(12):
            joints = track_of(film, wrong, rng(seed)).joints_3d
            assert joints is not None
            error = joints - film.truth + torso(film.truth, "lcr13")
            found.append(np.median(error[:, JOINT["left_wrist"], 0]) / size)
        assert shares[0] - 1e-6 <= min(found) and max(found) <= shares[1] + 1e-6
        assert np.ptp(found) > 0.2 if size < 1 else np.ptp(found) < 1e-6


def bursts_of(looks: Looks, length: int = BURST) -> Looks:
    return replace(looks, burst=np.arange(len(looks)) // length)


def test_errors_are_lent_by_neighbours_in_time() -> None:
    looks = bursts_of(true_looks(400))
    lenders = Lenders(looks)
    film = film_of("walk")
    truth = (film.truth - torso(film.truth, "lcr13"))[::3]
    rows = lenders.rows(truth, np.ones(20, dtype=bool), rng())
    assert (looks.burst[rows][1:] == looks.burst[rows][:-1]).mean() > 0.3
    same = looks.burst[rows][1:] == looks.burst[rows][:-1]
    assert np.abs(np.diff(rows))[same].max() <= 1


def test_no_look_lends_for_longer_than_bursts_last() -> None:
    looks = bursts_of(true_looks(10), 1)
    alike = replace(looks, joints=np.repeat(looks.joints[:1], 10, axis=0))
    still = (alike.joints - torso(alike.joints, "lcr13"))[:1] + 0.01  # all are equally near
    rows = Lenders(alike).rows(np.repeat(still, 400, axis=0), np.ones(400, bool), rng())
    changes = np.flatnonzero(np.diff(rows)) + 1
    assert len(changes) and (changes % BURST == 0).all()


def test_who_lends_has_legs_in_the_picture_as_who_borrows() -> None:
    looks = true_looks(60)
    cut = np.arange(60) % 2 == 0
    pixels = looks.joints_2d.copy()
    pixels[cut, :4] = 2 * SIZE_PX
    looks = bursts_of(replace(looks, joints_2d=pixels, found_2d=pixels))
    truth = true_looks(30).joints
    truth = truth - torso(truth, "lcr13")
    legs = rng().random(30) < 0.5
    rows = Lenders(looks).rows(truth, legs, rng())
    np.testing.assert_array_equal(~cut[rows], legs)


@pytest.mark.usefixtures("whole_errors")
@pytest.mark.parametrize(("size", "gross"), [(0.05, False), (5.0, True)])
def test_errors_change_evenly_but_mistakes_begin_at_once(
    size: float, monkeypatch: pytest.MonkeyPatch, *, gross: bool
) -> None:
    looks, film = true_looks(2), film_of()
    shift = size * np.eye(13)[:, :1] * (1, 0, 0) * np.array([0, 1])[:, None, None]
    lenders = Lenders(replace(looks, found_3d=looks.found_3d + shift))
    turns = np.arange(21) % 2  # the first lends at keys 0, 2, ..., the second in between
    monkeypatch.setattr(lenders, "rows", lambda *_: turns)
    joints = track_of(film, lenders, rng()).joints_3d
    assert joints is not None
    error = (joints - film.truth + torso(film.truth, "lcr13"))[:, 0, 0]
    share = error / error.max()
    expected = [0, 0, 1, 1] if gross else [0, 1 / 3, 2 / 3, 1]
    np.testing.assert_allclose(share[:4], expected, atol=1e-5)


# What comes back


@pytest.mark.parametrize("motion", ["walk", "wave", "sit_down", "kick"])
def test_without_errors_the_lifter_gives_the_motion_back(motion: str, lifter: Lcr) -> None:
    errors = []
    for seed in range(4):
        film = film_of(motion, seed=seed)
        track = track_of(film, Lenders(true_looks()), rng(seed))
        seen = skeleton_of(track, lifter)
        assert seen is not None and seen.root is not None
        assert (seen.joint_set, seen.axes, len(seen)) == ("lcr13", "camera", 60)
        errors.append(error_of(seen.joints, film.truth))
    assert np.mean(errors) < 0.06  # m; 0.05 at most when this was written


def test_larger_errors_come_back_as_larger_errors(lifter: Lcr) -> None:
    looks = true_looks(200)
    noise = rng().normal(size=looks.found_3d.shape)
    means = []
    for size in (0.0, 0.2):
        wrong = replace(
            looks,
            found_2d=looks.found_2d + size * looks.metre_px[:, None, None] * noise[..., :2],
            found_3d=looks.found_3d + size * noise,
        )
        errors = []
        for seed in range(4):
            film = film_of("wave", seed=seed)
            seen = skeleton_of(track_of(film, Lenders(wrong), rng()), lifter)
            assert seen is not None
            errors.append(error_of(seen.joints, film.truth))
        means.append(np.mean(errors))
    assert means[1] > means[0] + 0.03


@pytest.mark.parametrize("frames", [1, 2, 9])
def test_a_moment_comes_back_too(frames: int, lifter: Lcr) -> None:
    joints = acted("wave")[:frames]
    seen = as_seen(joints, Lenders(true_looks()), lifter, rng())
    assert seen is not None and len(seen) == frames


def test_the_same_seed_gives_the_same_view(lifter: Lcr) -> None:
    lenders = Lenders(true_looks())
    first, again, other = (
        as_seen(acted("throw", 1.0), lenders, lifter, rng(seed)) for seed in (3, 3, 4)
    )
    assert first is not None and again is not None and other is not None
    np.testing.assert_array_equal(first.joints, again.joints)
    assert error_of(first.joints, other.joints) > 0.1
