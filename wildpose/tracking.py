"""Who is who from frame to frame: Kalman boxes and Hungarian matching on overlap and joints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from filterpy.kalman import KalmanFilter
from scipy.optimize import linear_sum_assignment

from wildpose.appearance import difference
from wildpose.boxes import centre, overlap

Array = npt.NDArray[np.floating]

# COCO's per-joint constants in lcr13's order (Ruggero Ronchi and Perona, ICCV 2017): ankles,
# knees, hips, wrists, elbows, shoulders, and the ears' for the head.
_SIGMAS = [*np.repeat([0.089, 0.087, 0.107, 0.062, 0.072, 0.079], 2), 0.035]
TOLERANCE = 2 * np.array(_SIGMAS)
MIN_SIMILARITY = 0.1  # below it two sightings are not linked, however few there are
SAME_PERSON = 0.6  # joint similarity above which two sightings in one frame are one person
SAME_TORSO = 0.2  # or their torsos are nearer than this share of a torso's length
OTHER_CLOTHES = 20.0  # CIELAB; one person in two lights or blurs is below, most others above
CLEARLY = 0.2  # differences of likeness below this may be chance
TORSO = [4, 5, 10, 11]  # hips and shoulders in lcr13
FOLLOWED_BONUS = 0.15  # a sighting made by following a track is more likely to be its own


def joint_similarity(a: Array, b: Array, size: Array) -> Array:
    """Object keypoint similarity of every pose with every other (COCO's OKS).

    Args:
        a: (N, 13, 2) px, lcr13.
        b: (M, 13, 2) px.
        size: (N,) px, the longer side of each of a's boxes.

    Returns:
        (N, M) in [0, 1].
    """
    distance2 = ((a[:, None] - b[None]) ** 2).sum(axis=-1)  # (N, M, J)
    # COCO takes the root of the segment's area; a person covers about a quarter of the square
    # around it, so half its side.
    spread2 = 2 * (0.5 * size[:, None, None] * TOLERANCE) ** 2
    return np.exp(-distance2 / np.maximum(spread2, 1e-9)).mean(axis=-1)


class BoxFilter:
    """A person's box through time: constant velocity of its centre and size (filterpy)."""

    def __init__(self, box: Array):
        self._filter = KalmanFilter(dim_x=8, dim_z=4)
        self._filter.x = np.concatenate([_centre_size(box), np.zeros(4)])[:, None]
        self._filter.H = np.eye(4, 8)
        size = self._filter.x[3, 0]
        # First the place is known to a few per cent of the height, the speed not at all.
        self._filter.P = np.diag([0.05 * size] * 4 + [2 * size] * 4) ** 2

    def predict(self, dt: float) -> Array:
        """The box `dt` seconds later."""
        size = max(self._filter.x[3, 0], 1.0)
        motion = np.eye(8) + dt * np.eye(8, k=4)
        # White acceleration of about two body heights per second squared.
        place, speed = 0.5 * dt**2 * 2 * size, dt * 2 * size
        noise = np.diag([place**2] * 4 + [speed**2] * 4)
        noise += np.diag([place * speed] * 4, 4) + np.diag([place * speed] * 4, -4)
        self._filter.predict(F=motion, Q=noise)
        return self.box

    def update(self, box: Array) -> None:
        """Take a sighting in."""
        size = max(self._filter.x[3, 0], 1.0)
        self._filter.update(_centre_size(box)[:, None], R=np.eye(4) * (0.03 * size) ** 2)

    @property
    def box(self) -> Array:
        """(4,) px, x0 y0 x1 y1."""
        x, y, w, h = self._filter.x[:4, 0]
        w, h = max(w, 1.0), max(h, 1.0)
        return np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])


def _centre_size(box: Array) -> Array:
    x0, y0, x1, y1 = box
    return np.array([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0])


