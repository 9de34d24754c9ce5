"""Training by mmengine's Runner: resumable, on one device or several, the best checkpoint kept."""

from __future__ import annotations

from importlib.util import find_spec
from math import inf, isfinite
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np
import torch
from mmengine.dataset import DefaultSampler
from mmengine.evaluator import Evaluator
from mmengine.hooks import Hook
from mmengine.runner import Runner
from numpy._core.multiarray import scalar
from torch import nn
from torch.utils.data import DataLoader

from recognizers.clip_dataset import ClipDataset, collated
from recognizers.experiment import Experiment, Schedule
from recognizers.training_log import LOG, EpochLines
from recognizers.training_model import Accuracy, TrainingModel

LOWER_IS_BETTER = ("loss",)
MONITORS = ("top1", "mean_class", "loss")
LAST = "last_checkpoint"  # mmengine's file that names the newest checkpoint


def admit_checkpoints() -> None:
    """Let `torch.load` read the numbers of NumPy that mmengine writes into checkpoints."""
    numbers = [type(np.dtype(kind)) for kind in ("float64", "float32", "int64", "bool")]
    torch.serialization.add_safe_globals([np.dtype, scalar, *numbers])


class PlainCheckpoints(Hook):
    """Keeps checkpoints to numbers, and a training to its folder, moved or copied as it may be.

    mmengine writes histories of its log into them, objects whose methods are looked up by `getattr`
    as they are read: `torch.load` rightly refuses that where weights alone are admitted, and to
    admit it would open the door to whatever a file names. Checkpoints also hold the absolute path
    of the best one, which mmengine removes when it has a better: in a copy, the original's.
    """

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:  # noqa: ARG002
        checkpoint["message_hub"] = {**checkpoint["message_hub"], "log_scalars": {}}

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        known = checkpoint.get("message_hub", {}).get("runtime_info", {})
        if "best_ckpt" in known:
            known["best_ckpt"] = str(Path(runner.work_dir) / Path(known["best_ckpt"]).name)


class Patience(Hook):
    """Ends a training that has not become better for some epochs; a resumed one remembers.

    mmengine's own hook forgets on resume how long it has waited.
    """

    priority = "VERY_LOW"

    def __init__(self, monitor: str, epochs: int):
        self._monitor = monitor
        self._epochs = epochs
        self._sign = -1.0 if monitor in LOWER_IS_BETTER else 1.0
        self._best = -inf
        self._waited = 0

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        value = self._sign * (metrics or {})[self._monitor]
        if isfinite(value) and value > self._best:
            self._best, self._waited = value, 0
        else:
            self._waited += 1
        if self._waited >= self._epochs:
            runner.train_loop.stop_training = True  # type: ignore[union-attr]
            LOG.info("no better %s for %d epochs: done", self._monitor, self._waited)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:  # noqa: ARG002
        checkpoint["patience"] = {"best": self._best, "waited": self._waited}

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:  # noqa: ARG002
        kept = checkpoint.get("patience")
        if kept is not None:
            self._best, self._waited = kept["best"], kept["waited"]


def loader_of(
    clips: ClipDataset, batch: int, *, shuffle: bool, seed: int, workers: int = 0
) -> DataLoader:
    """Batches of clips, for one process or several."""
    return DataLoader(
        clips,
        batch_size=batch,
        sampler=DefaultSampler(clips, shuffle=shuffle, seed=seed),
        collate_fn=collated,
        num_workers=workers,
        persistent_workers=workers > 0,
    )


def runner_of(
    experiment: Experiment,
    network: nn.Module,
    train: ClipDataset,
    val: ClipDataset,
    *,
    work: Path,
    seed: int = 0,
    workers: int = 0,
    launcher: str = "none",
) -> Runner:
    """A Runner that trains a network and keeps the checkpoint that does best on `val`.

    Where `work` holds a checkpoint, training goes on from it.

    Args:
        experiment: schedule and names.
        network: to be trained.
        train: with augmentation.
        val: without.
        work: folder for checkpoints and logs.
        seed: of everything random.
        workers: processes that load clips.
        launcher: mmengine's, `none` or `pytorch`, for several devices.

    Raises:
        ValueError: the schedule names what there is not, or what does not go together.
    """
    schedule = experiment.schedule
    if schedule.monitor not in (None, *MONITORS):
        raise ValueError(f"schedule.monitor {schedule.monitor!r} is none of {', '.join(MONITORS)}")
    admit_checkpoints()
    resume = _last_checkpoint(work)
    runner = Runner(
        model=TrainingModel(network),
        work_dir=str(work),
        train_dataloader=loader_of(train, schedule.batch, shuffle=True, seed=seed, workers=workers),
        val_dataloader=loader_of(val, schedule.batch, shuffle=False, seed=seed),
        train_cfg={"by_epoch": True, "max_epochs": schedule.epochs, "val_interval": 1},
        val_cfg={},
        val_evaluator=Evaluator([Accuracy()]),
        optim_wrapper=_optimizer(schedule),
        param_scheduler=schedule.param_scheduler or None,
        default_hooks=_hooks(schedule),
        custom_hooks=_custom_hooks(schedule),
        visualizer={"type": "Visualizer", "vis_backends": _backends()},
        randomness={"seed": seed},
        launcher=launcher,
        load_from=resume,
        resume=resume is not None,
        experiment_name=work.name,
        log_level="ERROR",  # of mmengine, which says a hundred lines before it begins
    )
    try:  # mmengine would only try it when it trains, and tell where in its code it failed
        runner.optim_wrapper = runner.build_optim_wrapper(runner.optim_wrapper)  # type: ignore[arg-type]
        if schedule.param_scheduler:
            runner.param_schedulers = runner.build_param_scheduler(schedule.param_scheduler)
    except (TypeError, ValueError, KeyError, AssertionError) as error:
        why = shorten(str(error), 200)
        raise ValueError(
            f"schedule: mmengine cannot make it of optimizer {schedule.optimizer}, param_scheduler "
            f"{schedule.param_scheduler}: {why}"
        ) from error
    return runner


