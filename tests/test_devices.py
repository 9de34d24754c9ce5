"""Devices by name: those there are not are one line, and threads are given back."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
import torch

from wildpose.devices import check_device, device_named, in_half, threads_of_torch
from wildpose.run_cli import add_run_options, run_videos

GPU = torch.cuda.is_available()


@pytest.mark.parametrize("name", ["gpu", "cuda:", "cuda:x", "CUDA", "", "cpu:0"])
def test_names_that_no_device_has_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"unknown device .*: it is auto\|cpu\|cuda\[:N\]"):
        check_device(name)


@pytest.mark.skipif(GPU, reason="there is a GPU here")
def test_cuda_without_a_gpu_is_one_line() -> None:
    check_device("cuda:1")  # a name
    with pytest.raises(ValueError, match=r"finds no GPU here; --device auto or cpu") as caught:
        device_named("cuda:1")
    assert "\n" not in str(caught.value)
    assert device_named("auto") == torch.device("cpu")


@pytest.mark.skipif(GPU, reason="there is a GPU here")
def test_a_run_on_a_gpu_that_is_not_there_ends_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser(usage="run")
    add_run_options(parser)
    options = parser.parse_args(["a.mp4", "--out", str(tmp_path / "out"), "--device", "cuda"])
    with pytest.raises(SystemExit) as stop:
        run_videos(options, parser)
    assert stop.value.code == 2
    usage, line = capsys.readouterr().err.splitlines()
    assert usage == "usage: run"
    assert "device 'cuda': torch" in line and "finds no GPU here" in line
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not GPU, reason="there is no GPU here")
def test_a_gpu_is_found_and_one_that_is_not_there_is_refused() -> None:
    assert device_named("auto").type == "cuda"
    with pytest.raises(ValueError, match=r"GPUs here are cuda:0 to cuda:"):
        device_named("cuda:99")


def test_half_precision_is_for_gpus() -> None:
    gpu, cpu = torch.device("cuda"), torch.device("cpu")
    assert [in_half(gpu, half=half) for half in (None, True, False)] == [True, True, False]
    assert [in_half(cpu, half=half) for half in (None, False)] == [False, False]
    with pytest.raises(ValueError, match="half precision needs a GPU"):
        in_half(cpu, half=True)


def test_threads_are_as_before_after_the_block() -> None:
    before = torch.get_num_threads()
    with threads_of_torch(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
