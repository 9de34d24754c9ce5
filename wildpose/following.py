"""The loop of every frame: follow each person by their own landmarks, detect, name everyone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from wildpose import regions
from wildpose.appearance import clothes
from wildpose.boxes import intersection, overlap
from wildpose.detection import Detector
from wildpose.detection.tiles import TileSchedule, detect_on_tiles
from wildpose.joints import convert
from wildpose.people import without_flickers
from wildpose.pose import PoseEstimator
from wildpose.relinking import relink
from wildpose.track_building import TrackBuilder
from wildpose.tracking import Sighting, Tracker, torso_distance
from wildpose.types import Detections, Frame, Keypoints, Track

Array = npt.NDArray[np.floating]
DETECT_EVERY_S = 1 / 3
SEARCH_EVERY_S = 0.1  # while somebody is missing, or nobody is there
ALREADY_FOLLOWED = 0.6  # overlap of a detection with a followed person's region
DETECTED_AGAIN = 0.3  # overlap of a detection with a followed person's that confirms them
PART_OF_ANOTHER = 0.75  # share of a newcomer's box that lies in a known person's box
TORSO_OF_ANOTHER = 0.5  # distance of a newcomer's torso from a known one's, in torso lengths
# Things mistaken for people have joints that collapse, and low scores; a crouching person has one
# of the two. Longer side of the box by the side of the region; mean score.
FILLS_REGION, SURE = 0.4, 0.75


@dataclass(frozen=True)
class _Candidate:
    """Why somebody is looked for in a region."""

    on_part: bool
    """A tile or a guess: what is found may be a part of somebody larger. On the whole picture the
    detector tells people from parts, and a child before an adult from the adult."""
    id: int | None = None
    """Whom it should be; None for a new detection."""


@dataclass(frozen=True)
class _Place:
    """Where to look for somebody: pose backends read one or the other."""

    region: Array
    """(4,) as in `Detections.rois`."""
    box: Array
    """(4,) px, around the body."""

    def moved(self, shift: Array) -> _Place:
        return _Place(self.region + np.append(shift, [0, 0]), self.box + np.tile(shift, 2))


class Follower:
    """People through a video: feed it frames in order, then ask for the tracks."""

    def __init__(
        self,
        detector: Detector,
        pose: PoseEstimator,
        *,
        tiles: int | None = None,
    ):
        """Start with nobody.

        Args:
            detector: finds people in a whole picture.
            pose: landmarks of the people that are given to it.
            tiles: rows of tiles for the detector; 1 for none, None to let the video decide, and
                the detector, which may see small people without.
        """
        self._detector, self._pose = detector, pose
        if tiles is None and getattr(detector, "sees_small", False):
            tiles = 1
        self._tiles = TileSchedule(tiles)
        self._tracker = Tracker()
        self._places: dict[int, _Place] = {}
        self._lost: dict[int, _Place] = {}
        self._tracks: defaultdict[int, TrackBuilder] = defaultdict(TrackBuilder)
        self._detected = -np.inf

    def step(self, frame: Frame) -> dict[int, Keypoints]:
        """Everyone in this frame, by id.

        Args:
            frame: the next one; times increase.
        """
        found = self._follow(frame)
        if self._detection_is_due(frame.time, lost=len(found) < len(self._places)):
            found += self._newcomers(frame, found)
        named = self._tracker.step(frame.time, [sighting for sighting, _ in found])
        people = {id: found[index][1] for id, index in named.items()}
        missing = self._tracker.missing()
        self._lost = {id: p for id, p in (self._lost | self._places).items() if id in missing}
        self._places = {id: _next_place(keypoints) for id, keypoints in people.items()}
        for id, index in named.items():
            self._tracks[id].add(frame, *found[index])
        return people

    def people(self, clock: Array) -> list[Track]:
        """Everyone who was there for a while, known again after an absence, from 1 on.

        Args:
            clock: (F,) s, the time of every frame so far.
        """
        return without_flickers(relink(self.tracks()), clock)

    def tracks(self) -> list[Track]:
        """Everyone so far, in the order in which they came."""
        built = sorted(self._tracks.items())
        return [builder.track(id) for id, builder in built if not builder.doubtful]

    def _follow(self, frame: Frame) -> list[tuple[Sighting, Keypoints]]:
        """Those known from the frame before, where their landmarks are found again."""
        ids = list(self._places)
        estimates = self._pose.estimate(frame.image, _as_detections(list(self._places.values())))
        return [
            (_sighting(keypoints, frame, followed=id), keypoints)
            for id, keypoints in zip(ids, estimates, strict=True)
            if keypoints is not None
        ]

    def _detection_is_due(self, time: float, *, lost: bool) -> bool:
        since = time - self._detected
        missing = bool(self._lost) or not self._places
        return lost or since >= (SEARCH_EVERY_S if missing else DETECT_EVERY_S)

    def _newcomers(
        self, frame: Frame, found: list[tuple[Sighting, Keypoints]]
    ) -> list[tuple[Sighting, Keypoints]]:
        """Those detected who are not followed already, confirmed by their landmarks."""
        short = min(frame.image.shape[:2])
        sides = self._sides(place.region for place in self._places.values())
        rows = self._tiles.rows(frame.time, sides, short)
        self._detected = frame.time
        detections, on_tile = detect_on_tiles(self._detector, frame.image, rows)
        followed = [_next_region(keypoints) for _, keypoints in found]
        shared = overlap(_squares(detections.rois), _squares(followed))
        self._confirm([sighting for sighting, _ in found], shared)
        fresh = shared.max(axis=1, initial=0) < ALREADY_FOLLOWED
        new = Detections(detections.boxes[fresh], detections.scores[fresh], detections.rois[fresh])
        candidates = [_Candidate(on_part=bool(tile)) for tile in on_tile[fresh]]
        newcomers = self._confirmed(frame, new, candidates, found)
        # Those out of sight are looked for where they should be by now, too: the detector misses
        # backs and bowed heads.
        shifts = self._tracker.missing()
        expected = _as_detections([place.moved(shifts[id]) for id, place in self._lost.items()])
        candidates = [_Candidate(on_part=True, id=id) for id in self._lost]
        newcomers += self._confirmed(frame, expected, candidates, found + newcomers)
        self._tiles.learn(self._sides(_next_region(keypoints) for _, keypoints in newcomers), short)
        return newcomers

    def _confirmed(
        self,
        frame: Frame,
        people: Detections,
        candidates: Sequence[_Candidate],
        known: list[tuple[Sighting, Keypoints]],
    ) -> list[tuple[Sighting, Keypoints]]:
        """Those whose landmarks look like a person who is not known already."""
        confirmed: list[tuple[Sighting, Keypoints]] = []
        estimates = self._pose.estimate(frame.image, people)
        for candidate, keypoints in zip(candidates, estimates, strict=True):
            if keypoints is None or not _is_plausible(keypoints):
                continue
            sighting = _sighting(keypoints, frame, followed=candidate.id)
            sighting = replace(sighting, clothes=clothes(frame.image, sighting.joints_2d))
            others = [other for other, _ in known + confirmed]
            again = any(_is_same(sighting, other) for other in others)
            part = candidate.on_part and any(_is_within(sighting, other) for other in others)
            if not again and not part:
                confirmed.append((sighting, keypoints))
        return confirmed

    def _confirm(self, followed: list[Sighting], shared: Array) -> None:
        """Count whom the detector found again; `shared` is (detections, followed) overlap."""
        # A detection confirms the one whom it fits best, not everybody whom it touches.
        detections, fitting = linear_sum_assignment(-shared)
        again = {
            int(k)
            for d, k in zip(detections, fitting, strict=True)
            if shared[d, k] >= DETECTED_AGAIN
        }
        for k, sighting in enumerate(followed):
            if sighting.followed is not None:
                self._tracks[sighting.followed].looks += 1
                self._tracks[sighting.followed].detections += k in again

    @staticmethod
    def _sides(found: Iterable[Array]) -> list[float]:
        return [float(region[2]) for region in found]


def _as_detections(places: list[_Place]) -> Detections:
    """Places as detections."""
    if not places:
        return Detections.none()
    boxes = np.stack([place.box for place in places])
    return Detections(boxes, np.ones(len(boxes)), np.stack([place.region for place in places]))


def _squares(rois: Array | list[Array]) -> Array:
    """(N, 4) px, boxes of the circles in regions: detections and followed people alike."""
    stacked = np.reshape(np.asarray(rois, dtype=float), (-1, 4))
    radius = stacked[:, 2:3] / 2.5
    return np.concatenate([stacked[:, :2] - radius, stacked[:, :2] + radius], axis=1)


def _next_place(keypoints: Keypoints) -> _Place:
    return _Place(_next_region(keypoints), regions.body_box(keypoints.joints_2d))


def _next_region(keypoints: Keypoints) -> Array:
    if keypoints.roi is not None:
        return keypoints.roi
    return regions.region_from_box(regions.body_box(keypoints.joints_2d))


def _sighting(keypoints: Keypoints, frame: Frame, *, followed: int | None) -> Sighting:
    H, W = frame.image.shape[:2]
    box = regions.body_box(keypoints.joints_2d)
    clipped = np.clip(box, 0, [W, H, W, H])
    return Sighting(
        joints_2d=convert(keypoints.joints_2d, keypoints.joint_set, "lcr13"),
        box=clipped,
        quality=float(keypoints.scores.mean()),
        followed=followed,
    )


def _is_plausible(keypoints: Keypoints) -> bool:
    """False for things that look like a person to the detector alone."""
    low, high = keypoints.joints_2d.min(axis=0), keypoints.joints_2d.max(axis=0)
    fills = (high - low).max() >= FILLS_REGION * _next_region(keypoints)[2]
    return bool(fills or keypoints.scores.mean() >= SURE)


def _is_same(sighting: Sighting, known: Sighting) -> bool:
    """Whether a newcomer is somebody known, their limbs guessed differently."""
    return torso_distance(sighting.joints_2d, known.joints_2d) < TORSO_OF_ANOTHER


def _is_within(sighting: Sighting, known: Sighting) -> bool:
    """Whether a newcomer's box lies mostly within that of somebody known."""
    area = float(np.prod(sighting.box[2:] - sighting.box[:2]))
    return intersection(sighting.box, known.box) > PART_OF_ANOTHER * area
