"""Checkpoints of OpenMMLab: what is read of them, what is refused, and what has to fit."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.logging import HistoryBuffer
from torch import Tensor, nn
from torch.torch_version import TorchVersion

from wildpose.openmmlab.checkpoints import (
    CheckpointError,
    hash_in_name,
    load_weights,
    read_checkpoint,
)

WEIGHTS = {"head.weight": torch.arange(6.0).reshape(2, 3), "head.bias": torch.tensor([1.0, -1.0])}


class Runs:
    """Runs a command where a pickle of it is read."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch '{self.path}'",)


class Asks:
    """A pickle of it asks for a method of a class that may be in checkpoints."""

    def __reduce__(self) -> tuple[Any, tuple[type, str]]:
        return getattr, (np.ndarray, "tofile")


def saved(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


def renamed_inside(path: Path, old: bytes, new: bytes) -> None:
    """Change text in the pickle of a file that torch wrote."""
    with zipfile.ZipFile(path) as file:
        parts = [(info, file.read(info)) for info in file.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for info, content in parts:
            file.writestr(
                info, content.replace(old, new) if "data.pkl" in info.filename else content
            )


def test_what_mmengine_writes_is_read(tmp_path: Path) -> None:
    sigmas = np.array([0.026, 0.025], dtype=np.float32)
    meta = {
        "dataset_meta": {"CLASSES": ("person",), "sigmas": sigmas, "names": np.array(["nose"])},
        "epoch": np.int64(7),
        "best": np.float64(0.5),
        "cfg": ConfigDict(model=ConfigDict(type="RTMDet")),
    }
    hub = {"log_scalars": OrderedDict({"loss": HistoryBuffer([1.0, 0.5], [1, 1])})}
    content = {"meta": meta, "state_dict": OrderedDict(WEIGHTS), "message_hub": hub}
    read = read_checkpoint(saved(tmp_path / "epoch_7.pth", content))
    torch.testing.assert_close(dict(read.weights), WEIGHTS)
    np.testing.assert_array_equal(read.meta["dataset_meta"]["sigmas"], sigmas)
    assert read.meta["dataset_meta"]["names"].tolist() == ["nose"]
    assert (read.meta["epoch"], read.meta["best"]) == (7, 0.5)
    assert read.meta["cfg"] == {"model": {"type": "RTMDet"}}


def test_arrays_that_numpy_1_wrote_are_read(tmp_path: Path) -> None:
    content = {"meta": {"sigmas": np.arange(3.0), "n": np.float32(2)}, "state_dict": WEIGHTS}
    path = saved(tmp_path / "old.pth", content)
    renamed_inside(path, b"numpy._core.", b"numpy.core.")
    read = read_checkpoint(path)
    np.testing.assert_array_equal(read.meta["sigmas"], [0, 1, 2])
    assert read.meta["n"] == 2


def test_what_could_run_code_is_refused_by_name_and_not_run(tmp_path: Path) -> None:
    path = saved(tmp_path / "bad.pth", {"meta": Runs(tmp_path / "ran"), "state_dict": WEIGHTS})
    with pytest.raises(CheckpointError, match=r"bad\.pth holds posix\.system.*--trust-checkpoint"):
        read_checkpoint(path)
    assert not (tmp_path / "ran").exists()


def test_a_class_that_nobody_knows_is_refused_and_read_where_it_is_trusted(tmp_path: Path) -> None:
    content = {"meta": {"path": Path("here")}, "state_dict": WEIGHTS}
    path = saved(tmp_path / "odd.pth", content)
    with pytest.raises(CheckpointError, match=r"holds pathlib\S*PosixPath"):
        read_checkpoint(path)
    trusted = read_checkpoint(path, trust=True)
    assert trusted.meta["path"] == Path("here")
    torch.testing.assert_close(dict(trusted.weights), WEIGHTS)


def test_an_attribute_that_a_file_asks_for_is_not_looked_up(tmp_path: Path) -> None:
    """mmengine's buffers name methods by getattr, which leads anywhere."""
    path = saved(tmp_path / "asks.pth", {"meta": {"x": Asks()}, "state_dict": WEIGHTS})
    assert not callable(read_checkpoint(path).meta["x"])


def test_what_other_code_admits_is_not_admitted_here(tmp_path: Path) -> None:
    """Trainings admit NumPy's own classes, whose pickles can reach memory that is not theirs."""
    array = np.zeros(2, dtype=[("a", "f4"), ("b", "O")])
    path = saved(tmp_path / "records.pth", {"state_dict": WEIGHTS, "meta": {"x": array}})
    admitted = [np.dtype, np.ndarray, np.dtypes.VoidDType, type(np.dtype("f4"))]
    with torch.serialization.safe_globals(admitted):
        with pytest.raises(CheckpointError, match=r"numpy\.dtype\[V12\]"):
            read_checkpoint(path)
        assert {*admitted} <= {*torch.serialization.get_safe_globals()}


def test_trust_ends_with_the_file(tmp_path: Path) -> None:
    """The classes that may be in a checkpoint are not let into other files of the process."""
    path = saved(tmp_path / "a.pth", {"state_dict": WEIGHTS, "meta": {"n": np.float64(1)}})
    before = torch.serialization.get_safe_globals()
    read_checkpoint(path)
    assert set(torch.serialization.get_safe_globals()) == set(before)


@pytest.mark.parametrize(
    ("array", "name"),
    [
        (np.array([{"a": 1}, None], dtype=object), r"numpy\.dtype\[O8\]"),
        (np.zeros(2, dtype=[("a", "f4"), ("b", "O")]), r"numpy\.dtype\[V12\]"),
    ],
    ids=["objects", "records"],
)
def test_other_arrays_than_of_numbers_and_text_are_refused(
    tmp_path: Path, array: np.ndarray, name: str
) -> None:
    path = saved(tmp_path / "objects.pth", {"meta": {"array": array}, "state_dict": WEIGHTS})
    with pytest.raises(CheckpointError, match=rf"objects\.pth holds {name}, .*--trust-checkpoint"):
        read_checkpoint(path)


class Kind:
    """Its pickle says of eight bytes, once there is an array of them, that they are millions."""

    def __init__(self) -> None:
        self.array = Eight(self)

    def __reduce__(self) -> tuple[Any, ...]:
        state = (4, "|", None, None, None, 1 << 28, 1, 0, {"array": self.array})
        return np.dtype, ("S8", False, True), state


class Eight:
    """An array of eight bytes."""

    def __init__(self, kind: Kind):
        self.kind = kind

    def __reduce__(self) -> tuple[Any, ...]:
        return (*np.zeros(1).__reduce__()[:2], (1, (1,), self.kind, False, b"8 bytes."))


def test_sizes_in_a_file_are_not_believed(tmp_path: Path) -> None:
    """NumPy's own arrays would then read memory that is not theirs, until the process dies."""
    kind = Kind()
    meta = {"kind": kind, "array": kind.array}
    read = read_checkpoint(saved(tmp_path / "a.pth", {"meta": meta, "state_dict": WEIGHTS}))
    assert read.meta["array"].nbytes == 8
    assert read.meta["array"].tolist() == [b"8 bytes."]


def test_arrays_are_as_they_were_saved(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = [
        np.asfortranarray(rng.normal(size=(3, 4)).astype(np.float16)),
        np.arange(6, dtype=">i4").reshape(2, 3),
        np.array([[True], [False]]),
        np.array(["nose", "left_eye"]),
    ]
    meta = {"nested": [tuple(arrays), {"first": arrays[0]}]}
    read = read_checkpoint(saved(tmp_path / "a.pth", {"meta": meta, "state_dict": WEIGHTS}))
    found, named = read.meta["nested"]
    for before, after in zip([*arrays, arrays[0]], [*found, named["first"]], strict=True):
        assert (after.dtype, after.shape) == (before.dtype, before.shape)
        np.testing.assert_array_equal(after, before)


def test_an_old_torch_reads_no_file_that_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "a.pth", {"state_dict": WEIGHTS})
    monkeypatch.setattr(torch, "__version__", TorchVersion("2.5.1+cpu"))
    with pytest.raises(CheckpointError, match=r"with torch 2\.5\.1\+cpu any checkpoint could run"):
        read_checkpoint(path)
    assert set(read_checkpoint(path, trust=True).weights) == set(WEIGHTS)


def test_weights_alone_and_those_of_several_devices_are_read(tmp_path: Path) -> None:
    spread = {f"module.{name}": value for name, value in WEIGHTS.items()}
    for content in (WEIGHTS, {"state_dict": spread}):
        read = read_checkpoint(saved(tmp_path / "w.pth", content))
        assert set(read.weights) == set(WEIGHTS)
        assert read.meta == {}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no checkpoint that can be read"),
        (b"PK\x03\x04 cut off", "no checkpoint that can be read"),
        (pickle.dumps([1, 2]), "no checkpoint"),
    ],
    ids=["empty", "damaged", "pickle of something else"],
)
def test_other_files_are_one_line(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "file.pth"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=why) as caught:
        read_checkpoint(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [[1, 2], {"state_dict": {}}, {"meta": {}}])
