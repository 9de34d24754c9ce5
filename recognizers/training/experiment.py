"""What a config says of a training: data, preparation, network, schedule."""

from __future__ import annotations

import runpy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from textwrap import shorten
from typing import Any, TypeVar

from mmengine.config import Config

from recognizers.inputs.augmentation import Augmentation
from recognizers.inputs.moments import Sampling
from recognizers.inputs.pictures import Pictures
from recognizers.inputs.preparation import Preparation
from recognizers.value_types import check_types

Part = TypeVar("Part")


@dataclass(frozen=True)
class Data:
    """Which clips."""

    name: str
    """Of a data set, as in datasets/catalogue.py."""
    protocol: str
    """One of the set's."""
    train_on_val: bool = False
    """Train on the validation split too, once everything was chosen on it: as published figures do.
    What is then measured on it says nothing."""
    share: float = 1.0
    """Of the training split's clips of each class, those that are trained on, at least one: to see
    what little data gives. Always the same ones."""

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise ValueError(f"share must be above 0, at most 1, got {self.share}")


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a network learns; dicts are mmengine's own."""

    epochs: int
    batch: int = 64
    """Clips of a step, of all devices together: each of several gets an equal share of them."""
    optimizer: dict[str, Any] = field(default_factory=lambda: {"type": "Adam", "lr": 1e-3})
    clip_norm: float | None = 1.0
    """Largest norm of the gradient of all parameters together; None for no limit."""
    param_scheduler: list[dict[str, Any]] = field(default_factory=list)
    monitor: str | None = "top1"
    """top1, mean_class or loss of the validation split: chooses the checkpoint, and ends early.
    None: the last one is taken, as suits a rate that falls to nothing and a small split, among
    whose epochs the best one is so by chance."""
    patience: int | None = None
    """Epochs without a better one after which training ends; None: it runs to its end."""
    averaging: float | None = None
    """Share of a new step in the averaged weights that are tested and kept; None: no average."""
    mixed_precision: bool = False
    """On CUDA."""
    repeats: int = 1
    """Times that an epoch goes through the clips."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "repeats", "patience"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.clip_norm is not None and not self.clip_norm > 0:
            raise ValueError(f"clip_norm must be above 0, or None, got {self.clip_norm}")
        if self.averaging is not None and not 0 < self.averaging <= 1:
            raise ValueError(f"averaging must be above 0, at most 1, got {self.averaging}")
        for rule in self.param_scheduler:
            begins = rule.get("begin", 0)
            if rule.get("by_epoch", True) and isinstance(begins, int) and begins >= self.epochs:
                raise ValueError(
                    f"param_scheduler: {rule.get('type')} begins behind epoch {begins}: give "
                    f"epochs={begins + 1} or more, got {self.epochs}"
                )
        if self.patience is not None and self.monitor is None:
            raise ValueError("patience needs a monitor, which is None: give top1, or no patience")


@dataclass(frozen=True)
class Experiment:
    """One row of a results table."""

    data: Data
    preparation: Preparation
    network: dict[str, Any]
    """`type` and arguments, see `recognizers.networks`."""
    schedule: Schedule
    sampling: Sampling = field(default_factory=Sampling)
    augmentation: Augmentation = field(default_factory=Augmentation)
    pictures: Pictures | None = None
    """What the network looks at besides joints; None: nothing."""
    precision: float | None = None
    """Share in [0, 1] of the labels that are given which shall be right on the validation split:
    the recognizer says nothing below the score that this takes. None: it always says something."""
    published: float | None = None
    """What the paper reports for this row, in percent."""

    def __post_init__(self) -> None:
        if self.precision is not None and not 0 <= self.precision <= 1:
            raise ValueError(f"precision must be in 0 to 1, got {self.precision}")
        if self.data.train_on_val and (self.schedule.monitor is not None or self.precision):
            raise ValueError(
                "data.train_on_val leaves nothing to choose by: schedule.monitor and precision "
                f"must be None, got {self.schedule.monitor!r} and {self.precision}"
            )
        if self.pictures is not None:
            _check_alike(self.augmentation, self.pictures)
            if self.sampling.views % (self.pictures.crops or 1):
                raise ValueError(
                    f"sampling.views must be a multiple of pictures.crops, {self.pictures.crops}: "
                    f"got {self.sampling.views}"
                )
        elif self.sampling.views > 1 and self.sampling.moments == "even":
            raise ValueError(
                "sampling.views would all be the same: without pictures give moments='bins', or "
                f"views=1; got {self.sampling.views}"
            )
        if self.augmentation.held_s and self.sampling.moments == "bins":
            raise ValueError(
                "augmentation.held_s goes with sampling.moments 'even' alone, got "
                f"{self.augmentation.held_s}: give 0"
            )


def _check_alike(augmentation: Augmentation, pictures: Pictures) -> None:
    """See that joints and pictures of a changed clip still show the same side and light."""
    for name in ("mirror", "exchanged"):
        if getattr(augmentation, name):
            raise ValueError(
                f"augmentation.{name} changes joints alone, and pictures would show another side: "
                f"give 0, or pictures=None; got {getattr(augmentation, name)}"
            )
    if augmentation.colours and pictures.hand_features:
        raise ValueError(
            "augmentation.colours cannot change kept features of hands: give 0, or "
            f"pictures.hand_features=False; got {augmentation.colours}"
        )


def read_experiment(
    path: Path, changes: Mapping[str, Any] | None = None, *, variant: str | None = None
) -> Experiment:
    """An experiment from a config.

    Args:
        path: a Python config of mmengine.
        changes: over the config's, dotted: {"network.width": 200}.
        variant: name of a row in the config's `variants`, which changes some of it.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it names what there is not, or leaves out what there must be.
    """
    config = read_config(path)
    variants = config.pop("variants", {})
    for name in [name for name in config if name.startswith("_")]:  # what a config counts with
        config.pop(name)
    if variant is not None:
        _check_name(f"{path}: variant", variant, variants)
        try:
            config.merge_from_dict(_plain(variants[variant]))
        except (TypeError, KeyError) as error:
            why = shorten(str(error), 200)
            raise ValueError(
                f"{path}: variant {variant!r} changes what is not there: {why}"
            ) from error
    for name, value in (changes or {}).items():
        _change(config, name, value, str(path))
    return experiment_of(config.to_dict(), where=str(path))


def read_config(path: Path) -> Config:
    """A config as it stands, its variants among the rest.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it cannot be read as a config.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no config {path}")
    try:
        runpy.run_path(str(path))  # mmengine leaves files open where this fails
        config = Config.fromfile(path, lazy_import=False)  # a plain import is no base
    except Exception as error:  # a config is Python, which may raise anything
        why = shorten(f"{type(error).__name__}: {error}", 200)
        raise ValueError(f"{path}: cannot be read as a config ({why})") from error
    variants = config.get("variants", {})
    if not isinstance(variants, Mapping) or not all(
        isinstance(changes, Mapping) for changes in variants.values()
    ):
        raise ValueError(f"{path}: variants must be a dict of dicts, by names of rows")
    return config


