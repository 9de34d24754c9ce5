"""How mmpose's lifters want 2D joints, and what their numbers mean, by the codec of their config.

The same numbers as VideoPoseLifting, ImagePoseLifting and MotionBERTLabel of mmpose 1.3
(mmpose/codecs), for many windows at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wildpose.joints import joint_set

Array = npt.NDArray[np.floating]
JOINTS = 17
FACTOR = 4.0  # millimetres for a pixel of Human3.6M's pictures, where no camera is known


@dataclass(frozen=True)
class Codec:
    """What goes into a network, and what comes out of it."""

    encode: Callable[[Array], npt.NDArray[np.float32]]
    """Of (N, L, 17, 2) px: what the network is given."""
    decode: Callable[[Array], Array]
    """Of what it gives: (N, L', 17, 3) m, camera axes, from about the pelvis."""
    tells_all: bool
    """Whether it tells of all frames of a window (L' = L) or of one (L' = 1)."""
    mirrored: Callable[[Array], Array] | None = None
    """What it is given or gives, as seen in a mirror; None where mmpose never mirrors it."""


def _video_pose(settings: Mapping[str, Any], picture: tuple[int, int]) -> Codec:
    """Pixels from the picture's middle, in halves of its width; metres (Pavllo et al. 2019)."""
    W, H = picture

    def encode(joints: Array) -> npt.NDArray[np.float32]:
        return _in_rows((joints - np.array([W / 2, H / 2])) / (W / 2), settings)

    def decode(found: Array) -> Array:
        return _with_root(found, settings)[:, None]

    return Codec(encode, decode, tells_all=False)


def _image_pose(settings: Mapping[str, Any], picture: tuple[int, int]) -> Codec:  # noqa: ARG001
    """Pixels and metres by the means and deviations in the config (Martinez et al. 2017)."""
    seen = _standard(settings, "keypoints")
    known = _standard(settings, "target")

    def encode(joints: Array) -> npt.NDArray[np.float32]:
        return _in_rows((joints - seen[0]) / seen[1], settings)

    def decode(found: Array) -> Array:
        return _with_root(found * known[1] + known[0], settings)[:, None]

    return Codec(encode, decode, tells_all=False)


def _motionbert(settings: Mapping[str, Any], picture: tuple[int, int]) -> Codec:
    """Pixels as by VideoPose3D; 3D in the same, all frames at once (Zhu et al. 2023)."""
    W, H = picture

    def encode(joints: Array) -> npt.NDArray[np.float32]:
        scaled = joints / W * 2 - np.array([1, H / W])
        return _with_visibility(scaled, settings).astype(np.float32)

    def decode(found: Array) -> Array:
        root = found[..., [_root(settings)], :]
        if settings.get("rootrel", False):
            found = found.copy()
            found[..., 0, :] = 0
            root = found[..., [_root(settings)], :]
        return (found - root) * (W / 2 * FACTOR / 1000)

    return Codec(encode, decode, tells_all=True, mirrored=_mirrored)


_CODECS: dict[str, Callable[[Mapping[str, Any], tuple[int, int]], Codec]] = {
    "VideoPoseLifting": _video_pose,
    "ImagePoseLifting": _image_pose,
    "MotionBERTLabel": _motionbert,
}


def codec_of(settings: Mapping[str, Any], picture: tuple[int, int]) -> Codec:
    """The codec that a config describes.

    Args:
        settings: `type` and options, as in the config.
        picture: width and height of the pictures that joints are in, px.

    Raises:
        ValueError: there is no such codec here, or it is of other joints.
    """
    kind = str(settings.get("type")).rpartition(".")[2]
    if kind not in _CODECS:
        raise ValueError(f"its codec {kind} is none of {', '.join(_CODECS)}")
    if settings.get("num_keypoints") != JOINTS:
        raise ValueError(
            f"it is for {settings.get('num_keypoints')} joints, and not for Human3.6M's {JOINTS}"
        )
    return _CODECS[kind](settings, picture)


def _mirrored(values: Array) -> Array:
    """(..., 17, C) with x first: x turned round about the picture's middle, sides exchanged."""
    turned = values[..., list(joint_set("h36m17").mirrored), :].copy()
    turned[..., 0] *= -1
    return turned


def _in_rows(joints: Array, settings: Mapping[str, Any]) -> npt.NDArray[np.float32]:
    """(N, 17 C, L) of (N, L, 17, 2): a row for each coordinate."""
    joints = _with_visibility(joints, settings)
    N, L = joints.shape[:2]
    return joints.transpose(0, 2, 3, 1).reshape(N, -1, L).astype(np.float32)


def _with_visibility(joints: Array, settings: Mapping[str, Any]) -> Array:
    """Ones beside x and y where the network wants to be told what is seen: mmpose tells it so."""
    if not settings.get("concat_vis", False):
        return joints
    return np.concatenate([joints, np.ones_like(joints[..., :1])], axis=-1)


def _with_root(found: Array, settings: Mapping[str, Any]) -> Array:
    """(N, 17, 3) from the pelvis, of (N, 16, 3) where the network leaves that out."""
    if settings.get("remove_root", False):
        return np.insert(found, _root(settings), 0.0, axis=1)
    return found


def _root(settings: Mapping[str, Any]) -> int:
    return int(np.ravel(settings.get("root_index", 0))[0])


def _standard(settings: Mapping[str, Any], what: str) -> tuple[Array, Array]:
    """Mean and deviation, (J, C) each; 0 and 1 where the config has none."""
    mean, deviation = (settings.get(f"{what}_{part}") for part in ("mean", "std"))
    if mean is None or deviation is None:
        return np.zeros(1), np.ones(1)
    return np.array(mean, dtype=float), np.array(deviation, dtype=float)
