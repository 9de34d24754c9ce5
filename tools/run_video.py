"""Find people and their 3D skeletons in videos: python tools/run_video.py clip.mp4."""

from __future__ import annotations

import _checkout  # puts the checkout first on sys.path

import sys

from wildpose.run_cli import add_run_options, run_videos
from wildpose.usage import Parser


def main() -> int:
    """Parse, run, and return the exit code: 0 all done, 1 some failed, 2 usage."""
    parser = Parser(description=__doc__)
    add_run_options(parser)
    return run_videos(parser.parse_args(), parser)


if __name__ == "__main__":
    sys.exit(main())
