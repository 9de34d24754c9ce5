"""Describe a recognizer: python tools/describe.py CONFIG, or a recognizer.safetensors.

A table of parameters, those that learn, the shapes of what goes in and comes out, and what each
part has of them; of a file also its classes and how its scores are to be read. `--json` prints the
same as one object. A network of any size takes no memory, and files that a config begins with need
not be there.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path
import _mmengine  # says so where it is missing

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from datasets.catalogue import dataset_named
from datasets.protocols import protocol_named
from recognizers.backbones import Backbone
from recognizers.inputs.moments import Sampling
from recognizers.inputs.pictures import Pictures
from recognizers.inputs.preparation import Preparation
from recognizers.networks import outline_of
from recognizers.recognizer import ClipRecognizer
from recognizers.sta.hands import GlimpseSensor
from recognizers.training.experiment import Experiment, read_config, read_experiment
from tools.experiments.described import as_text
from tools.experiments.options import add_config_changes
from tools.experiments.shapes import Shapes, input_shapes, random_batch
from tools.train import said
from wildpose.archive.lines import write
from wildpose.exit_codes import DONE, USAGE
from wildpose.usage import Parser

CLIPS = 997  # of a batch without numbers: a prime, so that sizes show which of them are of clips
NO_NUMBERS = ("meta", "scalarType")  # in what torch says where a network looks at numbers


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("config", type=Path, help="or a recognizer.safetensors")
    add("--variant", help="a row of the config's variants")
    add(
        "--data", type=Path, help="folder of the data sets, where one of your own tells its classes"
    )
    add("--json", action="store_true", help="one JSON object instead of a table")
    add_config_changes(parser)
    return parser.parse_args(arguments)


def description(experiment: Experiment, root: Path | None = None) -> dict[str, Any]:
    """What an experiment's network is.

    Args:
        experiment: of a config.
        root: folder of the data sets, for one that only that folder tells of.

    Raises:
        ValueError: it cannot be built, or does not read what the config shows it.
    """
    data = experiment.data
    protocols = dataset_named(data.name, root).protocols
    protocol = protocol_named(data.protocol, protocols, of=data.name)
    return {
        **_of_network(
            experiment.network,
            experiment.preparation,
            experiment.sampling,
            experiment.pictures,
            classes=len(protocol.class_names),
        ),
        "data": {"name": data.name, "protocol": data.protocol, "metric": protocol.metric},
        "published": experiment.published,
        "schedule": {
            name: getattr(experiment.schedule, name) for name in ("epochs", "batch", "optimizer")
        },
    }


def description_of_file(recognizer: ClipRecognizer) -> dict[str, Any]:
    """What a trained recognizer is."""
    own, classes = recognizer, len(recognizer.class_names)
    return {
        **_of_network(own.config, own.preparation, own.sampling, own.pictures, classes=classes),
        "class_names": list(own.class_names),
        "axes": own.axes,
        "frame_rate": own.frame_rate,
        "window_s": own.window_s,
        "temperature": own.temperature,
        "min_score": own.min_score,
        "needs_rgb": own.needs_rgb,
        "notes": list(own.notes),
    }


def _of_network(
    config: dict[str, Any], preparation: Preparation, sampling: Sampling,
    pictures: Pictures | None, *, classes: int,
) -> dict[str, Any]:  # fmt: skip
    network = outline_of(
        config, joint_set_name=preparation.joint_set, people=preparation.people, classes=classes
    ).eval()
    asked = (network, preparation, sampling, pictures)
    longest = sampling.frames or sampling.longest
    shapes = input_shapes(*asked, clips=CLIPS, frames=longest)
    said_longest = sampling.frames or f"up to {longest}"
    return {
        "network": config["type"],
        **_counts(network),
        "joint_set": preparation.joint_set,
        "input": input_shapes(*asked, clips="B", frames=said_longest),
        "output": ["B", classes],
        "parts": _said_of_parts(network, shapes),
    }


def _said_of_parts(network: nn.Module, shapes: Shapes) -> dict[str, dict[str, Any]]:
    parts = dict(_parts(network))
    outputs = _outputs(network, parts, shapes)
    return {
        name: {"type": type(part).__name__, **_counts(part), **outputs.get(name, {})}
        for name, part in parts.items()
    }


def _counts(part: nn.Module) -> dict[str, int]:
    counts = [(p.numel(), p.requires_grad) for p in part.parameters()]
    return {
        "parameters": sum(count for count, _ in counts),
        "trainable": sum(count for count, learns in counts if learns),
    }


def _parts(
    whole: nn.Module, *, before: str = "", levels: int = 2
) -> Iterator[tuple[str, nn.Module]]:
    """Parts with weights and the parts of those, in dotted names; not the layers of a backbone."""
    for name, part in whole.named_children():
        if next(part.parameters(), None) is None:
            continue
        if isinstance(part, nn.ModuleList):  # only holds them
            yield from _parts(part, before=f"{before}{name}.", levels=levels)
            continue
        yield f"{before}{name}", part
        if levels > 1 and not isinstance(part, Backbone):
            yield from _parts(part, before=f"{before}{name}.", levels=levels - 1)


def _outputs(
    network: nn.Module, parts: Mapping[str, nn.Module], shapes: Shapes
) -> dict[str, dict[str, Any]]:
    """{"output": shapes} of the parts that a pass without numbers reaches.

    It ends where a network looks at numbers, as at who was seen; what comes behind is left out.

    Raises:
        ValueError: the network does not read batches of these shapes.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, part in parts.items():
        part.register_forward_hook(partial(_keep, found, name))
        if isinstance(part, GlimpseSensor):
            B, M, T = shapes["mask"]
            # Of crops only those of people who were seen are looked at: go on behind that.
            shapes = {**shapes, "hand_features": [B, T, 2 * M, part.channels]}
            found[name] = {"output": [_size(size) for size in shapes["hand_features"]]}
    try:
        with torch.inference_mode():
            network(random_batch(shapes, "meta"))
    except RuntimeError as error:  # NotImplementedError too
        if not any(word in str(error) for word in NO_NUMBERS):
            raise ValueError(f"the network does not read {dict(shapes)}: {error}") from None
    return found


