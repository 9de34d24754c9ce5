"""`python -m wildpose`: the same as the command `wildpose`."""

import sys

from wildpose.cli import main

sys.exit(main())
