"""What tools/describe.py says of a config, and of a trained file."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from functools import cache, partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from recognizers.backbones import pretrained
from recognizers.backbones.small import SmallImage
from recognizers.inputs.moments import Sampling
from recognizers.inputs.pictures import Pictures
from recognizers.inputs.preparation import Preparation
from recognizers.networks import network_of, outline_of, settled
from recognizers.recognizer import ClipRecognizer
from recognizers.sta.hands import GlimpseSensor, sensor_in
from recognizers.sta.network import PoseConditionedAttention
from recognizers.training.experiment import Experiment, read_experiment
from tests.made_samples import seeded
from tools import describe
from tools.experiments.shapes import input_shapes, random_batch

CONFIGS = Path(__file__).resolve().parent.parent / "configs"
RNN = "skeleton_rnn/skeleton_rnn_ntu60_xsub"
STA = "sta/sta_ntu60_xsub"
GLIMPSES = "glimpse_clouds/glimpse_clouds_ntu60_xsub"
VPN = "vpn/vpn_ntu60_xsub"
SMALL = {  # one of each family, with what makes a step of it cheap
    "skeleton_rnn": ("skeleton_rnn/skeleton_rnn_ntu60_xsub", {"sampling.longest": 6}),
    "graph": ("graph/graph_everyday_xsub", {"sampling.longest": 6}),
    "sta": ("sta/sta_synthetic_ntu_xsub", {}),
    "sta from features": (
        "sta/sta_synthetic_ntu_xsub",
        {"network.backbone": None, "network.hand_channels": 24},
    ),
    "glimpse_clouds": ("glimpse_clouds/glimpse_clouds_synthetic_ntu_xsub", {}),
    "vpn": ("vpn/vpn_synthetic_ntu_xsub", {}),
}
EACH_FAMILY = pytest.mark.parametrize("family", SMALL)
CONFIG = """
data = {"name": "smarthome", "protocol": "xview1"}
preparation = {"joint_set": "lcr13"}
network = {"type": "SkeletonRnn", "units": 4, "layers": 1}
schedule = {"epochs": 1}
"""
FRAME_LSTM = """
data = {"name": "ntu60", "protocol": "xsub"}
preparation = {"joint_set": "kinect25", "people": 2}
sampling = {"frames": 8}
pictures = {"size": (40, 40), "shown": 32}
network = {
    "type": "FrameLstm",
    "units": 4,
    "backbone": {"type": "SmallImage", "stage_channels": (8, 16)},
}
schedule = {"epochs": 1}
"""


def said(config: Path | str, options: str = "") -> dict[str, Any]:
    """What the tool prints."""
    path = config if isinstance(config, Path) else CONFIGS / f"{config}.py"
    (line,) = printed(str(path), "--json", *options.split()).splitlines()
    return json.loads(line)


@cache
def printed(*arguments: str) -> str:
    with redirect_stdout(StringIO()) as out:
        assert describe.main(list(arguments)) == 0
    return out.getvalue()


@cache
def described(family: str) -> str:
    """Of a small one, as JSON."""
    return json.dumps(describe.description(small(family)))


def pictures(F: int) -> dict[str, list]:
    """Shapes of so many, and of the joints in them."""
    return {
        "frames": ["B", F, 3, 224, 224],
        "joints_2d": ["B", 2, F, 25, 2],
        "seen_2d": ["B", 2, F, 25],
    }


def small(family: str) -> Experiment:
    name, changes = SMALL[family]
    return read_experiment(CONFIGS / f"{name}.py", changes)


def built(experiment: Experiment, classes: int) -> nn.Module:
    """Its network, with numbers."""
    with seeded(0):
        return network_of(
            settled(experiment.network),
            joint_set_name=experiment.preparation.joint_set,
            people=experiment.preparation.people,
            classes=classes,
        ).eval()


@pytest.mark.parametrize(
    ("data", "metric"),
    [("data.protocol=xview1", "mean_class"), ("data.name=nucla data.protocol=xview3", "top1")],
)
def test_the_metric_is_the_protocols(tmp_path: Path, data: str, metric: str) -> None:
    path = tmp_path / "config.py"
    path.write_text(CONFIG)
    assert said(path, f"--cfg-options {data}")["data"]["metric"] == metric


ONE_WAY = "networks.0.recurrent"


@pytest.mark.parametrize(
    ("config", "options", "wanted"),
    [
        # Le Roux: recurrent layers with one bias, as of two people, one, and 13 joints of one.
        (RNN, "", {"": 195_900 + 6_060 + 625, ONE_WAY: 195_900, "networks.0.classify": 6_060}),
        (RNN, "--cfg-options preparation.people=1", {ONE_WAY: 173_400}),
        (RNN, "--variant table9_13_aligned", {"": 162_600 + 6_060}),
        (RNN, "--cfg-options network.cell=fast_gru", {ONE_WAY: 195_900 + 900}),
        (RNN, "--variant table4_lstm_100", {"": 261_200 + 6_060}),
        (RNN, "--variant table4_two_ways_gru_200", {"": 1_863_600 + 24_060}),
        # Baradel 2017: torch's LSTM has 4,096 biases more than the 38.99 million.
        (STA, "", {"pose": 24_741_564, "rgb": 14_248_276, "sensor.backbone": 21_785_568}),
        (STA, "--cfg-options network.backbone=None", {"": 38_985_744 + 4_096}),
        (
            STA,  # the supplement's f'_p: 38.43 million
            "--cfg-options network.backbone=None network.temporal_hidden=None",
            {"": 38_985_744 + 4_096 - 576_020 + 22_100, "rgb.weigh_frames": 22_100},
        ),
        (STA, "--variant A", {"": 24_680_064 + 61_500, "pose.network": 24_680_064}),
        # Glimpse Clouds: nine that weigh the first frame's glimpses are not in the paper's count.
        (
            GLIMPSES,
            "",
            {"": 73_889_372 + 9, "global_model.backbone": 46_142_528, "cloud.encode": 527_616},
        ),
        (GLIMPSES, "--variant GM_DP", {"": 46_367_968, "global_model.pose": 102_500}),
        (
            GLIMPSES,  # the released code's, whose matrix of distances was no parameter
            "--variant GC_GM --cfg-options network.attention_units=512",
            {"": 63_521_441 + 4_194_304},
        ),
        # VPN: the paper's GCN, the code's with the code's head, and other backbones.
        (VPN, "", {"": 13_858_389, "backbone": 12_287_264, "head": 61_500}),
        (
            VPN,
            "--cfg-options network.head=moments network.pose_backbone.type=gcn "
            "network.pose_backbone.filters=bank",
            {"": 13_887_489, "head.mix": 25_260},
        ),
        (VPN, "--variant table1_backbone", {"": 12_287_264 + 61_500}),
        (
            VPN,
            "--cfg-options network.backbone.type=ResNeXt3D101 network.map_size=4,4,4 "
            "pictures.shown=112",
            {"backbone": 47_521_216},
        ),
    ],
)
def test_a_network_has_the_published_size(
    config: str, options: str, wanted: dict[str, int]
) -> None:
    found = said(config, options)
    parts = {"": found, **found["parts"]}
    assert {name: parts[name]["parameters"] for name in wanted} == wanted


def test_what_is_frozen_does_not_count_as_learning() -> None:
    found = said(STA)  # behind a first stage, with ImageNet's features
    assert found["trainable"] == found["parts"]["rgb"]["trainable"] == 14_248_276
    assert found["parts"]["pose"]["trainable"] == found["parts"]["sensor"]["trainable"] == 0
    changes = "network.attention_units=512 network.backbone.frozen=True network.distance=fixed"
    code = said(GLIMPSES, f"--variant GC_GM --cfg-options {changes}")
    assert code["trainable"] == 17_378_913


@pytest.mark.parametrize(
    ("config", "options", "wanted"),
    [
        (RNN, "", {}),
        (
            STA,
            "",
            {"derivatives": ["B", 2, 20, 25, 2, 3], "hands": ["B", 20, 4, 3, 50, 50]},
        ),
        (
            STA,
            "--cfg-options network.backbone=None",
            {"derivatives": ["B", 2, 20, 25, 2, 3], "hand_features": ["B", 20, 4, 2048]},
        ),
        (STA, "--variant A", {"derivatives": ["B", 2, 20, 25, 2, 3]}),
        (GLIMPSES, "", pictures(8)),
        (VPN, "", pictures(64)),
    ],
)
def test_all_that_goes_in_has_its_shape(config: str, options: str, wanted: dict[str, list]) -> None:
    found = said(config, options)["input"]
    joints = found.pop("joints")
    T = {RNN: "up to 300", STA: 20, GLIMPSES: 8, VPN: 20}[config]
    assert joints == ["B", 2, T, 25, 3]
    assert (found.pop("mask"), found.pop("lengths")) == (["B", 2, T], ["B"])
    assert found == wanted


class Looks(nn.Module):
    """A network of another family that looks at hands."""

    hand_channels = 8

    def __init__(self, eyes: GlimpseSensor | None):
        super().__init__()
        self.eyes = eyes


def test_any_network_that_looks_at_hands_reads_their_features_or_squares() -> None:
    squares = Pictures(size=(40, 40), hand_px=12, shown=0)
    asked = Preparation(joint_set="kinect25", people=2), Sampling(frames=4), squares
    sensor = GlimpseSensor(SmallImage(stage_channels=(8,)), size=12)
    features = input_shapes(Looks(None), *asked, clips="B", frames=4)
    assert "hands" not in features and features["hand_features"] == ["B", 4, 4, 8]
    shown = input_shapes(Looks(sensor), *asked, clips="B", frames=4)
    assert "hand_features" not in shown and shown["hands"] == ["B", 4, 4, 3, 12, 12]
    assert sensor_in(Looks(sensor)) is sensor and sensor_in(Looks(None)) is None


@pytest.mark.parametrize(
    ("config", "part", "wanted"),
    [
        (VPN, "backbone", ["B", 1024, 8, 7, 7]),  # Mixed_5c of 64 frames
        (GLIMPSES, "global_model", {"maps": ["B", 2048, 8, 7, 7], "contexts": ["B", 8, 1024]}),
        (STA, "sensor", ["B", 20, 4, 2048]),
    ],
)
def test_large_networks_give_maps_of_the_published_shapes(
    config: str, part: str, wanted: object
) -> None:
    assert said(config)["parts"][part]["output"] == wanted


@EACH_FAMILY
def test_parts_make_up_the_whole(family: str) -> None:
    found = json.loads(described(family))
    parts = found["parts"]
    outer = [name for name in parts if not any(name.startswith(f"{other}.") for other in parts)]
    for count in ("parameters", "trainable"):
        assert sum(parts[name][count] for name in outer) == found[count] > 0


@EACH_FAMILY
def test_a_batch_of_the_shapes_is_read_and_gives_them(family: str) -> None:
    found = json.loads(described(family))
    network, real = built(small(family), found["output"][1]), {}
    for name, part in network.named_modules():
        part.register_forward_hook(partial(keep, real, name))
    shapes = {name: in_numbers(shape) for name, shape in found["input"].items()}
    with torch.inference_mode(), seeded(1):
        batch = random_batch(shapes, "cpu")
        logits = network(batch)
    assert list(logits.shape) == [2, found["output"][1]]
    given = {name: value for name, value in batch._asdict().items() if value is not None}
    assert {name: list(value.shape) for name, value in given.items()} == {**shapes, "labels": [2]}
    told = {name: part["output"] for name, part in found["parts"].items() if "output" in part}
    plain = {name: in_numbers(shape) for name, shape in told.items() if real.get(name)}
    assert plain == {name: real[name] for name in plain}
    assert plain or family in ("graph", "glimpse_clouds")  # one is not reached, the other gives two


def in_numbers(shape: list[Any]) -> list[Any]:
    """Of two clips, as long as they come."""
    return [{"B": 2, "up to 6": 6}.get(size, size) for size in shape]


def keep(real: dict, name: str, _part: nn.Module, _given: object, output: object) -> None:
    """A hook that writes down the shape of what is one tensor."""
    real[name] = list(output.shape) if isinstance(output, Tensor) else None


@pytest.mark.parametrize("family", ["sta", "sta from features", "glimpse_clouds", "vpn"])
def test_a_file_is_described_as_its_config_is(family: str, tmp_path: Path) -> None:
    experiment = small(family)
    of_config = json.loads(described(family))
    path, classes = tmp_path / "recognizer.safetensors", of_config["output"][1]
    ClipRecognizer(
        network=built(experiment, classes),
        config=experiment.network,
        class_names=tuple(map(str, range(classes))),
        preparation=experiment.preparation,
        sampling=experiment.sampling,
        pictures=experiment.pictures,
    ).save(path)
    of_file = said(path)
    assert of_file["needs_rgb"]
    assert set(of_config) - set(of_file) == {"data", "published", "schedule"}
    same = set(of_config) & set(of_file)
    assert {name: of_file[name] for name in same} == {name: of_config[name] for name in same}


@pytest.mark.parametrize("config", [STA, GLIMPSES, VPN])
def test_nothing_is_fetched_and_no_memory_taken(
    config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(pretrained, "fetched")
    monkeypatch.delattr(pretrained, "read_state")
    network = read_experiment(CONFIGS / f"{config}.py").network
    assert "pretrained" in network["backbone"]
    made = outline_of(network, joint_set_name="kinect25", people=2, classes=60)
    assert all(tensor.is_meta for tensor in (*made.parameters(), *made.buffers()))


def test_pictures_that_are_looked_at_one_by_one_are_counted(
    tmp_path: Path,
) -> None:
    path = tmp_path / "config.py"
    path.write_text(FRAME_LSTM)
    parts = said(path)["parts"]
    assert parts["backbone"]["output"] == ["8 B", 16]
    assert parts["recurrent"]["output"] == [["B", 8, 4], [[1, "B", 4], [1, "B", 4]]]


def test_sizes_that_do_not_fit_are_one_line(capsys: pytest.CaptureFixture) -> None:
    path = CONFIGS / f"{VPN}.py"
    assert describe.main([str(path), "--cfg-options", "network.map_size=4,7,7"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(str(path)) and "set map_size to what the backbone gives" in line


def test_shapes_that_do_not_fit_are_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> Tensor:
        return torch.zeros(2, 3, device="meta") @ torch.zeros(2, 3, device="meta")

    monkeypatch.setattr(PoseConditionedAttention, "forward", fails)
    assert describe.main([str(CONFIGS / f"{STA}.py")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "the network does not read" in line and "same reduction dim" in line
