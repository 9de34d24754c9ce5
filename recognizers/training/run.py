"""Training by mmengine's Runner: resumable, on one device or several, the best checkpoint kept."""

from __future__ import annotations

from importlib.util import find_spec
from math import inf, isfinite
from pathlib import Path
from textwrap import shorten
from typing import Any
from uuid import uuid4

from mmengine.dataset import DefaultSampler
from mmengine.evaluator import Evaluator
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import DataLoader

from recognizers.inputs.batch import on_device
from recognizers.inputs.clip_dataset import ClipDataset, collated
from recognizers.stored_weights import admit_checkpoints, checkpoint_weights
from recognizers.training.checkpoints import LOWER_IS_BETTER, Checkpoints, last_checkpoint
from recognizers.training.devices import devices_met, learning_together, make_alike, share_of
from recognizers.training.experiment import Experiment, Schedule
from recognizers.training.log import LOG, EpochLines
from recognizers.training.model import Accuracy, TrainingModel
from wildpose.torchvision_import import make_importable

MONITORS = ("top1", "mean_class", "loss")


class Patience(Hook):
    """Ends a training that has not become better for some epochs; a resumed one remembers.

    mmengine's own hook forgets on resume how long it has waited.
    """

    priority = "LOW"  # before what it knows is kept

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
            LOG.info("no better %s for %d epochs: done", self._monitor, self._waited)
        self._end_if_waited_enough(runner)

    def before_train(self, runner: Runner) -> None:
        self._end_if_waited_enough(runner)  # one that is taken up again

    def _end_if_waited_enough(self, runner: Runner) -> None:
        if self._waited >= self._epochs:
            runner.train_loop.stop_training = True  # type: ignore[union-attr]

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:  # noqa: ARG002
        checkpoint["patience"] = {"best": self._best, "waited": self._waited}

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:  # noqa: ARG002
        kept = checkpoint.get("patience")
        if kept is not None:
            self._best, self._waited = kept["best"], kept["waited"]


def loader_of(
    clips: ClipDataset, batch: int, *, shuffle: bool, seed: int, workers: int = 0
) -> DataLoader:
    """Batches of clips, of so many each, for one process or several that have met."""
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
        launcher: `none` for one device, `pytorch` for several, under torchrun.

    Raises:
        ValueError: the schedule names what there is not, or what does not go together; or a batch
            that the devices cannot share.
    """
    schedule = experiment.schedule
    if schedule.monitor not in (None, *MONITORS):
        raise ValueError(f"schedule.monitor {schedule.monitor!r} is none of {', '.join(MONITORS)}")
    admit_checkpoints()
    make_importable()
    resume = last_checkpoint(work)
    if resume is not None:
        _check_whole(resume)
    share = share_of(schedule.batch, devices_met(launcher))
    model = TrainingModel(network)
    runner = Runner(
        model=model if launcher == "none" else learning_together(model),
        work_dir=str(work),
        train_dataloader=loader_of(train, share, shuffle=True, seed=seed, workers=workers),
        val_dataloader=loader_of(val, share, shuffle=False, seed=seed),
        train_cfg={"by_epoch": True, "max_epochs": schedule.epochs, "val_interval": 1},
        val_cfg={},
        val_evaluator=Evaluator([Accuracy()]),
        optim_wrapper=_optimizer(schedule),
        param_scheduler=schedule.param_scheduler or None,
        default_hooks={  # type: ignore[arg-type]  # None: no such hook
            "checkpoint": None,  # see Checkpoints
            "logger": {"type": "LoggerHook", "interval": 1000, "ignore_last": False},
        },
        custom_hooks=_hooks(schedule),
        visualizer={"type": "Visualizer", "vis_backends": _backends()},
        # Of each device another: all would change their clips alike, and drop the same units.
        randomness={"seed": seed, "diff_rank_seed": True},
        launcher=launcher,
        load_from=None if resume is None else str(resume),
        resume=resume is not None,
        # mmengine hands what it knows of a name, as the best score, on to the next of that name.
        experiment_name=f"{work.name}_{uuid4().hex}",
        log_level="ERROR",  # of mmengine, which says a hundred lines before it begins
    )
    _ = runner.train_loop  # built first: from it a schedule learns when training ends
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


def prepare(runner: Runner, network: nn.Module) -> None:
    """Let a network that asks for it look at the training clips before the first step.

    A training that goes on has done so. Each of several devices looks at clips of its own; all are
    left with what the first one saw.
    """
    look = getattr(network, "prepare", None)
    if look is not None and last_checkpoint(Path(runner.work_dir)) is None:
        device = next(network.parameters()).device
        look(on_device(batch, device) for batch in runner.train_dataloader)
        make_alike(network)


def _check_whole(checkpoint: Path) -> None:
    """Raise ValueError for a damaged one; mmengine would tell where in its code that failed."""
    try:
        checkpoint_weights(checkpoint)
    except ValueError as error:
        raise ValueError(f"{error}; remove it to go on from the one before, or anew") from error


def _optimizer(schedule: Schedule) -> dict[str, Any]:
    wrapper = {"type": "AmpOptimWrapper" if schedule.mixed_precision else "OptimWrapper"}
    clip = {} if schedule.clip_norm is None else {"clip_grad": {"max_norm": schedule.clip_norm}}
    return {**wrapper, "optimizer": schedule.optimizer, **clip}


def _hooks(schedule: Schedule) -> list[Hook | dict[str, Any]]:
    hooks: list[Hook | dict[str, Any]] = [
        Checkpoints(schedule.monitor),
        EpochLines(schedule.monitor),
    ]
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
