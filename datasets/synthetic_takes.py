"""Takes of synthetic clips: who does what in which place, drawn from a seed, before any camera.

Whatever is drawn has a generator of its own, by what it is for. So a take is the same whoever makes
it and in whatever order, and another object in the hand moves no joint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from datasets.acting import Style, mirrored, random_style
from datasets.figure import Appearance, random_appearance
from datasets.kinematics import Body, random_body
from datasets.ntu_protocols import HIGHEST
from datasets.retargeting import retargeted
from datasets.synthetic_actions import ACTIONS, Action
from datasets.synthetic_manner import Manner, moment_of, random_manner
from datasets.synthetic_meetings import GAPS, HANDOVER, MEETINGS
from datasets.synthetic_motions import CARRYING, MOTIONS, RELEASE, faced, with_arms
from datasets.synthetic_objects import OBJECTS, Grip, Thing, grip, handed_over, thrown
from wildpose.geometry import Array, rotation_y

FRAME_RATE = 30  # Hz, of the Kinect v2
CAMERAS = (1, 2, 3)
LEFT, RIGHT = 0, 1
THROW = (0.0, 1.9, 4.2)  # m/s with which a ball leaves the hand: to the side, up, ahead
CAPTURED_SHARE = 0.5  # of the takes of which there are captures


class Draw(IntEnum):
    """What a generator is for."""

    SETUP = 0
    SUBJECT = 1
    PARTNER = 2
    TAKE = 3
    OBJECT = 4
    CAPTURE = 5


@dataclass(frozen=True)
class Take:
    """What three cameras film at once; numbers are those of the clips' names."""

    setup: int
    subject: int
    replication: int
    action: int

    def name(self, camera: int) -> str:
        """Of the clip of a camera, as NTU RGB+D names it."""
        return (
            f"S{self.setup:03}C{camera:03}P{self.subject:03}R{self.replication:03}A{self.action:03}"
        )

    @property
    def numbers(self) -> tuple[int, int, int, int]:
        """Setup, subject, replication, action."""
        return (self.setup, self.subject, self.replication, self.action)


@dataclass(frozen=True)
class Wishes:
    """What a user may choose about all takes."""

    seed: int = 0
    frames: tuple[int, int] = (30, 42)
    """Fewest and most of a clip, at 30 Hz."""
    both_share: float = 0.5
    """Of the takes in which both hands do the same."""


def rng_for(seed: int, purpose: Draw, *numbers: int) -> np.random.Generator:
    """A generator of its own for a purpose and numbers."""
    return np.random.default_rng([seed, purpose.value, *numbers])


def most_takes(subjects: int, setups: int) -> int:
    """How many takes there are names for."""
    return len(ACTIONS) * subjects * setups * HIGHEST["replication"]


def takes_in_order(subjects: int, setups: int) -> Iterator[Take]:
    """All takes; as far as one goes, actions and subjects are as even as can be.

    The actions change first, then the subjects, then the replications, then the setups. Subjects
    begin in different setups, so that a few rounds show all of both.
    """
    for around in range(setups * HIGHEST["replication"]):
        turn, replication = divmod(around, HIGHEST["replication"])
        for subject in range(1, subjects + 1):
            setup = (subject - 1 + turn) % setups + 1
            for action in range(1, len(ACTIONS) + 1):
                yield Take(setup, subject, replication + 1, action)


@dataclass(frozen=True)
class Person:
    """Somebody who acts."""

    body: Body
    style: Style
    look: Appearance


def person(seed: int, purpose: Draw, subject: int) -> Person:
    """A subject, or the partner whom nobody but that subject meets."""
    rng = rng_for(seed, purpose, subject)
    return Person(random_body(rng), random_style(rng), random_appearance(rng))


@dataclass(frozen=True)
class Hold:
    """Who holds the object, for a part of a clip."""

    person: int
    """Index among the people of the clip."""
    hand: int
    """0 left, 1 right."""
    start: int
    """Its first frame."""
    stop: int
    """The frame after its last."""


@dataclass(frozen=True)
class Performance:
    """What happens in a take."""

    joints: Array
    """(M, T, 25, 3) metres, world axes: the middle of the room, the floor at y = 0."""
    looks: tuple[Appearance, ...]
    """M."""
    thing: Thing | None
    grip: Grip | None
    """Where the thing is."""
    holds: tuple[Hold, ...]
    """In order of time; empty where nothing is held."""
    both_hands: bool
    """Whether both hands do the same, those that hold and the others."""


def performed(
    take: Take, wishes: Wishes, *, action: Action | None = None, capture: Array | None = None
) -> Performance:
    """What happens in a take.

    Args:
        take: which.
        wishes: of the user.
        action: in place of the take's own, with the same draws.
        capture: (T, 25, 3) metres, y up, of somebody else who does the motion, at 30 Hz.
    """
    action = action or ACTIONS[take.action - 1]
    stage = staged(take, wishes)
    thing = None
    if action.object:
        thing = OBJECTS[action.object](rng_for(wishes.seed, Draw.OBJECT, *take.numbers))
    if action.motion in MEETINGS:
        partner = person(wishes.seed, Draw.PARTNER, take.subject)
        return _meeting(stage, partner, action, thing)
    return _solo(stage, action, thing, capture)


