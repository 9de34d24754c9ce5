"""mmpose's 2D networks: joints of each crop, back in the picture. Weights are random."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from tests.made_openmmlab import calls_of, needs_openmmlab
from wildpose.joints import convert, joint_set
from wildpose.pose.mmpose import MmposeEstimator, known_joints
from wildpose.predicted_joints import H36M
from wildpose.regions import region_from_box
from wildpose.types import Detections, Keypoints

Array = npt.NDArray[np.floating]
Image = npt.NDArray[np.uint8]
COCO = joint_set("coco17").names
WHITE = (255, 255, 255)


def people(*boxes: tuple[float, float, float, float]) -> Detections:
    stacked = np.array(boxes, dtype=float).reshape(-1, 4)
    return Detections(stacked, np.ones(len(stacked)), region_from_box(stacked))


def test_whole_bodies_are_taken_down_to_coco() -> None:
    names = ["left_big_toe", *reversed(COCO), "face-0"]
    name, order = known_joints(names, "x")
    assert name == "coco17"
    assert [names[i] for i in order] == list(COCO)


def test_human36m_has_its_joints_in_our_order() -> None:
    name, order = known_joints(H36M, "x")
    assert (name, order) == ("h36m17", list(range(17)))
    ours = joint_set("h36m17").names
    same = {"root": "spine_base", "spine": "spine_mid", "thorax": "spine_shoulder"}
    same |= {"neck_base": "nose", "head": "head_top"}
    same |= {f"{side}_foot": f"{side}_ankle" for side in ("left", "right")}
    assert [same.get(theirs, theirs) for theirs in H36M] == list(ours)


def test_joints_that_give_no_lcr13_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"mmpose:x does not give the joints of COCO.*: it gives paw"
    ):
        known_joints(["paw", "tail"], "x")


@pytest.fixture(scope="module")
def module() -> MmposeEstimator:
    return MmposeEstimator("rtmpose-m@random", device="cpu", threads=1, min_presence=0)


@pytest.fixture
def pose(module: MmposeEstimator, monkeypatch: pytest.MonkeyPatch) -> MmposeEstimator:
    """RTMPose-m that looks once, not at the mirrored crop too."""
    network: Any = module.network
    monkeypatch.delitem(network.test_cfg, "flip_test")
    return module


def find_the_brightest(monkeypatch: pytest.MonkeyPatch, pose: MmposeEstimator) -> list[Tensor]:
    """Let the network say that all joints are where its input is brightest; gives its inputs."""
    network: Any = pose.network
    seen: list[Tensor] = []

    def extract_feat(inputs: Tensor) -> Tensor:
        seen.append(inputs)
        return inputs

    def forward(inputs: Tensor) -> tuple[Tensor, Tensor]:
        light = (inputs - inputs.amin(dim=(2, 3), keepdim=True)).mean(dim=1) ** 2  # (B, h, w)
        outputs = []
        for axis, other in ((2, 1), (1, 2)):
            along = light.sum(dim=other)
            place = (along * torch.arange(along.shape[1])).sum(1) / along.sum(1)
            bins = torch.arange(2 * light.shape[axis])  # SimCC has two for each pixel
            outputs.append(
                (-(bins[None] / 2 - place[:, None]).abs()).exp()[:, None].expand(-1, 17, -1)
            )
        return outputs[0], outputs[1]

    monkeypatch.setattr(network, "extract_feat", extract_feat)
    monkeypatch.setattr(network.head, "forward", forward)
    return seen


def dotted(x0: int, y0: int, *, side: int = 12, colour: tuple[int, int, int] = WHITE) -> Image:
    """A dark picture with a bright square; its middle is at x0 + side / 2."""
    image = np.zeros((480, 640, 3), np.uint8)
    image[y0 : y0 + side, x0 : x0 + side] = colour
    return image


@needs_openmmlab
@pytest.mark.parametrize(
    "box",
    [(200, 100, 300, 340), (150, 150, 400, 250), (240, 190, 280, 230), (-60, 60, 330, 470)],
    ids=["upright", "lying", "small", "beyond the edge"],
)
def test_a_joint_comes_back_where_it_is_in_the_picture(
    pose: MmposeEstimator, monkeypatch: pytest.MonkeyPatch, box: tuple[float, ...]
) -> None:
    find_the_brightest(monkeypatch, pose)
    (found,) = pose.estimate(dotted(252, 198), people(box))  # type: ignore[arg-type]
    assert found is not None
    # Half a pixel of the crop is the network's own grain.
    grain = 0.5 * 1.25 * max((box[2] - box[0]) / 192, (box[3] - box[1]) / 256)
    np.testing.assert_allclose(found.joints_2d, np.tile([258, 204], (17, 1)), atol=grain + 0.1)


@needs_openmmlab
def test_the_network_sees_red_as_red(
    pose: MmposeEstimator, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = find_the_brightest(monkeypatch, pose)
    pose.estimate(dotted(200, 150, side=100, colour=(255, 0, 0)), people((200, 150, 300, 250)))
    red, green, blue = seen[0][0, :, 128, 96]
    assert red > 0 > max(green, blue)


@needs_openmmlab
def test_a_batch_equals_one_by_one(
    module: MmposeEstimator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mirrored crops too; 5 people in batches of 2 by the public way."""
    head: Any = module.network.head
    heard = calls_of(monkeypatch, head, "forward")

    def said() -> list[Tensor]:
        outputs = [torch.cat(answer, dim=2) for _, answer in heard]
        heard.clear()
        return outputs

    image = np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    five = people(*[(60 * k, 40, 60 * k + 100, 400) for k in range(5)])
    together = module.estimate(image, five)
    whole = said()
    apart = [module.estimate(image, people(tuple(box)))[0] for box in five.boxes]
    assert len(whole) == 2  # as it is, and mirrored
    singly = said()
    for turn in (0, 1):
        one_by_one = torch.cat(singly[turn::2])
        torch.testing.assert_close(whole[turn], one_by_one, rtol=1e-3, atol=1e-4)
    monkeypatch.setattr(module, "_batch", 2)
    in_pairs = module.estimate(image, five)
    assert [len(outputs) for outputs in said()[::2]] == [2, 2, 1]
    for one, two, three in zip(together, apart, in_pairs, strict=True):
        assert one is not None and two is not None and three is not None
        np.testing.assert_allclose(one.scores, two.scores, atol=1e-3)
        np.testing.assert_allclose(one.scores, three.scores, atol=1e-3)


