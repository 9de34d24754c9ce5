"""Label many videos, each once, whatever happens: python tools/label_archive.py DIR --out ARCHIVE.

The same as `wildpose label`. Exit code: 0 all are done, 1 some were given up or it could not go on,
2 usage, 130 interrupted.
"""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import sys

from wildpose.cli import main

if __name__ == "__main__":
    sys.exit(main(["label", *sys.argv[1:]]))
