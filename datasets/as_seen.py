"""Motions of true joints as the pipeline would give them back from a video of them.

A random camera films the motion, done by a random body; looks of the pose backend at similar poses
lend their errors, neighbours in time together; our own lifter and smoother do the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from datasets.detector_errors import BURST, SIZE_PX, STEP, Looks
from datasets.kinematics import random_body
from datasets.lifting_samples import DONORS, samples_of
from datasets.retargeting import retargeted
from datasets.virtual_cameras import camera_on
from wildpose.geometry import Array
from wildpose.joints import convert
from wildpose.lifting import Lifter
from wildpose.lifting.lcr_input import JOINT_SET
from wildpose.lifting.lcr_samples import GROSS_M, centred
from wildpose.placement import assumed_focal, place
from wildpose.regions import body_box
from wildpose.smoothing.viterbi import smooth_viterbi
from wildpose.types import SkeletonSequence, Track

FRAME_RATE = 30.0  # Hz, of the motions
FOLLOWED_SHARE = 0.5  # of the cameras go along with the person
NEAREST_M = 0.5  # from the camera to the nearest joint: nobody walks through it
# How much farther from a pose than the nearest look the next look of a burst may be, so that it
# goes on lending. So errors last as long as they do within bursts, where those in 3D correlate by
# 0.84 and 0.64 after 0.1 and 0.3 s; here by 0.84 and 0.61.
FAITH = 2.0
LEAP_M = 0.15  # mean change of a 3D error from which on it is a mistake that begins or ends
OUT_OF_PICTURE = 100.0  # m, farther than any two poses: to looks at people with other legs in view
# Shares of the errors that a view keeps, as in the training of the lifter: the backend errs less on
# people than on mannequins, above all in depth.
ERRORS_2D, ERRORS_3D = (0.5, 1.1), (0.2, 1.1)


@dataclass(frozen=True)
class Film:
    """One person before one camera; all in lcr13."""

    truth: Array
    """(T, 13, 3) m, camera axes, from the camera."""
    joints_2d: Array
    """(T, 13, 2) px, in a square picture of SIZE_PX."""
    focal_px: float

    @property
    def metre_px(self) -> Array:
        """(T,) px that a metre takes up at the joints' mean distance."""
        return self.focal_px / self.truth[..., 2].mean(axis=1)

    @property
    def legs(self) -> npt.NDArray[np.bool_]:
        """(T,) True where at least two of the knees and ankles are in the picture."""
        legs = self.joints_2d[:, :4]
        return ((legs >= 0) & (legs <= SIZE_PX)).all(axis=-1).sum(axis=1) >= 2


class Lenders:
    """Looks that lend their errors to other poses."""

    def __init__(self, looks: Looks):
        """Work out the errors.

        Args:
            looks: those of one burst one after the other.
        """
        samples = samples_of(looks)
        error_2d = (samples.joints_2d - samples.truth_2d) / looks.metre_px[:, None, None]
        error_3d = centred(samples.joints_3d) - samples.truth
        N = len(looks)
        self._errors = np.concatenate(
            [error_2d.reshape(N, 26), error_3d.reshape(N, 39), looks.scores], axis=1
        )
        self._poses = torch.from_numpy(samples.truth.reshape(N, 39).astype(np.float32))
        self._legs = torch.from_numpy(samples.legs)
        self._burst = looks.burst

    def rows(
        self, truth: Array, legs: npt.NDArray[np.bool_], rng: np.random.Generator
    ) -> npt.NDArray[np.intp]:
        """Looks that lend to poses which follow each other as the looks of a burst do.

        A look at one of the most similar poses is drawn; as long as the looks beside it in its
        burst are about as similar as any, they go on lending, though no longer than a burst lasts:
        for how long a mistake stays was not measured beyond.

        Args:
            truth: (K, 13, 3) m, camera axes, torso-centred, 0.1 s apart.
            legs: (K,) whether the legs are in the picture: looks at such people lend to them.
            rng: seeded.

        Returns:
            (K,) rows of the looks.
        """
        distance = self._distances(truth, legs)
        nearest = distance.topk(min(DONORS, len(self._poses)), largest=False)
        chosen, stayed = np.zeros(len(truth), dtype=np.intp), BURST
        for k in range(len(truth)):
            row = self._next(int(chosen[k - 1]), distance[k])
            stayed += 1
            if stayed > BURST or distance[k, row] > FAITH * nearest.values[k, 0]:
                row, stayed = int(rng.choice(nearest.indices[k].numpy())), 1
            chosen[k] = row
        return chosen

    def _distances(self, truth: Array, legs: npt.NDArray[np.bool_]) -> torch.Tensor:
        """(K, N) between poses and looks; far away where legs are seen in one of them alone."""
        poses = torch.from_numpy(truth.reshape(len(truth), 39).astype(np.float32))
        alone = torch.from_numpy(legs)[:, None] != self._legs
        return torch.cdist(poses, self._poses) + OUT_OF_PICTURE * alone

    def _next(self, row: int, distance: torch.Tensor) -> int:
        """The most similar of a look and those beside it in its burst."""
        low, high = max(row - 1, 0), min(row + 2, len(self._burst))
        beside = [r for r in range(low, high) if self._burst[r] == self._burst[row]]
        return min(beside, key=lambda r: float(distance[r]))

    def lent(self, film: Film, rng: np.random.Generator) -> tuple[Array, Array, Array]:
        """What the backend might see of a film.

        Errors go evenly from one look's to the next's, but for gross mistakes, such as left taken
        for right, which come and go at once.

        Returns:
            (T, 13, 2) px, (T, 13, 3) m torso-centred, (T, 13) scores.
        """
        truth, T = centred(film.truth), len(film.truth)
        keys = np.append(np.arange(0, T - 1, STEP), T - 1)
        errors = self._errors[self.rows(truth[keys], film.legs[keys], rng)]
        errors = _weakened(errors, rng.uniform(*ERRORS_2D), rng.uniform(*ERRORS_3D))
        errors = _between(errors, keys, T)
        error_2d, error_3d, scores = np.split(errors, (26, 65), axis=1)
        found_2d = film.joints_2d + error_2d.reshape(T, 13, 2) * film.metre_px[:, None, None]
        return found_2d, truth + error_3d.reshape(T, 13, 3), scores