def _keep(
    found: dict[str, dict[str, Any]], name: str, _part: nn.Module, _given: object, output: object
) -> None:
    found[name] = {"output": _shape(output)}


def _shape(output: object) -> Any:  # noqa: ANN401
    """Shapes of tensors, and of tensors in whatever a part gives them in."""
    if isinstance(output, Tensor):
        return [_size(size) for size in output.shape]
    if isinstance(output, tuple) and hasattr(output, "_asdict"):
        output = output._asdict()  # type: ignore[attr-defined]
    if isinstance(output, Mapping):
        return {name: _shape(value) for name, value in output.items() if value is not None}
    return [_shape(value) for value in output] if isinstance(output, Sequence) else None


def _size(size: int) -> int | str:
    times, rest = divmod(size, CLIPS)
    if rest or not size:
        return size
    return "B" if times == 1 else f"{times} B"


def _described(options: argparse.Namespace) -> dict[str, Any]:
    if options.config.suffix != ".safetensors":
        experiment = read_experiment(options.config, options.cfg_options, variant=options.variant)
        variants = list(read_config(options.config).get("variants", {}))
        return {**description(experiment, options.data), "variants": variants}
    if options.variant or options.cfg_options:
        raise ValueError("a file is as it is: --variant and --cfg-options change configs alone")
    return description_of_file(ClipRecognizer.load(options.config))


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 described; 2 the config or the file is not usable."""
    options = options_of(arguments)
    try:
        found = _described(options)
    except (ValueError, FileNotFoundError) as error:
        print(said(options.config, error), file=sys.stderr)
        return USAGE
    write(sys.stdout, json.dumps(found) if options.json else as_text(found))
    return DONE


if __name__ == "__main__":
    sys.exit(main())
