"""The global model: a video network that names the action, and gives maps to look at.

Baradel et al., Glimpse Clouds, CVPR 2018, sections 3.1, 3.6 and 5.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from recognizers.backbones import Backbone, StagedBackbone

CONTEXT, LAST = 2, 3  # stages of a video network, whose maps are read


class Seen(NamedTuple):
    """What the video network saw in B clips."""

    maps: Tensor
    """(B, V, F, h, w) its last stage."""
    contexts: Tensor
    """(B, F, context) the mean of its last stage but one over each frame."""


class GlobalModel(nn.Module):
    """A video network that keeps time, with a classifier and a pose head on it."""

    def __init__(
        self, backbone: Backbone, *, joints: int, people: int, classes: int | None, poses: bool
    ):
        """Set up.

        Args:
            backbone: a video network with stages, see `recognizers.backbones`.
            joints: J of a person.
            people: M whose joints it finds.
            classes: A; None: no classifier.
            poses: whether it has a pose head.

        Raises:
            ValueError: the backbone has no stages.
        """
        super().__init__()
        if not isinstance(backbone, StagedBackbone):
            raise ValueError(
                f"{type(backbone).__name__} gives no maps of its stages: glimpses need a backbone "
                "that does, such as InflatedResNet50"
            )
        channels = backbone.stage_channels
        self.features, self.context = channels[LAST], channels[CONTEXT]
        self.joints, self.people = joints, people
        self.backbone = backbone
        self.pose = nn.Linear(self.context, people * joints * 2) if poses else None
        self.classify = None if classes is None else nn.Linear(self.features, classes)

    def forward(self, frames: Tensor) -> Seen:
        """Maps and contexts of (B, F, 3, H, W) uint8 RGB."""
        clips = self.backbone.normalised(frames).transpose(1, 2)
        stages = self.backbone.forward_stages(clips)
        return Seen(stages[LAST], stages[CONTEXT].mean(dim=(3, 4)).transpose(1, 2))

    def logits(self, maps: Tensor) -> Tensor:
        """(B, A) of the mean of (B, V, F, h, w) over space and time."""
        assert self.classify is not None
        return self.classify(maps.mean(dim=(2, 3, 4)))

    def poses(self, contexts: Tensor) -> Tensor:
        """(B, F, M, J, 2) in [-1, 1] of the picture, of (B, F, context) (eq. 13).

        Within bounds by a tanh, which equation 13 leaves out.
        """
        assert self.pose is not None
        B, F, _ = contexts.shape
        return self.pose(contexts).tanh().view(B, F, self.people, self.joints, 2)
