"""Train a recognizer: python tools/train.py configs/FAMILY/NAME.py --data DIR.

Checkpoints, curves and the log go to WORK; a run that was stopped goes on from its last checkpoint.
At the end the checkpoint that did best on the validation split, or the last one where the config
says so, is tested once: WORK/report.json, and WORK/recognizer.safetensors for run_video.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path
import _mmengine  # says so where it is missing

import argparse
import json
import logging
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import torch
from mmengine.dist import barrier, is_main_process
from safetensors import SafetensorError
from torch import nn

from datasets.protocols import Split
from recognizers.networks import settled
from recognizers.training.checkpoints import chosen_checkpoint, last_checkpoint, load_weights
from recognizers.training.experiment import Experiment, read_experiment
from recognizers.training.memory import keep_freed_memory
from recognizers.training.run import prepare, runner_of
from recognizers.training.scores import Array
from tools.experiments.claims import (
    RECOGNIZER,
    REPORT,
    check_may_train,
    epochs_done,
    is_trained,
    terms_of,
    write_claim,
)
from tools.experiments.hand_features import command_for, with_hand_features
from tools.experiments.options import add_config_changes
from tools.experiments.outcome import (
    calibrated,
    logits_of,
    network_for,
    plain_recognizer,
    report_of,
)
from tools.experiments.ready import check_made, found_to_begin
from tools.experiments.samples import Samples, described, read_samples
from tools.preparing import alone
from wildpose.atomic import writing
from wildpose.counting import number_of
from wildpose.exit_codes import DONE, INTERRUPTED, USAGE
from wildpose.usage import Parser

log = logging.getLogger(__name__)


def options_of(arguments: list[str] | None) -> argparse.Namespace:
    """What was typed."""
    parser = Parser(description=(__doc__ or "").splitlines()[0])
    add = parser.add_argument
    add("config", type=Path)
    add("--data", type=Path, required=True, help="folder of the data sets, see datasets/README.md")
    add("--work", type=Path, help="default: work/CONFIG[_VARIANT]_seedN")
    add("--variant", help="a row of the config's variants")
    add("--seed", type=int, default=0, help="default: %(default)s")
    add("--workers", type=int, default=0, help="processes that load clips; default: %(default)s")
    add(
        "--launcher",
        choices=["none", "pytorch"],
        default="none",
        help="pytorch: under torchrun, a process for each device",
    )
    add_config_changes(parser)
    return parser.parse_args(arguments)


def work_of(options: argparse.Namespace) -> Path:
    """Where checkpoints go."""
    parts = [options.config.stem, options.variant, f"seed{options.seed}"]
    return options.work or Path("work") / "_".join(part for part in parts if part)


def train(
    options: argparse.Namespace, experiment: Experiment, samples: Samples, work: Path
) -> None:
    """Train, test the best checkpoint, and write what came out."""
    keep_freed_memory()
    preparation = experiment.preparation.fitted(samples.clips["train"])
    experiment = replace(experiment, preparation=preparation)
    terms = terms_of(experiment, options.seed)
    check_may_train(work, terms)
    if (done := epochs_done(work)) and is_main_process():
        log.info("%s: goes on behind epoch %d of %d", work, done, experiment.schedule.epochs)
    network = network_to_train(options, experiment, len(samples.protocol.class_names), work)
    if experiment.pictures is not None and experiment.pictures.hand_features:
        if last := last_checkpoint(work):
            load_weights(network, last)  # whose features they are
        samples = with_hand_features(samples, experiment, network, command=command_for(options))
    clips = samples.dataset("train", experiment, training=True), samples.dataset("val", experiment)
    how = {"seed": options.seed, "workers": options.workers, "launcher": options.launcher}
    runner = runner_of(experiment, network, *clips, work=work, **how)
    if is_main_process():
        write_claim(work, terms)
    prepare(runner, network)
    runner.train()
    barrier()  # the last checkpoint is written
    if is_main_process():
        report(options, experiment, samples, network, work)


def network_to_train(
    options: argparse.Namespace, experiment: Experiment, classes: int, work: Path
) -> nn.Module:
    """A network with all that it begins with; where a folder has a checkpoint, without."""
    torch.manual_seed(options.seed)  # for the first weights; the Runner seeds what follows
    if last_checkpoint(work) is not None:  # in it is all that it began with
        begins = settled(experiment.network)
    else:
        begins = found_to_begin(options, experiment, work)
    return network_for(replace(experiment, network=begins), classes)


def report(
    options: argparse.Namespace,
    experiment: Experiment,
    samples: Samples,
    network: nn.Module,
    work: Path,
) -> None:
    """Write the recognizer that came out, and its figures, on the device that it learned on."""
    load_weights(network, chosen_checkpoint(work, experiment.schedule.monitor))
    plain = plain_recognizer(experiment, network, samples)
    val_count, test_count = (number_of(len(samples.labels[s]), "clip") for s in ("val", "test"))
    log.info("scores on %s that validate and %s that test", val_count, test_count)
    val = logits_of(plain, samples, "val", workers=options.workers)
    recognizer, notes = calibrated(plain, experiment, samples, val)
    recognizer.save(work / RECOGNIZER)
    tested = logits_of(plain, samples, "test", workers=options.workers)
    logits: dict[Split, Array] = {"val": val, "test": tested}
    of = {"config": str(options.config), "variant": options.variant, "seed": options.seed}
    found = report_of(recognizer, experiment, samples, logits)
    text = json.dumps({**of, **found, "notes": notes})
    with writing(work / REPORT) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    print(text)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    log.info("%s: for run_video.py --recognizer, test.py and explain.py", work / RECOGNIZER)


def said(config: Path, error: Exception) -> str:
    """One line that names the config once."""
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.filename or 'a file cannot be written'}: {error.strerror}"
    if isinstance(error, torch.OutOfMemoryError):
        text = "the device has not enough memory: lower schedule.batch (tests: --device cpu)"
    if text.startswith("Caught ") and "\n" in text:  # torch's, of another process: a traceback
        text = text.strip().splitlines()[-1].partition(": ")[2]
    return text if text.startswith(str(config)) else f"{config}: {text}"


def is_first_process() -> bool:
    """Whether this is not one of those that torchrun starts beside the first."""
    return os.environ.get("RANK", "0") == "0"


def alone_in(work: Path) -> AbstractContextManager[None]:
    """A block in which no other training goes on in a folder: both would write its checkpoints.

    Raises:
        ValueError: another one does, or it cannot be written.
    """
    return alone(work, option="--work") if is_first_process() else nullcontext()


def tell_trained(work: Path) -> None:
    """Say that there is nothing to do, and what came out; of several processes the first one."""
    if is_first_process():
        log.info("%s is trained already: to train it anew remove it, or name another", work)
        print((work / REPORT).read_text(encoding="utf-8"), end="")


def check_options(options: argparse.Namespace) -> None:
    """See that what was typed is possible.

    Raises:
        ValueError: it is not.
    """
    if options.seed < 0:
        raise ValueError(f"--seed must be 0 or more, got {options.seed}")
    if options.work is not None and options.work.exists() and not options.work.is_dir():
        raise ValueError(f"--work {options.work} is a file, not a folder")
    if options.launcher == "pytorch" and "RANK" not in os.environ:
        raise ValueError("--launcher pytorch is for torchrun: torchrun tools/train.py CONFIG …")


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 trained; 2 the config, the data or the folder are not usable; 130 interrupted."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    options = options_of(arguments)
    try:
        check_options(options)
        experiment = read_experiment(options.config, options.cfg_options, variant=options.variant)
        work = work_of(options)
        if is_trained(work, experiment, options.seed):
            tell_trained(work)
            return DONE
        check_made(options, experiment, work)
        samples = read_samples(experiment.data, options.data, pictures=experiment.pictures)
        print(described(samples), flush=True)
        with alone_in(work):
            train(options, experiment, samples, work)
    except (ValueError, OSError, SafetensorError, torch.OutOfMemoryError) as error:
        print(said(options.config, error), file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("interrupted; run it again to go on from the last checkpoint", file=sys.stderr)
        return INTERRUPTED
    return DONE


if __name__ == "__main__":
    sys.exit(main())
