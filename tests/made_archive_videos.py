"""Many very short videos for an archive: mannequins, people of real clips, and broken files."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
import numpy as np

from datasets.mannequin import MannequinClip, random_actor
from datasets.motions import MOTIONS
from tests.conftest import SHARED
from tests.media import Image, cut, noise_pictures, write_sound, write_video
from wildpose.geometry import orbit_camera

FRAMES = 6  # one more than a segment of a label needs
CLIPS = SHARED / "clips.tar"


def write_archive(folder: Path, *, good: int) -> None:
    """So many short videos in folders, each another one, and 10 broken files among them.

    Half of the good ones are of real people, where the real clips lie beside the checkout.
    """
    real = _write_real(folder / "real", good // 2) if CLIPS.exists() else 0
    write_mannequins(folder / "mannequins", good - real)
    write_broken(folder / "broken")


def write_mannequins(folder: Path, count: int) -> None:
    """Actors of all motions in turn, each with a body, a style and a camera of its own."""
    folder.mkdir(parents=True)
    times = np.arange(FRAMES) / 10
    for i in range(count):
        rng = np.random.default_rng(i)
        actor = random_actor(list(MOTIONS)[i % len(MOTIONS)], rng)
        camera = orbit_camera(yaw=rng.uniform(-0.6, 0.6), focal_px=138, width=160, height=120)
        scene = MannequinClip((actor,), camera, times + rng.uniform(0, 2)).scene()
        pictures = [frame.image for frame in scene]
        write_video(folder / f"{actor.motion}{i:03}.mp4", pictures=pictures, fps=10)


def _write_real(folder: Path, most: int) -> int:
    """Write at most so many pieces of the real clips, as many of each; how many there are."""
    folder.mkdir(parents=True)
    with tarfile.open(CLIPS) as clips:
        files = {m.name: clips.extractfile(m) for m in clips.getmembers() if m.isfile()}
        for name, file in files.items():
            assert file is not None
            pieces = _pieces(io.BytesIO(file.read()))
            for i, pictures in enumerate(islice(pieces, most // len(files))):
                write_video(folder / f"{Path(name).stem}{i:02}.mp4", pictures=pictures, fps=10)
    return len(list(folder.iterdir()))


def _pieces(clip: io.BytesIO) -> Iterator[list[Image]]:
    """Shrunk pictures of a clip, `FRAMES` at a time."""
    pictures: list[Image] = []
    with av.open(clip) as container:
        for frame in container.decode(video=0):
            width = 2 * round(120 * frame.width / frame.height)
            small = frame.reformat(width=width, height=240, format="rgb24")
            pictures.append(small.to_ndarray())
            if len(pictures) == FRAMES:
                yield pictures
                pictures = []


def write_broken(folder: Path) -> None:
    """10 files that no program can show, each broken in another way."""
    folder.mkdir(parents=True)
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("this is no video\n" * 50)
    (folder / "page.mkv").write_text("<!doctype html><title>404 Not Found</title>")
    (folder / "zeros.mp4").write_bytes(bytes(5000))
    (folder / "noise.avi").write_bytes(np.random.default_rng(0).bytes(5000))
    write_sound(folder / "sound.mp4")
    whole = write_video(folder / "headless.mp4", pictures=noise_pictures(30))
    cut(whole, 0.5)
    write_video(folder / "head.mkv", pictures=noise_pictures(10))
    cut(folder / "head.mkv", 0.01)
    (folder / "picture.mov").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (folder / "nowhere.mp4").symlink_to(folder / "gone.mp4")
