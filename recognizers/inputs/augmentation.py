"""Clips as they might have been: turned, larger, trembling, with joints lost, in other light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from wildpose.joints import joint_set

Array = npt.NDArray[np.floating]
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
SHARES = ("lost_joints", "mirror", "exchanged", "shortest", "size", "stretch", "colours")
MIDDLE = 127.5  # of a picture's values
MIRROR = np.array([-1.0, 1.0, 1.0], dtype=np.float32)


@dataclass(frozen=True)
class Augmentation:
    """What may happen to a clip in training; nothing by default."""

    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Radians about x, y (up) and z, up to which a clip is turned either way."""
    size: float = 0.0
    """Share by which everything may be larger or smaller."""
    stretch: float = 0.0
    """The same for each axis on its own: another build."""
    noise: float = 0.0
    """m, deviation of each coordinate in each frame."""
    wander: float = 0.0
    """m, deviation of a joint's error that stays through the clip."""
    lost_joints: float = 0.0
    """Share of joints that are put into the origin through the clip; body axes: into the torso."""
    mirror: float = 0.0
    """Share of clips that are seen in a mirror; 0 where classes differ by side."""
    exchanged: float = 0.0
    """Share of clips in which left is taken for right, as sensors do that see people's backs."""
    shortest: float = 1.0
    """Share of a clip that is seen at least, from a random begin to a random end."""
    held_s: float = 0.0
    """Seconds for which the first and the last pose are held at most: clips of data sets are cut
    where the action begins and ends, and in videos people rest before and after."""
    colours: float = 0.0
    """Share by which the light and the contrast of a clip's pictures, and half by which each of the
    three colours, may be more or less."""

    def __post_init__(self) -> None:
        for name in SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share, from 0 to 1, got {getattr(self, name)}")
        for name in ("noise", "wander", "held_s"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be 0 or more, got {getattr(self, name)}")

    def __call__(
        self, joints: Array, mask: Mask, joint_set_name: str, rng: np.random.Generator
    ) -> Array:
        """The joints of a clip, changed.

        Args:
            joints: (M, T, J, 3) m, y up.
            mask: (M, T).
            joint_set_name: of the joints.
            rng: seeded.

        Returns:
            (M, T, J, 3) of the same type; zeros where the mask is False.
        """
        M, _, J, _ = joints.shape
        changed = joints @ self._linear(rng).astype(joints.dtype)
        if self.exchanged and rng.random() < self.exchanged:
            changed = changed[:, :, list(joint_set(joint_set_name).mirrored)]
        if self.mirror and rng.random() < self.mirror:
            changed = changed[:, :, list(joint_set(joint_set_name).mirrored)] * MIRROR
        if self.noise:
            changed = changed + self.noise * rng.standard_normal(joints.shape, np.float32)
        if self.wander:
            changed = changed + self.wander * rng.standard_normal((M, 1, J, 3), np.float32)
        if self.lost_joints:
            kept = rng.random((M, 1, J, 1)) >= self.lost_joints
            changed = changed * kept.astype(joints.dtype)
        return np.where(mask[..., None, None], changed, np.zeros((), joints.dtype))

    def recoloured(self, pictures: Bytes, rng: np.random.Generator) -> Bytes:
        """Pictures of a clip, all in the same other light.

        Args:
            pictures: (..., 3, H, W) RGB.
            rng: seeded.
        """
        if not self.colours:
            return pictures
        c = self.colours
        light, contrast = 1 + rng.uniform(-c, c, 2)
        each = light * (1 + rng.uniform(-c / 2, c / 2, 3))
        values = MIDDLE + contrast * (each[:, None] * np.arange(256.0) - MIDDLE)
        table = np.clip(np.round(values), 0, 255).astype(np.uint8)
        changed = [table[i][pictures[..., i, :, :]] for i in range(3)]
        return np.stack(changed, axis=-3)

    def _linear(self, rng: np.random.Generator) -> Array:
        """(3, 3) a turn and a size, to be multiplied from the right."""
        most = np.array(self.turn)
        turn = Rotation.from_euler("xyz", rng.uniform(-most, most)).as_matrix()
        sizes = (1 + rng.uniform(-self.size, self.size)) * (
            1 + rng.uniform(-self.stretch, self.stretch, 3)
        )
        return sizes[:, None] * turn.T
