"""From clips of any data set to what a network reads: joint set, people, axes and origin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args, overload

import numpy as np
import numpy.typing as npt

from wildpose.alignment import HALF_TURN, aligned
from wildpose.bone_lengths import bone_lengths
from wildpose.footage import Footage
from wildpose.joints import conversion, convert, joint_set, torso
from wildpose.types import Axes, Clip, SkeletonSequence

Array = npt.NDArray[np.floating]
Mask = npt.NDArray[np.bool_]
Origin = Literal["first", "frame"]
Target = Literal["kinect", "body"]


@dataclass(frozen=True)
class Preparation:
    """The same for training and for use; whatever is random comes after it."""

    joint_set: str = "lcr13"
    """To which clips are converted."""
    people: int = 1
    """M: those seen longest are taken, in the clip's order; fewer are filled up with nobody."""
    axes: Target = "body"
    """kinect: as the sensor saw it. body: pose alignment (Le Roux 2017, section 4.2.2), each person
    in axes of their own, as large as `lengths` say."""
    origin: Origin = "first"
    """Of kinect axes: the torso of the first person in the first frame, or in every frame. Body
    axes begin in the torso of every frame."""
    upright: bool = False
    """Of body axes: keep the vertical, so that who lies stays lying."""
    resize: bool = True
    """Of body axes: bring everybody to one size."""
    lengths: tuple[float, ...] | None = None
    """(E,) m, of the joint set's edges: that size, see `fitted`; None: as large as they come."""

    def __post_init__(self) -> None:
        joint_set(self.joint_set)
        for name, allowed in (("axes", Target), ("origin", Origin)):
            if getattr(self, name) not in get_args(allowed):
                raise ValueError(
                    f"{name} {getattr(self, name)!r} is none of {', '.join(get_args(allowed))}"
                )
        if self.people < 1:
            raise ValueError(f"people must be at least 1, got {self.people}")

    def fitted(self, clips: Sequence[Clip]) -> Preparation:
        """The same with the bone lengths of a training set, where it resizes people."""
        if self.axes != "body" or not self.resize:
            return self
        poses = [convert(clip.joints[clip.mask], clip.joint_set, self.joint_set) for clip in clips]
        lengths = bone_lengths(np.concatenate(poses), self.joint_set)
        return replace(self, lengths=tuple(round(float(length), 4) for length in lengths))

    def __call__(self, clip: Clip) -> tuple[Array, Mask]:
        """A clip as numbers.

        Returns:
            (M, T, J, 3) float32 m, zeros where nobody was seen, and (M, T) whether anybody was.

        Raises:
            ValueError: the clip's joints cannot be converted, or are in body axes and kinect axes
                are asked for.
        """
        chosen = _longest_seen(clip.mask, self.people)
        joints = convert(clip.joints[chosen], clip.joint_set, self.joint_set)
        mask = clip.mask[chosen]
        if self.axes == "body":
            joints = np.stack(
                [self._aligned(own, seen, clip) for own, seen in zip(joints, mask, strict=True)]
            )
        else:
            joints = self._centred(_in_kinect_axes(joints, clip.axes), mask)
        joints = np.where(mask[..., None, None], joints, 0.0)
        return _filled_up(joints.astype(np.float32), self.people), _filled_up(mask, self.people)

    def footage(self, clip: Clip, footage: Footage) -> Footage:
        """A clip's footage of the same people and joints as the numbers.

        Raises:
            ValueError: as of a call.
        """
        chosen = _longest_seen(clip.mask, self.people)
        seen = footage.seen_2d[chosen]
        places, known = footage.joints_2d[chosen], seen[..., None].astype(float)
        if clip.joint_set != self.joint_set:
            places = convert(places, clip.joint_set, self.joint_set)
            known = convert(known, clip.joint_set, self.joint_set)
        there = known[..., 0] > 1 - 1e-6  # all joints that one is made of
        return Footage(
            footage.pictures,
            _filled_up(np.where(there[..., None], places, 0.0).astype(np.float32), self.people),
            _filled_up(there, self.people),
            _chosen_hands(footage.hands, chosen, self.people),
            _chosen_hands(footage.hand_features, chosen, self.people),
        )

    def _aligned(self, joints: Array, seen: Mask, clip: Clip) -> Array:
        if not seen.any():
            return np.zeros_like(joints)
        times = np.arange(len(joints)) / clip.frame_rate
        sequence = SkeletonSequence(
            joints=joints[seen],
            scores=np.ones((int(seen.sum()), len(joint_set(self.joint_set)))),
            times=times[seen],
            joint_set=self.joint_set,
            axes=clip.axes,
        )
        body, _ = aligned(sequence, reference=self.lengths, upright=self.upright)
        placed = np.zeros_like(joints)
        placed[seen] = body.joints
        return placed

    def _centred(self, joints: Array, mask: Mask) -> Array:
        if not mask.any():
            return joints
        centres = torso(joints, self.joint_set)  # (M, T, 1, 3)
        if self.origin == "first":
            frame = int(mask.any(axis=0).argmax())
            person = int(mask[:, frame].argmax())
            return joints - centres[person, frame]
        first = mask.argmax(axis=0)  # (T,) the first person who is there
        return joints - centres[first, np.arange(mask.shape[1])]


