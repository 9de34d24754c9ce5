"""Which processes of this machine live."""

from __future__ import annotations

import psutil


def lives(process: int) -> bool:
    """Whether a process of this number runs; one of another user, of which less is told, does.

    One that was killed keeps its number until its parent asks after it, which in a container may
    be never; and numbers are given also to threads, which `pid_exists` tells from processes.
    """
    try:
        if not psutil.pid_exists(process):
            return False
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    # Zombies, on some systems; and what no system numbers so.
    except (psutil.NoSuchProcess, OverflowError):
        return False
    except psutil.AccessDenied:  # somebody else's
        return True
