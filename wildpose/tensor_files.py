"""Tensors with a few words about them, in one safetensors file."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from wildpose.atomic import writing


def write_tensors(path: Path, tensors: dict[str, Tensor], about: dict[str, str]) -> None:
    """Write a file that appears when it is whole.

    Args:
        path: to write.
        tensors: by name.
        about: the file's metadata.
    """
    with writing(path) as partial:
        partial.touch()
        usual = partial.stat().st_mode
        save_file({name: t.contiguous() for name, t in tensors.items()}, partial, metadata=about)
        partial.chmod(usual)  # safetensors makes files that their owner alone may read


def read_tensors(path: Path, *, kind: str, what: str) -> tuple[dict[str, str], dict[str, Tensor]]:
    """What a file says about itself, and its tensors by name.

    Args:
        path: to read.
        kind: the format that its metadata must name.
        what: it should be, for the line where it is not: "wildpose lifter".

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is no safetensors file, or of another format.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no {what} {path}")
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            if about.get("format") != kind:
                raise ValueError(
                    f"{path}: not a {what}: its format is {about.get('format')!r}, "
                    f"expected {kind!r}"
                )
            return about, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path}: damaged, or no safetensors file ({error})") from error
