"""Weights of others: checked, read without running anything, and never silently left out."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from types import ModuleType
from urllib.error import URLError

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from recognizers.backbones import backbone_of, pretrained
from recognizers.backbones.pretrained import check_fit, fetched, read_state, unprefixed
from recognizers.backbones.small import SmallImage
from wildpose import torchvision_import
from wildpose.torchvision_import import MISSING, torchvision_models


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Torch's folder for what it fetches, empty."""
    monkeypatch.setattr(torch.hub, "_hub_dir", None)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


def published(folder: Path, content: bytes, *, name: str = "net", digits: str = "") -> str:
    """The address of a file whose name ends in its hash, or in other digits."""
    digits = digits or hashlib.sha256(content).hexdigest()[:8]
    path = folder / f"{name}-{digits}.pth"
    path.write_bytes(content)
    return path.as_uri()


# Fetching


def test_a_file_is_fetched_once_into_torchs_cache(tmp_path: Path, cache: Path) -> None:
    url = published(tmp_path, b"weights")
    path = fetched(url, network="Net")
    assert path.parent == cache and path.read_bytes() == b"weights"
    (tmp_path / path.name).unlink()
    assert fetched(url, network="Net") == path


def test_a_file_of_another_hash_is_not_kept(tmp_path: Path, cache: Path) -> None:
    url = published(tmp_path, b"weights", digits="0123abcd")
    with pytest.raises(FileNotFoundError, match=r"Net: cannot fetch file.*invalid hash"):
        fetched(url, network="Net")
    assert list(cache.iterdir()) == []


def test_a_wrong_file_in_the_cache_is_refused_and_left_alone(tmp_path: Path, cache: Path) -> None:
    url = published(tmp_path, b"weights")
    path = fetched(url, network="Net")
    path.write_bytes(b"others")
    with pytest.raises(ValueError, match=r"its sha256 should begin with .* Remove it or put the"):
        fetched(url, network="Net")
    assert path.read_bytes() == b"others"


@pytest.mark.parametrize("name", ["InceptionV3", "ResNet50", "InflatedResNet50"])
def test_without_a_connection_one_line_says_what_to_do(
    name: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: object) -> None:
        raise URLError("Name or service not known")

    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    with torch.device("meta"), pytest.raises(FileNotFoundError) as caught:
        backbone_of({"type": name, "pretrained": True})
    line = str(caught.value)
    wanted = (
        "inception_v3_google-0cc3c7bd.pth" if name == "InceptionV3" else "resnet50-0676ba61.pth"
    )
    assert line.startswith(f"{name}: cannot fetch https://download.pytorch.org/models/{wanted}")
    assert f"put {wanted} into {cache}, or give its path as pretrained" in line
    assert "or choose pretrained=False" in line and "Name or service not known" in line
    assert "\n" not in line


def test_what_is_fetched_is_what_the_network_gets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with torch.device("meta"):
        theirs = torchvision_models().resnet50(weights=None).state_dict()
    state = {n: torch.tensor(1.0 + i).expand(v.shape) for i, (n, v) in enumerate(theirs.items())}
    path = tmp_path / "resnet50.pth"
    torch.save(state, path)
    asked: list[str] = []
    monkeypatch.setattr(pretrained, "fetched", lambda url, network: asked.append(url) or path)
    inflated = backbone_of({"type": "InflatedResNet50", "pretrained": True}).state_dict()
    assert asked == ["https://download.pytorch.org/models/resnet50-0676ba61.pth"]
    assert (inflated["conv1.weight"] == state["conv1.weight"][:, :, None]).all()
    assert (inflated["layer4.2.bn3.running_var"] == state["layer4.2.bn3.running_var"]).all()
    deep, flat = inflated["layer3.5.conv2.weight"], state["layer3.5.conv2.weight"]
    assert (deep[:, :, 1] == flat).all() and not deep[:, :, [0, 2]].any()


def test_true_is_refused_where_nothing_is_published() -> None:
    for name in ("SmallVideo", "SmallImage"):
        with pytest.raises(ValueError, match=f"{name}: pretrained=True fetches nothing.*our own"):
            backbone_of({"type": name, "pretrained": True})


# Reading


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth"])
def test_weights_of_one_network_become_those_of_another(tmp_path: Path, suffix: str) -> None:
    path, first = tmp_path / f"small{suffix}", SmallImage(stage_channels=(8,))
    if suffix == ".safetensors":
        save_file(first.state_dict(), path)
    else:
        torch.save(first.state_dict(), path)
    second = SmallImage(stage_channels=(8,), pretrained=str(path), frozen=True)
    pictures = torch.randn(2, 3, 9, 9)
    assert torch.equal(first(pictures), second(pictures))


def test_a_backbone_is_found_inside_a_checkpoint_of_a_whole_recognizer() -> None:
    small = SmallImage(stage_channels=(8,))
    whole = nn.ModuleDict({"network": nn.ModuleDict({"backbone": small, "head": nn.Linear(8, 2)})})
    other = SmallImage(stage_channels=(8,))
    other.take(dict(whole.state_dict()), "a checkpoint")
    for name, value in small.state_dict().items():
        assert torch.equal(other.state_dict()[name], value)


