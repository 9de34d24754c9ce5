"""The stages in order: decode; detect, estimate and track; lift, smooth and place; recognise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wildpose.chosen_frames import Progress, counted, expected_frames, frames_of, summary
from wildpose.detection import DETECTORS, Detector
from wildpose.devices import check_there
from wildpose.following import Follower
from wildpose.hashing import sha256_of
from wildpose.labelling import check_poses, labelled_people, windows_of
from wildpose.lifting import Lifter, lifter_named
from wildpose.people import check_actor, select
from wildpose.placement import assumed_focal, place
from wildpose.pose import POSE_ESTIMATORS, PoseEstimator
from wildpose.predicted_people import PredictedPeople
from wildpose.recognition import (
    Recognizer,
    caution_of,
    check_can_read,
    check_recognizer,
    load_recognizer,
)
from wildpose.registry import load, made
from wildpose.results import (
    Person,
    Result,
    Settings,
    VideoSummary,
    versions,
    with_versions_of_labels,
)
from wildpose.smoothing import SMOOTHERS, Smoother
from wildpose.types import Frame, Track
from wildpose.video import OnCorrupt, VideoError, prefetch, probe

Array = npt.NDArray[np.floating]
JOINT_SET = "lcr13"  # of all lifters
MAX_TILES = 8  # rows; the tiles of more show too little of anybody


@dataclass(frozen=True)
class Tracking:
    """People of a video as far as the picture tells: before anything is lifted to 3D."""

    video: VideoSummary
    clock: Array
    """(F,) s, of all frames that were analysed."""
    tracks: tuple[Track, ...]
    """Those who are kept, in order of appearance."""


class Pipeline:
    """All stages with their networks loaded; runs any number of videos, one after the other."""

    def __init__(
        self,
        settings: Settings,
        *,
        weights_dir: Path | None = None,
        offline: bool = False,
        threads: int | None = None,
        device: str = "auto",
        half: bool | None = None,
        trust_checkpoint: bool = False,
    ):
        """Check the settings and load the networks.

        Args:
            settings: what to run.
            weights_dir: folder with the networks' files, before the cache is looked at.
            offline: never download.
            threads: for each network; None for the machine's cores.
            device: where networks of OpenMMLab and recognizers of files run: auto, cpu or cuda[:N];
                the others run on the CPU.
            half: whether those of OpenMMLab compute in half precision; None: on a GPU.
            trust_checkpoint: read their checkpoints also where they could run code.

        Raises:
            ValueError: a name or number in the settings that is not allowed, no such device, or a
                recognizer that cannot be shown what there is to show.
            WeightsError: a network's file, or the package that it needs, is missing or damaged.
        """
        check(settings)
        check_there(device, half=half)  # even if no network uses it
        self.settings = settings
        options = {
            "weights_dir": weights_dir,
            "offline": offline,
            "threads": threads,
            "device": device,
            "half": half,
            "trust_checkpoint": trust_checkpoint,
        }
        if settings.poses is None:
            self._detector: Detector = made("detector", settings.detector, DETECTORS, **options)
            self._pose: PoseEstimator = made(
                "pose backend", settings.pose, POSE_ESTIMATORS, **options
            )
        self._lifter: Lifter = lifter_named(settings.lifter, **options)
        self._smoother: Smoother = load("smoother", settings.smooth, SMOOTHERS)
        self._recognizer: Recognizer | None = None
        if settings.recognizer is not None:
            self._recognizer = load_recognizer(
                settings.recognizer,
                weights_dir=weights_dir,
                offline=offline,
                threads=threads,
                device=device,
            )
            check_can_read(self._recognizer, JOINT_SET, name=settings.recognizer)
        self._windows = windows_of(settings, self._recognizer)

    def run(
        self, path: Path, *, sha256: str | None = None, progress: Progress | None = None
    ) -> Result:
        """People and skeletons of one video.

        Args:
            path: the video's file.
            sha256: of its content, where it is known already.
            progress: told after every frame; where the recognizer looks at pictures the video is
                read twice, and has up to twice as many.

        Raises:
            VideoError: no video can be read from the file.
            ValueError: poses that cannot be read, or are not of this video.
        """
        tracking = self.track(path, sha256=sha256, progress=progress)
        return self.skeletons(tracking, progress=progress)

    def track(
        self, path: Path, *, sha256: str | None = None, progress: Progress | None = None
    ) -> Tracking:
        """People in the picture: the first half of `run`, with the same arguments and errors."""
        info = probe(path)
        expected = expected_frames(info, self.settings)
        if expected is not None and self._looks:
            expected *= 2
        follower = self._follower(path)
        times: list[float] = []
        corrupt: list[float | None] = []
        with closing(prefetch(self._frames(path, corrupt.append))) as frames:
            for frame in frames:
                follower.step(frame)
                times.append(frame.time)
                if progress:
                    progress(len(times), expected)
        clock = np.array(times)
        video = summary(info, sha256 or sha256_of(path), clock, len(corrupt))
        options = {"actor": self.settings.actor, "max_people": self.settings.max_people}
        tracks = select(follower.people(clock), **options)
        return Tracking(video, clock, tuple(tracks))

    def skeletons(self, tracking: Tracking, *, progress: Progress | None = None) -> Result:
        """Tracked people lifted, smoothed, placed and labelled: the second half of `run`.

        Args:
            tracking: the first half.
            progress: told after every frame, where the video is read again.

        Raises:
            VideoError: the video is needed again, and is not what it was.
        """
        video = tracking.video
        focal = assumed_focal(video.width, video.height)
        centre = np.array([video.width, video.height]) / 2
        people = [self._person(track, tracking.clock, focal, centre) for track in tracking.tracks]
        found = Result(
            video=video,
            people=tuple(person for person in people if person is not None),
            settings=self.settings.for_video(Path(video.path)),
            versions=versions(),
            focal_px=focal,
        )
        return self._with_labels(found, progress, before=video.frames)

    def labelled(
        self,
        result: Result,
        *,
        path: Path | None = None,
        sha256: str | None = None,
        progress: Progress | None = None,
    ) -> Result:
        """A result's people labelled anew: what `run` would give, without looking for them again.

        Args:
            result: of a run whose settings differ from these in labels alone, also one that was
                read from result.json. Of other versions of what makes a result, both are named.
            path: where the video is now; None: where it was.
            sha256: of its content, where it is known already.
            progress: told after every frame, where the recognizer looks at pictures.

        Raises:
            ValueError: the skeletons were made with other settings.
            VideoError: the video is looked at, and cannot be read or is another one.
        """
        video = result.video if path is None else replace(result.video, path=str(path))
        settings = self.settings.for_video(Path(video.path))
        check_poses(result, settings)
        if self._looks and (sha256 or sha256_of(Path(video.path))) != video.sha256:
            raise VideoError("not the video that the skeletons are of: its content is another")
        made_by = result.versions
        if self._recognizer is not None:
            made_by = with_versions_of_labels(made_by)
        bare = replace(result, video=video, settings=settings, versions=made_by)
        return self._with_labels(bare, progress, before=0)

    @property
    def caution(self) -> str | None:
        """A line for the user where the recognizer will say nothing, or its scores are no use."""
        name, own = self.settings.recognizer, self._recognizer
        if name is None or own is None:
            return None
        return caution_of(own, name=name, min_score=self.settings.min_score)

    @property
    def _looks(self) -> bool:
        """Whether the recognizer looks at pictures."""
        return self._recognizer is not None and self._recognizer.needs_rgb

    def _follower(self, path: Path) -> Follower | PredictedPeople:
        """Who tells the people in each frame of a video: the networks, or a file of poses."""
        if self.settings.poses is not None:
            return PredictedPeople.of(path, self.settings)
        return Follower(self._detector, self._pose, tiles=self.settings.tiles)

    def _frames(self, path: Path, on_corrupt: OnCorrupt | None = None) -> Iterator[Frame]:
        return frames_of(path, self.settings, on_corrupt)

    def _person(self, track: Track, clock: Array, focal: float, centre: Array) -> Person | None:
        """One person's skeletons, placed in the scene; None where no pose was admissible."""
        smoothed = self._smoother(track, self._lifter.lift(track), clock)
        if smoothed is None:
            return None
        skeleton = smoothed.skeleton
        joints_2d = skeleton.joints_2d
        assert joints_2d is not None  # every smoother gives them
        root = place(skeleton.joints, joints_2d, skeleton.scores, focal, centre)
        near = skeleton.times
        boxes = np.stack([np.interp(near, track.times, side) for side in track.boxes.T], axis=1)
        skeleton = replace(skeleton, root=root)
        return Person(track.id, smoothed.frames, boxes, skeleton)

    def _with_labels(self, result: Result, progress: Progress | None, *, before: int) -> Result:
        """A result with what its people do and when; `before` frames were read already."""

        @contextmanager
        def again() -> Iterator[Iterator[Frame]]:
            with closing(prefetch(self._frames(Path(result.video.path)))) as frames:
                yield counted(frames, before, before + result.video.frames, progress)

        people = labelled_people(result.people, self._recognizer, self._windows, again)
        return replace(result, people=people)


