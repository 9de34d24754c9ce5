"""Films takes: the video, the .skeleton file and the truth of each camera's clip.

As in NTU RGB+D, videos show a mirror image, joints are those of the body, and colour coordinates
are places in a picture of 1920 x 1080, however small the video is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from datasets.figure import figure_solids
from datasets.mannequin import floor_shadows
from datasets.ntu_bodies import main_bodies
from datasets.ntu_skeleton_file import SkeletonFile, TrackedBody
from datasets.ntu_writing import tracked_body, write_skeleton_file
from datasets.raycast import Solids, join_solids
from datasets.renderer import Renderer
from datasets.synthetic_actions import ACTIONS
from datasets.synthetic_files import skeleton_of, truth_path, video_of
from datasets.synthetic_scene import COLOUR_SIZE, Setup, random_setup
from datasets.synthetic_takes import (
    FRAME_RATE,
    Draw,
    Performance,
    Take,
    Wishes,
    performed,
    rng_for,
)
from datasets.synthetic_truth import Truth, write_truth
from datasets.synthetic_video import reproducible_video
from wildpose.atomic import writing
from wildpose.geometry import Array, Camera

KINECT = np.array([-1.0, -1.0, 1.0])  # camera axes to kinect axes
FIRST_ID = 72057594037931000  # of bodies; the Kinect counts from about there
RENDERERS = 32  # that a process keeps: one per setup and camera


@dataclass(frozen=True)
class Film:
    """What a take looks like, whichever camera films it."""

    performance: Performance
    figures: tuple[Solids, ...]
    """T; everybody at each time, world axes."""
    things: tuple[Solids, ...] | None
    """T; what is held or thrown."""
    shadows: tuple[Array, ...]
    """T of (S, 4), see `Renderer.render`."""


def film_of(performance: Performance) -> Film:
    """The solids of a performance."""
    people = [
        figure_solids(joints, look)
        for joints, look in zip(performance.joints, performance.looks, strict=True)
    ]
    figures = tuple(join_solids(group) for group in zip(*people, strict=True))
    things = None
    if performance.thing is not None and performance.grip is not None:
        places = zip(performance.grip.origin, performance.grip.axes, strict=True)
        things = tuple(performance.thing.solids(origin, axes) for origin, axes in places)
    shadows = tuple(
        np.concatenate([floor_shadows(joints) for joints in everybody])
        for everybody in np.moveaxis(performance.joints, 1, 0)
    )
    return Film(performance, figures, things, shadows)


def write_clips(
    root: Path,
    take: Take,
    cameras: Iterable[int],
    wishes: Wishes,
    *,
    size: tuple[int, int],
    capture: Array | None = None,
) -> None:
    """Film a take; of each clip the skeletons appear last, when all else of it is there.

    Args:
        root: folder of the set.
        take: which.
        cameras: numbers of those that film it.
        wishes: of the user.
        size: px, width and height of the videos.
        capture: as of `performed`.
    """
    film = film_of(performed(take, wishes, capture=capture))
    for camera in cameras:
        name = take.name(camera)
        renderer = renderer_of(wishes.seed, take.setup, camera, size)
        seen_px = write_video(video_of(root, name), film, renderer)
        bodies, order = bodies_of(film.performance, renderer.camera)
        holds = tuple(
            replace(hold, person=order.index(hold.person)) for hold in film.performance.holds
        )
        thing = ACTIONS[take.action - 1].object
        truth = Truth(thing, film.performance.both_hands, holds, seen_px, capture is not None)
        write_truth(truth_path(root, name), truth)
        with writing(skeleton_of(root, name)) as temporary:
            write_skeleton_file(temporary, SkeletonFile(len(film.figures), bodies))


@lru_cache(maxsize=RENDERERS)
def renderer_of(seed: int, setup: int, camera: int, size: tuple[int, int]) -> Renderer:
    """The renderer of a camera of a setup; its empty room is drawn once in a process."""
    place = setup_of(seed, setup)
    return Renderer(
        place.camera(camera, size), room=place.room, furniture=place.furniture, light=place.light
    )


def setup_of(seed: int, setup: int) -> Setup:
    """A setup by its number."""
    return random_setup(rng_for(seed, Draw.SETUP, setup))


def write_video(path: Path, film: Film, renderer: Renderer) -> tuple[int, ...]:
    """Write the mirrored video of a film; (T) how many pixels show the object."""
    size, seen = (renderer.camera.width, renderer.camera.height), []
    with reproducible_video(path, size=size, frame_rate=FRAME_RATE) as add:
        for t, figures in enumerate(film.figures):
            thing = film.things[t] if film.things else None
            solids = figures if thing is None else join_solids([figures, thing])
            picture = renderer.render(solids, shadows=film.shadows[t])
            add(picture.image[:, ::-1])
            seen.append(0 if thing is None else _pixels_of(thing, picture.depth, renderer))
    return tuple(seen)


def _pixels_of(thing: Solids, depth: Array, renderer: Renderer) -> int:
    """How many pixels show a thing that is part of what was rendered."""
    own = renderer.depth(thing)
    return int(np.count_nonzero(np.isfinite(own) & (own <= depth)))


def bodies_of(
    performance: Performance, camera: Camera
) -> tuple[tuple[TrackedBody, ...], list[int]]:
    """Everybody as the Kinect would track them, in the order in which they are read back.

    Returns:
        M bodies, and for each the index of that person in the performance.
    """
    scale = COLOUR_SIZE[0] / camera.width
    bodies = []
    for index, joints in enumerate(performance.joints):
        points = camera.to_camera(joints)
        pixels = scale * camera.project_camera(points)
        bodies.append(tracked_body(points * KINECT, id=str(FIRST_ID + index), pixels=pixels))
    read = main_bodies(bodies)
    order = [int(body.id) - FIRST_ID for body in read]
    return tuple(bodies[index] for index in order), order
