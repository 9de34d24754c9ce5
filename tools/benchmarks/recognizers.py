"""Milliseconds of a recognizer's forward pass per clip, beside what the papers report of theirs.

Networks as their configs have them, with random weights, one at a time; clips of random numbers in
which everybody is seen all the time lie on the device already. A clip is looked at once, where
tests look at it from several views. Batches of one clip, on a GPU also of as many as the config
trains on; medians of the rounds, after rounds that warm up. The table goes to stderr row by row.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import torch

from recognizers.networks import settled

if TYPE_CHECKING:  # mmengine is needed by few benchmarks
    from torch import nn

    from recognizers.training.experiment import Experiment

CONFIGS = Path(__file__).resolve().parent.parent.parent / "configs"
WARM_UPS = {"cpu": 1, "cuda": 3}  # rounds; a GPU's first ones load kernels and find memory
HEAD = ("network", "parameters", "ms, one clip", "ms per clip, more", "paper's ms")
WIDTHS = (35, 10, 12, 18, 23)


@dataclass(frozen=True)
class Case:
    """A network whose time is taken."""

    family: str
    config: str
    """In the family's folder of configs."""
    changes: dict[str, Any] = field(default_factory=dict)
    """Over the config's, dotted."""
    says: str = ""
    """What the changes are."""
    paper_ms: float | None = None
    """Of one clip, as far as the paper says."""
    paper_device: str | None = None

    @property
    def path(self) -> Path:
        return CONFIGS / self.family / f"{self.config}.py"

    @property
    def name(self) -> str:
        return f"{self.config}, {self.says}" if self.says else self.config


CASES = (
    Case("skeleton_rnn", "skeleton_rnn_ntu60_xsub"),
    Case("graph", "graph_everyday_xsub"),  # of no paper: the one that comes with wildpose
    Case("sta", "sta_ntu60_xsub"),
    Case(
        "sta",
        "sta_ntu60_xsub",
        {"network.backbone": None},
        "from features",
        paper_ms=1.4,  # section 5, with the features of poses
        paper_device="Titan X (Maxwell)",
    ),
    Case("sta", "sta_synthetic_ntu_xsub"),
    Case(
        "glimpse_clouds",
        "glimpse_clouds_ntu60_xsub",
        paper_ms=97.0,  # section 6, a forward pass over the full model
        paper_device="Titan Xp",
    ),
    Case("glimpse_clouds", "glimpse_clouds_synthetic_ntu_xsub"),
    Case("vpn", "vpn_ntu60_xsub"),
    Case("vpn", "vpn_synthetic_ntu_xsub"),
)
FAMILIES = tuple(dict.fromkeys(case.family for case in CASES))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what `bench.py recognizers` understands."""
    add = parser.add_argument
    add("--device", choices=["cpu", "cuda"], help="default: cuda where there is one")
    add("--families", nargs="+", choices=FAMILIES, default=FAMILIES, help="default: all")
    add("--rounds", type=int, default=5, help="default: %(default)s")


def measure(options: argparse.Namespace) -> dict:
    """Milliseconds of each network, and the paper's where it has any."""
    there = torch.cuda.is_available()
    if options.device == "cuda" and not there:
        raise SystemExit("bench.py recognizers: no CUDA here: give --device cpu")
    if options.rounds < 1:
        raise SystemExit(f"bench.py recognizers: --rounds must be 1 or more, got {options.rounds}")
    device = torch.device(options.device or ("cuda" if there else "cpu"))
    _say(HEAD)
    _say(["-" * width for width in WIDTHS])
    rows = []
    for case in CASES:
        if case.family in options.families:
            rows.append(row_of(case, device, options.rounds))
            _say(cells(rows[-1]))
            torch.cuda.empty_cache()
    ratios = [row["ratio"] for row in rows if row["ratio"] is not None]
    return {
        "against": "the papers' own milliseconds, on their machines",
        "ratio": min(ratios, default=None),
        "device": _said(device),
        "torch": torch.__version__,
        "rounds": options.rounds,
        "networks": rows,
    }


