"""Networks by name: a new family is one file and one line here."""

from __future__ import annotations

from inspect import signature
from pathlib import Path
from typing import Any

import torch
from torch import nn

from recognizers.arguments import check_arguments
from wildpose import weights
from wildpose.joints import joint_set
from wildpose.registry import load

NETWORKS = {  # type of a config -> module:class
    "SkeletonRnn": "recognizers.skeleton_rnn.network:SkeletonRnn",
    "GraphRecognizer": "recognizers.graph.network:GraphRecognizer",
    "PoseConditionedAttention": "recognizers.sta.network:PoseConditionedAttention",
    "GlimpseClouds": "recognizers.glimpse_clouds:GlimpseClouds",
    "FrameLstm": "recognizers.glimpse_clouds:FrameLstm",
    "VideoPoseNetwork": "recognizers.vpn.network:VideoPoseNetwork",
}


BEGINNINGS = {"pretrained": False, "initial": None, "pose_network": None}
"""Arguments that name files from which a training begins, and what they are without any."""
GIVEN = ("joints", "joint_set", "people", "classes")  # arguments that the data say
RUNS = "{runs}"  # in such a path, the folder of the folders of trainings
SHIPPED = "default"  # in place of a path: the recognizer that comes with wildpose


def settled(config: dict[str, Any]) -> dict[str, Any]:
    """The same network without the files that its training began with, for weights of its own."""
    return {
        name: BEGINNINGS[name] if name in BEGINNINGS else _settled_part(value)
        for name, value in config.items()
    }


def _settled_part(value: Any) -> Any:  # noqa: ANN401
    return settled(value) if isinstance(value, dict) else value


def begun(config: dict[str, Any], *, runs: Path, name: str, seed: int) -> dict[str, Any]:
    """The same network, the files that it begins with found.

    Args:
        config: in those files' paths {runs}, {config} and {seed} stand for what follows; default
            is the recognizer that comes with wildpose.
        runs: folder of the folders of trainings. What is not there may be in the one above, where
            the trainings of one protocol have a folder of their own.
        name: of the experiment's config, with which the folders of its rows begin.
        seed: of the training, and of the one before whose file is taken.
    """
    return _begun_part(config, runs, {"{config}": name, "{seed}": str(seed)})


def _begun_part(value: Any, runs: Path, places: dict[str, str]) -> Any:  # noqa: ANN401
    if not isinstance(value, dict):
        return value
    return {
        key: _filled(part, runs, places) if key in BEGINNINGS else _begun_part(part, runs, places)
        for key, part in value.items()
    }


def _filled(path: Any, runs: Path, places: dict[str, str]) -> Any:  # noqa: ANN401
    if not isinstance(path, str):
        return path
    if path == SHIPPED:
        return str(weights.find("everyday_recognizer", offline=True))
    for place, text in places.items():
        path = path.replace(place, text)
    above = path.replace(RUNS, str(runs.absolute().parent))
    own = path.replace(RUNS, str(runs))
    return above if Path(above).is_file() and not Path(own).is_file() else own


def network_of(
    config: dict[str, Any], *, joint_set_name: str, people: int, classes: int
) -> nn.Module:
    """A network as a config describes it, for a data set.

    Args:
        config: `type`, a name in NETWORKS, and arguments of that class.
        joint_set_name: of the joints that it will read.
        people: M.
        classes: A.

    Raises:
        ValueError: no such type, or an argument that it does not take; the line tells those there
            are.
    """
    network, arguments = _class_of(config)
    given = {
        "joints": len(joint_set(joint_set_name)),
        "joint_set": joint_set_name,
        "people": people,
        "classes": classes,
    }
    known = signature(network).parameters
    own = {name: value for name, value in given.items() if name in known}
    try:
        return network(**own, **arguments)
    except (TypeError, RuntimeError) as error:  # a text for a number, or a size without sense
        raise ValueError(
            f"network: {network.__name__} is not made of {arguments}: {error}"
        ) from None


def check_network(config: dict[str, Any]) -> None:
    """See that a network takes what a config gives it, before anything is looked for or built.

    Raises:
        ValueError: as `network_of`, for what is wrong with names of arguments and their kinds.
    """
    _class_of(config)


def _class_of(config: dict[str, Any]) -> tuple[type[nn.Module], dict[str, Any]]:
    """The class of a network and its arguments, which it takes."""
    arguments = dict(config)
    network = load("network", str(arguments.pop("type", "")), NETWORKS)
    check_arguments(network, arguments, given=GIVEN)
    return network, arguments


def outline_of(
    config: dict[str, Any], *, joint_set_name: str, people: int, classes: int
) -> nn.Module:
    """The same network without its numbers, to be counted and to tell shapes: it takes no memory.

    Its weights are on torch's device "meta". Files that it begins with are not looked for.

    Args:
        config: this and the rest as of `network_of`.
        joint_set_name: of the joints.
        people: M.
        classes: A.

    Raises:
        ValueError: as `network_of`.
    """
    with torch.device("meta"):
        return network_of(
            settled(config), joint_set_name=joint_set_name, people=people, classes=classes
        )
