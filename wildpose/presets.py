"""Settings that go together, by name: each fills in what the user did not say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    # Without a look at tiles, which costs as much as several frames and finds small people.
    "fast": {"detector": "blazepose", "pose": "blazepose", "lifter": "lcr", "tiles": 1},
    # For a GPU; needs tools/install_openmmlab.sh and the weights of OpenMMLab.
    "accurate": {"detector": "mmdet:rtmdet-m", "pose": "mmpose:rtmpose-l", "lifter": "lcr"},
}


def with_preset(options: Mapping[str, Any], preset: str | None) -> dict[str, Any]:
    """Options with those of a preset where they say nothing.

    Args:
        options: as the user gave them.
        preset: a name in PRESETS; None for none.

    Raises:
        ValueError: no such preset.
    """
    if preset is None:
        return dict(options)
    if preset not in PRESETS:
        raise ValueError(f"unknown preset {preset!r}: there are {', '.join(PRESETS)}")
    return {**PRESETS[preset], **options}


def told() -> str:
    """What each preset means, as flags, for --help."""
    return "; ".join(
        f"{name}: {' '.join(f'--{flag} {value}' for flag, value in filled.items())}"
        for name, filled in PRESETS.items()
    )