def row_of(case: Case, device: torch.device, rounds: int) -> dict[str, Any]:
    """One network's figures; the network is gone when they come back.

    Returns:
        `ms` by the number of clips in a batch, of each clip; None where a batch takes more memory
        than the device has. `ratio` is the paper's to ours for one clip.
    """
    from recognizers.training.experiment import read_experiment

    experiment = read_experiment(case.path, case.changes)
    network = built(experiment).to(device)
    spent = {
        str(clips): ms_per_clip(network, experiment, device, clips=clips, rounds=rounds)
        for clips in clips_at_once(experiment, device)
    }
    ours = spent["1"]
    return {
        "family": case.family,
        "network": case.name,
        "parameters": sum(p.numel() for p in network.parameters()),
        "views": experiment.sampling.views,
        "ms": spent,
        "paper_ms": case.paper_ms,
        "paper_device": case.paper_device,
        "ratio": round(case.paper_ms / ours, 4) if case.paper_ms and ours else None,
    }


def built(experiment: Experiment) -> nn.Module:
    """An experiment's network with random weights, for use."""
    from datasets.catalogue import dataset_named
    from datasets.protocols import protocol_named
    from tools.experiments.outcome import network_for

    data = experiment.data
    protocol = protocol_named(data.protocol, dataset_named(data.name).protocols, of=data.name)
    without_files = replace(experiment, network=settled(experiment.network))
    return network_for(without_files, len(protocol.class_names)).eval()


def clips_at_once(experiment: Experiment, device: torch.device) -> list[int]:
    """Sizes of the batches whose time is taken."""
    more = [experiment.schedule.batch] if device.type == "cuda" else []
    return list(dict.fromkeys([1, *more]))


def ms_per_clip(
    network: nn.Module, experiment: Experiment, device: torch.device, *, clips: int, rounds: int
) -> float | None:
    """Milliseconds for each of so many clips; None: the device has not enough memory for them."""
    from tools.experiments.shapes import input_shapes, random_batch

    sampling = experiment.sampling
    shapes = input_shapes(
        network, experiment.preparation, sampling, experiment.pictures,
        clips=clips, frames=sampling.frames or sampling.longest,
    )  # fmt: skip
    try:
        batch = random_batch(shapes, device)
        seconds = median_seconds(lambda: network(batch), device, rounds=rounds)
    except torch.cuda.OutOfMemoryError:
        return None
    return round(1000 * seconds / clips, 3)


def median_seconds(run: Callable[[], object], device: torch.device, *, rounds: int) -> float:
    """Seconds of a run, the median of so many; others before them warm up."""
    spent = []
    with torch.inference_mode():
        for _ in range(WARM_UPS[device.type] + rounds):
            started = time.perf_counter()
            run()
            if device.type == "cuda":  # which only begins when it is told
                torch.cuda.synchronize(device)
            spent.append(time.perf_counter() - started)
    return median(spent[-rounds:])


def cells(row: dict[str, Any]) -> list[str]:
    """A row of the table, as HEAD has it."""
    (_, one), *others = row["ms"].items()
    more = [f"{_ms(ms)} (batch {clips})" for clips, ms in others]
    paper = f"{row['paper_ms']:g} ({row['paper_device']})" if row["paper_ms"] else ""
    return [row["network"], f"{row['parameters']:,}", _ms(one), *(more or [""]), paper]


def _ms(value: float | None) -> str:
    return "no memory" if value is None else f"{value:.1f}"


def _say(texts: list[str] | tuple[str, ...]) -> None:
    """A line of the table."""
    line = "  ".join(text.ljust(width) for text, width in zip(texts, WIDTHS, strict=True))
    print(line.rstrip(), file=sys.stderr, flush=True)


def _said(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"cpu, {torch.get_num_threads()} threads"
