"""Measure against a peer in the same run: python tools/bench.py pipeline CLIP...

Prints one JSON object: the figures, their ratio, and what they were measured against.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import json
import sys
from importlib import import_module

from wildpose.exit_codes import DONE
from wildpose.usage import Parser

# One line per benchmark: its name and the module with `add_options` and `measure`.
BENCHMARKS = {
    "pipeline": "tools.benchmarks.pipeline",
    "pose": "tools.benchmarks.pose",
    "lifting": "tools.benchmarks.lifting",
    "labels": "tools.benchmarks.labels",
    "memory": "tools.benchmarks.memory",
    "viterbi": "tools.benchmarks.viterbi",
    "ntu": "tools.benchmarks.ntu",
    "train": "tools.benchmarks.train",
    "recognizers": "tools.benchmarks.recognizers",
    "find": "tools.benchmarks.find",
    "archive": "tools.benchmarks.archive",
    "openmmlab": "tools.benchmarks.openmmlab",
}


def main() -> int:
    """Run the named benchmark and print its JSON object."""
    parser = Parser(description=__doc__)
    commands = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    modules = {name: import_module(place) for name, place in BENCHMARKS.items()}
    for name, module in modules.items():
        text = (module.__doc__ or "").splitlines()[0]
        command = commands.add_parser(name, help=text, description=module.__doc__)
        module.add_options(command)
    options = parser.parse_args()
    print(json.dumps({"benchmark": options.name, **modules[options.name].measure(options)}))
    return DONE


if __name__ == "__main__":
    sys.exit(main())
