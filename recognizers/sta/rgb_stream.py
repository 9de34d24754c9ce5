"""The RGB stream: a recurrent network that looks at hands, attending to some of them, sometimes."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn

from recognizers.sta.attention import Activation, Attention, drawn, even, heaviest
from recognizers.sta.hands import HANDS

Spatial = Literal["attention", "hard_attention", "sum", "concat"]
ATTENDING = ("attention", "hard_attention")
"""Those that weigh hands."""


class Reading(NamedTuple):
    """What the stream made of a batch."""

    features: Tensor
    """(B, U) the pooled features."""
    spatial: Tensor | None
    """(B, T, 4) weights p of the hands in each frame; None without spatial attention."""
    temporal: Tensor
    """(B, T) weights p' of the frames."""
    states: Tensor
    """(B, T, units) of the LSTM; each weighs the hands of the next frame."""


class RgbStream(nn.Module):
    """Glimpses of four hands to class scores (Baradel et al. 2017, sections 3.2 and 3.3).

    The paper lets the state at t weigh the hands that this state is then made of (eq. 3 to 5).
    Here it is the state before, and zero in the first frame.

    Hard attention is not the paper's. It looks at one hand at a time and tells the LSTM which, so
    that what was seen is known to be of that hand; a mixture of hands does not say whose it is.
    """

    def __init__(
        self, *, channels: int, frames: int, pose_features: int, classes: int,
        spatial: Spatial = "attention", temporal_attention: bool = True, units: int = 1024,
        features: int = 512, spatial_hidden: int = 256, temporal_hidden: int | None = 512,
        activation: Activation = "softmax", dropout: float = 0.5,
    ):  # fmt: skip
        """Set up.

        Args:
            channels: D of a glimpse.
            frames: T.
            pose_features: numbers of s that the attention reads; 0: it is not told of the pose.
            classes: A.
            spatial: attention: hands are weighed and added. hard_attention: in each frame one of
                them alone is looked at, in training by chance, as often as its weight says, else
                the one of most weight. sum: added as they are. concat: side by side.
            temporal_attention: weigh frames by how their hands were weighed, and by the pose;
                otherwise their features are averaged.
            units: of the LSTM.
            features: U of f_u, which pools over time.
            spatial_hidden: units of f_p's hidden layer.
            temporal_hidden: of f'_p's; None: f'_p is linear.
            activation: of both attentions.
            dropout: share of the pooled features that is dropped before they are classified.

        Raises:
            ValueError: an argument is none of those allowed, or they do not go together.
        """
        super().__init__()
        if spatial not in get_args(Spatial):
            raise ValueError(f"spatial {spatial!r} is none of {', '.join(get_args(Spatial))}")
        if temporal_attention and spatial not in ATTENDING:
            raise ValueError(
                f"temporal_attention reads the weights of spatial='attention' or 'hard_attention', "
                f"got {spatial!r}"
            )
        self.units, self.spatial = units, spatial
        self.weigh_hands = self.weigh_frames = None
        if spatial in ATTENDING:
            known = units + pose_features
            self.weigh_hands = Attention(known, HANDS, hidden=spatial_hidden, activation=activation)
        if temporal_attention:
            known = frames * HANDS + pose_features
            self.weigh_frames = Attention(
                known, frames, hidden=temporal_hidden, activation=activation
            )
        read = {"concat": HANDS * channels, "hard_attention": channels + HANDS}
        self.cell = nn.LSTMCell(read.get(spatial, channels), units)
        self.feature = nn.Sequential(nn.Linear(units, features), nn.ReLU())  # f_u
        self.drop = nn.Dropout(dropout)
        self.classify = nn.Linear(features, classes)

    def forward(self, reading: Reading) -> Tensor:
        """(B, A) logits of what was read."""
        return self.classify(self.drop(reading.features))

    def read(self, glimpses: Tensor, present: Tensor, pose: Tensor) -> Reading:
        """Features and attention of a batch.

        Args:
            glimpses: (B, T, 4, D), zero where a hand is absent.
            present: (B, T, 4) bool.
            pose: (B, pose_features) s; of no columns where the attention is not told of it.
        """
        states, spatial = self._states(glimpses, present, pose)
        seen = present.any(dim=2)
        if self.weigh_frames is None:
            temporal = even(seen)
        else:
            assert spatial is not None
            temporal = self.weigh_frames(torch.cat([spatial.flatten(1), pose], dim=1), seen)
        pooled = torch.einsum("btu,bt->bu", self.feature(states), temporal)
        return Reading(pooled, spatial, temporal, states)

    def _states(
        self, glimpses: Tensor, present: Tensor, pose: Tensor
    ) -> tuple[Tensor, Tensor | None]:
        """(B, T, units) states, and the weights of the hands."""
        hidden = memory = glimpses.new_zeros(len(glimpses), self.units)
        states, weights = [], []
        for looked, there in zip(glimpses.unbind(1), present.unbind(1), strict=True):
            given = None
            if self.weigh_hands is not None:
                wanted = self.weigh_hands(torch.cat([hidden, pose], dim=1), there)
                given = self._looks(wanted, there)
                weights.append(given)
            hidden, memory = self.cell(self._mixed(looked, given), (hidden, memory))
            states.append(hidden)
        return torch.stack(states, dim=1), torch.stack(weights, dim=1) if weights else None

    def _looks(self, weights: Tensor, there: Tensor) -> Tensor:
        """(B, 4) how much each hand is looked at, by how much it counts."""
        if self.spatial == "attention":
            return weights
        return drawn(weights, there) if self.training else heaviest(weights, there)

    def _mixed(self, looked: Tensor, weights: Tensor | None) -> Tensor:
        """(B, ...) what the LSTM reads of (B, 4, D) glimpses."""
        if weights is None:
            return looked.flatten(1) if self.spatial == "concat" else looked.sum(dim=1)
        mixed = torch.einsum("bhd,bh->bd", looked, weights)
        return torch.cat([mixed, weights], dim=1) if self.spatial == "hard_attention" else mixed
