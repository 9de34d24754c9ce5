"""Long takes are cut into windows that show the action, and rest is found where nothing moves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from datasets.acting import Style
from datasets.everyday_windows import (
    EVIDENCE,
    FRAME_RATE,
    Flags,
    flying,
    hands_low,
    kicking,
    leaning,
    rest,
    stretched,
    striking,
    waving,
    windows,
)
from datasets.kinematics import JOINT, Body
from datasets.motions import MOTIONS
from wildpose.geometry import Array

STILL = Style(sway=0.0)
ANY = ("nw_ucla", "carry")  # of which every moment shows the action


def acted(motion: str, seconds: float = 4.0) -> Array:
    """(T, 25, 3) m, y up: an average adult at 30 Hz."""
    return MOTIONS[motion](np.arange(round(seconds * FRAME_RATE)) / FRAME_RATE, Body(), STILL)


def standing(seconds: float) -> Array:
    return np.repeat(acted("wave")[:1], round(seconds * FRAME_RATE), axis=0)


# What shows an action


@pytest.mark.parametrize(
    ("shown", "motion", "others"),
    [
        (leaning, "pick_up", ("walk", "wave")),
        (waving, "wave", ("walk", "kick")),
        (striking, "throw", ("walk", "squat", "sit_down")),
        (kicking, "kick", ("walk", "wave", "jump")),
        (flying, "jump", ("walk", "kick", "squat")),
    ],
)
def test_an_action_shows_in_its_own_motion_alone(
    shown: Callable[[Array], Flags], motion: str, others: tuple[str, ...]
) -> None:
    assert shown(acted(motion)).any()
    for other in others:
        assert not shown(acted(other)).any(), other


def test_a_hand_held_up_still_is_no_wave_and_a_hand_that_hangs_is_low() -> None:
    up = int(acted("wave")[:, JOINT["right_wrist"], 1].argmax())
    held = np.repeat(acted("wave")[up : up + 1], 60, axis=0)
    assert not waving(held).any() and not hands_low(held).any()
    assert hands_low(standing(1.0)).all()


def test_a_leap_is_seen_from_where_the_person_stands() -> None:
    on_a_table = acted("jump") + np.array([0, 0.75, 0])
    np.testing.assert_array_equal(flying(on_a_table), flying(acted("jump")))


# Windows


@pytest.mark.parametrize("frames", [9, 60, 90])
def test_takes_of_up_to_three_seconds_stay_whole(frames: int) -> None:
    assert windows(np.zeros((frames, 25, 3)), ANY, stride_s=1.0) == [slice(0, frames)]


def test_takes_that_are_not_cut_stay_whole() -> None:
    assert windows(np.zeros((500, 25, 3)), ANY, stride_s=None) == [slice(0, 500)]


@pytest.mark.parametrize("stride_s", [1.0, 2.0])
@pytest.mark.parametrize("frames", [91, 120, 137, 1000])
def test_windows_of_two_seconds_reach_from_end_to_end(frames: int, stride_s: float) -> None:
    found = windows(np.zeros((frames, 25, 3)), ANY, stride_s=stride_s)
    assert [part.stop - part.start for part in found] == [60] * len(found)
    starts = np.array([part.start for part in found])
    assert (starts[0], starts[-1]) == (0, frames - 60) if len(found) > 1 else starts[0] == 0
    steps = np.diff(starts)
    assert (steps > 0).all() and np.ptp(steps) <= 1 if len(steps) else True
    if len(steps) > 3:
        np.testing.assert_allclose(steps, 30 * stride_s, rtol=0.1)


def test_windows_of_a_long_capture_show_its_action() -> None:
    capture = np.concatenate([standing(5.0), acted("wave"), standing(5.0)])
    found = windows(capture, ("bandai", "bye"), stride_s=1.0)
    assert 2 <= len(found) < 12
    for part in found:
        assert 150 - 45 < part.start < 270 - 15  # the waving begins at 150 and ends at 270


def test_a_short_capture_that_shows_nothing_is_no_take() -> None:
    assert windows(standing(2.0), ("bandai", "bow"), stride_s=1.0) == []


def test_evidence_is_asked_of_captures_alone() -> None:
    assert {source for source, _ in EVIDENCE} == {"bandai", "cmu_expmap"}


# Rest


def test_rest_is_the_moment_in_which_nothing_moves_made_longer() -> None:
    take = np.concatenate([acted("kick", 1.0), standing(0.8), acted("kick", 1.0)])
    found = rest(take)
    assert found is not None and found.shape == (60, 25, 3)
    np.testing.assert_allclose(found[20:40], standing(0.7)[:20], atol=0.03)


def test_who_only_passes_by_rests() -> None:
    passing = standing(1.0) + np.linspace(0, 2, 30)[:, None, None] * (1, 0, 0)
    found = rest(passing)
    assert found is not None and len(found) == 60


def test_nobody_rests_who_moves() -> None:
    assert rest(acted("walk")) is None


@pytest.mark.parametrize("frames", [1, 5, 9, 20])
def test_a_stretched_motion_begins_and_ends_as_it_did(frames: int) -> None:
    line = np.linspace(0, 1, 9)[:, None, None] * np.ones((1, 2, 3))
    found = stretched(line, frames)
    assert found.shape == (frames, 2, 3)
    np.testing.assert_allclose(found[:, 0, 0], np.linspace(0, 1, frames), atol=1e-12)
