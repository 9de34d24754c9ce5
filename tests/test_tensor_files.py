"""Files of tensors: whole or not there, and one line where they are no such thing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from wildpose.tensor_files import read_tensors, write_tensors


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    tensor = torch.arange(6.0).view(2, 3).T  # not contiguous
    write_tensors(path, {"weight": tensor}, {"format": "a/1", "said": "yes"})
    about, tensors = read_tensors(path, kind="a/1", what="model")
    assert about == {"format": "a/1", "said": "yes"}
    assert torch.equal(tensors["weight"], tensor)
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]


def test_others_may_read_it_as_any_file(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write_tensors(tmp_path / "model", {"a": torch.zeros(1)}, {"format": "a/1"})
    assert (tmp_path / "model").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_other_files_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "model"
    with pytest.raises(FileNotFoundError, match=r"no model .*model"):
        read_tensors(path, kind="a/1", what="model")
    write_tensors(path, {"a": torch.zeros(1)}, {"format": "b/1"})
    with pytest.raises(ValueError, match="not a model: its format is 'b/1', expected 'a/1'"):
        read_tensors(path, kind="a/1", what="model")
    path.write_bytes(b"something else")
    with pytest.raises(ValueError, match="no safetensors file"):
        read_tensors(path, kind="a/1", what="model")
