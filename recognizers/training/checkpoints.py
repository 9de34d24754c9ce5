"""Checkpoints of a training: whole files alone, of epochs that were validated, and the best one."""

from __future__ import annotations

from math import inf, isfinite
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn

from recognizers.stored_weights import checkpoint_weights
from recognizers.taken_weights import take_all
from wildpose.atomic import remove_leftovers, writing

LOWER_IS_BETTER = ("loss",)
LAST = "last_checkpoint"  # a file that names the newest checkpoint
KEPT = 2  # should the newest one be lost


class Checkpoints(Hook):
    """Writes a checkpoint after each validation, and one of the best weights.

    mmengine's own hook writes before the validation and again after it, in place: a training that
    is killed in between goes on without that epoch's figures, and one that is killed while a file
    is written does not go on at all.
    """

    priority = "VERY_LOW"

    def __init__(self, monitor: str | None):
        """Set up.

        Args:
            monitor: what of the validation chooses the best weights; None: none are chosen.
        """
        self._monitor = monitor
        self._sign = -1.0 if monitor in LOWER_IS_BETTER else 1.0

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        if self._monitor is not None:
            self._keep_best(runner, (metrics or {})[self._monitor])
        name = f"epoch_{runner.epoch}.pth"
        _save(runner, name, whole=True)
        if is_main_process():
            work = Path(runner.work_dir)
            with writing(work / LAST) as temporary:
                temporary.write_text(name, encoding="utf-8")
            for old in _by_epoch(work, "epoch_*.pth")[:-KEPT]:
                old.unlink()

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:  # noqa: ARG002
        # Histories of mmengine's log are objects whose methods are looked up by `getattr` as they
        # are read: `torch.load` rightly refuses that where weights alone are admitted, and to
        # admit it would open the door to whatever a file names.
        checkpoint["message_hub"] = {**checkpoint["message_hub"], "log_scalars": {}}

    def _keep_best(self, runner: Runner, value: float) -> None:
        known = runner.message_hub.runtime_info.get("best_score")
        best = -inf if known is None else self._sign * float(known)
        if not (isfinite(value) and self._sign * value > best):
            return
        runner.message_hub.update_info("best_score", float(value))
        name = f"best_{self._monitor}_epoch_{runner.epoch}.pth"
        _save(runner, name, whole=False)
        if is_main_process():
            for old in Path(runner.work_dir).glob("best_*.pth"):
                if old.name != name:
                    old.unlink()


def _save(runner: Runner, name: str, *, whole: bool) -> None:
    """Write a checkpoint, of weights alone or of all that it takes to go on."""
    work = Path(runner.work_dir)
    if not is_main_process():
        return
    remove_leftovers(work)
    with writing(work / name) as temporary:
        runner.save_checkpoint(
            str(work),
            temporary.name,
            save_optimizer=whole,
            save_param_scheduler=whole,
            meta={"epoch": runner.epoch, "iter": runner.iter},
            by_epoch=False,
        )


def _by_epoch(work: Path, pattern: str) -> list[Path]:
    return sorted(work.glob(pattern), key=lambda path: int(path.stem.rpartition("_")[2]))


def last_checkpoint(work: Path) -> Path | None:
    """The newest checkpoint of a folder; None where there is none to go on from.

    Where the newest was lost it is the one before.
    """
    try:
        name = Path((work / LAST).read_text(encoding="utf-8").strip()).name
    except FileNotFoundError:
        name = ""
    if name and (work / name).is_file():
        return work / name
    return next(reversed(_by_epoch(work, "epoch_*.pth")), None)


def chosen_checkpoint(work: Path, monitor: str | None) -> Path:
    """The checkpoint that did best on the validation split; without a monitor the last one.

    Raises:
        FileNotFoundError: there is none.
    """
    if monitor is None:
        last = last_checkpoint(work)
        found = [] if last is None else [last]
    else:
        found = _by_epoch(work, f"best_{monitor}_*.pth")
    if not found and last_checkpoint(work) is not None:
        raise FileNotFoundError(
            f"no best checkpoint in {work}: {monitor} was no number in any validation, so nothing "
            "was learned: lower schedule.optimizer.lr"
        )
    if not found:
        raise FileNotFoundError(f"no checkpoint in {work}: train first, with tools/train.py")
    return found[-1]


def load_weights(network: nn.Module, checkpoint: Path) -> None:
    """Give a network the weights of a checkpoint of the Runner.

    Raises:
        FileNotFoundError: no such file.
        ValueError: it is no checkpoint, or one of another network; one line says what differs.
    """
    take_all(network, checkpoint_weights(checkpoint), path=str(checkpoint))
