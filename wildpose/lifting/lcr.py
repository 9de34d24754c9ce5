"""The LCR lifter: several 3D poses per person and frame, with classes and scores.

In the manner of LCR-Net (Rogez, Weinzaepfel, Schmid, CVPR 2017), but from 2D joints: anchor poses
are scored and refined, and proposals that agree are merged into modes. Where a track looks as if
the pose backend had taken left for right, the joints with sides exchanged are lifted too; those
modes are marked `swapped`, and which are right is left to time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wildpose import weights
from wildpose.devices import threads_of_torch
from wildpose.joints import convert, convert_scores, torso
from wildpose.lifting.exchanges import suspected
from wildpose.lifting.lcr_input import JOINT_SET, MIRRORED, aside_of, features
from wildpose.lifting.lcr_model import MAX_MODES, LcrModel
from wildpose.types import Hypotheses, Track

Array = npt.NDArray[np.floating]
BLOCK = 256  # rows that are lifted at once
# Of the backend's own guess in a mode that agrees with it: the largest share with which errors on
# the validation clips, which are of mannequins, stay below three quarters of BlazePose's.
GUESS_SHARE = 0.2
SWAPPED_MODES = 1  # of each exchange
SWAPPED_SHARE = 0.2  # what a swapped mode's score counts beside one as seen


def drawn_to(joints: Array, guess: Array, radius: float) -> Array:
    """Modes moved towards the backend's own guess, where it is near enough to be of the same mode.

    The guess is a proposal too. The network saw the backend err on mannequins; on people it errs
    less, so more of it should stay than the network would leave.

    Args:
        joints: (T, M, 13, 3) m, torso-centred.
        guess: (T, 13, 3) m, torso-centred.
        radius: metres, mean joint distance within which poses are of one mode.
    """
    away = guess[:, None] - joints
    near = np.linalg.norm(away, axis=-1).mean(axis=-1) < radius
    return joints + GUESS_SHARE * near[..., None, None] * away


class Lcr:
    """Modes of each row of a track, from its 2D joints and, where there are any, 3D joints."""

    def __init__(
        self,
        *,
        model: Path | None = None,
        weights_dir: Path | None = None,
        offline: bool = False,
        threads: int | None = None,
    ):
        """Load the model.

        Args:
            model: file of another one than that which comes with wildpose.
            weights_dir: folder with the model's file, before the one that comes with wildpose.
            offline: never download.
            threads: for the network; None for torch's own choice.
        """
        self._threads = threads
        if model is None:
            model = weights.find("lcr_lifter", weights_dir=weights_dir, offline=offline)
        self.model = LcrModel.load(model)

    def lift(self, track: Track) -> Iterator[Hypotheses]:
        """Modes of each row: up to five as seen, then up to three with sides exchanged."""
        source = track.joint_set
        joints_2d = convert(track.joints_2d, source, JOINT_SET)
        scores = convert_scores(track.scores, source, JOINT_SET)
        joints_3d = track.joints_3d
        joints_3d = None if joints_3d is None else convert(joints_3d, source, JOINT_SET)
        orders = suspected(joints_2d, track.times)
        for start in range(0, len(track), BLOCK):
            rows = slice(start, start + BLOCK)
            guess = None if joints_3d is None else joints_3d[rows]
            with threads_of_torch(self._threads):
                lifted = self._lifted(joints_2d[rows], scores[rows], guess, track.picture, orders)
            yield from lifted

    def _lifted(
        self,
        joints_2d: Array,
        scores: Array,
        joints_3d: Array | None,
        picture: tuple[int, int] | None,
        orders: list[npt.NDArray[np.intp]],
    ) -> list[Hypotheses]:
        aside = aside_of(joints_2d, picture)
        as_is = np.arange(len(MIRRORED))
        found, poses, pixels = [], [], []
        for order, most in [(as_is, MAX_MODES), *((order, SWAPPED_MODES) for order in orders)]:
            named, guess = joints_2d[:, order], None if joints_3d is None else joints_3d[:, order]
            given = features(named, scores[:, order], guess, aside)
            modes = self.model.modes(given, named, max_modes=most)
            own = modes.joints - torso(modes.joints, JOINT_SET)  # centred but for millimetres
            if guess is not None:
                own = drawn_to(own, guess - torso(guess, JOINT_SET), self.model.radius)
            found.append((modes, order is not as_is))
            poses.append(own)
            # What is surely seen stays where it is seen.
            sure = scores[:, None, order, None]
            pixels.append(sure * named[:, None] + (1 - sure) * modes.joints_2d)
        joints, joints_2d = np.concatenate(poses, axis=1), np.concatenate(pixels, axis=1)
        swapped = np.concatenate([np.full(m.scores.shape[1], s) for m, s in found])
        share = np.where(swapped, SWAPPED_SHARE, 1.0)
        score = np.concatenate([m.scores for m, _ in found], axis=1) * share
        classes = np.concatenate([m.classes for m, _ in found], axis=1) % len(self.model.anchors)
        return [
            Hypotheses(joints[t, k], joints_2d[t, k], score[t, k], classes[t, k], swapped[k])
            for t, k in enumerate(score > 0)
        ]
