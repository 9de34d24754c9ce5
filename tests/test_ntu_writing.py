"""What is written in NTU's format is read back, and looks as the set's own files do."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from datasets.ntu import unmirrored
from datasets.ntu_skeleton_file import SkeletonFile, read_skeleton_file, rows_at_once
from datasets.ntu_writing import mirrored, tracked_body, write_skeleton_file
from tests.conftest import SHARED

ARCHIVE = SHARED / "ntu.tar"


def some_bodies() -> SkeletonFile:
    """Two bodies of random joints; the first is away for a frame, something is missing of each."""
    rng = np.random.default_rng(0)
    joints = rng.normal(size=(4, 25, 3)) * (0.5, 0.5, 0.1) + (0, 0, 3)
    first = tracked_body(joints, id=str(2**60 + 1), frames=np.array([0, 1, 3, 4]))
    second = tracked_body(joints[:2] + 1, id=str(2**60 + 2), frames=np.array([2, 3]))
    known = first.colour_known.copy()
    known[1, 5] = False
    first = replace(first, colour=first.colour * known[..., None], colour_known=known)
    known = second.joints_known.copy()
    known[0, 7:9] = False
    second = replace(second, joints=second.joints * known[..., None], joints_known=known)
    return SkeletonFile(6, (first, second))


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    written = some_bodies()
    write_skeleton_file(tmp_path / "a.skeleton", written)
    read = read_skeleton_file(tmp_path / "a.skeleton")
    assert read.frame_count == 6
    for one, other in zip(read.bodies, written.bodies, strict=True):
        assert one.id == other.id
        for name in ("frames", "joints_known", "colour_known", "states"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        np.testing.assert_allclose(one.joints, other.joints, rtol=1e-6)
        np.testing.assert_allclose(one.colour, other.colour, rtol=1e-6)


def test_what_is_written_is_read_at_once(tmp_path: Path) -> None:
    write_skeleton_file(tmp_path / "a.skeleton", some_bodies())
    assert rows_at_once((tmp_path / "a.skeleton").read_bytes()) is not None


def test_places_in_a_picture_are_written_mirrored_and_come_back(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).uniform(0, 1080, size=(3, 25, 2))
    body = tracked_body(np.ones((3, 25, 3)), id="1", pixels=pixels)
    np.testing.assert_allclose(body.colour, mirrored(pixels))
    np.testing.assert_allclose(unmirrored(body.colour), pixels, atol=1e-9)
    assert mirrored(np.array([0.5, 0.5])).tolist() == [1919.0, 0.0]  # centre of the first pixel


@pytest.mark.skipif(not ARCHIVE.exists(), reason="the samples of NTU RGB+D are not here")
def test_a_sample_is_written_as_it_was_but_for_orientations_and_hands(tmp_path: Path) -> None:
    with tarfile.open(ARCHIVE) as archive:
        member = archive.extractfile("ntu/S001C003P008R002A058.skeleton")
        assert member is not None
        real = member.read()
    (tmp_path / "a.skeleton").write_bytes(real)
    write_skeleton_file(tmp_path / "b.skeleton", read_skeleton_file(tmp_path / "a.skeleton"))
    ours = (tmp_path / "b.skeleton").read_bytes().split(b"\r\n")
    lines = real.split(b"\r\n")
    assert len(ours) == len(lines)
    for our, line in zip(ours, lines, strict=True):
        mine, theirs = our.split(), line.split()
        assert len(mine) == len(theirs)
        if len(mine) == 12:
            kept = [0, 1, 2, 5, 6, 11]
            assert [mine[k] for k in kept] == [theirs[k] for k in kept]
            depth = np.array([mine[3:5], theirs[3:5]], dtype=float)
            assert np.abs(depth[0] - depth[1]).max() < 8  # px; another sensor's principal point


def test_the_colour_camera_sees_a_body_where_the_samples_have_it() -> None:
    joints = np.tile(np.array([0.2181153, 0.1725972, 3.785547]), (1, 25, 1))
    colour = tracked_body(joints, id="1").colour[0, 0]
    np.testing.assert_allclose(colour, [1036.233, 519.1677], atol=3)  # S001C001P001R001A001
