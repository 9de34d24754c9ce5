"""Lines for whoever reads them, who may go away or know fewer letters."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, TextIO


def say(message: dict[str, Any]) -> None:
    """A JSON object as a line on stdout."""
    write(sys.stdout, json.dumps(message))


def write(stream: TextIO, line: str) -> None:
    """A line; where nobody reads it any more, it and all later ones are dropped: work goes on."""
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
