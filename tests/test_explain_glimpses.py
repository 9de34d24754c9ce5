"""Glimpses are drawn where they were planted, each in a colour of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from recognizers.glimpse_clouds import GlimpseClouds
from tests.made_explained import T, clip_of, footage_of, person, recognizer_of
from tests.made_samples import seeded
from tools.explaining import draw_glimpses
from tools.explaining.draw_glimpses import Looks, glimpse_colour, looks_of, marked
from tools.explaining.strips import rgb
from tools.explaining.views import as_shown, view_of


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    with seeded(0):
        yield


def looks_at(x: float, y: float, size: float = 0.5, **changes: Any) -> Looks:
    """Of a network that was made to look there alone, in coordinates of -1 to 1."""
    recognizer = recognizer_of("glimpse_clouds", **changes)
    network = recognizer.network
    assert isinstance(network, GlimpseClouds) and network.cloud is not None
    locate = network.cloud.attention.locate
    assert isinstance(locate, torch.nn.Linear)
    with torch.no_grad():
        locate.weight.zero_()
        place = torch.tensor([x, y]).atanh()
        locate.bias.copy_(torch.cat([place, torch.tensor([size] * 2).logit() - 3]))
    clip = clip_of(person())
    return looks_of(recognizer, view_of(recognizer, clip, footage_of(clip)))


def grey(height: int = 200, width: int = 300) -> np.ndarray:
    return np.full((height, width, 3), 128, dtype=np.uint8)


def test_a_planted_place_is_found_and_drawn_there() -> None:
    looks = looks_at(0.5, -0.6, size=0.4)
    assert looks.places.shape == looks.sizes.shape == (4, 3, 2)
    # Of maps of 2 x 2 cells the middles of the outer ones, -1 and 1, lie a quarter from the edges.
    np.testing.assert_allclose(looks.places, np.broadcast_to([0.625, 0.35], (4, 3, 2)), atol=1e-6)
    np.testing.assert_allclose(looks.sizes, 0.4, atol=1e-6)
    before = grey()
    picture = marked(before, looks, 2)
    assert (before == 128).all()
    changed = np.abs(picture.astype(int) - 128).max(axis=2) > 40
    rows, columns = np.nonzero(changed)
    # Around (188, 70), 120 wide and 80 high.
    assert (columns.min(), columns.max()) == pytest.approx((128, 248), abs=3)
    assert (rows.min(), rows.max()) == pytest.approx((30, 110), abs=3)
    assert changed[70, 188] and not changed[90, 203]


@pytest.mark.parametrize("glimpse", [0, 1, 2])
def test_a_glimpse_has_its_colour_in_pictures_and_in_every_workers_bars(glimpse: int) -> None:
    places = np.full((1, 3, 2), 0.9)
    places[0, glimpse] = 0.25, 0.5
    looks = Looks(places, np.full((1, 3, 2), 0.1), np.full((1, 3, 2), 1 / 3))
    picture = marked(grey(), looks, 0)
    colour = rgb(glimpse_colour(glimpse))
    assert np.abs(picture[100 - 6, 75].astype(int) - colour).max() <= 1  # above the number
    recognizer, clip = recognizer_of("glimpse_clouds", workers=2), clip_of(person())
    view = view_of(recognizer, clip, footage_of(clip))
    assert recognizer.pictures is not None
    figure = draw_glimpses.drawn(recognizer, view, as_shown(view, recognizer.pictures), "").figure
    for axes in figure.axes[-2:]:
        bars = axes.patches[glimpse * 4 : glimpse * 4 + 4]
        assert {rgb(to_hex(bar.get_facecolor())) for bar in bars} == {colour}


def test_in_tubes_each_glimpse_has_a_worker_of_its_own() -> None:
    looks = looks_at(0.0, 0.0, attention="tubes")
    np.testing.assert_array_equal(looks.weights, np.broadcast_to(np.eye(3), (4, 3, 3)))


def test_the_sheet_shows_each_moment_and_each_worker_and_the_video_each_frame() -> None:
    recognizer, clip = recognizer_of("glimpse_clouds", workers=2), clip_of(person())
    view = view_of(recognizer, clip, footage_of(clip))
    assert recognizer.pictures is not None
    scene = as_shown(view, recognizer.pictures)
    drawing = draw_glimpses.drawn(recognizer, view, scene, "title")
    names = [axes.get_ylabel() for axes in drawing.figure.axes]
    assert names == ["", "", "", "", "worker 1", "worker 2"]
    titles = [axes.get_title() for axes in drawing.figure.axes[:4]]
    assert titles == [f"{t / 30:.2f} s" for t in view.moments]
    weights = looks_of(recognizer, view).weights
    for c, axes in enumerate(drawing.figure.axes[4:]):
        bars = np.array([bar.get_height() for bar in axes.patches])  # type: ignore[attr-defined]
        np.testing.assert_allclose(bars.reshape(3, 4), weights[:, :, c].T, atol=1e-6)
    assert len(list(drawing.video)) == T