@needs_openmmlab
def test_nobody_is_no_answer_and_no_work(module: MmposeEstimator) -> None:
    assert module.estimate(np.zeros((48, 64, 3), np.uint8), Detections.none()) == []


@needs_openmmlab
def test_doubtful_joints_are_nobody(pose: MmposeEstimator, monkeypatch: pytest.MonkeyPatch) -> None:
    find_the_brightest(monkeypatch, pose)  # which is sure, up to the grain
    (sure,) = pose.estimate(dotted(252, 198), people((200, 100, 300, 340)))
    assert sure is not None and sure.presence > 0.5
    monkeypatch.setattr(pose, "_min_presence", sure.presence + 0.01)
    assert pose.estimate(dotted(252, 198), people((200, 100, 300, 340))) == [None]


def shapes(found: Keypoints | None) -> tuple[tuple[int, ...], str]:
    assert found is not None
    assert np.isfinite(found.joints_2d).all()
    assert (found.scores >= 0).all() and (found.scores <= 1).all()
    return convert(found.joints_2d, found.joint_set, "lcr13").shape, found.joint_set


@needs_openmmlab
@pytest.mark.parametrize(
    "network",
    [
        "rtmpose-t",
        "rtmpose-m_8xb64-270e_coco-wholebody-256x192",
        "rtmpose-m_8xb512-700e_body8-halpe26-256x192",
        "td-hm_mobilenetv2_8xb64-210e_coco-256x192",  # heat maps
        "td-reg_mobilenetv2_rle-pretrained-8xb64-210e_coco-256x192",  # regression
    ],
)
def test_networks_of_other_kinds_give_coco(network: str) -> None:
    pose = MmposeEstimator(f"{network}@random", device="cpu", threads=1, min_presence=0)
    image = np.full((240, 320, 3), 90, np.uint8)
    found = pose.estimate(image, people((40, 20, 120, 220), (150, 30, 220, 200)))
    assert [shapes(one) for one in found] == [((13, 2), "coco17")] * 2


@needs_openmmlab
@pytest.mark.parametrize(
    ("network", "line"),
    [
        ("rtmo-s_8xb32-600e_coco-640x640", "is a .*: only top-down networks"),
        ("rtmpose-m_8xb64-210e_ap10k-256x256", "does not give the joints of COCO or Human3.6M"),
        ("motionbert", "only top-down networks"),
    ],
)
def test_networks_of_no_use_are_refused(network: str, line: str) -> None:
    with pytest.raises(ValueError, match=rf"mmpose:{network}@random .*{line}"):
        MmposeEstimator(f"{network}@random", device="cpu")


NEWER = """
from mmpose.datasets import (
    CocoDataset, GetBBoxCenterScale, LoadImage, PackPoseInputs, TopdownAffine,
)
from mmpose.models import HeatmapHead, PoseDataPreprocessor, ResNet, TopdownPoseEstimator

codec = dict(type="MSRAHeatmap", input_size=(192, 256), heatmap_size=(48, 64), sigma=2)
model = dict(
    type=TopdownPoseEstimator,
    data_preprocessor=dict(type=PoseDataPreprocessor, mean=[120], std=[60]),
    backbone=dict(type=ResNet, depth=18),
    head=dict(type=HeatmapHead, in_channels=512, out_channels=17, decoder=codec),
)
pipeline = [
    dict(type=LoadImage), dict(type=GetBBoxCenterScale),
    dict(type=TopdownAffine, input_size=(192, 256)), dict(type=PackPoseInputs),
]
test_dataloader = dict(dataset=dict(type=CocoDataset, pipeline=pipeline))
"""


@needs_openmmlab
def test_a_config_that_names_classes_themselves_is_built(tmp_path: Path) -> None:
    """As mmengine's newer configs do, which are Python through and through."""
    own = tmp_path / "own.py"
    own.write_text(NEWER)
    pose = MmposeEstimator(f"{own}@random", device="cpu", threads=1, min_presence=0)
    found = pose.estimate(np.full((240, 320, 3), 90, np.uint8), people((40, 20, 120, 220)))
    assert [shapes(one) for one in found] == [((13, 2), "coco17")]
