"""How a glimpse cloud is made: every choice that the paper's tables compare."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args, get_origin, get_type_hints

from recognizers.glimpse_clouds.crops import Encoding
from recognizers.glimpse_clouds.soft_assignment import Distance, Scope
from recognizers.value_types import check_types

Attention = Literal["glimpses", "saliency", "random", "tubes"]
Assignment = Literal["memory", "sum"]
Reads = Literal["what_and_where", "what"]


@dataclass(frozen=True)
class CloudPlan:
    """The paper's best model, but for what is changed."""

    glimpses: int = 3
    """G in each frame."""
    workers: int = 3
    """C."""
    attention: Attention = "glimpses"
    """Of table 4. glimpses: a recurrent network looks from place to place. saliency: all places of
    a frame at once. random: anywhere. tubes: a place for the whole clip, followed by a worker of
    its own, so that nothing is assigned and there must be as many workers as glimpses."""
    assignment: Assignment = "memory"
    """memory: section 3.4. sum: one worker gets the sum of all glimpses (table 3, row 3)."""
    distance: Distance = "learned"
    """D of section 6.2, see `SoftAssignment`."""
    encoding: Encoding = "product"
    """What and where in one vector, see `WhatAndWhere`."""
    attention_reads: Reads = "what_and_where"
    """Of the last glimpse: v, as the released code does, or z, as equation 3 says."""
    attention_units: int = 1024
    """Paper; its released code has 512."""
    worker_units: int = 512
    temperature: float = 0.5
    """alpha of equation 10; the code's, the paper gives none."""
    decay: float = 4.0
    """Frames after which a memory counts 1/e; the code's, the paper says 1."""
    memory_frames: int | None = None
    """K; None: all of a clip, as in the paper."""
    distance_scope: Scope = "batch"
    """What distances are normalised over: the paper's batch, or each clip."""
    crop: int = 7
    """Cells of a glimpse along each side."""

    def __post_init__(self) -> None:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        check_types(type(self), values)
        for name, kind in get_type_hints(type(self)).items():
            allowed = get_args(kind) if get_origin(kind) is Literal else (values[name],)
            if values[name] not in allowed:
                raise ValueError(f"{name} {values[name]!r} is none of {', '.join(allowed)}")
        for name, value in values.items():
            if isinstance(value, int | float) and not 0 < value < float("inf"):
                raise ValueError(f"{name} must be above 0, got {value}")
        if self.attention == "tubes" and self.workers != self.glimpses:
            raise ValueError(
                "tubes have a worker each: glimpses and workers must be as many, got "
                f"{self.glimpses} and {self.workers}"
            )
        if self.assignment == "sum" and (self.workers != 1 or self.attention == "tubes"):
            raise ValueError(
                "a sum of glimpses goes to one worker and is none of tubes: got "
                f"workers={self.workers}, attention={self.attention!r}"
            )
