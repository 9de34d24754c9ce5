"""People through a video whose 2D poses are read from a file, in place of detector and network."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wildpose.people import without_flickers
from wildpose.predictions import PredictedPerson, Predictions, predictions_for, read_predictions
from wildpose.regions import body_box
from wildpose.relinking import relink
from wildpose.results import Settings
from wildpose.track_building import TrackBuilder
from wildpose.tracking import Sighting, Tracker
from wildpose.types import Frame, Keypoints, Track

Array = npt.NDArray[np.floating]
JOINT_SET = "lcr13"
SAME_TIME_S = 1e-3  # files have microseconds, and no video has a thousand frames a second
MIN_SCORE = 0.3  # mean over a track; mmpose's own threshold of joints that it draws


class PredictedPeople:
    """The predictions of one video: feed it the frames in order, then ask for the people.

    Where everyone has a track id, those are the people. Elsewhere they are told apart as people
    are whom we find ourselves: by place, motion and joints, and over an absence by their clothes.
    """

    def __init__(self, predictions: Predictions, *, partly: bool = False):
        """Start with nobody.

        Args:
            predictions: of the video.
            partly: only some frames of the video will come.
        """
        self._partly = partly
        self._frames = predictions.frames
        self._path = predictions.path
        self._times = _by_time(predictions) if predictions.are_timed else None
        self._tracker = None if predictions.are_named else Tracker()
        self._tracks: defaultdict[int, TrackBuilder] = defaultdict(TrackBuilder)

    @staticmethod
    def of(video: Path, settings: Settings) -> PredictedPeople:
        """Those in the file that the settings name for a video.

        Raises:
            ValueError: the file is not there, or holds no predictions, or not of the frames that
                the settings ask for.
        """
        assert settings.poses is not None
        predictions = read_predictions(predictions_for(Path(settings.poses), video))
        chosen = [n for n in ("start", "stop", "fps") if getattr(settings, n) is not None]
        if chosen and not predictions.are_timed:
            raise ValueError(
                f"{predictions.path}: without time_s, frames are known by their number among all "
                f"of the video: leave out {' and '.join(f'--{name}' for name in chosen)}"
            )
        return PredictedPeople(predictions, partly=bool(chosen))

    def step(self, frame: Frame) -> None:
        """Take the people of a frame in.

        Args:
            frame: the next one.
        """
        everyone = [(person, _sighting(person, frame)) for person in self._in(frame)]
        people = [person for person, sighting in everyone if _is_in_view(sighting)]
        sightings = [sighting for _, sighting in everyone if _is_in_view(sighting)]
        if self._tracker is not None:
            named = self._tracker.step(frame.time, sightings)
        else:
            named = {p.track_id: k for k, p in enumerate(people) if p.track_id is not None}
        for id, index in named.items():
            keypoints = _keypoints(people[index])
            self._tracks[id].add(frame, sightings[index], keypoints)

    def people(self, clock: Array) -> list[Track]:
        """Everyone, with their own ids where the file has them (one more, where those begin at 0).

        Args:
            clock: (F,) s, the time of every frame of the video.

        Raises:
            ValueError: there are predictions for frames that the video does not have.
        """
        self._check_times(clock)
        if self._tracker is None:
            first = 0 if 0 not in self._tracks else 1
            return [builder.track(id + first) for id, builder in sorted(self._tracks.items())]
        tracks = [builder.track(id) for id, builder in sorted(self._tracks.items())]
        return without_flickers(relink(tracks), clock, min_score=MIN_SCORE)

    def _in(self, frame: Frame) -> tuple[PredictedPerson, ...]:
        """Who is in a frame: by its time where the file has times, else by its number."""
        if self._times is None:
            return self._frames.get(frame.index, ())
        times, people = self._times
        first, last = np.searchsorted(times, [frame.time - SAME_TIME_S, frame.time + SAME_TIME_S])
        return people[first:last]

    def _check_times(self, clock: Array) -> None:
        """Raise ValueError where somebody is in a frame that did not come."""
        if self._times is None:
            last = max((frame for frame, people in self._frames.items() if people), default=-1)
            if last >= len(clock):
                raise ValueError(
                    f"{self._path}: somebody is in frame {last} (counted from 0), and the video "
                    f"has {len(clock)} frames: are these the predictions of another video?"
                )
            return
        times, _ = self._times
        nearest = clock[np.clip(np.searchsorted(clock, times - SAME_TIME_S), 0, len(clock) - 1)]
        missed = times[np.abs(nearest - times) > SAME_TIME_S]
        if len(missed) and (len(missed) == len(times) or not self._partly):
            raise ValueError(
                f"{self._path}: somebody is there at {missed[0]:g} s, and the video has no frame "
                "of that time: are these the predictions of another video?"
            )


def _by_time(predictions: Predictions) -> tuple[Array, tuple[PredictedPerson, ...]]:
    """Everyone in order of time, and their times in seconds."""
    times = np.array([person.time for person in predictions.people], dtype=float)
    people = list(predictions.people)
    order = np.argsort(times, kind="stable")
    return times[order], tuple(people[i] for i in order)


def _is_in_view(sighting: Sighting) -> bool:
    """Whether any of somebody's box lies in the picture."""
    return bool((sighting.box[2:] > sighting.box[:2]).all())


def _keypoints(person: PredictedPerson) -> Keypoints:
    return Keypoints(person.joints_2d, person.scores, JOINT_SET, presence=1.0)


def _sighting(person: PredictedPerson, frame: Frame) -> Sighting:
    H, W = frame.image.shape[:2]
    return Sighting(
        joints_2d=person.joints_2d,
        box=np.clip(body_box(person.joints_2d), 0, [W, H, W, H]),
        quality=float(person.scores.mean()),
    )
