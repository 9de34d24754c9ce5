"""TensorFlow Lite networks run by LiteRT on the CPU, cut down to the outputs that are asked for."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from flatbuffers.table import Table

Array = npt.NDArray[np.float32]
_STDERR = threading.Lock()
# Where the tables of .tflite files tell of a field: those of the model, and of a graph.
GRAPHS, SIGNATURES = 8, 18
OUTPUTS, OPERATORS = 8, 10


def keep_outputs(model: bytes, names: Iterable[str]) -> bytes:
    """The same network without the operations that only other outputs need.

    BlazePose's landmark network also draws a segmentation mask that nobody here looks at; without
    it a forward pass takes 0.6 of the time and the other outputs stay the same to the bit.

    Args:
        model: a .tflite file's content.
        names: output tensors to keep.

    Raises:
        ValueError: the network has no such output.
    """
    names = tuple(names)
    content = bytearray(model)
    tree = Table(content, int.from_bytes(content[:4], "little"))
    graph_table = Table(content, tree.Indirect(tree.Vector(tree.Offset(GRAPHS))))
    graph: Any = schema.SubGraph()
    graph.Init(content, graph_table.Pos)
    tensors = graph.OutputsAsNumpy().tolist()
    by_name = {graph.Tensors(i).Name().decode(): i for i in tensors}
    missing = set(names) - set(by_name)
    if missing:
        raise ValueError(f"the network has no output {sorted(missing)}: it has {sorted(by_name)}")
    outputs = [by_name[name] for name in names]
    needed, kept = set(outputs), []
    for i in reversed(range(graph.OperatorsLength())):
        operation = graph.Operators(i)
        if needed.intersection(operation.OutputsAsNumpy().tolist()):
            kept.append(i)
            needed.update(operation.InputsAsNumpy().tolist())
    _keep(content, graph_table, OUTPUTS, [tensors.index(i) for i in outputs])
    # Operations are not in the vector: it has how far each lies behind its entry.
    _keep(content, graph_table, OPERATORS, kept[::-1], are_distances=True)
    _keep(content, tree, SIGNATURES, [])  # they name the outputs that are gone
    return bytes(content)


def _keep(
    content: bytearray,
    table: Table,
    field: int,
    kept: Sequence[int],
    *,
    are_distances: bool = False,
) -> None:
    """Leave some entries of a vector of a flatbuffer, in place: what is behind it stays there."""
    offset = table.Offset(field)
    if offset == 0:  # there is no such vector
        return
    start = table.Vector(offset)
    entries = np.frombuffer(content, "<u4", table.VectorLen(offset), start)
    origins = 4 * np.arange(len(entries), dtype=np.uint32) * are_distances
    moved = (entries + origins)[np.array(kept, int)] - origins[: len(kept)]
    entries[: len(kept)] = moved
    np.frombuffer(content, "<u4", 1, start - 4)[0] = len(kept)


def default_threads() -> int:
    """Threads for one network: the cores this process may use, at most 4.

    Networks of this size gain nothing from more.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, 4)


@contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Drop what native code prints: LiteRT announces its CPU delegate and has no switch for it.

    What goes wrong is raised as an exception all the same.
    """
    with _STDERR:
        try:
            kept = os.dup(2)
        except OSError:  # closed: nothing can be printed there
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


class Network:
    """One network with one input; called with an array, it gives its outputs by name."""

    def __init__(self, path: Path, *, outputs: tuple[str, ...], threads: int | None = None):
        content = keep_outputs(path.read_bytes(), outputs)
        with _quiet_stderr():
            self._interpreter = Interpreter(
                model_content=content, num_threads=threads or default_threads()
            )
            self._interpreter.allocate_tensors()
        (source,) = self._interpreter.get_input_details()
        self._input = source["index"]
        self.input_shape: tuple[int, ...] = tuple(int(n) for n in source["shape"])
        details = {d["name"]: d["index"] for d in self._interpreter.get_output_details()}
        self._outputs = {name: details[name] for name in outputs}

    def __call__(self, inputs: Array) -> dict[str, Array]:
        """Outputs by name, each a fresh array.

        Args:
            inputs: float32 of `input_shape`.
        """
        self._interpreter.set_tensor(self._input, inputs)
        self._interpreter.invoke()
        return {name: self._interpreter.get_tensor(i) for name, i in self._outputs.items()}
