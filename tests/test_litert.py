"""Networks cut down to some of their outputs, on BlazePose's own landmark network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

import wildpose
from wildpose import weights
from wildpose.litert import Network, default_threads, keep_outputs

Array = npt.NDArray[np.float32]
NAMES = ("Identity", "Identity_1", "Identity_3", "Identity_4")
MASK = "Identity_2"  # the segmentation, which nobody here looks at


@pytest.fixture(scope="module")
def path() -> Path:
    return weights.find("blazepose_landmarks", offline=True)


@pytest.fixture(scope="module")
def inputs() -> Array:
    return np.random.default_rng(0).random((1, 256, 256, 3), dtype=np.float32)


@pytest.fixture(scope="module")
def whole(path: Path, inputs: Array) -> dict[str, Array]:
    """All outputs of the network as it was released."""
    return outputs_of(path.read_bytes(), inputs)


def outputs_of(model: bytes, inputs: Array) -> dict[str, Array]:
    interpreter = Interpreter(model_content=model, num_threads=2)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], inputs)
    interpreter.invoke()
    details = interpreter.get_output_details()
    return {d["name"]: interpreter.get_tensor(d["index"]) for d in details}


def test_kept_outputs_are_the_whole_networks_to_the_bit(
    path: Path, inputs: Array, whole: dict[str, Array]
) -> None:
    cut = outputs_of(keep_outputs(path.read_bytes(), NAMES), inputs)
    assert set(whole) == {*NAMES, MASK}
    assert set(cut) == set(NAMES)
    for name in NAMES:
        assert np.ptp(whole[name]) > 0 or whole[name].size == 1
        np.testing.assert_array_equal(cut[name], whole[name])


def test_a_single_output_can_be_kept(path: Path, inputs: Array, whole: dict[str, Array]) -> None:
    cut = outputs_of(keep_outputs(path.read_bytes(), (MASK,)), inputs)
    assert set(cut) == {MASK}
    np.testing.assert_array_equal(cut[MASK], whole[MASK])


def operations_of(model: bytes) -> int:
    return schema.Model.GetRootAs(model, 0).Subgraphs(0).OperatorsLength()  # type: ignore[union-attr]


def test_fewer_outputs_take_fewer_operations(path: Path) -> None:
    model = path.read_bytes()
    everything = operations_of(keep_outputs(model, (*NAMES, MASK)))
    assert everything == operations_of(model)
    assert operations_of(keep_outputs(model, NAMES)) < 0.9 * everything


def test_outputs_may_be_kept_in_another_order(path: Path, whole: dict[str, Array]) -> None:
    model = keep_outputs(path.read_bytes(), NAMES[::-1])
    details = Interpreter(model_content=model).get_output_details()
    assert [d["name"] for d in details] == list(NAMES[::-1])
    assert [tuple(d["shape"]) for d in details] == [whole[name].shape for name in NAMES[::-1]]


def test_keeping_outputs_leaves_the_content_alone(path: Path) -> None:
    model = path.read_bytes()
    before = bytes(model)
    keep_outputs(model, NAMES)
    assert model == before


def test_an_unknown_output_is_answered_with_those_there_are(path: Path) -> None:
    message = r"the network has no output \['Idenity'\]: it has \['Identity', .*'Identity_4'\]"
    with pytest.raises(ValueError, match=message):
        keep_outputs(path.read_bytes(), ("Identity", "Idenity"))


def test_a_network_gives_its_outputs_by_name(
    path: Path, inputs: Array, whole: dict[str, Array]
) -> None:
    network = Network(path, outputs=("Identity_4", "Identity_1"), threads=2)
    assert network.input_shape == (1, 256, 256, 3)
    outputs = network(inputs)
    assert list(outputs) == ["Identity_4", "Identity_1"]
    np.testing.assert_array_equal(outputs["Identity_4"], whole["Identity_4"])


def test_each_call_gives_fresh_arrays(path: Path, inputs: Array) -> None:
    network = Network(path, outputs=("Identity_4",))
    first = network(inputs)["Identity_4"]
    before = first.copy()
    second = network(np.zeros_like(inputs))["Identity_4"]
    np.testing.assert_array_equal(first, before)
    assert np.abs(first - second).max() > 0
    np.testing.assert_array_equal(network(inputs)["Identity_4"], before)


def test_loading_prints_nothing(path: Path) -> None:
    # A process of its own: LiteRT announces itself once in each.
    program = (
        "import sys; from pathlib import Path; from wildpose.litert import Network; "
        "Network(Path(sys.argv[1]), outputs=('Identity',)); print('loaded', file=sys.stderr)"
    )
    root = str(Path(wildpose.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
    )
    assert (done.stdout, done.stderr) == ("", "loaded\n")


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (3, 3), (4, 4), (64, 4)])
def test_a_network_gets_a_thread_for_each_core_of_the_process_up_to_four(
    monkeypatch: pytest.MonkeyPatch, cores: int, threads: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert default_threads() == threads


@pytest.mark.parametrize(("cores", "threads"), [(None, 1), (2, 2), (64, 4)])
def test_where_a_process_cannot_know_its_cores_those_of_the_machine_count(
    monkeypatch: pytest.MonkeyPatch, cores: int | None, threads: int
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert default_threads() == threads
