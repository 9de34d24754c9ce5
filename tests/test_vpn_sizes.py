"""The network has as many parameters as the paper's claim and the authors' code suggest."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from recognizers.inputs.batch import ClipBatch
from recognizers.vpn.network import VideoPoseNetwork

I3D = 12_287_264  # to Mixed_5c, with the scales of its batch normalisations
LIGHT = {"type": "SmallVideo", "stage_channels": (8, 8, 8, 1024)}  # as many channels as I3D
CODE = {"head": "moments", "pose_backbone": {"type": "gcn", "filters": "bank"}}


def ntu(**options: Any) -> VideoPoseNetwork:
    """For NTU-60: 25 joints, 20 poses, maps as of I3D; without memory for its weights."""
    given: dict[str, Any] = {
        "joint_set": "kinect25", "people": 2, "classes": 60, "backbone": LIGHT, **options,
    }  # fmt: skip
    with torch.device("meta"):
        return VideoPoseNetwork(**given)


def count(made: nn.Module, beginning: str = "") -> int:
    return sum(p.numel() for name, p in made.named_parameters() if name.startswith(beginning))


def beside_video(**options: Any) -> int:
    """Parameters that are not the video backbone's."""
    made = ntu(**options)
    return count(made) - count(made, "backbone.")


@pytest.fixture(scope="module")
def paper() -> VideoPoseNetwork:
    return ntu(backbone={"type": "I3D", "pretrained": False})


@pytest.mark.parametrize(
    ("beginning", "wanted"),
    [
        ("backbone.", I3D),
        ("attend.backbone.graphs.", 5_120),  # 20 layers of 3 x 64 + 64
        ("attend.backbone.describe.", 1_016_192),  # 128 x 5 x 6 -> 256 -> 128
        ("attend.weigh.spatial.0.", 33_024),
        ("attend.weigh.temporal.0.", 16_512),
        ("attend.weigh.spatial.2.", 12_593),
        ("attend.weigh.temporal.2.", 1_032),
        ("attend.embed.video.", 262_400),  # D_v 1024, D_e 256
        ("attend.embed.pose.", 12_800),  # D_p 49
        ("head.", 61_500),
    ],
)
def test_pieces_of_the_paper_s_network(
    paper: VideoPoseNetwork, beginning: str, wanted: int
) -> None:
    assert count(paper, beginning) == wanted


def test_the_convolutions_and_their_normalisations(paper: VideoPoseNetwork) -> None:
    assert paper.attend is not None
    layers = list(paper.attend.backbone.get_submodule("convolve").children())
    assert sum(count(each) for each in layers if isinstance(each, nn.Conv2d)) == 149_440
    # Behind the convolutions, as in the paper; the code normalises 67 channels before them too.
    assert sum(count(each) for each in layers if isinstance(each, nn.BatchNorm2d)) == 512


def test_the_code_s_network_reads_more_and_mixes_the_scores_of_moments() -> None:
    code = ntu(**CODE)
    assert count(code, "attend.backbone.graphs.") == 8_960  # 20 layers of 6 x 64 + 64
    assert count(code, "head.classify.") == 61_500
    assert count(code, "head.mix.") == 25_260  # 7 x 60 -> 60


def test_totals(paper: VideoPoseNetwork) -> None:
    assert count(paper) == 13_858_389
    assert I3D + beside_video(**CODE) == 13_887_489
    assert I3D + beside_video(embedding_bias=False) == 13_858_389 - 2 * 256


def test_64_frames_of_i3d_make_the_map_that_is_expected(paper: VideoPoseNetwork) -> None:
    with torch.device("meta"):
        batch = ClipBatch(
            torch.zeros(2, 2, 20, 25, 3),
            torch.ones(2, 2, 20, dtype=torch.bool),
            torch.zeros(2, dtype=torch.int64),
            torch.full((2,), 20),
            frames=torch.zeros(2, 64, 3, 224, 224, dtype=torch.uint8),
        )
        assert paper(batch).shape == (2, 60)


def test_other_rows_of_the_tables() -> None:
    whole = beside_video()
    assert beside_video(attention="none", embedding="none") == 61_500
    assert whole - beside_video(embedding="none") == 262_400 + 12_800
    assert beside_video(attention="separate") - whole == 1024 * 60
    assert whole - beside_video(attention="spatial") == 16_512 + 1_032


@pytest.mark.parametrize(
    ("joint_set", "steps", "classes"), [("lcr13", 30, 31), ("kinect20", 5, 10)]
)
def test_smarthome_and_n_ucla_have_networks(joint_set: str, steps: int, classes: int) -> None:
    made = ntu(joint_set=joint_set, steps=steps, classes=classes, people=1)
    assert made.attend is not None
    joints = torch.zeros(1, 1, steps, made.attend.read.joints, 3, device="meta")
    weights = made.attend.weights(joints, torch.ones(1, 1, steps, device="meta").bool())
    assert weights.spatial.shape == (1, 7, 7) and weights.temporal.shape == (1, 8)