def check(settings: Settings) -> None:
    """Raise ValueError, one clear line, for settings that cannot be run."""
    load("smoother", settings.smooth, SMOOTHERS)
    if settings.poses is not None and not Path(settings.poses).exists():
        raise ValueError(f"no poses {settings.poses}: no such file or folder")
    if settings.poses is not None and settings.lifter == "blazepose_world":
        raise ValueError(
            "the lifter blazepose_world needs BlazePose's own 3D, which a file of poses has not: "
            "leave lifter out, or name another"
        )
    if settings.recognizer is not None:
        check_recognizer(settings.recognizer)
    windows_of(settings)
    check_actor(settings.actor)
    if settings.tiles is not None and not 1 <= settings.tiles <= MAX_TILES:
        raise ValueError(f"tiles must be 1 to {MAX_TILES} rows, got {settings.tiles}")
    if settings.max_people is not None and settings.max_people < 1:
        raise ValueError(f"max_people must be at least 1, got {settings.max_people}")
    if settings.fps is not None and not 0 < settings.fps < float("inf"):
        raise ValueError(f"fps must be a positive number of frames per second, got {settings.fps}")
    start, stop = settings.start or 0.0, settings.stop
    if not start >= 0 or (stop is not None and not stop > start):
        raise ValueError(
            f"start and stop must be seconds with 0 <= start < stop, got {start} and {stop}"
        )