def _last_checkpoint(work: Path) -> str | None:
    """The newest checkpoint of a folder; None where there is none to go on from."""
    try:
        name = Path((work / LAST).read_text(encoding="utf-8").strip()).name
    except FileNotFoundError:
        return None
    return str(work / name) if (work / name).is_file() else None


def _optimizer(schedule: Schedule) -> dict[str, Any]:
    wrapper = {"type": "AmpOptimWrapper" if schedule.mixed_precision else "OptimWrapper"}
    clip = {} if schedule.clip_norm is None else {"clip_grad": {"max_norm": schedule.clip_norm}}
    return {**wrapper, "optimizer": schedule.optimizer, **clip}


def _hooks(schedule: Schedule) -> dict[str, Any]:
    best = {
        "save_best": schedule.monitor,
        "rule": "less" if schedule.monitor in LOWER_IS_BETTER else "greater",
    }
    return {
        "checkpoint": {
            "type": "CheckpointHook",
            "interval": 1,
            # Two: mmengine removes the oldest before it writes, and writing may be cut off.
            "max_keep_ckpts": 2,
            **(best if schedule.monitor else {}),
        },
        "logger": {"type": "LoggerHook", "interval": 1000, "ignore_last": False},
    }


def _custom_hooks(schedule: Schedule) -> list[Hook | dict[str, Any]]:
    hooks: list[Hook | dict[str, Any]] = [PlainCheckpoints(), EpochLines(schedule.monitor)]
    if schedule.patience is not None and schedule.monitor is not None:
        hooks.append(Patience(schedule.monitor, schedule.patience))
    if schedule.averaging is not None:
        average = {"momentum": schedule.averaging, "update_buffers": True}
        # From the second epoch on (mmengine counts from one): the first weights would weigh on it.
        hooks.append({"type": "EMAHook", "begin_epoch": min(2, schedule.epochs), **average})
    return hooks


def _backends() -> list[dict[str, str]]:
    """Where curves go: a file of JSON lines, and TensorBoard where it is installed."""
    kept = [{"type": "LocalVisBackend"}]
    return [*kept, {"type": "TensorboardVisBackend"}] if find_spec("tensorboard") else kept


def chosen_checkpoint(work: Path, monitor: str | None) -> Path:
    """The checkpoint that did best on the validation split; without a monitor the last one.

    Raises:
        FileNotFoundError: there is none.
    """
    if monitor is None:
        last = _last_checkpoint(work)
        found = [] if last is None else [Path(last)]
    else:
        found = sorted(work.glob("best_*.pth"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise FileNotFoundError(f"no checkpoint in {work}: train first, with tools/train.py")
    return found[-1]


def load_weights(network: nn.Module, checkpoint: Path) -> None:
    """Give a network the weights of a checkpoint of the Runner.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is no checkpoint, or one of another network; one line says what differs.
    """
    state = _state_of(checkpoint)
    own = network.state_dict()
    for name in sorted(own.keys() | state.keys()):
        here = tuple(own[name].shape) if name in own else "nothing"
        there = tuple(state[name].shape) if name in state else "nothing"
        if here != there:
            raise ValueError(
                f"{checkpoint} is of another network: {name} is {there} there and {here} here"
            )
    network.load_state_dict(state)


def _state_of(checkpoint: Path) -> dict[str, torch.Tensor]:
    if not checkpoint.is_file():
        raise FileNotFoundError(f"no checkpoint {checkpoint}")
    admit_checkpoints()
    try:
        content = torch.load(checkpoint, map_location="cpu", weights_only=True)
        state = content["state_dict"]
    except Exception as error:  # damaged files raise anything; torch's own advice is to trust them
        raise ValueError(
            f"{checkpoint}: no checkpoint of tools/train.py: damaged, or more in it than numbers"
        ) from error
    prefix = "network."
    return {name[len(prefix) :]: v for name, v in state.items() if name.startswith(prefix)}