def test_a_file_without_weights_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(CheckpointError, match="no checkpoint"):
        read_checkpoint(saved(tmp_path / "none.pth", content))


def test_a_hash_in_the_name_is_checked(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    torch.save({"state_dict": WEIGHTS}, buffer)
    content = buffer.getvalue()
    right = hashlib.sha256(content).hexdigest()[:8]
    for name in (f"net-{right}.pth", f"net-{right}_20230504.pth", "net-20230504.pth", "net.pth"):
        (tmp_path / name).write_bytes(content)
        assert set(read_checkpoint(tmp_path / name).weights) == set(WEIGHTS)
    wrong = tmp_path / "net-0123abcd_20230504.pth"
    wrong.write_bytes(content)
    with pytest.raises(CheckpointError, match=f"begins with 0123abcd, it is {right}"):
        read_checkpoint(wrong)


@pytest.mark.parametrize(
    ("name", "found"),
    [  # names under which OpenMMLab publishes
        ("rtmdet_tiny_8xb32-300e_coco_20220902_112414-78e30dcc.pth", "78e30dcc"),
        ("rtmpose-m_simcc-body7_pt-body7_420e-256x192-e48f03d0_20230504.pth", "e48f03d0"),
        ("rtmw-dw-l-m_simcc-cocktail14_270e-256x192-20231122.pth", None),
        ("epoch_300.pth", None),
    ],
)
def test_hashes_are_told_from_dates(name: str, found: str | None) -> None:
    assert hash_in_name(name) == found


class Net(nn.Module):
    """A layer and its normalisation."""

    def __init__(self, outputs: int = 2):
        super().__init__()
        self.head = nn.Linear(3, outputs)
        self.norm = nn.BatchNorm1d(outputs)
        self.register_buffer("index", torch.arange(outputs))


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    return {name: value + 1 for name, value in network.state_dict().items()}


def test_weights_that_fit_are_loaded_and_others_left() -> None:
    network, given = Net(), weights_of(Net())
    del given["index"], given["norm.num_batches_tracked"]  # nothing learnt is missing
    load_weights(network, {**given, "loss.table": torch.ones(1)}, what="a.pth", of="net")
    torch.testing.assert_close(network.head.weight, given["head.weight"])


@pytest.mark.parametrize("lost", ["head.bias", "norm.running_var"])
def test_a_network_is_never_random_in_part(lost: str) -> None:
    given = weights_of(Net())
    del given[lost]
    with pytest.raises(
        CheckpointError,
        match=rf"a\.pth is of another architecture than net: 7 of 8 weights fit, {lost}",
    ):
        load_weights(Net(), given, what="a.pth", of="net")


def test_weights_of_other_sizes_are_counted() -> None:
    with pytest.raises(CheckpointError, match=r"1 of 8 weights fit, head\.weight does not"):
        load_weights(Net(), weights_of(Net(outputs=5)), what="a.pth", of="net")
