"""What a training frees is there for its next step."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from recognizers.training.memory import keep_freed_memory

CHECKOUT = Path(__file__).resolve().parent.parent
# In a process of its own, since it is for good. Nobody writes to the blocks, so they cost nothing.
PROGRAM = """
import ctypes
from recognizers.training.memory import keep_freed_memory
{kept}
library = ctypes.CDLL(None)
library.malloc.restype = library.sbrk.restype = ctypes.c_void_p
library.free.argtypes = [ctypes.c_void_p]
before = library.sbrk(0)
library.free(library.malloc(ctypes.c_size_t({MiB} << 20)))
print(library.sbrk(0) - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another library gives memory")
@pytest.mark.parametrize("MiB", [64, 3 << 10])
@pytest.mark.parametrize("kept", [True, False])
def test_what_is_freed_stays_with_the_process(*, kept: bool, MiB: int) -> None:
    program = PROGRAM.format(kept="assert keep_freed_memory()" if kept else "", MiB=MiB)
    stays = int(subprocess.check_output([sys.executable, "-c", program], cwd=CHECKOUT))
    assert (stays >= MiB << 20) == kept


def test_other_systems_are_left_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())  # as of musl, which has no mallopt
    assert not keep_freed_memory()
    monkeypatch.setattr(sys, "platform", "win32")
    assert not keep_freed_memory()
