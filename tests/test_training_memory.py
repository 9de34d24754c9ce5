"""What a training frees is there for its next step."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# In a process of its own, since it is for good.
PROGRAM = """
import psutil, torch
from recognizers.training.memory import keep_freed_memory
{kept}
block = torch.ones(16, 2**20)  # 64 MiB
full = psutil.Process().memory_info().rss
del block
print((full - psutil.Process().memory_info().rss) / 2**20)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another library gives memory")
@pytest.mark.parametrize(("kept", "freed"), [("", 64), ("assert keep_freed_memory()", 0)])
def test_what_is_freed_stays_with_the_process(kept: str, freed: int) -> None:
    program = PROGRAM.format(kept=kept)
    given_back = float(subprocess.check_output([sys.executable, "-c", program]))
    assert given_back == pytest.approx(freed, abs=8)  # MiB; others come and go beside it
