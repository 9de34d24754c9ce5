"""Labels made later, from the skeletons of a result, are those that a whole run gives."""

from __future__ import annotations

import copy
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.made_footage import Witness
from tests.made_picture_recognizers import tiny_file
from tests.media import write_video
from wildpose import chosen_frames, recognition, results
from wildpose.export.result_json import arrays, read_result, write_result
from wildpose.labelling import windows_of
from wildpose.pipeline import Pipeline, Tracking
from wildpose.results import Result, Settings, as_kept, versions
from wildpose.types import Clip
from wildpose.video import VideoError

Rendered = tuple[Path, Result]
Made = Callable[[Settings], Pipeline]
BARE = Settings(recognizer=None, stop=0.9)
DEFAULT = replace(BARE, recognizer="default")
SAYING = replace(DEFAULT, min_score=0.0)
"""The default recognizer, which names something however unsure it is."""
TOUCHY = replace(BARE, recognizer="touchy")


@dataclass
class Touchy(Witness):
    """Says something else where the last bit of a joint or of a picture is another one."""

    def predict(self, clips: Sequence[Clip]) -> np.ndarray:
        said = []
        for clip in clips:
            content = clip.joints.tobytes()
            if clip.footage is not None:
                content += np.stack(list(clip.footage.pictures)).tobytes()
                content += clip.footage.joints_2d.tobytes() + clip.footage.seen_2d.tobytes()
            said.append(0.5 + 0.4 * zlib.crc32(content) / 2**32)
        return np.stack([1 - np.array(said), said], axis=1)


class Entry:
    """An entry point: a name, and what makes the recognizer."""

    def __init__(self, name: str, make: Callable[..., Any]):
        self.name = name
        self.load = lambda: make


@pytest.fixture
def touchy(monkeypatch: pytest.MonkeyPatch) -> Touchy:
    """A recognizer that can be named."""
    own = Touchy(frame_rate=20.0, window_s=0.5)
    monkeypatch.setattr(recognition, "entry_points", lambda group: [Entry("touchy", lambda: own)])
    return own


@pytest.fixture(scope="module")
def bare() -> Pipeline:
    """A pipeline without a recognizer."""
    return Pipeline(BARE, offline=True, threads=1)


@pytest.fixture(scope="module")
def tracking(two_actors: Rendered, bare: Pipeline) -> Tracking:
    """Two mannequins, found once: the first half of all the whole runs here."""
    return bare.track(two_actors[0])


@pytest.fixture
def made(bare: Pipeline) -> Made:
    """Makes pipelines of other labels, with the networks for poses loaded already."""

    def make(settings: Settings) -> Pipeline:
        other = copy.copy(bare)
        other.settings = settings
        if settings.recognizer is not None:
            other._recognizer = recognition.load_recognizer(settings.recognizer, threads=1)
        other._windows = windows_of(settings, other._recognizer)
        return other

    return make


def kept(result: Result, folder: Path) -> Result:
    """A result that was written and read back."""
    write_result(folder / "kept.json", result)
    return read_result(folder / "kept.json")


def content(result: Result, folder: Path) -> bytes:
    """What result.json holds of it."""
    write_result(folder / "content.json", result)
    return (folder / "content.json").read_bytes()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BARE, DEFAULT),
        (BARE, SAYING),
        (SAYING, BARE),
        (SAYING, replace(SAYING, window=0.6, stride=0.3)),
        (SAYING, replace(SAYING, top_k=2)),
        (SAYING, replace(SAYING, min_score=0.999)),
    ],
)
def test_other_labels_are_those_of_a_whole_run(
    before: Settings, after: Settings, tracking: Tracking, made: Made, tmp_path: Path
) -> None:
    first, anew = (made(settings).skeletons(tracking) for settings in (before, after))
    found = made(after).labelled(kept(first, tmp_path))
    assert content(found, tmp_path) == content(anew, tmp_path)
    assert [p.actions for p in found.people] == [p.actions for p in anew.people]
    assert replace(found, people=()).__dict__ == replace(anew, people=()).__dict__
    for one, other in zip(found.people, kept(first, tmp_path).people, strict=True):
        for name, array in arrays(one).items():
            np.testing.assert_array_equal(array, arrays(other)[name])
    said = [[p.actions for p in result.people] for result in (first, anew)]
    assert after == DEFAULT or said[0] != said[1]  # which says nothing of these two


