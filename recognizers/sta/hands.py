"""What the hands of two people look like: crops, or features that were made of them before."""

from __future__ import annotations

from hashlib import sha256

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad

from recognizers.backbones import Backbone
from recognizers.inputs.batch import ClipBatch
from recognizers.sta.pose_tensor import PEOPLE

HANDS = 2 * PEOPLE  # attention points: left and right of the first person, then of the second
AT_ONCE = 64  # crops that a network which does not learn reads at a time, to save memory


class GlimpseSensor(nn.Module):
    """f_g: an image network that turns each crop into a vector (Baradel et al. 2017, eq. 2)."""

    def __init__(self, backbone: Backbone, *, size: int = 299):
        """Set up.

        Args:
            backbone: an image network of `recognizers.backbones`.
            size: px, to which crops are resized; the paper's 299 is Inception V3's.

        Raises:
            ValueError: the size is not positive.
        """
        super().__init__()
        if size < 1:
            raise ValueError(f"crop_size must be 1 px or more, got {size}")
        self.backbone, self.size = backbone, size
        self.channels = backbone.channels

    def forward(self, hands: Tensor, present: Tensor) -> Tensor:
        """Features of the crops of those who are there; zero for the others, which cost nothing.

        Args:
            hands: (B, T, H, 3, S, S) uint8 RGB.
            present: (B, T, H) bool.

        Returns:
            (B, T, H, channels).
        """
        crops = hands[present]
        learns = any(weight.requires_grad for weight in self.backbone.parameters())
        at_once = max(len(crops), 1) if learns else AT_ONCE
        found = [self._looked(some) for some in crops.split(at_once) if len(some)]
        if not found:
            return torch.zeros(*present.shape, self.channels, device=hands.device)
        features = torch.cat(found)
        empty = features.new_zeros(*present.shape, self.channels)
        return empty.index_put((present,), features)

    def fingerprint(self) -> str:
        """By what features of this network are told from others': InceptionV3_299_1a2b3c4d5e6f.

        Its type, the size of crops, and a hash of all its numbers: of weights in half precision, as
        a recognizer's file keeps them. What is read from there makes the same features, to within
        what files of features can tell.
        """
        kind, own = type(self.backbone).__name__, getattr(self.backbone, "size", self.size)
        digest = sha256(f"{kind} {self.size} {own}".encode())
        weights = {name: weight.half() for name, weight in self.backbone.named_parameters()}
        buffers = {name: b for name, b in self.backbone.named_buffers() if b.is_floating_point()}
        for name, value in {**weights, **buffers}.items():
            digest.update(f"{name} {tuple(value.shape)}".encode())
            digest.update(value.detach().cpu().contiguous().numpy().tobytes())
        return f"{kind}_{self.size}_{digest.hexdigest()[:12]}"

    def _looked(self, crops: Tensor) -> Tensor:
        """(N, channels) of (N, 3, S, S)."""
        pictures = self.backbone.normalised(crops)
        if pictures.shape[-1] != self.size:
            pictures = interpolate(
                pictures, (self.size, self.size), mode="bilinear", align_corners=False
            )
        return self.backbone(pictures)


def sensor_in(network: nn.Module) -> GlimpseSensor | None:
    """The image network for hands that a network has as a part; None: it has none."""
    return next((part for part in network.modules() if isinstance(part, GlimpseSensor)), None)


def hands_present(mask: Tensor) -> Tensor:
    """(B, T, 4) bool: a hand is there where its owner was seen; a second person may be missing.

    Args:
        mask: (B, M, T) bool, M is 1 or 2.
    """
    own = mask.transpose(1, 2).repeat_interleave(2, dim=2)
    return pad(own, (0, HANDS - own.shape[2]))


def glimpses(batch: ClipBatch, sensor: GlimpseSensor | None, *, channels: int) -> Tensor:
    """Features of all four hands over time, zero where nobody is.

    Features that the batch brings are taken as they are; crops go through the sensor.

    Args:
        batch: with `hands` or `hand_features`.
        sensor: for crops; None: there is none.
        channels: D of the features.

    Returns:
        (B, T, 4, D).

    Raises:
        ValueError: the batch has neither, has crops and there is no sensor, or has other shapes.
    """
    B, M, T = batch.mask.shape
    present = batch.mask.transpose(1, 2).repeat_interleave(2, dim=2)  # (B, T, 2 M)
    if batch.hand_features is not None:
        _check_shape("hand_features", batch.hand_features, (B, T, 2 * M, channels))
        found = batch.hand_features.masked_fill(~present[..., None], 0)
    elif batch.hands is None:
        raise ValueError("the batch has neither hands nor hand_features: the RGB stream needs one")
    elif sensor is None:
        raise ValueError("the batch has crops of hands, which need a backbone: name one")
    else:
        S = batch.hands.shape[-1]
        _check_shape("hands", batch.hands, (B, T, 2 * M, 3, S, S))
        found = sensor(batch.hands, present)
    return pad(found, (0, 0, 0, HANDS - 2 * M))


def _check_shape(name: str, tensor: Tensor, wanted: tuple[int, ...]) -> None:
    if tensor.shape != wanted:
        raise ValueError(f"expected {name} {wanted}, got {tuple(tensor.shape)}")