@dataclass(frozen=True)
class Stage:
    """What is drawn first in every take, before it matters what is done in it."""

    times: Array
    """(T,) s of the frames."""
    subject: Person
    manner: Manner
    hand: int
    """Which holds whatever is held, 0 left, 1 right: the one that acts, or either where both do."""
    rng: np.random.Generator
    """For all that follows."""


def staged(take: Take, wishes: Wishes) -> Stage:
    """What is drawn first in a take."""
    rng = rng_for(wishes.seed, Draw.TAKE, *take.numbers)
    low, high = wishes.frames
    times = np.arange(int(rng.integers(low, high + 1))) / FRAME_RATE
    subject = person(wishes.seed, Draw.SUBJECT, take.subject)
    manner = random_manner(rng, subject.style, both_share=wishes.both_share)
    either = int(rng.integers(2))
    return Stage(times, subject, manner, either if manner.both else _acting(manner), rng)


def _acting(manner: Manner) -> int:
    """The hand that acts, if only one does."""
    return LEFT if manner.left else RIGHT


def _solo(stage: Stage, action: Action, thing: Thing | None, capture: Array | None) -> Performance:
    """One person; where there is a capture, the subject moves as in it."""
    body, manner, rng = stage.subject.body, stage.manner, stage.rng
    heading = float(np.clip(rng.normal(0.0, np.radians(9.0)), -0.35, 0.35))
    if action.motion == "carry":
        heading = float(rng.uniform(-0.9, 0.9))
    place = np.array([rng.uniform(-0.15, 0.15), 0.0, rng.uniform(-0.12, 0.12)])
    if capture is None:
        joints = MOTIONS[action.motion](stage.times, body, manner)
    else:
        joints = _copied(capture, len(stage.times), body, manner, action, rng)
    joints = joints @ rotation_y(heading).T + place
    looks = (stage.subject.look,)
    if thing is None:
        return Performance(joints[None], looks, None, None, (), manner.both)
    held, stop = grip(joints, stage.hand, thing), len(joints)
    if action.motion == "throw":
        stop = _release(stage)
        away = rotation_y(heading) @ np.array(THROW)
        held = thrown(held, stop, away, frame_rate=FRAME_RATE, floor=0.09)
    holds = (Hold(0, stage.hand, 0, stop),)
    return Performance(joints[None], looks, thing, held, holds, manner.both)


def _release(stage: Stage) -> int:
    """The first frame in which a thrown thing flies, if it does before the clip ends."""
    lag = float(stage.manner.lag[int(stage.hand == _acting(stage.manner))])
    T = len(stage.times)
    return min(T, max(1, round(moment_of(RELEASE + lag, stage.manner) * (T - 1))))


def _copied(
    capture: Array, T: int, body: Body, manner: Manner, action: Action, rng: np.random.Generator
) -> Array:
    """(T, 25, 3) of a part of a capture, by another body, about the origin, facing forward."""
    T = min(T, len(capture))
    start = int(rng.integers(len(capture) - T + 1))
    joints = faced(retargeted(capture[start : start + T], body))
    joints = mirrored(joints) if manner.left else joints
    return with_arms(joints, CARRYING, body, manner) if action.motion == "carry" else joints


def _meeting(stage: Stage, partner: Person, action: Action, thing: Thing | None) -> Performance:
    """Two people who face each other, sideways to the first camera."""
    manner, rng, T = stage.manner, stage.rng, len(stage.times)
    answer = random_manner(rng, partner.style)
    answer = replace(answer, both=manner.both, start=manner.start, stop=manner.stop)
    either = int(rng.integers(2))
    hands = (stage.hand, either if manner.both else _acting(answer))
    joints = _face_to_face(stage, partner, answer, action.motion)
    looks = (stage.subject.look, partner.look)
    if thing is None:
        return Performance(joints, looks, None, None, (), manner.both)
    frame = moment_of(HANDOVER, manner) * (T - 1)
    first, second = (grip(own, hand, thing) for own, hand in zip(joints, hands, strict=True))
    change = round(frame)
    holds = (Hold(0, hands[0], 0, change), Hold(1, hands[1], change, T))
    held = handed_over(first, second, frame)
    return Performance(joints, looks, thing, held, holds, manner.both)


def _face_to_face(stage: Stage, partner: Person, answer: Manner, meeting: str) -> Array:
    """(2, T, 25, 3) joints of two people, one of whom answers the other."""
    rng = stage.rng
    gap = float(rng.uniform(*GAPS[meeting]))
    turn = float(rng.uniform(-0.26, 0.26)) + np.pi * int(rng.integers(2))
    place = np.array([rng.uniform(-0.10, 0.10), 0.0, rng.uniform(-0.10, 0.10)])
    joints = []
    for index, (who, how) in enumerate(((stage.subject, stage.manner), (partner, answer))):
        sign = 1.0 - 2.0 * index
        own = MEETINGS[meeting][index](stage.times, who.body, how, gap)
        stand = rotation_y(turn) @ np.array([-sign * gap / 2, 0.0, 0.0])
        joints.append(own @ rotation_y(turn + sign * np.pi / 2).T + stand + place)
    return np.stack(joints)
