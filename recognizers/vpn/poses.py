"""From a batch's skeletons to what a pose backbone reads: so many steps, one body or more."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from wildpose.joints import joint_set as joint_set_of
from wildpose.joints import torso


class Poses(NamedTuple):
    """Poses side by side, of everybody who is read."""

    joints: Tensor
    """(B, T, N, 3) m; zeros where nobody was seen. N nodes are J joints of each person in turn."""
    seen: Tensor
    """(B, T, N) bool."""

    @property
    def present(self) -> Tensor:
        """(B,) bool, whether anybody was seen in a clip."""
        return self.seen.flatten(1).any(dim=1)


class PoseReader(nn.Module):
    """The first people of a clip, about the middle of the first one in the first frame.

    That is joint 1 of Kinect's skeletons, the middle of the spine, as in the authors' code; of
    other joint sets it is the torso.
    """

    centre: Tensor

    def __init__(self, *, joint_set: str, people: int, steps: int, centred: bool = True):
        """Set up.

        Args:
            joint_set: name of the joint set.
            people: M, so many are read; who comes behind them is not.
            steps: T of the result.
            centred: False leaves the origin where it is.

        Raises:
            ValueError: no such joint set.
        """
        super().__init__()
        joints = joint_set_of(joint_set)
        self.people, self.steps, self.joints, self.centred = people, steps, len(joints), centred
        each = np.eye(len(joints), dtype=np.float32)
        spine = joints.names[1] == "spine_mid"
        centre = each[1] if spine else torso(each, joint_set)[0]
        self.register_buffer("centre", torch.tensor(centre), persistent=False)

    def forward(self, joints: Tensor, mask: Tensor) -> Poses:
        """Poses of B clips; what lies under a False mask is not read.

        Args:
            joints: (B, any number of people, up to T, J, 3) m. Fewer frames are followed by
                frames of nobody, as the authors' code fills up its last segment.
            mask: (B, people, frames) bool, True where the person was seen.

        Raises:
            ValueError: other joints, more frames, or another mask.
        """
        self._check(joints, mask)
        joints, mask = joints[:, : self.people], mask[:, : self.people]
        people, frames = self.people - mask.shape[1], self.steps - mask.shape[2]
        mask = pad(mask, (0, frames, 0, people))
        joints = pad(joints, (0, 0, 0, 0, 0, frames, 0, people))
        hidden = ~mask[..., None, None]
        joints = joints.masked_fill(hidden, 0)
        if self.centred:
            joints = (joints - self._origin(joints, mask)).masked_fill(hidden, 0)
        seen = mask.transpose(1, 2).repeat_interleave(self.joints, dim=2)
        return Poses(joints.transpose(1, 2).flatten(2, 3), seen)

    def _origin(self, joints: Tensor, mask: Tensor) -> Tensor:
        """(B, 1, 1, 1, 3) where the first person seen is in the first frame that shows anybody."""
        clips = torch.arange(len(mask), device=mask.device)
        frame = mask.any(dim=1).int().argmax(dim=1)
        person = mask[clips, :, frame].int().argmax(dim=1)
        pose = joints[clips, person, frame]  # (B, J, 3)
        return (self.centre[:, None] * pose).sum(dim=1)[:, None, None, None]

    def _check(self, joints: Tensor, mask: Tensor) -> None:
        shape = tuple(joints.shape)
        right = len(shape) == 5 and shape[3:] == (self.joints, 3) and shape[2] <= self.steps
        if not right or mask.shape != shape[:3]:
            raise ValueError(
                f"expected joints (B, M, up to {self.steps}, {self.joints}, 3) with a mask "
                f"(B, M, T), got joints {shape}, mask {tuple(mask.shape)}"
            )
