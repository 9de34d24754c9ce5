"""Two streams, poses and hands, of which the first steers the attention of the second.

Baradel, Wolf, Mille, "Pose-conditioned Spatio-Temporal Attention for Human Action Recognition",
2017, and its supplement. The rows of its tables are in `recognizers.sta.rows`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from recognizers.backbones import backbone_of
from recognizers.inattention import inside
from recognizers.inputs.batch import ClipBatch, check_labels
from recognizers.sta.attention import Activation
from recognizers.sta.hands import GlimpseSensor, glimpses, hands_present
from recognizers.sta.joint_order import Order
from recognizers.sta.pose_stream import PoseNetwork, PoseStream
from recognizers.sta.pose_tensor import PEOPLE, Centre, Derivatives, PoseTensor
from recognizers.sta.rgb_stream import ATTENDING, Reading, RgbStream, Spatial
from recognizers.stored_weights import stored_weights
from recognizers.taken_weights import take_over

Mode = Literal["pose", "rgb", "both"]
CLASSIFIERS = ("pose.classify.", "rgb.classify.")


class PoseConditionedAttention(nn.Module):
    """Class scores from poses, from crops of hands, or from both, whose logits are added.

    It learns in two stages. First the mode pose. Then rgb or both, with `pose_network` the file of
    the first stage and `freeze_pose`: the RGB stream learns, told of the pose by features that stay
    as they are. Each stream has a cross-entropy of its own; adding logits learns nothing.

    Reads clips of so many frames as `frames` says. Without its image network it has 38,989,840
    weights for 60 classes; 4,096 fewer, the paper's 38 million, if the LSTM has one bias, not
    torch's two.
    """

    def __init__(
        self, *, joint_set: str, people: int, classes: int, mode: Mode = "both", frames: int = 20,
        order: Order = "tour", centre: Centre = "frame", derivatives: Derivatives | None = None,
        scales: Sequence[float] = (1.0, 1.0, 1.0), widths: Sequence[int] = (64, 64),
        pose_features: int = 1024, pose_network: str | None = None, freeze_pose: bool = False,
        backbone: dict[str, Any] | None = None, hand_channels: int = 2048, crop_size: int = 299,
        spatial: Spatial = "attention", temporal_attention: bool = True, conditioned: bool = True,
        attention_activation: Activation = "softmax", spatial_hidden: int = 256,
        temporal_hidden: int | None = 512, units: int = 1024, rgb_features: int = 512,
        dropout: float = 0.5, initial: str | None = None,
    ):  # fmt: skip
        """Set up.

        Args:
            joint_set: name of the joint set that batches are in.
            people: at most so many in a clip, 1 or 2.
            classes: A.
            mode: the streams that score: pose, rgb or both.
            frames: T of every clip.
            order: of the joints, see `PoseTensor`, as are centre, derivatives and scales.
            centre: the origin.
            derivatives: which velocities and accelerations.
            scales: of the three channels.
            widths: of the pose network's first two layers.
            pose_features: numbers of s.
            pose_network: file of a network of mode pose, whose pose stream this one begins with.
            freeze_pose: it learns no more, and nothing in it is dropped.
            backbone: config of the image network for crops, as `recognizers.backbones` takes it;
                None: batches bring hand_features.
            hand_channels: D of those; where a backbone is named, its own number counts.
            crop_size: px, of crops as the image network sees them.
            spatial: attention over hands, of many at once or of one at a time (hard_attention,
                not the paper's), their sum, or side by side (concat).
            temporal_attention: over frames; otherwise the mean.
            conditioned: both attentions read the pose features.
            attention_activation: softmax or sigmoid.
            spatial_hidden: units of f_p's hidden layer.
            temporal_hidden: of f'_p's; None: it is linear.
            units: of the LSTM.
            rgb_features: U, of f_u.
            dropout: share of each stream's features that is dropped before they are classified.
            initial: file of a network with these arguments, of another data set perhaps, to begin
                with; classifiers of another number of classes begin with zeros, and an image
                network it has not begins anew.

        Raises:
            ValueError: an argument is none of those allowed, or they do not go together.
            FileNotFoundError: `pose_network` or `initial` is no file.
        """
        super().__init__()
        if mode not in get_args(Mode):
            raise ValueError(f"mode {mode!r} is none of {', '.join(get_args(Mode))}")
        _check_sizes(people=people, classes=classes, frames=frames)
        self.people, self.classes, self.frames, self.mode = people, classes, frames, mode
        self.told = mode != "pose" and conditioned and spatial in ATTENDING
        self.freeze_pose = freeze_pose
        self.pose = self.rgb = self.sensor = None
        tensor = PoseTensor(
            joint_set=joint_set, order=order, centre=centre, derivatives=derivatives, scales=scales
        )
        self.joints = tensor.entries.shape[1]
        if mode != "rgb" or self.told:
            network = PoseNetwork(
                frames=frames, columns=tensor.columns, widths=widths, features=pose_features
            )
            self.pose = PoseStream(
                tensor, network, features=pose_features, dropout=dropout,
                classes=None if mode == "rgb" else classes,
            )  # fmt: skip
        if mode != "pose":
            self.sensor = _sensor(backbone, crop_size)
            self._channels = hand_channels if self.sensor is None else self.sensor.channels
            self.rgb = RgbStream(
                channels=self._channels, frames=frames, classes=classes, spatial=spatial,
                pose_features=pose_features if self.told else 0, units=units,
                temporal_attention=temporal_attention, features=rgb_features, dropout=dropout,
                spatial_hidden=spatial_hidden, temporal_hidden=temporal_hidden,
                activation=attention_activation,
            )  # fmt: skip
        self._begin(pose_network, initial)
        if freeze_pose:
            self._freeze()

    @property
    def reads_joints(self) -> bool:
        """Whether clips need joints, besides those by which squares around hands were cut out."""
        return self.pose is not None

    def forward(self, batch: ClipBatch) -> Tensor:
        """(B, A) logits, the sum over the streams.

        Raises:
            ValueError: the batch does not suit the network; the line says how.
        """
        return torch.stack(list(self.streams(batch).values())).sum(dim=0)

    def losses(self, batch: ClipBatch) -> dict[str, Tensor]:
        """Mean cross-entropy of each stream that learns.

        classification: the RGB stream's; of mode pose the pose stream's. pose: of mode both, the
        pose stream's, unless it is frozen.

        Raises:
            ValueError: as `forward`, or a label is not one of the classes.
        """
        check_labels(batch.labels, self.classes)
        logits = self.streams(batch)
        costs = {name: cross_entropy(found, batch.labels) for name, found in logits.items()}
        if self.freeze_pose:
            costs.pop("pose", None)
        first = next(iter(costs))
        return {"classification": costs.pop(first), **costs}

    def streams(self, batch: ClipBatch) -> dict[str, Tensor]:
        """(B, A) logits of each stream: 'rgb', 'pose' or first the one and then the other.

        Raises:
            ValueError: as `forward`.
        """
        batch = self._checked(batch)
        found = {}
        pose = None if self.pose is None else self.pose.features(batch)
        if self.rgb is not None:
            found["rgb"] = self.rgb(self._read(batch, pose))
        if self.mode != "rgb":
            assert self.pose is not None and pose is not None
            found["pose"] = self.pose(pose)
        return found

    def attention(self, batch: ClipBatch) -> tuple[Tensor, Tensor]:
        """How much each hand and each frame counted.

        Returns:
            (B, T, 4) weights of the left and right hand of the first person, then of the second,
            and (B, T) of the frames, the same for all that show anybody where time is not attended
            to. Zero for who and what was not seen. Hard attention has 1 for the hand that it looks
            at, which in training is drawn.

        Raises:
            ValueError: as `forward`, or the network has no spatial attention.
        """
        batch = self._checked(batch)
        pose = self.pose.features(batch) if self.told and self.pose is not None else None
        reading = None if self.rgb is None else self._read(batch, pose)
        if reading is None or reading.spatial is None:
            raise ValueError(
                "there is no attention: it needs mode 'rgb' or 'both' and spatial 'attention' or "
                "'hard_attention'"
            )
        return reading.spatial, reading.temporal

    def looked_at(self, batch: ClipBatch) -> tuple[Tensor, Tensor]:
        """What the attention could go by, and what there was to see.

        Returns:
            (B, T, units) states of the LSTM; (B, T, 4, D) features of the hands.

        Raises:
            ValueError: as `forward`, or the network does not look at hands.
        """
        batch = self._checked(batch)
        if self.rgb is None:
            raise ValueError("mode 'pose' does not look at hands")
        pose = self.pose.features(batch) if self.told and self.pose is not None else None
        seen = glimpses(batch, self.sensor, channels=self._channels)
        return self._read_of(seen, batch, pose).states, seen

    @property
    def hand_channels(self) -> int | None:
        """D of the features of hands that it reads; None: it does not look at hands."""
        return None if self.rgb is None else self._channels

    @property
    def attends(self) -> bool:
        """Whether it weighs hands, so that `attention` has something to say."""
        return self.rgb is not None and self.rgb.weigh_hands is not None

    def features(self, batch: ClipBatch) -> Tensor:
        """(B, U) what is classified, for drawing; of both streams the RGB stream's come first.

        Raises:
            ValueError: as `forward`.
        """
        batch = self._checked(batch)
        pose = None if self.pose is None else self.pose.features(batch)
        found = [] if self.rgb is None else [self._read(batch, pose).features]
        if self.mode != "rgb" and pose is not None:
            found.append(pose)
        return torch.cat(found, dim=1)

    def train(self, mode: bool = True) -> PoseConditionedAttention:  # noqa: FBT001, FBT002  # nn's
        """As of any module, but that a frozen pose stream drops nothing."""
        super().train(mode)
        if self.freeze_pose and self.pose is not None:
            self.pose.eval()
        return self

    def _read(self, batch: ClipBatch, pose: Tensor | None) -> Reading:
        seen = glimpses(batch, self.sensor, channels=self._channels)
        return self._read_of(seen, batch, pose)

    def _read_of(self, seen: Tensor, batch: ClipBatch, pose: Tensor | None) -> Reading:
        assert self.rgb is not None
        told = pose if self.told and pose is not None else seen.new_zeros(len(seen), 0)
        return self.rgb.read(seen, hands_present(batch.mask), told)

    def _checked(self, batch: ClipBatch) -> ClipBatch:
        """The batch, nobody seen in its padding."""
        B, M, T, *_ = shape = tuple(batch.joints.shape)
        wanted = (B, M, self.frames, self.joints, 3)
        if shape != wanted or self.people < M or batch.mask.shape != (B, M, T):
            raise ValueError(
                f"expected joints (B, up to {self.people}, {self.frames}, {self.joints}, 3) with a "
                f"mask (B, M, T), got joints {shape}, mask {tuple(batch.mask.shape)}"
            )
        return batch._replace(mask=batch.mask & inside(batch.lengths, T)[:, None])

    def _begin(self, pose_network: str | None, initial: str | None) -> None:
        """Take weights over from files."""
        if initial is not None:
            take_over(
                self,
                stored_weights(initial),
                path=initial,
                renewed=["sensor."],
                zeroed=CLASSIFIERS,
            )
        if pose_network is None:
            return
        if self.pose is None:
            raise ValueError("pose_network: there is no pose stream that it could be for")
        zeroed = () if self.freeze_pose else CLASSIFIERS
        stored = stored_weights(pose_network)
        take_over(self.pose, stored, path=pose_network, prefix="pose.", zeroed=zeroed)

    def _freeze(self) -> None:
        if self.mode == "pose" or self.pose is None:
            raise ValueError("freeze_pose would leave nothing to learn, or nothing to freeze")
        for weight in self.pose.parameters():
            weight.requires_grad = False


def _sensor(backbone: dict[str, Any] | None, size: int) -> GlimpseSensor | None:
    if backbone is None:
        return None
    return GlimpseSensor(backbone_of(backbone), size=size)


def _check_sizes(*, people: int, classes: int, frames: int) -> None:
    if not 1 <= people <= PEOPLE:
        raise ValueError(f"people must be 1 or {PEOPLE}, got {people}: there are 4 hands to see")
    if min(classes, frames) < 1:
        raise ValueError(f"classes and frames must be 1 or more, got {classes} and {frames}")