class PicturesAlone(Preparation):
    """For networks that do not look at joints: clips of whatever joint set come through.

    Joints that can be converted are; others are zeros, and nowhere in the pictures.
    """

    def __call__(self, clip: Clip) -> tuple[Array, Mask]:
        """A clip as numbers, see `Preparation`."""
        if self._can_convert(clip):
            return super().__call__(clip)
        mask = _filled_up(clip.mask[_longest_seen(clip.mask, self.people)], self.people)
        return np.zeros((*mask.shape, len(joint_set(self.joint_set)), 3), np.float32), mask

    def footage(self, clip: Clip, footage: Footage) -> Footage:
        """A clip's footage of the same people and joints as the numbers."""
        if self._can_convert(clip):
            return super().footage(clip, footage)
        chosen = _longest_seen(clip.mask, self.people)
        shape = (self.people, len(footage.pictures), len(joint_set(self.joint_set)))
        return Footage(
            footage.pictures,
            np.zeros((*shape, 2), np.float32),
            np.zeros(shape, bool),
            _chosen_hands(footage.hands, chosen, self.people),
            _chosen_hands(footage.hand_features, chosen, self.people),
        )

    def _can_convert(self, clip: Clip) -> bool:
        try:
            conversion(clip.joint_set, self.joint_set)
        except ValueError:
            return False
        return True


class _Hands(Sequence[npt.NDArray]):
    """Hands of some of the people, in an order; zeros, which are black, for who is not there."""

    def __init__(self, hands: Sequence[npt.NDArray], chosen: npt.NDArray[np.intp], people: int):
        self._hands, self._people = hands, people
        self._rows = (2 * chosen[:, None] + np.arange(2)).ravel()

    def __len__(self) -> int:
        return len(self._hands)

    @overload
    def __getitem__(self, index: int) -> npt.NDArray: ...
    @overload
    def __getitem__(self, index: slice) -> list[npt.NDArray]: ...
    def __getitem__(self, index: int | slice) -> npt.NDArray | list[npt.NDArray]:
        """(2 M, S, S, 3) RGB, or (2 M, D) features."""
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return _filled_up(self._hands[index][self._rows], 2 * self._people)


def _chosen_hands(
    hands: Sequence[npt.NDArray] | None, chosen: npt.NDArray[np.intp], people: int
) -> _Hands | None:
    return None if hands is None else _Hands(hands, chosen, people)


def _longest_seen(mask: Mask, people: int) -> npt.NDArray[np.intp]:
    """Rows of the people seen longest, in their order."""
    longest = np.argsort(-mask.sum(axis=1), kind="stable")[:people]
    return np.sort(longest)


def _in_kinect_axes(joints: Array, axes: Axes) -> Array:
    if axes == "body":
        raise ValueError(
            "joints in body axes have lost where the sensor was: prepare with axes body"
        )
    return joints * HALF_TURN if axes == "camera" else joints


def _filled_up(array: npt.NDArray, people: int) -> npt.NDArray:
    """More rows of nothing, until there are so many."""
    missing = people - len(array)
    if missing <= 0:
        return array
    nothing = np.zeros((missing, *array.shape[1:]), dtype=array.dtype)
    return np.concatenate([array, nothing])  # np.pad takes as long as the rest of a clip's hands
