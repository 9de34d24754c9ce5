"""What a worker process does: load, then a job at a time, until the driver has gone."""

from __future__ import annotations

import os
import signal
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from threading import Thread

from wildpose.archive.jobs import StoppedError
from wildpose.archive.pool import MakeWork

READY = "ready"


def serve(pipe: Connection, make_work: MakeWork) -> None:
    """Do the jobs that come through a pipe.

    What goes back is `READY`, then the seconds allowed and the report of each job; or a
    `StoppedError`, where no worker could work.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the driver decides what is left undone
    Thread(target=_end_with_driver, daemon=True).start()
    # The driver's own output may be read by a program: no word of ours into it.
    os.dup2(2, 1)
    try:
        try:
            work = make_work()
        except StoppedError as error:
            pipe.send(error)
            return
        pipe.send(READY)
        while True:
            job = pipe.recv()
            pipe.send(float(work.allowed(job)))
            pipe.send(work(job))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _end_with_driver() -> None:
    """One whose driver was killed ends amid its job: the next run has that video waiting."""
    driver = parent_process()
    if driver is not None:
        driver.join()
        os._exit(1)
