"""Puts the checkout first on the path of imports; a tool begins with `import _checkout`.

So `python tools/NAME.py` works from any folder, and means our `datasets` also where Hugging Face's
package of that name is installed. The package itself must be installed, `pip install -e .`: by its
entry points recognizers are found.
"""

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent

sys.path.insert(0, str(CHECKOUT))
