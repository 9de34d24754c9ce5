"""That a folder of footage is complete, and which clips were left out of it: a small file there.

    DATA/SET/footage/whole_64x36/index.json

appears when tools/prepare_footage.py has come to its end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from wildpose.atomic import writing

INDEX = "index.json"
KIND = "wildpose/footage/1"


def write_index(folder: Path, left_out: Mapping[str, str]) -> None:
    """Say that all footage of a folder is made that can be made.

    Args:
        folder: of footage.
        left_out: name of a clip that has a video -> why there is no footage of it.
    """
    text = json.dumps({"format": KIND, "left_out": dict(left_out)}, indent=1)
    with writing(folder / INDEX) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_index(folder: Path) -> dict[str, str] | None:
    """Which clips were left out of a folder, and why; None where it does not say it is complete.

    Raises:
        ValueError: the file is damaged.
    """
    path = folder / INDEX
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] != KIND:
            raise ValueError(f"of format {found['format']!r}")
        return {str(name): str(why) for name, why in found["left_out"].items()}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path}: damaged, or of another version: run tools/prepare_footage.py again"
        ) from error