def _change(config: Config, name: str, value: object, where: str) -> None:
    try:
        config.merge_from_dict({name: value})
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise ValueError(f"{where}: there is nothing to change at {name!r}") from error


def experiment_of(values: Mapping[str, Any], *, where: str) -> Experiment:
    """An experiment from plain values.

    Raises:
        ValueError: as `read_experiment`.
    """
    parts = {
        "data": Data,
        "preparation": Preparation,
        "schedule": Schedule,
        "sampling": Sampling,
        "augmentation": Augmentation,
        "pictures": Pictures,
    }
    known = [f.name for f in fields(Experiment)]
    for name in values:
        _check_name(f"{where}: key", name, known)
    for name in ("data", "preparation", "network", "schedule"):
        if name not in values:
            raise ValueError(f"{where}: {name!r} is missing")
    made: dict[str, Any] = {
        name: _part(parts[name], value, f"{where}: {name}")
        if name in parts and value is not None
        else value
        for name, value in values.items()
    }
    try:
        check_types(Experiment, made)
        return Experiment(**made)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _part(kind: type[Part], values: Any, where: str) -> Part:  # noqa: ANN401
    if not isinstance(values, Mapping):
        raise ValueError(f"{where}: expected a dict, got {values!r}")
    for name in values:
        _check_name(f"{where}: key", name, [f.name for f in fields(kind)])  # type: ignore[arg-type]
    tuples = {
        name: tuple(v) if isinstance(v, list) and name != "param_scheduler" else v
        for name, v in values.items()
    }
    try:
        check_types(kind, tuples)
        return kind(**tuples)
    except TypeError as error:  # a field without a default was left out
        raise ValueError(f"{where}: {error}") from None
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _check_name(where: str, name: str, known: Iterable[str]) -> None:
    names = list(known)
    if name not in names:
        near = get_close_matches(name, names, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{where} {name!r} is unknown: there are {', '.join(names)}.{hint}")


def _plain(changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return changes.to_dict() if hasattr(changes, "to_dict") else dict(changes)
