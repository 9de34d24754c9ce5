"""Lifters of mmpose: VideoPose3D, MotionBERT, SimpleBaseline, each frame in its own window.

mmpose's own video inferencer forgets who was who from frame to frame, so that its lifters see
copies of one frame. Here they see the track: past and future around each frame, at the frame rate
that they learnt at, padded at its ends. Needs tools/install_openmmlab.sh.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from wildpose.bone_lengths import REFERENCE_LENGTHS, length_ratio
from wildpose.devices import device_named, in_half, threads_of_torch
from wildpose.joints import convert, convert_scores, torso
from wildpose.lifting.h36m_codecs import Codec, codec_of
from wildpose.lifting.h36m_joints import PICTURE, as_filmed_there, as_h36m, as_ours
from wildpose.lifting.track_windows import Look, answers, middles, stretches, windows
from wildpose.openmmlab.inference import type_name
from wildpose.openmmlab.models import built
from wildpose.types import Hypotheses, Track

Array = npt.NDArray[np.floating]
JOINT_SET = "lcr13"
FRAMES_AT_ONCE = 4096  # of all windows of a batch
FRAME_RATE = 50.0  # of Human3.6M, where a config does not tell
EVERY_S = 0.5  # between windows of networks that tell of all their frames


class MmposeLifter:
    """A network of mmpose's 3D configs as a lifter of one hypothesis."""

    def __init__(
        self,
        *,
        network: str,
        weights_dir: Path | None = None,
        offline: bool = False,
        threads: int | None = None,
        device: str = "auto",
        half: bool | None = None,
        trust_checkpoint: bool = False,
    ):
        """Build the network and load its weights.

        Args:
            network: a name as `wildpose.openmmlab.models.built` takes it.
            weights_dir: folder with checkpoints, looked at first.
            offline: never download.
            threads: for the network on a CPU; None for torch's own choice.
            device: auto, cpu or cuda[:N].
            half: compute in half precision; None: on a GPU.
            trust_checkpoint: read the checkpoint also where it could run code.

        Raises:
            ValueError: no such network or device, or it is no lifter of Human3.6M's joints.
            WeightsError: OpenMMLab's packages or the weights are absent or cannot be used.
        """
        self._threads = threads
        self._device = device_named(device)
        self._half = in_half(self._device, half=half)
        self.network, self.config, _ = built(
            "mmpose",
            network,
            weights_dir=weights_dir,
            offline=offline,
            device=self._device,
            trust=trust_checkpoint,
        )
        try:
            self.codec, self.look = codec_and_look(self.config)
        except ValueError as error:
            raise ValueError(f"mmpose:{network} cannot be used as a lifter: {error}") from None
        self._flips = bool((self.config.model.get("test_cfg") or {}).get("flip_test", False))

    def lift(self, track: Track) -> Iterator[Hypotheses]:
        """One hypothesis of each row."""
        source = track.joint_set
        joints_2d = convert(track.joints_2d, source, JOINT_SET)
        scores = convert_scores(track.scores, source, JOINT_SET).mean(axis=1)
        for rows in stretches(track.times):
            found = lifted(track.times[rows], joints_2d[rows], self.look, self.codec, self.asked)
            for joints, pixels, score in zip(found, joints_2d[rows], scores[rows], strict=True):
                yield Hypotheses(joints[None], pixels[None], score[None], np.zeros(1, dtype=int))

    def asked(self, given: npt.NDArray[np.float32]) -> Array:
        """What the network says, as its config has it also of the picture in a mirror."""
        mirrored = self.codec.mirrored
        if mirrored is None or not self._flips:
            return self._said(given)
        return (self._said(given) + mirrored(self._said(mirrored(given)))) / 2

    def _said(self, given: npt.NDArray[np.float32]) -> Array:
        network: Any = self.network
        device, half = self._device, self._half
        with (
            threads_of_torch(self._threads),
            torch.inference_mode(),
            torch.autocast(device.type, dtype=torch.float16, enabled=half),
        ):
            features = network.extract_feat(torch.from_numpy(given).to(device))
            if network.with_traj:  # where the pelvis is, which is not asked
                features = features[0]
            return network.head.forward(features).float().cpu().numpy()


def lifted(
    times: Array,
    joints_2d: Array,
    look: Look,
    codec: Codec,
    network: Callable[[npt.NDArray[np.float32]], Array],
) -> Array:
    """Poses of all rows of a stretch, each out of its own window.

    Args:
        times: (T,) s.
        joints_2d: (T, 13, 2) px.
        look: how much the network looks at.
        codec: of the network.
        network: given what `codec.encode` makes of windows, says what `codec.decode` reads.

    Returns:
        (T, 13, 3) m, camera axes, torso-centred.
    """
    seen = as_h36m(joints_2d)
    rows, owner = middles(times, look)
    found = np.zeros((len(times), *seen.shape[1:-1], 3))
    batch = max(1, FRAMES_AT_ONCE // look.frames)
    for start in range(0, len(rows), batch):
        some = rows[start : start + batch]
        shown = as_filmed_there(windows(times, seen, some, look))
        said = codec.decode(network(codec.encode(shown)))
        if not codec.tells_all:
            found[some] = said[:, 0]
            continue
        said = said * _to_life_size(said)
        own = np.flatnonzero((owner >= start) & (owner < start + batch))
        which = owner[own] - start
        found[own] = answers(said[which], times[some[which]], times[own], look)
    joints = as_ours(found)
    return joints - torso(joints, JOINT_SET)


def _to_life_size(said: Array) -> Array:
    """Factors that bring the bones of each window to the length of an adult's.

    What tells of all frames tells in pixels, of a camera that nobody knows: a window of somebody
    who sits would be larger than one of the same person who stands.

    Args:
        said: (N, L, 17, 3), in any unit.

    Returns:
        (N, 1, 1, 1).
    """
    adult = REFERENCE_LENGTHS[JOINT_SET]
    ratios = [length_ratio(adult, as_ours(window), JOINT_SET) for window in said]
    return np.reshape(ratios, (-1, 1, 1, 1))


def codec_and_look(config: Mapping[str, Any]) -> tuple[Codec, Look]:
    """How a lifter's config prepares joints, and how many frames it wants.

    Raises:
        ValueError: it is the config of something else, or of other joints.
    """
    model = config["model"]
    if (kind := type_name(model)) != "PoseLifter":
        raise ValueError(f"its network is a {kind}, and no PoseLifter")
    codec = codec_of(model["head"].get("decoder") or {}, PICTURE)
    dataset = config["test_dataloader"]["dataset"]
    rate = re.search(r"fps(\d+)", str(dataset.get("ann_file", "")))
    step_s = dataset.get("seq_step", 1) / (float(rate[1]) if rate else FRAME_RATE)
    if codec.tells_all:
        frames = dataset.get("multiple_target") or dataset.get("seq_len", 1)
        return codec, Look(frames, step_s, every_s=EVERY_S)
    return codec, Look(dataset.get("seq_len", 1), step_s, causal=dataset.get("causal", False))
