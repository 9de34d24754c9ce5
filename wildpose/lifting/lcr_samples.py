"""What the LCR lifter is trained on: people as the pose backend sees them, and as they are."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wildpose.atomic import writing
from wildpose.joints import torso
from wildpose.lifting.anchors import Anchors, in_box, input_boxes
from wildpose.lifting.lcr_input import JOINT_SET, MIRRORED, features

Array = npt.NDArray[np.floating]
GROSS_M = 0.2  # mean error of the joints in 3D from which on a backend has mistaken the person


@dataclass(frozen=True)
class LiftingSamples:
    """N people, each in one frame, in lcr13 and camera axes."""

    joints_2d: Array
    """(N, 13, 2) px, as the backend sees them."""
    scores: Array
    """(N, 13) in [0, 1], the backend's."""
    joints_3d: Array
    """(N, 13, 3) m, as the backend guesses them, any origin."""
    aside: Array
    """(N, 2) where the torso appears from the picture's centre, in picture diagonals."""
    truth_2d: Array
    """(N, 13, 2) px, where the joints appear."""
    truth: Array
    """(N, 13, 3) m, torso-centred."""
    legs: npt.NDArray[np.bool_]
    """(N,) True where the legs are in the picture: a full-body class is right, else an upper."""

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, rows: npt.NDArray[np.integer] | slice) -> LiftingSamples:
        return LiftingSamples(*(getattr(self, f.name)[rows] for f in fields(self)))

    @staticmethod
    def joined(parts: list[LiftingSamples]) -> LiftingSamples:
        """All samples of several, in order."""
        names = [f.name for f in fields(LiftingSamples)]
        return LiftingSamples(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))

    def save(self, path: Path) -> None:
        """Write all of it, as an .npz in single precision."""
        arrays = {f.name: getattr(self, f.name).astype(np.float32) for f in fields(self)}
        arrays["legs"] = self.legs
        with writing(path) as partial, partial.open("wb") as file:
            np.savez(file, **arrays)

    @staticmethod
    def load(path: Path) -> LiftingSamples:
        """Read what `save` wrote."""
        with np.load(path) as file:
            return LiftingSamples(**{f.name: file[f.name] for f in fields(LiftingSamples)})

    def mirrored(self, rows: npt.NDArray[np.bool_]) -> LiftingSamples:
        """The same with some rows seen in a mirror: x turned, left and right exchanged.

        Pixels turn about x = 0; where that is does not matter to the network, which sees joints
        from the torso. A person in a mirror is a person: chirality is kept by the exchange.

        Args:
            rows: (N,) which.
        """
        changed = []
        for f in fields(self):
            values = getattr(self, f.name).copy()
            if f.name == "aside":
                values[rows, 0] *= -1
            elif f.name != "legs":
                values[rows] = values[rows][:, MIRRORED]
                if values.ndim == 3:
                    values[rows, :, 0] *= -1
            changed.append(values)
        return LiftingSamples(*changed)

    def with_errors(self, share_2d: Array, share_3d: Array) -> LiftingSamples:
        """The same people seen by a better or a worse backend: its errors made smaller or larger.

        Gross mistakes stay as they are: half a mistake, as a leg halfway to where the other one
        is, is what no backend makes.

        Args:
            share_2d: (N,) of the errors in 2D that stays.
            share_3d: (N,) of the errors in 3D.
        """
        truth = self.truth
        error_2d = self.joints_2d - self.truth_2d
        error_3d = centred(self.joints_3d) - truth
        gross = np.linalg.norm(error_3d, axis=-1).mean(axis=1) > GROSS_M
        share_2d, share_3d = np.where(gross, 1, share_2d), np.where(gross, 1, share_3d)
        return replace(
            self,
            joints_2d=self.truth_2d + share_2d[:, None, None] * error_2d,
            joints_3d=truth + share_3d[:, None, None] * error_3d,
        )

    def features(self, *, with_3d: bool = True) -> npt.NDArray[np.float32]:
        """(N, FEATURES) network input."""
        return features(
            self.joints_2d, self.scores, self.joints_3d if with_3d else None, self.aside
        )


def classes_of(samples: LiftingSamples, anchors: Anchors) -> npt.NDArray[np.intp]:
    """(N,) the right class: the nearest anchor in 3D, its upper-body twin where legs are cut off.

    The nearest in 3D alone, full or upper by what is visible: a distance that mixes metres with
    box units, as in public training code, would weigh one against the other at will.
    """
    return anchors.nearest(samples.truth) + np.where(samples.legs, 0, len(anchors))


def corrections_of(samples: LiftingSamples, anchors: Anchors, classes: npt.NDArray) -> Array:
    """What the network should say for given classes: truth less anchor pose.

    Args:
        samples: N of them.
        anchors: K of them.
        classes: (N, C) in 0 to 2 K - 1.

    Returns:
        (N, C, 65): 2D in units of the box as seen, then 3D in metres.
    """
    K = len(anchors)
    full, upper = input_boxes(samples.joints_2d)
    within = np.stack([in_box(samples.truth_2d, box) for box in (full, upper)], axis=1)
    rows = np.arange(len(samples))[:, None]
    in_2d = within[rows, (classes >= K).astype(int)] - anchors.joints_2d[classes]
    in_3d = samples.truth[:, None] - anchors.joints[classes % K]
    N, C = classes.shape
    return np.concatenate([in_2d.reshape(N, C, 26), in_3d.reshape(N, C, 39)], axis=-1)


def centred(joints: Array) -> Array:
    """(N, 13, 3) poses with the torso at the origin."""
    return joints - torso(joints, JOINT_SET)