def filmed(joints: Array, rng: np.random.Generator) -> Film:
    """A motion, done by somebody of another build, before a random camera.

    Half of the cameras go along with the person, the others see him or her pass.

    Args:
        joints: (T, 25, 3) m, y up, the floor at y = 0.
        rng: seeded.
    """
    joints = retargeted(joints, random_body(rng))
    if rng.random() < FOLLOWED_SHARE:
        way = joints.mean(axis=1, keepdims=True) * (1, 0, 1)
        joints = joints - way
    camera = camera_on(joints, rng, size_px=SIZE_PX)
    truth = convert(camera.to_camera(joints), "kinect25", JOINT_SET)
    truth[..., 2] += max(0.0, NEAREST_M - truth[..., 2].min())
    return Film(truth, camera.project_camera(truth), camera.focal_px)


def track_of(film: Film, lenders: Lenders, rng: np.random.Generator) -> Track:
    """The person of a film as the pose backend and the tracker would give them.

    Args:
        film: T frames, at FRAME_RATE.
        lenders: of errors.
        rng: seeded.
    """
    joints_2d, joints_3d, scores = lenders.lent(film, rng)
    T = len(joints_2d)
    return Track(
        id=1,
        frames=np.arange(T),
        times=np.arange(T) / FRAME_RATE,
        boxes=np.stack([body_box(pose) for pose in joints_2d]),
        joints_2d=joints_2d,
        scores=scores,
        joint_set=JOINT_SET,
        joints_3d=joints_3d,
        picture=(SIZE_PX, SIZE_PX),
    )


def skeleton_of(track: Track, lifter: Lifter) -> SkeletonSequence | None:
    """A track lifted, smoothed and placed, as the pipeline does; None without any pose."""
    smoothed = smooth_viterbi(track, lifter.lift(track), track.times)
    if smoothed is None:
        return None
    skeleton = smoothed.skeleton
    assert skeleton.joints_2d is not None and track.picture is not None
    focal, centre = assumed_focal(*track.picture), np.array(track.picture) / 2
    root = place(skeleton.joints, skeleton.joints_2d, skeleton.scores, focal, centre)
    return replace(skeleton, root=root)


def as_seen(
    joints: Array, lenders: Lenders, lifter: Lifter, rng: np.random.Generator
) -> SkeletonSequence | None:
    """A motion as it comes back from a video, in lcr13 and camera axes.

    Args:
        joints: (T, 25, 3) m, y up, the floor at y = 0, at FRAME_RATE.
        lenders: of the backend's errors.
        lifter: the default one.
        rng: seeded: body, camera and errors are drawn.

    Returns:
        T poses with their root, or None where no pose was admissible.
    """
    return skeleton_of(track_of(filmed(joints, rng), lenders, rng), lifter)


def _weakened(errors: Array, share_2d: float, share_3d: float) -> Array:
    """(K, 78) errors and scores with less of the errors; no backend makes half a gross mistake."""
    gross = _mean_3d(errors) > GROSS_M
    shares = np.repeat([share_2d, share_3d, 1.0], (26, 39, 13))
    return np.where(gross[:, None], errors, errors * shares)


def _between(errors: Array, keys: npt.NDArray[np.intp], T: int) -> Array:
    """(T, 78) of (K, 78) at key frames: in a straight line, or in one step where they leap."""
    leaps = _mean_3d(np.diff(errors, axis=0)) > LEAP_M
    frames = np.arange(T)
    before = np.clip(np.searchsorted(keys, frames, side="right") - 1, 0, max(len(keys) - 2, 0))
    after = np.minimum(before + 1, len(keys) - 1)
    share = (frames - keys[before]) / np.maximum(keys[after] - keys[before], 1)
    if len(leaps):
        share = np.where(leaps[before], np.round(share), share)
    return errors[before] + share[:, None] * (errors[after] - errors[before])


def _mean_3d(errors: Array) -> Array:
    """(K,) m, mean over the joints of the 3D part of (K, 78) errors."""
    return np.linalg.norm(errors[:, 26:65].reshape(-1, 13, 3), axis=-1).mean(axis=1)
