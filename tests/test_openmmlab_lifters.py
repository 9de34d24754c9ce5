"""Lifters against mmpose itself: the same numbers in and out, of the configs that it ships."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from tests.made_openmmlab import needs_openmmlab
from tests.made_samples import pixels_of
from tests.made_sequences import FACING, acted
from wildpose.joints import torso
from wildpose.lifting import lifter_named
from wildpose.lifting.mmpose import MmposeLifter
from wildpose.openmmlab.models import scope
from wildpose.openmmlab.packages import part
from wildpose.types import Track

pytestmark = [needs_openmmlab, pytest.mark.filterwarnings("ignore")]  # theirs, of their age
Array = npt.NDArray[np.floating]
PICTURE = (1000, 1000)
SHIPPED = [
    "motionbert",
    "motionbert_dstformer-243frm_8xb32-240e_h36m",
    "videopose3d",
    "video-pose-lift_tcn-1frm-supv-cpn-ft_8xb128-160e_h36m",
    "video-pose-lift_tcn-27frm-supv_8xb128-160e_h36m",
    "video-pose-lift_tcn-81frm-supv_8xb128-160e_h36m",
    "video-pose-lift_tcn-27frm-semi-supv_8xb64-200e_h36m",
    "image-pose-lift_tcn_8xb64-200e_h36m",
]
FLIPPED = [0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13]  # sides exchanged


@pytest.fixture(scope="module", params=SHIPPED)
def lifter(request: pytest.FixtureRequest) -> MmposeLifter:
    return MmposeLifter(network=f"{request.param}@random", threads=1, device="cpu")


def window(frames: int, seed: int = 0) -> Array:
    """(L, 17, 2) px in a picture of Human3.6M."""
    return np.random.default_rng(seed).uniform(300, 700, (frames, 17, 2)).astype(np.float32)


def described(joints: Array, *, all_frames: bool) -> dict[str, Any]:
    """A window as mmpose's own inference describes it to a config's preparation.

    It has one target; their MotionBERT needs as many as frames.
    """
    frames = len(joints)
    targets = frames if all_frames else 1
    return {
        "keypoints": joints.copy(),
        "keypoints_visible": np.ones((frames, 17), dtype=np.float32),
        "lifting_target": np.zeros((targets, 17, 3), dtype=np.float32),
        "factor": np.zeros(frames, dtype=np.float32),
        "lifting_target_visible": np.ones((targets, 17, 1), dtype=np.float32),
        "camera_param": {"w": PICTURE[0], "h": PICTURE[1]},
        "flip_indices": FLIPPED,
    }


def prepared(lifter: MmposeLifter, joints: Array) -> Any:  # noqa: ANN401 - of mmengine
    from mmengine.dataset import Compose

    with scope("mmpose"):
        return Compose(lifter.config.test_dataloader.dataset.pipeline)(
            described(joints, all_frames=lifter.codec.tells_all)
        )


def told_by_mmpose(lifter: MmposeLifter, given: dict[str, Any]) -> Array:
    """(L', 17, 3) by their network, head and decoder."""
    from mmengine.dataset import pseudo_collate

    network: Any = lifter.network
    with scope("mmpose"), torch.no_grad():
        if not lifter.codec.tells_all:
            (said,) = network.test_step(pseudo_collate([given]))
            return said.pred_instances.keypoints
        # Their `predict` stops at windows of more than one frame (w and h have one entry each), so
        # its parts are put together here.
        flip_coordinates = part("mmpose.models.utils.tta").flip_coordinates

        def seen(values: torch.Tensor) -> torch.Tensor:
            return flip_coordinates(values[0].clone(), FLIPPED, True, (1, 1))[None]  # noqa: FBT003

        shown = given["inputs"][None]
        said = network.head.forward(network.extract_feat(shown))
        said = (said + seen(network.head.forward(network.extract_feat(seen(shown))))) / 2
        of_each = [np.full(said.shape[1], size) for size in PICTURE]
        factor = given["data_samples"].metainfo["factor"]
        return network.head.decoder.decode(said[0].numpy(), *of_each, factor)[0]


def test_a_window_is_prepared_and_told_of_as_by_mmpose(lifter: MmposeLifter) -> None:
    joints = window(lifter.look.frames)
    theirs = prepared(lifter, joints)
    given = lifter.codec.encode(joints[None])
    np.testing.assert_allclose(given[0], theirs["inputs"].numpy(), atol=1e-5)
    expected = told_by_mmpose(lifter, theirs)
    found = lifter.codec.decode(lifter.asked(given))[0]
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(found, expected.reshape(found.shape), atol=1e-5)


def test_the_config_tells_how_much_is_looked_at(lifter: MmposeLifter) -> None:
    frames = re.search(r"(\d+)frm", str(lifter.config.filename))
    assert lifter.look.frames == (int(frames[1]) if frames else 1)
    assert lifter.look.step_s == 1 / 50


WALK = pixels_of(acted("walk", "lcr13") @ FACING.T)[:8]
TIMES = np.array([0, 1, 2, 3, 20, 21, 22, 23]) / 25  # somebody comes back


def track(rows: slice) -> Track:
    count = len(TIMES[rows])
    return Track(
        1, np.arange(count), TIMES[rows], np.zeros((count, 4)), WALK[rows],
        np.full((count, 13), 0.9), "lcr13",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("network", "rows"), [("videopose3d", slice(0, 8)), ("motionbert", slice(0, 4))]
)
def test_a_track_is_lifted_to_one_pose_a_row(network: str, rows: slice) -> None:
    lifter = lifter_named(f"mmpose:{network}@random", threads=1, device="cpu")
    found = list(lifter.lift(track(rows)))
    assert len(found) == len(TIMES[rows])
    for frame, joints in zip(found, WALK[rows], strict=True):
        assert frame.joints.shape == (1, 13, 3) and np.isfinite(frame.joints).all()
        np.testing.assert_allclose(torso(frame.joints, "lcr13"), 0, atol=1e-6)
        np.testing.assert_allclose(frame.joints_2d[0], joints)
        np.testing.assert_allclose(frame.scores, 0.9)


def test_what_comes_after_an_absence_does_not_look_at_what_was_before() -> None:
    lifter = lifter_named("mmpose:videopose3d@random", threads=1, device="cpu")
    whole = list(lifter.lift(track(slice(0, 8))))
    for frame, alone in zip(whole[4:], lifter.lift(track(slice(4, 8))), strict=True):
        np.testing.assert_allclose(frame.joints, alone.joints, atol=1e-5)


def test_a_network_of_2d_poses_is_no_lifter() -> None:
    with pytest.raises(ValueError, match="mmpose:rtmpose-m@random cannot be used as a lifter: its"):
        MmposeLifter(network="rtmpose-m@random", device="cpu")
