"""Pictures of clips that are files, one each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from datasets.footage_making import footage_of_recording
from datasets.recordings import PictureFiles, picture_size, read_picture
from tests.media import corner_picture
from wildpose.footage import Making
from wildpose.joints import joint_set

T, J = 3, len(joint_set("kinect20"))


def filed(folder: Path, *, mirrored: bool = False) -> PictureFiles:
    """Pictures with red in their upper left corner, in which everybody's joints lie."""
    files = [folder / f"{t}.png" for t in range(T)]
    for path in files:
        cv2.imwrite(str(path), corner_picture((64, 48))[..., ::-1])
    places = np.full((1, T, J, 2), 5.0)
    seen = np.ones((1, T, J), dtype=bool)
    return PictureFiles(
        folder, np.arange(T), places, seen, "kinect20", mirrored=mirrored, files=files
    )


def test_pictures_are_those_of_the_files(tmp_path: Path) -> None:
    recording = filed(tmp_path)
    assert [picture.tolist() for picture in recording.pictures()] == [corner_picture().tolist()] * T
    (flipped, *_) = replace(recording, mirrored=True).pictures()
    np.testing.assert_array_equal(flipped, corner_picture()[:, ::-1])
    assert picture_size(recording.files[0]) == (64, 48)


def test_a_file_may_be_shown_twice_and_another_never(tmp_path: Path) -> None:
    recording = filed(tmp_path)
    cv2.imwrite(str(recording.files[2]), np.zeros((48, 64, 3), np.uint8))
    recording.files[1].unlink()
    shown = list(replace(recording, frames=np.array([0, 0, 2])).pictures())
    assert [bool(picture.any()) for picture in shown] == [True, True, False]


def test_footage_is_made_of_files(tmp_path: Path) -> None:
    footage = footage_of_recording(filed(tmp_path), Making(size=(32, 24), hand_px=6))
    assert len(footage.pictures) == T and footage.pictures[0].shape == (24, 32, 3)
    np.testing.assert_allclose(footage.joints_2d[0, 0, 0], (2.5, 2.5))
    assert footage.hands is not None
    assert (footage.hands[0].mean(axis=(1, 2)) == (220, 40, 40)).all()


def test_a_file_that_is_missing_or_no_picture_is_named(tmp_path: Path) -> None:
    recording = filed(tmp_path)
    for content, wrong in ((b"", "an empty file, no picture"), (b"GIF", "no picture, or damaged")):
        recording.files[1].write_bytes(content)
        with pytest.raises(ValueError, match=rf"^{recording.files[1]}: {wrong}$"):
            list(recording.pictures())
    recording.files[1].unlink()
    with pytest.raises(FileNotFoundError, match=str(recording.files[1])):
        read_picture(recording.files[1])