def test_the_beginning_that_fits_most_names_is_dropped() -> None:
    one = torch.zeros(1)
    here = {"conv1.weight": one, "layer1.0.conv1.weight": one}
    for before in ("", "module.", "network.backbone."):
        named = {before + name: one for name in here}
        assert set(unprefixed({**named, "other": one}, here)) >= set(here)
    assert unprefixed({"other": one}, here) == {"other": one}


def test_the_first_difference_is_named() -> None:
    here = {"a": torch.zeros(2), "b": torch.zeros(3), "bn.num_batches_tracked": torch.zeros(())}

    def message(**tensors: Tensor) -> str:
        with pytest.raises(ValueError) as caught:
            check_fit(tensors, here, source="f.pt", network="Net")
        return str(caught.value)

    a, b = torch.zeros(2), torch.zeros(3)
    check_fit({"a": a, "b": b}, here, source="f.pt", network="Net")
    assert message(a=a) == "f.pt is not of this Net: b is nothing there and (3,) here"
    assert message(a=b, b=a) == "f.pt is not of this Net: a is (3,) there and (2,) here"
    assert message(a=a, b=b, c=a) == "f.pt is not of this Net: c is (2,) there and nothing here"


class Order:
    """Runs a command when it is unpickled."""

    def __init__(self, command: str):
        self.command = command

    def __reduce__(self) -> tuple:
        return os.system, (self.command,)


def test_nothing_in_a_file_is_run(tmp_path: Path) -> None:
    path, trace = tmp_path / "bad.pt", tmp_path / "trace"
    torch.save({"a": Order(f"touch {trace}")}, path)
    with pytest.raises(ValueError, match="no file of weights: damaged, or more in it than numbers"):
        read_state(path)
    assert not trace.exists()


def test_other_files_are_refused_in_one_line(tmp_path: Path) -> None:
    for name in ("a.pt", "a.safetensors"):
        (tmp_path / name).write_bytes(b"something else")
        with pytest.raises(ValueError, match=r"a\.pt: no file of weights|no safetensors file"):
            read_state(tmp_path / name)
    torch.save([torch.zeros(1)], tmp_path / "b.pt")
    with pytest.raises(ValueError, match=r"b.pt: no state dict"):
        read_state(tmp_path / "b.pt")
    torch.save({"epoch": 3}, tmp_path / "c.pt")
    with pytest.raises(ValueError, match=r"c.pt: no state dict"):
        read_state(tmp_path / "c.pt")


# Importing torchvision


class Imports:
    """An import that fails with some errors first."""

    def __init__(self, *errors: Exception):
        self.errors = list(errors)
        self.module = ModuleType("torchvision.models")
        self.leftovers: list[bool] = []

    def __call__(self, name: str) -> ModuleType:
        assert name == "torchvision.models"
        self.leftovers.append("torchvision.left" in sys.modules)
        if self.errors:
            raise self.errors.pop(0)
        return self.module


@pytest.fixture
def defined(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often schemas were defined; a torchvision that was imported before is put back."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torchvision.left", ModuleType("torchvision.left"))
    calls: list[int] = []
    monkeypatch.setattr(torchvision_import, "define_missing_operators", lambda: calls.append(1))
    return calls


def test_torchvision_is_imported_whatever_torch_it_was_made_for() -> None:
    models = torchvision_models()
    assert models is torchvision_models() is sys.modules["torchvision.models"]
    assert models.resnet50 and models.inception_v3
    schema = torch.ops.torchvision.nms.default._schema
    assert [argument.name for argument in schema.arguments] == ["dets", "scores", "iou_threshold"]


def test_operators_are_defined_only_where_the_import_fails(
    defined: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    imports = Imports()
    monkeypatch.setattr(torchvision_import, "import_module", imports)
    assert torchvision_models() is imports.module
    assert defined == [] and imports.leftovers == [True]
    imports = Imports(RuntimeError(MISSING))
    monkeypatch.setattr(torchvision_import, "import_module", imports)
    assert torchvision_models() is imports.module
    assert defined == [1] and imports.leftovers == [True, False]


def test_other_failures_of_the_import_are_not_hidden(
    defined: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = ModuleNotFoundError("No module named 'torchvision'", name="torchvision")
    without_pillow = ModuleNotFoundError("No module named 'PIL'", name="PIL")
    for error, kind, message in (
        (RuntimeError("CUDA version"), RuntimeError, "CUDA version"),
        (without_pillow, ModuleNotFoundError, "PIL"),
        (absent, ImportError, "needs torchvision: pip install torchvision"),
    ):
        monkeypatch.setattr(torchvision_import, "import_module", Imports(error))
        with pytest.raises(kind, match=message):
            torchvision_models()
    assert defined == []
