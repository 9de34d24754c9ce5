"""Views of moving skeletons that a network may read beside the joints: bones, and motion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor

from recognizers.inputs.batch import ClipBatch

Stream = Literal["joint", "bone", "joint_motion", "bone_motion"]
STREAMS: tuple[Stream, ...] = get_args(Stream)


def skeleton_streams(batch: ClipBatch, streams: Sequence[Stream], parents: Tensor) -> Tensor:
    """Streams of a batch side by side, zero wherever they cannot be known.

    A bone is a joint less where its bone starts; motion is the step to the next frame (the four
    streams of Shi et al., Skeleton-based action recognition with multi-stream adaptive graph
    convolutional networks, 2020), known where both frames were seen: never in the last.

    Args:
        batch: what lies under a False mask is not read.
        streams: names out of STREAMS, in the order in which they are wanted.
        parents: (J, J) weights of the joints at which a row's bone starts, as in `SkeletonGraph`.

    Returns:
        (B, M, T, J, 3 x streams) m, for motion m per frame, in the axes of the batch.

    Raises:
        ValueError: a stream is unknown or named twice, or none is named.
    """
    check_streams(streams)
    seen = batch.mask[..., None, None]
    joints = batch.joints.masked_fill(~seen, 0)
    views = {"joint": joints}
    if any(name.startswith("bone") for name in streams):
        starts = torch.einsum("ij,bmtjc->bmtic", parents.to(joints.dtype), joints)
        views["bone"] = joints - starts
    return torch.cat(
        [
            motion(views[name.removesuffix("_motion")], batch.mask)
            if name.endswith("_motion")
            else views[name]
            for name in streams
        ],
        dim=-1,
    )


def motion(points: Tensor, mask: Tensor) -> Tensor:
    """Steps from each frame to the next; zero where either was not seen, and in the last frame.

    Args:
        points: (B, M, T, J, C) in any unit.
        mask: (B, M, T) bool, True where the person was seen.

    Returns:
        (B, M, T, J, C), same unit per frame.
    """
    both = mask[:, :, 1:] & mask[:, :, :-1]
    steps = (points[:, :, 1:] - points[:, :, :-1]).masked_fill(~both[..., None, None], 0)
    return torch.cat([steps, torch.zeros_like(points[:, :, :1])], dim=2)


def check_streams(streams: Sequence[str]) -> None:
    """Raise ValueError unless the names are of STREAMS, at least one, and none twice."""
    if not streams or len(set(streams)) < len(streams) or not set(streams) <= set(STREAMS):
        raise ValueError(
            f"streams {tuple(streams)!r}: name one or more of {', '.join(STREAMS)}, none twice"
        )
