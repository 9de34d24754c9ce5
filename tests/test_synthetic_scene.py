"""Setups hold still, cameras stand as NTU's, and rooms, furniture and light are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.raycast import capsules
from datasets.renderer import Light, Renderer
from datasets.room import Room
from datasets.synthetic_scene import COLOUR_SIZE, random_setup
from wildpose.geometry import Camera, orbit_camera, unit

SETUPS = [random_setup(np.random.default_rng(seed)) for seed in range(6)]
SIZE = (96, 54)


def small_camera() -> Camera:
    return orbit_camera(focal_px=60.0, width=96, height=54)


def test_cameras_are_at_one_height_and_distance_45_degrees_apart() -> None:
    for setup in SETUPS:
        cameras = [setup.camera(number, SIZE) for number in (1, 2, 3)]
        places = np.stack([camera.position for camera in cameras])
        np.testing.assert_allclose(places[:, 1], setup.height)
        np.testing.assert_allclose(np.hypot(places[:, 0], places[:, 2]), setup.distance)
        yaws = np.degrees(np.arctan2(places[:, 0], places[:, 2]))
        np.testing.assert_allclose(yaws, [0, 45, -45], atol=4.0)


def test_a_small_video_shows_what_the_large_one_shows() -> None:
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (9, 3)) + np.array([0.0, 1.0, 0.0])
    small, large = (SETUPS[0].camera(2, size) for size in (SIZE, COLOUR_SIZE))
    np.testing.assert_allclose(small.project(points) * 20, large.project(points), atol=1e-9)


def test_the_same_seed_is_the_same_place_and_places_differ() -> None:
    again = random_setup(np.random.default_rng(0))
    one, other = (
        Renderer(s.camera(1, SIZE), room=s.room, furniture=s.furniture, light=s.light).background
        for s in (SETUPS[0], again)
    )
    np.testing.assert_array_equal(one, other)
    another = Renderer(SETUPS[1].camera(1, SIZE), room=SETUPS[1].room).background
    assert np.abs(one.astype(int) - another).mean() > 10


def test_furniture_never_stands_between_a_camera_and_whoever_acts() -> None:
    for setup in SETUPS:
        ends = np.concatenate([setup.furniture.start, setup.furniture.stop])[:, [0, 2]]
        for number in (1, 2, 3):
            camera = setup.camera(number, SIZE).position[[0, 2]]
            ahead = unit(ends - camera)
            beyond = -(ends * ahead).sum(-1)  # metres behind it to where the middle is nearest
            off = np.linalg.norm(ends + beyond[:, None] * ahead, axis=-1)
            assert (off[beyond > 0] > 1.2).all()


def test_furniture_is_drawn_once_and_hidden_by_what_is_rendered() -> None:
    box = capsules(np.array([0.0, 0.9, -1.0]), np.array([0.0, 0.9, -1.0]), 0.3, (1.0, 0.0, 0.0))
    person = capsules(np.array([0.0, 0.9, 1.0]), np.array([0.0, 0.9, 1.0]), 0.1, (0.0, 0.0, 1.0))
    empty, furnished = (Renderer(small_camera(), furniture=f) for f in (None, box))
    changed = np.abs(furnished.background.astype(int) - empty.background).max(-1) > 8
    assert 20 < changed.sum() < 400
    red, _, blue = furnished.render(person).image[27, 48]
    assert blue > 80 > red
    assert np.isfinite(furnished.render(person).depth).sum() < changed.sum()  # the person's alone


def test_walls_carry_their_texture() -> None:
    def stripes(along: np.ndarray, height: np.ndarray) -> np.ndarray:
        return np.where((along % 0.6 < 0.3)[:, None], (1.0, 0.2, 0.2), (1.0, 1.0, 1.0))

    plain = Renderer(small_camera()).background.astype(int)
    striped = Renderer(small_camera(), room=Room(wall_texture=stripes)).background.astype(int)
    changed = np.abs(striped - plain).max(-1) > 40
    assert 0.15 < changed[:15].mean() < 0.85  # the wall
    assert not changed[-10:].any()  # the floor
    assert np.abs(striped - plain)[..., 0].max() <= 1  # red stays


@pytest.mark.parametrize(
    ("light", "brighter"),
    [(Light(ambient=0.7), True), (Light(key=0.1), False), (Light(colour=(0.5, 0.5, 0.5)), False)],
)
def test_light_makes_solids_brighter_or_darker(light: Light, brighter: bool) -> None:  # noqa: FBT001
    ball = capsules(np.array([0.0, 0.9, 0.0]), np.array([0.0, 0.9, 0.0]), 0.5, (0.6, 0.6, 0.6))
    usual, lit = (Renderer(small_camera(), light=how).render(ball).image for how in (None, light))
    assert (lit[27, 48].sum() > usual[27, 48].sum()) == brighter


def test_light_turns_about_the_vertical() -> None:
    ball = capsules(np.array([0.0, 0.9, 0.0]), np.array([0.0, 0.9, 0.0]), 0.5, (0.6, 0.6, 0.6))
    images = [
        Renderer(small_camera(), light=Light(turn=turn)).render(ball).image.astype(int)
        for turn in (0.0, 2 * np.pi, 2.0)
    ]
    assert np.abs(images[0] - images[1]).max() <= 1
    assert np.abs(images[0] - images[2]).max() > 20
