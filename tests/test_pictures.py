"""Decoded pictures: turned upright, in the right colours, whatever the pixel format."""

from __future__ import annotations

from pathlib import Path

import av
import media
import numpy as np
import pytest
from media import indices_of

from wildpose.video import probe, read_frames


@pytest.mark.parametrize("clockwise", [0, 90, 180, 270])
def test_rotation_metadata_is_applied(tmp_path: Path, clockwise: int) -> None:
    stored = media.corner_picture()
    path = media.turn(media.write_video(tmp_path / "v.mp4", pictures=[stored]), clockwise)
    upright = np.rot90(stored, -clockwise // 90)
    (frame,) = read_frames(path)
    info = probe(path)
    assert frame.image.shape == upright.shape
    assert frame.image.flags.c_contiguous
    assert np.abs(frame.image.astype(int) - upright).mean() < 3
    assert (info.rotation, info.height, info.width) == (clockwise, *upright.shape[:2])


@pytest.mark.parametrize("clockwise", [0, 90, 180, 270])
def test_mirroring_metadata_is_applied_after_the_turn(tmp_path: Path, clockwise: int) -> None:
    stored = media.corner_picture()
    path = media.write_video(tmp_path / "v.mp4", pictures=[stored])
    media.turn(path, clockwise, mirrored=True)
    upright = np.rot90(stored, -clockwise // 90)[:, ::-1]
    (frame,) = read_frames(path)
    assert np.abs(frame.image.astype(int) - upright).mean() < 3


@pytest.mark.parametrize("size", [(65, 49), (64, 49), (65, 48), (17, 99), (1, 1)])
def test_odd_and_tiny_sizes_are_read(tmp_path: Path, size: tuple[int, int]) -> None:
    picture = media.smooth_picture(size)
    path = media.write_video(tmp_path / "v.mkv", pictures=[picture], codec="ffv1")
    (frame,) = read_frames(path)
    assert frame.image.shape == picture.shape
    assert np.abs(frame.image.astype(int) - picture).mean() < 4


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "suffix"),
    [
        ("libx264", "yuv420p", "mp4"),
        ("libx264", "yuv422p", "mp4"),
        ("libx264", "yuv444p", "mp4"),
        ("libx264", "yuv420p10le", "mp4"),
        ("mjpeg", "yuvj420p", "avi"),
        ("mjpeg", "yuvj444p", "mov"),
        ("png", "rgb24", "mov"),
        ("png", "rgba", "mov"),
        ("rawvideo", "bgr24", "avi"),
        ("libx264rgb", "bgr24", "mkv"),
        ("libvpx-vp9", "yuva420p", "webm"),
        ("ffv1", "yuv410p", "mkv"),
        ("ffv1", "bgra", "mkv"),
        ("prores_ks", "yuv422p10le", "mov"),
        ("mpeg2video", "yuv420p", "mpg"),
    ],
)
def test_pixel_formats_keep_their_colours(
    tmp_path: Path, codec: str, pix_fmt: str, suffix: str
) -> None:
    picture = media.smooth_picture()
    path = media.write_video(
        tmp_path / f"v.{suffix}", pictures=[picture] * 2, codec=codec, pix_fmt=pix_fmt
    )
    for frame in read_frames(path):
        assert np.abs(frame.image.astype(int) - picture).mean() < 4


@pytest.mark.parametrize(("codec", "suffix"), [("png", "mov"), ("ffv1", "mkv")])
def test_gray_video_becomes_equal_channels(tmp_path: Path, codec: str, suffix: str) -> None:
    path = media.write_video(tmp_path / f"v.{suffix}", pictures=3, codec=codec, pix_fmt="gray")
    assert indices_of(path) == [0, 1, 2]
    assert all(np.ptp(frame.image, axis=2).max() == 0 for frame in read_frames(path))


def test_palette_video_keeps_its_colours(tmp_path: Path) -> None:
    path = media.write_video(tmp_path / "v.gif", pictures=3, codec="gif", pix_fmt="gray")
    assert indices_of(path) == [0, 1, 2]


@pytest.mark.parametrize("matrix", [1, 5, 6])  # BT.709, BT.601 twice
@pytest.mark.parametrize("colour_range", [1, 2])  # limited, full
def test_tagged_matrix_and_range_are_followed(
    tmp_path: Path, matrix: int, colour_range: int
) -> None:
    picture = media.smooth_picture()
    # swscale has one number for both BT.601 tags.
    colours = min(matrix, 5), colour_range
    path = media.write_video(tmp_path / "v.mp4", pictures=[picture], colours=colours)
    (frame,) = read_frames(path)
    assert np.abs(frame.image.astype(int) - picture).mean() < 4


def test_untagged_high_definition_is_read_as_bt709_and_small_video_as_bt601(
    tmp_path: Path,
) -> None:
    # A saturated red differs by about 20 levels between the two.
    for size, matrix in ((1280, 720), 1), ((320, 240), 5):
        picture = np.full((size[1], size[0], 3), (200, 30, 30), np.uint8)
        path = media.write_video(
            tmp_path / f"{matrix}.mp4", pictures=[picture], colours=(matrix, 0)
        )
        data = path.read_bytes()
        untagged = tmp_path / f"{matrix}.untagged.mp4"
        untagged.write_bytes(data.replace(b"colr", b"free"))
        (frame,) = read_frames(untagged)
        assert np.abs(frame.image.astype(int) - picture).mean() < 30


def test_pixel_aspect_is_reported_and_pictures_stay_as_stored(tmp_path: Path) -> None:
    path = tmp_path / "v.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height = 64, 48
        stream.codec_context.sample_aspect_ratio = 2
        frame = av.VideoFrame.from_ndarray(media.gray_picture(1), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    info = probe(path)
    assert (info.width, info.height, info.pixel_aspect) == (64, 48, 2.0)
    assert next(read_frames(path)).image.shape == (48, 64, 3)


def test_4k_is_read(tmp_path: Path) -> None:
    picture = media.smooth_picture((3840, 2160))
    path = media.write_video(tmp_path / "v.mp4", pictures=[picture])
    (frame,) = read_frames(path)
    assert frame.image.shape == (2160, 3840, 3)


def test_a_change_of_size_is_scaled_to_the_first_frame(tmp_path: Path) -> None:
    small = media.write_video(tmp_path / "a.ts", pictures=3)
    large = media.write_video(
        tmp_path / "b.ts", pictures=[media.gray_picture(i, (128, 96)) for i in (3, 4)]
    )
    joined = tmp_path / "joined.ts"
    joined.write_bytes(small.read_bytes() + large.read_bytes())
    frames = list(read_frames(joined))
    assert {frame.image.shape for frame in frames} == {(48, 64, 3)}
    assert [media.index_of(frame.image) for frame in frames] == [0, 1, 2, 3, 4]


def test_pictures_belong_to_the_caller(tmp_path: Path) -> None:
    # Raw RGB needs no conversion, so the decoder's own memory could leak out.
    path = media.write_video(tmp_path / "v.mkv", pictures=5, codec="ffv1", pix_fmt="bgr0")
    seen = []
    for frame in read_frames(path):
        seen.append(media.index_of(frame.image))
        frame.image[:] = 0
    assert seen == [0, 1, 2, 3, 4]
