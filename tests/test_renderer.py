"""Ray-cast solids agree with geometry, and drawing agrees with projection."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.raycast import Solids, capsules, join_solids
from datasets.renderer import Renderer
from wildpose.geometry import Camera, look_at, orbit_camera

SMALL = {"focal_px": 200.0, "width": 160, "height": 120}
RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


def small_camera(yaw: float = 0.0) -> Camera:
    return orbit_camera(yaw=yaw, distance=3.0, camera_height=1.0, target=(0, 1, 0), **SMALL)


def silhouette(solids: Solids, camera: Camera, supersample: int = 1) -> np.ndarray:
    return np.isfinite(Renderer(camera, supersample=supersample).depth(solids))


def cone(start: tuple, stop: tuple, radii: tuple, metric: np.ndarray | None = None) -> Solids:
    metric = np.eye(3) if metric is None else metric
    first, second = np.array([start], float), np.array([stop], float)
    widths = np.array(radii, float)[:, None]
    return Solids(first, second, widths[0], widths[1], metric[None], np.array([RED]))


def test_camera_axes_turn_without_mirroring_and_put_the_target_in_the_middle() -> None:
    camera = look_at((1.0, 2.0, 3.0), (0.2, 0.9, 0.1), **SMALL)
    assert np.linalg.det(camera.rotation) == pytest.approx(1.0)
    np.testing.assert_allclose(camera.project(np.array([0.2, 0.9, 0.1])), (80, 60), atol=1e-9)
    above = camera.project(np.array([0.2, 1.0, 0.1]))
    assert above[1] < 60  # y is down in the image


def test_world_and_camera_axes_convert_there_and_back() -> None:
    camera, points = small_camera(0.7), np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_allclose(camera.to_world(camera.to_camera(points)), points, atol=1e-12)


def test_camera_refuses_a_mirror() -> None:
    with pytest.raises(ValueError, match="mirrors"):
        Camera(np.zeros(3), np.diag([-1.0, 1, 1]), 100.0, np.zeros(2), 10, 10)


def test_sphere_on_the_axis_covers_its_analytic_area_and_depth() -> None:
    camera = small_camera()
    solid = capsules(np.array([0, 1.0, 0]), np.array([0, 1.0, 0]), 0.3, RED)
    depth = Renderer(camera, supersample=3).depth(solid)
    area = np.isfinite(Renderer(camera, supersample=1).depth(solid)).sum()
    radius_px = 200 * 0.3 / np.sqrt(3.0**2 - 0.3**2)  # tangent cone of the sphere
    assert area == pytest.approx(np.pi * radius_px**2, rel=0.02)
    assert depth.min() == pytest.approx(3.0 - 0.3, abs=1e-3)


def test_small_sphere_far_away_keeps_its_area_in_float32() -> None:
    camera = look_at((0, 1, 6.0), (0, 1, 0), focal_px=20000.0, width=160, height=120)
    solid = capsules(np.array([0, 1.0, 0]), np.array([0, 1.0, 0]), 0.01, RED)
    area = silhouette(solid, camera).sum()
    assert area == pytest.approx(np.pi * (20000 * 0.01 / 6) ** 2, rel=0.02)


def test_silhouettes_are_centred_on_the_projection_without_bias() -> None:
    camera, rng = small_camera(), np.random.default_rng(0)
    misses = []
    for centre in rng.uniform((-0.1, 0.9, -0.1), (0.1, 1.1, 0.1), size=(60, 3)):
        rows, columns = np.nonzero(silhouette(capsules(centre, centre, 0.3, RED), camera))
        middle = np.array([columns.mean() + 0.5, rows.mean() + 0.5])  # pixel centres lie at .5
        # A sphere off the axis bulges outwards by (radius / distance)^2: 1 % of its offset.
        misses.append(middle - (camera.project(centre) - (80, 60)) * 1.01 - (80, 60))
    assert np.abs(misses).max() < 0.2
    np.testing.assert_allclose(np.mean(misses, axis=0), 0.0, atol=0.02)


def test_capsule_centre_line_lies_inside_its_silhouette() -> None:
    camera = small_camera(0.4)
    start, stop = np.array([-0.5, 0.5, 0.4]), np.array([0.4, 1.5, -0.3])
    seen = silhouette(cone(tuple(start), tuple(stop), (0.12, 0.04)), camera)
    line = start + np.linspace(0, 1, 50)[:, None] * (stop - start)
    columns, rows = np.floor(camera.project(line)).astype(int).T
    assert seen[rows, columns].all()


@pytest.mark.parametrize(
    "radii",
    [(0.2, 0.2), (0.2, 0.05), (0.05, 0.2), (0.4, 0.01)],
    ids=["capsule", "taper", "reverse taper", "one end within the other"],
)
@pytest.mark.parametrize("stop", [(0.5, 1.2, 0.1), (0.1, 1.1, 0.9)], ids=["across", "towards"])
def test_cone_depth_equals_that_of_many_spheres_along_the_bone(radii: tuple, stop: tuple) -> None:
    camera, start = small_camera(), np.array([-0.2, 0.9, 0.0])
    shares = np.linspace(0, 1, 400)[:, None]
    centres = start + shares * (np.array(stop) - start)
    widths = radii[0] + shares[:, 0] * (radii[1] - radii[0])
    renderer = Renderer(camera, supersample=1)
    cast = renderer.depth(cone(tuple(start), stop, radii))
    spheres = renderer.depth(capsules(centres, centres, widths, RED))
    both = np.isfinite(cast) & np.isfinite(spheres)
    assert (np.isfinite(cast) != np.isfinite(spheres)).sum() <= 4  # rays that graze the outline
    assert np.quantile(np.abs(cast[both] - spheres[both]), 0.99) < 2e-3


def test_metric_makes_an_ellipsoid_of_the_right_width_and_height() -> None:
    camera = small_camera()
    metric = np.diag([0.4**-2, 0.1**-2, 0.2**-2])
    ellipsoid = cone((0, 1, 0), (0, 1, 0), (1.0, 1.0), metric)
    rows, columns = np.nonzero(silhouette(ellipsoid, camera))
    width, height = np.ptp(columns) + 1, np.ptp(rows) + 1
    np.testing.assert_allclose((width, height), (2 * 200 * 0.4 / 3, 2 * 200 * 0.1 / 3), atol=1.5)


def test_nearer_solid_hides_the_farther_whatever_their_order() -> None:
    camera = small_camera()
    near = capsules(np.array([0, 1, 0.5]), np.array([0, 1, 0.5]), 0.1, RED)
    far = capsules(np.array([0, 1, -0.5]), np.array([0, 1, -0.5]), 0.1, BLUE)
    renderer = Renderer(camera)
    one, other = (renderer.render(join_solids(pair)).image for pair in ([near, far], [far, near]))
    np.testing.assert_array_equal(one, other)
    red, _, blue = one[60, 80]
    assert red > 100 > blue


def test_solid_behind_the_camera_or_outside_the_image_is_not_drawn() -> None:
    camera = small_camera()
    for place in ((0, 1, 5.0), (30.0, 1, 0)):
        solid = capsules(np.array(place), np.array(place), 0.2, RED)
        renderer = Renderer(camera)
        np.testing.assert_array_equal(renderer.render(solid).image, renderer.background)


@pytest.mark.parametrize("yaw", [0.0, 1.0, 2.5, 4.0])
def test_room_shows_a_floor_darker_than_the_wall_from_every_yaw(yaw: float) -> None:
    background = Renderer(small_camera(yaw)).background.astype(float)
    assert background[5].mean() > background[-5].mean() + 20


def test_shadow_darkens_the_floor_only_near_its_place() -> None:
    camera = small_camera()
    renderer = Renderer(camera)
    nothing = capsules(np.array([99.0, 1, 0]), np.array([99.0, 1, 0]), 0.1, RED)
    image = renderer.render(nothing, shadows=np.array([[0.2, -1.0, 0.1, 0.5]])).image
    darker = renderer.background.astype(int) - image
    column, row = np.floor(camera.project(np.array([0.2, 0.0, -1.0]))).astype(int)
    assert darker.min() >= 0
    assert darker[row, column].mean() > 20
    assert darker[:, :60].max() == 0
