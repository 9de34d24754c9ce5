"""Says what is missing where a tool that trains was installed without its extra."""

from __future__ import annotations

import sys
from importlib.util import find_spec

if find_spec("mmengine") is None:
    sys.exit(
        "this tool needs mmengine, which is not here: in the checkout, "
        "python -m pip install -c constraints.txt -e '.[train]'"
    )
