"""Frame by frame front and back change places; the best path through time keeps them apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from datasets import ambiguous
from datasets.ambiguous import AmbiguousClip, distant_person, exchanges, facing, flips
from wildpose.geometry import Array, rotation_y
from wildpose.lifting.lcr import Lcr
from wildpose.smoothing import Smoother
from wildpose.smoothing.track2d import smooth_none
from wildpose.smoothing.viterbi import smooth_viterbi
from wildpose.types import Hypotheses

SEEDS = range(5)


@dataclass(frozen=True)
class Lifted:
    """An ambiguous clip with what the shipped lifter makes of it."""

    clip: AmbiguousClip
    hypotheses: list[Hypotheses]

    def joints(self, smoother: Smoother) -> Array:
        """(T, 13, 3) joints that a smoother chooses."""
        track = self.clip.track
        smoothed = smoother(track, self.hypotheses, track.times)
        assert smoothed is not None and len(smoothed.frames) == len(track)
        return smoothed.skeleton.joints


@pytest.fixture(scope="module")
def lifted() -> list[Lifted]:
    """One clip per seed."""
    lcr = Lcr(offline=True)
    clips = [distant_person(np.random.default_rng(seed)) for seed in SEEDS]
    return [Lifted(clip, list(lcr.lift(clip.track))) for clip in clips]


# The clip


def test_the_person_faces_the_camera_all_the_time() -> None:
    joints = distant_person(np.random.default_rng(0)).joints
    assert flips(joints) == 0
    np.testing.assert_allclose(facing(joints), -ambiguous.YAW, atol=np.radians(5))  # sways


def test_the_track_shows_the_joints_within_its_noise_where_sides_are_named_rightly() -> None:
    clip = distant_person(np.random.default_rng(0))
    assert clip.track.joints_3d is None
    error = clip.track.joints_2d - clip.camera.project_camera(clip.joints)
    right = error[~clip.exchanged]
    np.testing.assert_allclose(right.std(), ambiguous.NOISE_PX, rtol=0.05)
    named_wrongly = np.linalg.norm(error[clip.exchanged], axis=-1).mean()
    assert named_wrongly > 20 * ambiguous.NOISE_PX


def test_depth_says_next_to_nothing_from_so_far_away() -> None:
    clip = distant_person(np.random.default_rng(0))
    middle = clip.joints.mean(axis=1, keepdims=True)
    reversed_depth = middle + (clip.joints - middle) * (1, 1, -1)  # what is near is far
    shift = clip.camera.project_camera(reversed_depth) - clip.camera.project_camera(clip.joints)
    assert np.linalg.norm(shift, axis=-1).max() < 2 * ambiguous.NOISE_PX


def test_the_same_seed_gives_the_same_clip_and_another_seed_another() -> None:
    first, again, other = (distant_person(np.random.default_rng(s)).track for s in (3, 3, 4))
    np.testing.assert_array_equal(first.joints_2d, again.joints_2d)
    assert np.abs(first.joints_2d - other.joints_2d).max() > 1


@pytest.mark.parametrize("seed", SEEDS)
def test_exchanges_are_short_and_rare_and_end_before_the_clip(seed: int) -> None:
    exchanged = exchanges(500, np.random.default_rng(seed))
    edges = np.flatnonzero(np.diff(exchanged.astype(int)))
    lengths = np.diff(edges)  # of an exchange, a rest, an exchange, ...
    assert set(lengths[::2]) == {1, 2, 3}
    fewest, most = ambiguous.REST_FRAMES
    assert lengths[1::2].min() >= fewest and lengths[1::2].max() <= most
    assert not exchanged[:fewest].any() and not exchanged[-fewest:].any()


def test_a_clip_too_short_for_an_exchange_has_none() -> None:
    assert not exchanges(6, np.random.default_rng(0)).any()
    assert len(exchanges(0, np.random.default_rng(0))) == 0


def test_pictures_are_of_the_rows_asked_for() -> None:
    clip = distant_person(np.random.default_rng(0))
    low, high, again = clip.pictures([0, 60, 0])  # the arms are down, up, down
    assert low.shape == (ambiguous.PICTURE[1], ambiguous.PICTURE[0], 3)
    np.testing.assert_array_equal(low, again)
    assert (np.abs(low.astype(int) - high).max(axis=2) > 40).mean() > 0.01


# Facing


def test_facing_follows_a_turning_body() -> None:
    joints = np.zeros((13, 3))
    joints[ambiguous.LCR13.index("left_shoulder")] = (0.2, -0.4, 0.0)
    joints[ambiguous.LCR13.index("right_shoulder")] = (-0.2, -0.4, 0.0)
    # Left in the picture's right half: we see the chest. About y (down) z turns towards x, so the
    # chest, which points along -z, turns towards -x: to the left in the picture.
    angles = np.array([0.0, 0.5, 1.5, 3.0])
    turned = joints @ np.swapaxes(rotation_y(angles), -1, -2)
    np.testing.assert_allclose(facing(turned), -angles, atol=1e-12)
    np.testing.assert_array_equal(ambiguous.towards_camera(turned), [True, True, True, False])
    assert flips(turned) == 1
    assert flips(turned[[0, 3, 0, 3]]) == 3


# The shipped lifter


def test_both_front_and_back_are_among_the_hypotheses(lifted: list[Lifted]) -> None:
    for one in lifted:
        sides = [ambiguous.towards_camera(frame.joints) for frame in one.hypotheses]
        both = sum(len(set(towards.tolist())) == 2 for towards in sides)
        assert both > 0.9 * len(sides)


def test_the_best_of_each_frame_flips_front_and_back(lifted: list[Lifted]) -> None:
    counted = [flips(one.joints(smooth_none)) for one in lifted]
    assert sum(count >= 8 for count in counted) >= 4, counted


def test_viterbi_never_flips_and_sees_who_faces_the_camera(lifted: list[Lifted]) -> None:
    for one in lifted:
        joints = one.joints(smooth_viterbi)
        assert flips(joints) == 0
        assert ambiguous.towards_camera(joints).all()
        turn = facing(joints) - facing(one.clip.joints)
        np.testing.assert_allclose(turn, 0, atol=np.radians(45))  # 20 degrees at most, as measured
