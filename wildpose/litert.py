"""TensorFlow Lite networks run by LiteRT on the CPU, cut down to the outputs that are asked for."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

Array = npt.NDArray[np.float32]
_STDERR = threading.Lock()


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
    tree: Any = schema.ModelT.InitFromObj(schema.Model.GetRootAs(model, 0))
    graph = tree.subgraphs[0]
    by_name = {graph.tensors[i].name.decode(): i for i in graph.outputs}
    missing = set(names) - set(by_name)
    if missing:
        raise ValueError(f"the network has no output {sorted(missing)}: it has {sorted(by_name)}")
    graph.outputs = [by_name[name] for name in names]
    needed, kept = set(graph.outputs), []
    for operation in reversed(graph.operators):
        if needed.intersection(int(i) for i in operation.outputs):
            kept.append(operation)
            needed.update(int(i) for i in operation.inputs)
    graph.operators = kept[::-1]
    tree.signatureDefs = []  # they name the outputs that are gone
    builder = flatbuffers.Builder(len(model))
    builder.Finish(tree.Pack(builder), b"TFL3")
    return bytes(builder.Output())


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
