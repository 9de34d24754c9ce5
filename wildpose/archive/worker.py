"""What a worker does with one video: `run_one` into its folder, and a small report."""

from __future__ import annotations

import errno
import gc
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2

from wildpose.archive.jobs import Job, Report, StoppedError, stamp_of
from wildpose.batch import FILES, Outcome, one_line, run_one
from wildpose.decoding import VideoError, check_readable
from wildpose.export.result_json import read_head
from wildpose.hashing import sha256_of
from wildpose.pipeline import Pipeline
from wildpose.results import Result, Settings
from wildpose.video import probe
from wildpose.weights import WeightsError

# Seconds that a video may take unless the user says otherwise: far more than any needs, so that
# only one on which a network or decoder hangs is given up.
BASE_S = 600.0
TIMES_DURATION = 60.0
BYTES_PER_S = 5e6  # of a slow disk
LONGEST_S = 7 * 86400.0  # of a video whose header claims anything
# The output can take no other result either.
OUTPUT_ERRORS = {
    errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EPERM, getattr(errno, "EDQUOT", errno.ENOSPC)
}  # fmt: skip
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class MakeLabelling:
    """Makes, in a worker, what labels videos."""

    settings: Settings
    save: Sequence[str]
    """Names of `wildpose.batch.FILES`."""
    weights_dir: Path | None = None
    """Folder with the networks' files, looked at first."""
    offline: bool = False
    """Never download."""
    threads: int = 1
    """For each network."""
    timeout_s: float | None = None
    """Seconds that a video may take; None: in proportion to its length."""
    device: str = "auto"
    """Where networks of OpenMMLab and recognizers of files run."""
    half: bool | None = None
    """Whether they compute in half precision; None: on a GPU."""
    trust_checkpoint: bool = False
    """Read their checkpoints also where they could run code."""

    def __call__(self) -> Labelling:
        """Load the networks.

        Raises:
            StoppedError: one of them cannot be loaded.
        """
        import torch  # seconds, of which the driver and --status have no need

        cv2.setNumThreads(self.threads)
        torch.set_num_threads(self.threads)
        try:
            pipeline = Pipeline(
                self.settings,
                weights_dir=self.weights_dir,
                offline=self.offline,
                threads=self.threads,
                device=self.device,
                half=self.half,
                trust_checkpoint=self.trust_checkpoint,
            )
        except (WeightsError, ValueError, OSError) as error:
            raise StoppedError(one_line(error)) from None
        gc.collect()
        gc.freeze()  # networks stay: looking for garbage is quick from now on
        return Labelling(pipeline, self.save, self.timeout_s)


class Labelling:
    """Labels videos with networks that are loaded once."""

    def __init__(self, pipeline: Pipeline, save: Sequence[str], timeout_s: float | None = None):
        """Keep what all jobs share.

        Args:
            pipeline: with its networks loaded.
            save: names of `wildpose.batch.FILES`.
            timeout_s: that a video may take; None: in proportion to its length.
        """
        self._pipeline, self._save, self._timeout_s = pipeline, save, timeout_s

    def allowed(self, job: Job) -> float:
        """Seconds that the job may take."""
        if self._timeout_s is not None:
            return self._timeout_s
        size = job.stamp.size if job.stamp else 0
        duration = 0.0
        if job.task == "label":
            try:
                duration = probe(job.path).duration_s or 0.0
            except (ValueError, OSError):  # the job will tell
                duration = 0.0
        return min(BASE_S + TIMES_DURATION * duration + size / BYTES_PER_S, LONGEST_S)

    def __call__(self, job: Job) -> Report:
        """What became of a video: its results are in the job's folder, or the report says why not.

        Results of a file that changed while it was read are taken away again.
        """
        started = time.perf_counter()
        stamp = stamp_of(job.path)
        if stamp is not None and job.stamp is not None and stamp != job.stamp:
            why = "it is another file than when the run began"
            return Report("stale", error=why, stamp=stamp)
        report = self._hashed(job) if job.task == "hash" else self._labelled(job)
        gc.collect()  # PyAV's frames with side data are cycles, and keep their pictures till then
        if stamp_of(job.path) != stamp and report.verdict != "unwritable":
            if report.folder is not None:
                _remove_results(report.folder)
            return Report("changed", error="it changed while it was read")
        seconds = time.perf_counter() - started
        return replace(report, stamp=stamp, seconds=seconds, peak_bytes=peak_memory())

    def _hashed(self, job: Job) -> Report:
        try:
            check_readable(job.path)
            return Report("hashed", sha256=sha256_of(job.path))
        except (VideoError, OSError) as error:
            return _failure(job, error)

    def _labelled(self, job: Job) -> Report:
        try:
            outcome, result = run_one(job.path, job.folder, self._pipeline, save=self._save)
            return _done(outcome, result)
        except (ValueError, OSError, MemoryError) as error:
            return _failure(job, error)
        except Exception as error:  # ours to mend, but the other videos go on
            log.debug("%s failed", job.path, exc_info=True)
            what = f"internal error, {type(error).__name__}: {one_line(error)}"
            return Report("failed", error=what)


def _done(outcome: Outcome, result: Result | None) -> Report:
    assert outcome.folder is not None
    if result is not None:
        sha256 = result.video.sha256
    else:
        head = read_head(outcome.folder / FILES["json"])
        sha256 = head.video.sha256 if head is not None else None
    return Report(
        "done",
        note=outcome.note,
        sha256=sha256,
        folder=outcome.folder,
        people=outcome.people,
        frames=outcome.frames,
    )


def _failure(job: Job, error: Exception) -> Report:
    """Why there is no result, and whether it is of use to try again."""
    line = one_line(error)
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno in OUTPUT_ERRORS:  # as `run_one` tells of them
        return Report("unwritable", error=line)
    if isinstance(error, MemoryError):
        return Report("failed", error="memory ran out")
    if isinstance(error, VideoError):
        return Report("unusable" if _opens(job.path) else "missing", error=line)
    return Report("failed", error=line)


def _opens(path: Path) -> bool:
    """Whether a file can be read, whatever is in it."""
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError:
        return False
    return True


def _remove_results(folder: Path) -> None:
    """Take away what was written of a video that changed meanwhile, the record first."""
    for name in FILES.values():
        (folder / name).unlink(missing_ok=True)


def peak_memory() -> int | None:
    """Bytes, the most that this process has had; None where the system does not tell."""
    try:  # what getrusage tells may be that of the process which started this one
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    if sys.platform == "win32":
        return None
    from resource import RUSAGE_SELF, getrusage

    peak = getrusage(RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