@dataclass(frozen=True)
class Sighting:
    """One person seen in one frame, not yet named."""

    joints_2d: Array
    """(13, 2) px, lcr13."""
    box: Array
    """(4,) px."""
    quality: float
    """In [0, 1]; of two sightings of one person the better one is kept."""
    followed: int | None = None
    """Id of the track whose region showed this person; None when newly detected."""
    clothes: Array | None = None
    """(7, 3) as `wildpose.appearance.clothes` gives; None where nobody looked."""


@dataclass
class _Person:
    """What the tracker knows of one person; changes from frame to frame."""

    id: int
    filter: BoxFilter
    joints_2d: Array
    box: Array
    seen: float
    """Time of the last sighting, s."""
    clothes: Array | None
    """As in `Sighting`, when last looked at."""


class Tracker:
    """Names sightings frame by frame; a person unseen for a while keeps their id."""

    def __init__(self, *, memory_s: float = 2.0):
        """Start with nobody.

        Args:
            memory_s: how long an unseen person is waited for.
        """
        self._memory_s = memory_s
        self._people: list[_Person] = []
        self._next_id = 1
        self._time: float | None = None

    def step(self, time: float, sightings: Sequence[Sighting]) -> dict[int, int]:
        """Ids of one frame's sightings.

        Args:
            time: seconds, later than the step before.
            sightings: everyone seen, possibly some twice.

        Returns:
            id -> index of its sighting. Sightings of someone already seen are not in it.
        """
        dt = 0.0 if self._time is None else time - self._time
        self._time = time
        self._people = [p for p in self._people if time - p.seen <= self._memory_s]
        predicted = [person.filter.predict(dt) for person in self._people]
        likeness = self._likeness(time - dt, predicted, sightings)
        kept = self._without_duplicates(likeness, sightings)
        named: dict[int, int] = {}
        # What cannot be linked must not take a partner from what can.
        linkable = np.where(likeness >= MIN_SIMILARITY, likeness, 0)
        rows, columns = linear_sum_assignment(-linkable[:, kept])
        for row, column in zip(rows, columns, strict=True):
            if likeness[row, kept[column]] >= MIN_SIMILARITY:
                named[self._people[row].id] = kept[column]
                self._see(self._people[row], sightings[kept[column]], time)
        for index in kept:
            if index not in named.values():
                named[self._add(sightings[index], time)] = index
        return named

    def missing(self) -> dict[int, Array]:
        """Who is waited for: id -> (2,) px by which they should have moved since they were seen."""
        return {
            person.id: centre(person.filter.box) - centre(person.box)
            for person in self._people
            if person.seen != self._time
        }

    def _likeness(
        self, before: float, predicted: list[Array], sightings: Sequence[Sighting]
    ) -> Array:
        """(people, sightings): mean of box overlap and joint similarity, with lineage's bonus."""
        if not self._people or not sightings:
            return np.zeros((len(self._people), len(sightings)))
        boxes = np.stack([s.box for s in sightings])
        joints = np.stack([s.joints_2d for s in sightings])
        expected = np.stack(predicted)
        shift = np.stack(
            [centre(p) - centre(q.box) for p, q in zip(predicted, self._people, strict=True)]
        )
        poses = np.stack([p.joints_2d for p in self._people]) + shift[:, None]
        size = (expected[:, 2:] - expected[:, :2]).max(axis=1)
        likeness = (overlap(expected, boxes) + joint_similarity(poses, joints, size)) / 2
        unseen = np.array([before - p.seen for p in self._people])  # 0 if seen a step ago
        likeness = np.maximum(likeness, _reach(expected, boxes, unseen))
        followed = np.array([[p.id == s.followed for s in sightings] for p in self._people])
        strange = np.array([[_strange(p, s) for s in sightings] for p in self._people])
        return np.where(strange, 0, likeness + FOLLOWED_BONUS * followed)

    def _without_duplicates(self, likeness: Array, sightings: Sequence[Sighting]) -> list[int]:
        """Indices of the sightings left when each person is kept once.

        Of two, a followed one stays; of two followed ones that which clearly fits its track better
        (the other's track has slipped onto this person), else the older id.
        """
        known = likeness.max(axis=0) if len(likeness) else np.zeros(len(sightings))
        order = sorted(
            range(len(sightings)),
            key=lambda i: (
                sightings[i].followed is None,
                -round(known[i] / CLEARLY),
                sightings[i].followed or 0,
                -sightings[i].quality,
            ),
        )
        kept: list[int] = []
        for index in order:
            if not any(same_person(sightings[index], sightings[other]) for other in kept):
                kept.append(index)
        return sorted(kept)

    def _see(self, person: _Person, sighting: Sighting, time: float) -> None:
        person.filter.update(sighting.box)
        person.joints_2d, person.box, person.seen = sighting.joints_2d, sighting.box, time
        if sighting.clothes is not None:
            person.clothes = sighting.clothes

    def _add(self, sighting: Sighting, time: float) -> int:
        person = _Person(
            self._next_id,
            BoxFilter(sighting.box),
            sighting.joints_2d,
            sighting.box,
            time,
            sighting.clothes,
        )
        self._people.append(person)
        self._next_id += 1
        return person.id


