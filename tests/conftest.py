"""What many tests share: networks loaded once, and mannequin clips rendered once."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from datasets.mannequin import Actor, MannequinClip
from datasets.mannequin_video import write_clip
from tests.made_samples import seeded
from wildpose.geometry import orbit_camera
from wildpose.lifting.lcr import Lcr
from wildpose.pipeline import Pipeline
from wildpose.results import Result, Settings

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
"""Real data beside the checkout, where there is any."""


def pytest_configure() -> None:
    """Where tests run side by side (`pytest -n 2`) each has a core, and so has what it starts."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        torch.set_num_threads(1)


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    """The default pipeline; the test command has fetched its weights."""
    return Pipeline(Settings(), offline=True)


@pytest.fixture(scope="session")
def lifter() -> Lcr:
    """The lifter that comes with wildpose."""
    return Lcr(offline=True, threads=1)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Torch on one thread, its random numbers seeded: the same numbers in every run."""
    with seeded(0):
        yield


@pytest.fixture
def mmengine_may_warn() -> Iterator[None]:
    """Trainings end no test by a warning, since mmengine has its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(scope="session")
def waving(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A video of one mannequin that waves for 1.5 s, seen from its front left, and its truth."""
    return _waving(tmp_path_factory.mktemp("waving"), 45)


@pytest.fixture(scope="session")
def waving_briefly(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The same for 0.3 s, where what counts is that there is a video, and somebody in it."""
    return _waving(tmp_path_factory.mktemp("waving_briefly"), 9)


@pytest.fixture(scope="session")
def two_actors(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """Two mannequins side by side for 1.5 s: the left one kicks, the right one squats."""
    return _two_actors(tmp_path_factory.mktemp("two"), 45)


@pytest.fixture(scope="session")
def two_actors_briefly(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The same for 0.3 s."""
    return _two_actors(tmp_path_factory.mktemp("two_briefly"), 9)


def _waving(folder: Path, frames: int) -> tuple[Path, Result]:
    path = folder / "waving.mp4"
    camera = orbit_camera(yaw=0.3, focal_px=275, width=320, height=240)
    clip = MannequinClip((Actor("wave"),), camera, np.arange(frames) / 30)
    return path, write_clip(path, clip)


def _two_actors(folder: Path, frames: int) -> tuple[Path, Result]:
    path = folder / "two actors.mp4"
    actors = (Actor("kick", (-0.7, 0.0)), Actor("squat", (0.7, 0.0)))
    camera = orbit_camera(focal_px=412, width=480, height=360)
    return path, write_clip(path, MannequinClip(actors, camera, np.arange(frames) / 30))
