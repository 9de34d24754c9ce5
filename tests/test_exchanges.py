"""Exchanged sides leave leaps in a track, and people who move do not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from datasets.acting import Style
from datasets.kinematics import Body
from datasets.motions import MOTIONS
from tests.made_samples import pixels_of
from tests.made_sequences import FACING
from wildpose.geometry import rotation_y
from wildpose.joints import convert, joint_set
from wildpose.lifting.exchanges import EXCHANGES, LEAP, suspected
from wildpose.lifting.lcr_samples import centred

Array = npt.NDArray[np.floating]
YAWS = (0, 45, 90, 135, 180)  # degrees, from which the person is seen


def seen(motion: str, yaw: float, *, rate: int = 30, jitter: float = 0.0) -> Array:
    """(T, 13, 2) px: 3 s of a person of about 130 px."""
    joints = MOTIONS[motion](np.arange(3 * rate) / rate, Body(1.75), Style())
    turned = convert(joints, "kinect25", "lcr13") @ (FACING @ rotation_y(np.radians(yaw))).T
    pixels = pixels_of(centred(turned))
    return pixels + np.random.default_rng(0).normal(0, jitter, pixels.shape)


def of(joints_2d: Array) -> list[npt.NDArray[np.intp]]:
    """What is suspected at 30 frames/s."""
    return suspected(joints_2d, np.arange(len(joints_2d)) / 30)


def names_of(joints_2d: Array) -> list[str]:
    """The exchanges that are suspected."""
    return [n for n, o in EXCHANGES.items() if any(o is s for s in of(joints_2d))]


def exchanged(joints_2d: Array, name: str, start: int, count: int) -> Array:
    spoilt = joints_2d.copy()
    spoilt[start : start + count] = spoilt[start : start + count][:, EXCHANGES[name]]
    return spoilt


def test_exchanges_are_orders_of_pairs_that_undo_themselves() -> None:
    names = np.array(joint_set("lcr13").names)
    moved = {}
    for name, order in EXCHANGES.items():
        np.testing.assert_array_equal(order[order], np.arange(13))
        partners = np.char.replace(np.char.replace(names[order], "left", "?"), "right", "?")
        kinds = np.char.replace(np.char.replace(names, "left", "?"), "right", "?")
        np.testing.assert_array_equal(partners, kinds)
        moved[name] = set(names[order != np.arange(13)])
    assert {n.split("_")[1] for n in moved["legs"]} == {"ankle", "knee"}
    assert moved["legs"] | moved["upper body"] == moved["body"] == set(names) - {"head"}
    assert not moved["legs"] & moved["upper body"]


@pytest.mark.parametrize("rate", [10, 30])
@pytest.mark.parametrize("jitter", [0.0, 0.7])
@pytest.mark.parametrize("motion", ["walk", "wave", "squat", "kick", "jump"])
def test_people_who_move_raise_no_suspicion(motion: str, jitter: float, rate: int) -> None:
    """Legs that swing past each other, as walking people show them from the side, among them."""
    for yaw in YAWS:
        assert names_of(seen(motion, yaw, rate=rate, jitter=jitter)) == [], f"seen at {yaw}"


@pytest.mark.parametrize("name", EXCHANGES)
@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("start", [0, 1, 40, 84, 88])
def test_exchanges_of_some_frames_are_suspected(name: str, count: int, start: int) -> None:
    spoilt = exchanged(seen("wave", 20, jitter=0.5), name, start, count)
    assert name in names_of(spoilt)


@pytest.mark.parametrize("rate", [10, 30])
def test_what_is_exchanged_is_what_is_suspected(rate: int) -> None:
    walk = seen("wave", 0, rate=rate, jitter=0.5)
    assert names_of(exchanged(walk, "legs", 12, 3)) == ["legs"]
    assert names_of(exchanged(walk, "upper body", 12, 3)) in (
        ["upper body"],
        ["body", "upper body"],
    )
    assert names_of(exchanged(walk, "body", 12, 3)) == list(EXCHANGES)


def test_sides_exchanged_from_some_frame_on_are_suspected() -> None:
    assert "body" in names_of(exchanged(seen("walk", 30), "body", 45, 45))


def test_two_frames_suffice() -> None:
    two = seen("wave", 0)[:2]
    assert names_of(two) == []
    assert "body" in names_of(exchanged(two, "body", 1, 1))


@pytest.mark.parametrize("T", [0, 1])
def test_without_two_frames_there_is_nothing_to_suspect(T: int) -> None:
    assert of(np.zeros((T, 13, 2))) == []


def test_neither_place_nor_size_in_the_picture_matter() -> None:
    spoilt = exchanged(seen("wave", 20), "legs", 40, 2)
    running = np.linspace(0, 4000, len(spoilt))[:, None, None]
    for other in (3 * spoilt, spoilt / 50, spoilt + running):
        assert names_of(other) == names_of(spoilt) == ["legs"]


@pytest.mark.parametrize(("part", "found"), [(0.8, False), (1.25, True)])
def test_a_leap_counts_from_a_share_of_the_bodys_size_on(part: float, found: bool) -> None:  # noqa: FBT001
    joints = np.repeat(seen("wave", 0)[:1], 9, axis=0)
    joints -= joints.mean(axis=1, keepdims=True)
    middle = (joints[:, [0, 2]] + joints[:, [1, 3]]) / 2
    joints[:, [0, 2]] = joints[:, [1, 3]] = middle  # both legs in one place, but for what follows
    size = np.sqrt((joints[0] ** 2).sum(axis=-1).mean())
    joints[:, [0, 2], 0] += part * LEAP * size / 2
    joints[:, [1, 3], 0] -= part * LEAP * size / 2
    spoilt = exchanged(joints, "legs", 4, 1)
    assert ("legs" in names_of(spoilt)) == found
    assert ("legs" in names_of(spoilt[3:5])) == found


def test_a_person_on_one_point_raises_no_suspicion() -> None:
    assert of(np.zeros((5, 13, 2))) == []


def test_a_step_over_an_absence_is_no_sign() -> None:
    walk = seen("walk", yaw=0.4)
    spoilt = exchanged(walk, "body", 40, len(walk) - 40)
    times = np.arange(len(walk)) / 30
    assert suspected(spoilt, times)
    assert not suspected(spoilt, np.where(np.arange(len(walk)) < 40, times, times + 5.0))
