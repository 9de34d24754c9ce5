"""The line that says what is missing where a tool was installed without its extra."""

from __future__ import annotations

import sys
from importlib.util import find_spec


def need(package: str) -> None:
    """End the program with that line where a package of the extra `train` is not here."""
    if find_spec(package) is None:
        sys.exit(
            f"this tool needs {package}, which is not here: in the checkout, "
            "python -m pip install -c constraints.txt -e '.[train]'"
        )
