"""Networks that look at pictures, for recognizers to build on: pictures in, features out."""

from __future__ import annotations

from inspect import signature
from typing import Any

from recognizers.arguments import check_arguments
from recognizers.backbones.backbone import Backbone, StagedBackbone
from wildpose.registry import load

__all__ = ["BACKBONES", "Backbone", "StagedBackbone", "backbone_of"]

BACKBONES = {  # type of a config -> module:class
    "I3D": "recognizers.backbones.i3d:I3D",
    "InflatedResNet50": "recognizers.backbones.inflated_resnet50:InflatedResNet50",
    "ResNeXt3D101": "recognizers.backbones.resnext3d:ResNeXt3D101",
    "InceptionV3": "recognizers.backbones.torchvision_models:InceptionV3",
    "EfficientNetLite0": "recognizers.backbones.efficientnet_lite:EfficientNetLite0",
    "ResNet50": "recognizers.backbones.torchvision_models:ResNet50",
    "SmallVideo": "recognizers.backbones.small:SmallVideo",
    "SmallImage": "recognizers.backbones.small:SmallImage",
}


def backbone_of(config: dict[str, Any]) -> Backbone:
    """A backbone as a config describes it.

    Args:
        config: `type`, a name in BACKBONES, and arguments of that class. Most classes want to be
            told `pretrained`: a network without weights is a choice, never an accident.

    Returns:
        It keeps the protocol that `Backbone` describes.

    Raises:
        ValueError: no such type, an argument that it does not take, one that it needs and did not
            get, or weights of another network; the line tells what is allowed.
        FileNotFoundError: no such file of weights, or it cannot be fetched.
    """
    arguments = dict(config)
    backbone = load("backbone", str(arguments.pop("type", "")), BACKBONES)
    check_arguments(backbone, arguments, part="backbone")
    for name, parameter in signature(backbone).parameters.items():
        if parameter.default is parameter.empty and name not in arguments:
            hint = ": True, False or the path of a file" if name == "pretrained" else ""
            raise ValueError(f"backbone: {backbone.__name__} needs {name}{hint}")
    try:
        return backbone(**arguments)
    except TypeError as error:  # a text for a number
        raise ValueError(
            f"backbone: {backbone.__name__} is not made of {arguments}: {error}"
        ) from None