def _strange(person: _Person, sighting: Sighting) -> bool:
    """Whether somebody is dressed otherwise than the person they would be taken for."""
    if person.clothes is None or sighting.clothes is None:
        return False
    return difference(person.clothes, sighting.clothes) > OTHER_CLOTHES


def same_person(a: Sighting, b: Sighting) -> bool:
    """Whether two sightings of one frame show one person, by all joints or by the torsos.

    Limbs of one person can be guessed in two ways; two people's torsos are rarely in one place.
    """
    size = np.array([max(float((s.box[2:] - s.box[:2]).max()) for s in (a, b))])
    similarity = joint_similarity(a.joints_2d[None], b.joints_2d[None], size)[0, 0]
    return bool(similarity > SAME_PERSON or torso_distance(a.joints_2d, b.joints_2d) < SAME_TORSO)


def torso_distance(a: Array, b: Array) -> float:
    """Mean distance of hips and shoulders, by the length of the longer torso.

    Args:
        a: (13, 2) px, lcr13.
        b: (13, 2) px.
    """
    lengths = [np.linalg.norm(p[[4, 5]].mean(axis=0) - p[[10, 11]].mean(axis=0)) for p in (a, b)]
    distance = np.linalg.norm(a[TORSO] - b[TORSO], axis=1).mean()
    return float(distance / max(*lengths, 1e-9))


def _reach(expected: Array, boxes: Array, unseen: Array) -> Array:
    """Likeness of people unseen for a while: near enough to have walked there, and of like size.

    Args:
        expected: (N, 4) px, predicted boxes.
        boxes: (M, 4) px.
        unseen: (N,) s.

    Returns:
        (N, M) in [0, 0.5]: a track that was never lost goes first.
    """
    height_a = (expected[:, 3] - expected[:, 1])[:, None]
    height_b = (boxes[:, 3] - boxes[:, 1])[None]
    alike = np.minimum(height_a, height_b) / np.maximum(np.maximum(height_a, height_b), 1e-9)
    centres_a = (expected[:, None, :2] + expected[:, None, 2:]) / 2
    centres_b = (boxes[None, :, :2] + boxes[None, :, 2:]) / 2
    distance = np.linalg.norm(centres_a - centres_b, axis=-1)
    # Half a height at once, and another half a height for each second out of sight.
    reach = 0.5 * height_a * (0.5 + unseen[:, None])
    near = np.exp(-((distance / np.maximum(reach, 1e-9)) ** 2))
    return np.where(unseen[:, None] > 1e-6, 0.5 * near * np.clip(2 * alike - 1, 0, 1), 0)