@pytest.mark.parametrize("looks", [False, True])
def test_the_last_digit_is_that_of_a_whole_run_too(
    touchy: Touchy,
    tracking: Tracking,
    bare: Pipeline,
    made: Made,
    tmp_path: Path,
    looks: bool,  # noqa: FBT001
) -> None:
    touchy.needs_rgb = looks
    pipe = made(replace(TOUCHY, stride=0.1))
    anew = pipe.skeletons(tracking)
    found = pipe.labelled(kept(bare.skeletons(tracking), tmp_path))
    assert [p.actions for p in found.people] == [p.actions for p in anew.people]
    scores = {segment.score for p in anew.people for segment in p.actions}
    assert len(scores) == 2  # it did not say one thing of both


def test_a_network_that_looks_says_what_it_says_in_a_whole_run(
    tracking: Tracking, bare: Pipeline, made: Made, tmp_path: Path
) -> None:
    pipe = made(replace(BARE, recognizer=str(tiny_file("sta", tmp_path))))
    anew = pipe.skeletons(tracking)
    assert all(person.actions for person in anew.people)
    found = pipe.labelled(kept(bare.skeletons(tracking), tmp_path))
    assert content(found, tmp_path) == content(anew, tmp_path)


def test_the_video_is_read_once_and_only_by_a_recognizer_that_looks(
    touchy: Touchy,
    tracking: Tracking,
    bare: Pipeline,
    made: Made,
    two_actors: Rendered,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[Path] = []
    own = chosen_frames.read_frames
    monkeypatch.setattr(
        chosen_frames,
        "read_frames",
        lambda path, **options: read.append(path) or own(path, **options),
    )
    found = kept(bare.skeletons(tracking), tmp_path)
    moved = Path(tmp_path / "moved.mp4")
    moved.write_bytes(two_actors[0].read_bytes())
    told: list[tuple[int, int | None]] = []
    pipe = made(TOUCHY)
    labelled = pipe.labelled(found, path=moved, progress=lambda *now: told.append(now))
    assert (read, labelled.video.path) == ([moved], str(moved))
    assert [done for done, _ in told] == list(range(1, len(told) + 1))
    assert {of for _, of in told} == {found.video.frames} == {27}
    assert len(told) in (26, 27)  # up to the last picture that is wanted
    touchy.needs_rgb = False
    again = pipe.labelled(found, path=tmp_path / "gone.mp4")
    assert len(read) == 1
    assert all(person.actions for person in again.people)


def test_another_video_at_the_same_path_is_not_looked_at(
    touchy: Touchy, tracking: Tracking, bare: Pipeline, made: Made, tmp_path: Path
) -> None:
    other = write_video(tmp_path / "gray.mp4", pictures=20)
    with pytest.raises(VideoError, match="not the video that the skeletons are of"):
        made(TOUCHY).labelled(bare.skeletons(tracking), path=other)
    assert touchy.shown == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"stop": 1.0}, r"with stop 0\.9, and these settings have 1\.0: run"),
        ({"smooth": "none"}, "with smooth 'viterbi', and these settings have 'none'"),
        ({"actor": "largest"}, "with actor 'all', and these settings have 'largest'"),
    ],
)
def test_skeletons_of_other_settings_are_refused(
    change: dict[str, Any], said: str, tracking: Tracking, bare: Pipeline, made: Made
) -> None:
    with pytest.raises(ValueError, match=said):
        made(replace(DEFAULT, **change)).labelled(bare.skeletons(tracking))


def test_nobody_in_view_has_no_labels(
    touchy: Touchy, tracking: Tracking, bare: Pipeline, made: Made, tmp_path: Path
) -> None:
    empty = replace(bare.skeletons(tracking), people=())
    assert made(TOUCHY).labelled(kept(empty, tmp_path)).people == ()
    assert touchy.shown == []


# How it was made


def test_versions_of_poses_and_of_labels_are_both_told_where_they_differ(
    tracking: Tracking, bare: Pipeline, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, old = bare.skeletons(tracking), versions()
    pipe = made(SAYING)
    assert pipe.labelled(found).versions == old
    newer = {**old, "torch": "99.0"}
    monkeypatch.setattr(results, "versions", lambda: newer)
    later = pipe.labelled(found)
    assert later.versions == {**old, "torch (labels)": "99.0"}
    monkeypatch.setattr(results, "versions", lambda: old)
    assert pipe.labelled(later).versions == old  # of these labels, not of the ones before


def test_a_skeleton_as_it_is_kept_is_the_one_in_the_file(
    tracking: Tracking, bare: Pipeline, tmp_path: Path
) -> None:
    found = bare.skeletons(tracking)
    for person, read in zip(found.people, kept(found, tmp_path).people, strict=True):
        once = as_kept(person.skeleton)
        for skeleton in (once, as_kept(once)):
            for name, array in vars(skeleton).items():
                np.testing.assert_array_equal(array, getattr(read.skeleton, name))
