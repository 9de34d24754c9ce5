"""Two people's poses over time as an image of three channels: where, how fast, how much faster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from recognizers.inputs.batch import ClipBatch
from recognizers.sta.joint_order import LAYOUT, ORDERS, Order, order_of, slots
from wildpose.joints import joint_set as joint_set_of

PEOPLE = 2  # places in the tensor, and in the four hands
Centre = Literal["frame", "first"]
Derivatives = Literal["clip", "sampled"]
# By the numbers that files keep of them: others are added at the end.
CENTRES: tuple[Centre, ...] = ("frame", "first")
DERIVATIVES: tuple[Derivatives | None, ...] = (None, "clip", "sampled")


class PoseTensor(nn.Module):
    """Clips as X of Baradel et al. 2017, section 3.1: a line per frame, a column per coordinate.

    The columns are the first person's joints in an order that follows the body, x, y, z of each,
    then the second person's. Who was not seen in a frame is zero there. Velocity and acceleration
    are those of the centred joints: the origin's own are taken off.

    How poses are shown is kept with the weights, which mean nothing where it is other and no shape
    tells: to load weights of other poses is refused. Files of earlier versions keep the order
    alone; of the rest they are taken to be alike.
    """

    order: Tensor
    """(S,) indices of kinect25."""
    scales: Tensor
    """(3,) of the channels."""
    choices: Tensor
    """(2,) which of CENTRES, and which of DERIVATIVES."""
    entries: Tensor
    """(S, J) weights that make them of the joints that there are."""
    middle: Tensor
    """(J,) weights that make the middle of the spine."""

    def __init__(
        self, *, joint_set: str, order: Order = "tour", centre: Centre = "frame",
        derivatives: Derivatives | None = None, scales: Sequence[float] = (1.0, 1.0, 1.0),
    ):  # fmt: skip
        """Set up.

        Args:
            joint_set: name of the joint set that batches are in; any is put into kinect25's places.
            order: of the entries. tour: 50, along the body and back. random: those 50, shuffled.
                topological: 25, each joint once.
            centre: the origin for both people, the middle of the spine of the first one seen:
                of every frame, or of the first frame that shows anybody.
            derivatives: clip: the batch's, taken at the clip's own rate. sampled: differences of
                the frames that there are. None: the batch's where it has them, or else differences.
            scales: by which positions, velocities and accelerations are multiplied. The batch's
                are in m/s and m/s2, with noise that is large beside positions: (1, 1 / rate,
                1 / rate**2) makes them metres per frame.

        Raises:
            ValueError: an argument is none of those allowed.
        """
        super().__init__()
        for name, value, allowed in (
            ("centre", centre, CENTRES), ("derivatives", derivatives, DERIVATIVES),
        ):  # fmt: skip
            if value not in allowed:
                raise ValueError(f"{name} {value!r} is none of {', '.join(map(str, allowed))}")
        if len(scales) != 3:
            raise ValueError(f"scales must be 3, for position and both derivatives, got {scales}")
        self.centre, self.derivatives = centre, derivatives
        places = torch.tensor(slots(joint_set), dtype=torch.float32)
        chosen = torch.tensor(order_of(order))
        middle = joint_set_of(LAYOUT).index("spine_mid")
        self.register_buffer("order", chosen)
        self.register_buffer("scales", torch.tensor(scales, dtype=torch.float32))
        choices = CENTRES.index(centre), DERIVATIVES.index(derivatives)
        self.register_buffer("choices", torch.tensor(choices))
        self.register_buffer("entries", places[chosen], persistent=False)
        self.register_buffer("middle", places[middle], persistent=False)

    @property
    def columns(self) -> int:
        """Of the tensor: 300 for the tour."""
        return PEOPLE * len(self.order) * 3

    def forward(self, batch: ClipBatch) -> Tensor:
        """(B, 3, T, columns); channels are position, velocity and acceleration.

        Metres and seconds where the batch has derivatives, metres and frames where it has none;
        times `scales`.

        Raises:
            ValueError: the batch's derivatives are asked for and there are none.
        """
        seen = batch.mask
        motion = self._motion(batch)  # (B, M, T, J, 3 channels, 3)
        origin = self._origin(motion, seen)  # (B, T, 3 channels, 3)
        placed = torch.einsum("sj,bmtjkc->bmtskc", self.entries, motion)
        centred = (placed - origin[:, None, :, None]) * self.scales[:, None]
        centred = centred.masked_fill(~seen[..., None, None, None], 0)
        filled = pad(centred, (0, 0) * 4 + (0, PEOPLE - seen.shape[1]))
        return filled.permute(0, 4, 2, 1, 3, 5).flatten(3)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any],
        strict: bool,  # noqa: FBT001  # nn's
        missing_keys: list[str], unexpected_keys: list[str], error_msgs: list[str],
    ) -> None:  # fmt: skip
        """As of any module, but that poses which are shown otherwise are an error."""
        own = {"order": self.order, "scales": self.scales, "choices": self.choices}
        if prefix + "order" in state_dict:
            for name in ("scales", "choices"):  # which files of earlier versions lack
                state_dict.setdefault(prefix + name, own[name])
        stored = {name: state_dict.get(prefix + name, own[name]) for name in own}
        if line := _difference(_shown(**stored), _shown(**own)):
            error_msgs.append(line)
            return
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )

    def _motion(self, batch: ClipBatch) -> Tensor:
        """(B, M, T, J, 3, 3): position, velocity and acceleration of each joint, zero unseen."""
        if batch.derivatives is None and self.derivatives == "clip":
            raise ValueError(
                "derivatives 'clip': the batch has none; take 'sampled', differences of its frames"
            )
        hidden = ~batch.mask[..., None, None]
        joints = batch.joints.masked_fill(hidden, 0)
        if batch.derivatives is None or self.derivatives == "sampled":
            changes = differences(joints, batch.mask)
        else:
            changes = batch.derivatives.masked_fill(hidden[..., None], 0)
        return torch.cat([joints[..., None, :], changes], dim=-2)

    def _origin(self, motion: Tensor, seen: Tensor) -> Tensor:
        """(B, T, 3, 3): where the origin is in each frame, and how it moves."""
        middle = torch.einsum("j,bmtjkc->bmtkc", self.middle, motion)
        first = seen.int().argmax(dim=1)  # (B, T) the first person who is there
        which = first[:, None, :, None, None].expand(-1, 1, -1, *middle.shape[3:])
        origin = middle.gather(1, which)[:, 0]
        if self.centre == "frame":
            return origin
        start = seen.any(dim=1).int().argmax(dim=1)  # (B,) the first frame that shows anybody
        still = origin[torch.arange(len(start), device=start.device), start].clone()
        still[:, 1:] = 0  # it does not move
        return still[:, None].expand_as(origin)


def _shown(order: Tensor, scales: Tensor, choices: Tensor) -> dict[str, str]:
    """The arguments of a tensor that keeps these, as a config has them."""
    orders = {indices: repr(name) for name, indices in ORDERS.items()}
    centre, derivatives = choices.tolist()
    return {
        "order": orders.get(tuple(order.tolist()), "unknown"),
        "centre": dict(enumerate(map(repr, CENTRES))).get(centre, "unknown"),
        "derivatives": dict(enumerate(map(repr, DERIVATIVES))).get(derivatives, "unknown"),
        "scales": f"({', '.join(f'{scale:g}' for scale in scales.tolist())})",
    }


def _difference(there: Mapping[str, str], here: Mapping[str, str]) -> str | None:
    """A line that says in which arguments two differ; None: in none."""
    other = [name for name in here if there[name] != here[name]]
    if not other:
        return None
    theirs, own = (", ".join(f"{name}={of[name]}" for name in other) for of in (there, here))
    named = " and ".join(f"network.{name}" for name in other)
    return (
        f"poses are shown with {theirs} there, {own} here: give {named} as there, or train both "
        "stages alike"
    )


def differences(joints: Tensor, mask: Tensor) -> Tensor:
    """Velocity and acceleration per frame, by differences between frames that were seen.

    Velocity is half the step from the frame before to the frame after; where one of these was not
    seen, the whole step to or from the other. Acceleration is the difference of the two steps.
    Whatever frames are missing for is zero.

    Args:
        joints: (B, M, T, J, 3) in any unit, zeros where the mask is False.
        mask: (B, M, T) bool.

    Returns:
        (B, M, T, J, 2, 3), the unit per frame and per frame squared.
    """
    both = mask[:, :, 1:] & mask[:, :, :-1]
    steps = (joints[:, :, 1:] - joints[:, :, :-1]).masked_fill(~both[..., None, None], 0)
    into, out_of = pad(both, (1, 0)), pad(both, (0, 1))  # (B, M, T) is there a step?
    before = pad(steps, (0, 0, 0, 0, 1, 0))
    after = pad(steps, (0, 0, 0, 0, 0, 1))
    known = (into.int() + out_of.int()).clamp(min=1)[..., None, None]
    velocity = (before + after) / known
    inside = (into & out_of)[..., None, None]
    acceleration = (after - before).masked_fill(~inside, 0)
    return torch.stack([velocity, acceleration], dim=-2)
